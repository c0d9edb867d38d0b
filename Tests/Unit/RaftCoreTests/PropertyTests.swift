import Model
import RaftCore
import Testing

/// Raft's promises on a network that loses, delays, repeats and reorders, and on replicas that crash.
@Suite struct PropertyTests {
    @Test(arguments: [3, 5])
    func raftKeepsItsPromisesWhateverTheNetworkDoes(voters: Int) {
        for seed in 1...100 as ClosedRange<UInt64> {
            var storm = Storm(voters: voters, seed: seed)
            storm.rage(steps: 3_000)
            #expect(storm.cluster.observer.violations == [], "seed \(seed)")
            storm.calm()
            #expect(storm.cluster.observer.violations == [], "seed \(seed)")
            #expect(storm.recovery == [], "seed \(seed)")
        }
    }

    @Test func aStormCommitsAndElectsOften() {
        var commits = 0
        var snapshots = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            var storm = Storm(voters: 3, seed: seed)
            storm.rage(steps: 3_000)
            commits += storm.cluster.observer.history.count
            snapshots += storm.cluster.replicas.count {
                storm.cluster[$0].raft.snapshot.index > .zero
            }
        }
        #expect(commits > 200)
        #expect(snapshots > 20)
    }

    #if MARTLET_MUTANTS
    /// What shows only by more than storms have; `make mutants` plants it in the whole simulation.
    ///
    /// Repairs that are cut short, answers that are late by an election, leaders that nobody wakes.
    private static let leftToSimulation: Set<RaftMutant> = [
        .damagedReplicaLeads, .damagedReplicaCounts, .repairedBeforeSync, .repairEndsAtCommitIndex,
        .readJoinsOpenRound, .quiescesOverLaggingFollowers,
    ]

    /// The observer finds each seeded bug, or it would not find ours.
    @Test(arguments: RaftMutant.allCases.filter { !leftToSimulation.contains($0) })
    func everySeededBugIsFound(mutant: RaftMutant) {
        for seed in 1...3_000 as ClosedRange<UInt64> {
            var storm = Storm(voters: seed % 2 == 0 ? 3 : 5, seed: seed, mutant: mutant)
            storm.rage(steps: 2_000)
            if !storm.cluster.observer.violations.isEmpty { return }
            // What these break is that a replica ever catches up again.
            guard mutant == .snapshotLosesTerm || mutant == .snapshotKeepsConflictingEntries else {
                continue
            }
            storm.calm()
            if !storm.recovery.isEmpty { return }
        }
        Issue.record("\(mutant) was not found")
    }
    #endif
}
