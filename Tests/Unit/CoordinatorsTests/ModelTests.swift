import Testing

@testable import Coordinators

/// What holds whatever clients, nodes and the log do.
@Suite struct ModelTests {
    @Test(arguments: [2, 5, 9])
    func groupsKeepTheirPromises(clients: Int) {
        var counts = GroupModel.Counts()
        for seed in 1...40 as ClosedRange<UInt64> {
            var model = GroupModel(seed: seed, clients: clients)
            model.rage(steps: 1_500)
            #expect(model.violations == [], "seed \(seed)")
            model.calm()
            #expect(model.violations == [], "seed \(seed)")
            counts.generations += model.counts.generations
            counts.commits += model.counts.commits
            counts.refusedCommits += model.counts.refusedCommits
            counts.leaders += model.counts.leaders
        }
        #expect(counts.generations > 250)
        #expect(counts.commits > 100)
        #expect(counts.refusedCommits > 40)
        #expect(counts.leaders > 80)
    }
}

@Suite struct TransactionModelTests {
    @Test func transactionsAreAtomic() {
        var committed = 0
        var aborted = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            var model = TransactionModel(seed: seed)
            model.rage(steps: 1_500)
            model.calm()
            #expect(model.violations == [], "seed \(seed)")
            committed += model.committed
            aborted += model.aborted
        }
        #expect(committed > 100)
        #expect(aborted > 500)
    }
}

@Suite struct ConsumerModelTests {
    @Test func noPartitionIsWithTwoMembers() {
        var handovers = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            var model = ConsumerModel(seed: seed)
            model.rage(steps: 2_000)
            #expect(model.violations == [], "seed \(seed)")
            model.calm()
            #expect(model.violations == [], "seed \(seed)")
            handovers += model.handovers
        }
        #expect(handovers > 500)
    }
}

#if MARTLET_MUTANTS
/// The models find each planted bug, or they would not find ours.
@Suite struct MutantTests {
    private static let seeds: ClosedRange<UInt64> = 1...60

    @Test(arguments: CoordinatorMutant.ofGroups)
    func aBugOfGroupsIsFound(mutant: CoordinatorMutant) {
        let isFound = Self.seeds.contains { seed in
            var model = GroupModel(seed: seed, clients: 5) { $0.mutant = mutant }
            model.rage(steps: 1_500)
            model.calm()
            return !model.violations.isEmpty
        }
        #expect(isFound)
    }

    @Test(arguments: CoordinatorMutant.ofConsumers)
    func aBugOfConsumersIsFound(mutant: CoordinatorMutant) {
        let isFound = Self.seeds.contains { seed in
            var model = ConsumerModel(seed: seed) { $0.mutant = mutant }
            model.rage(steps: 2_000)
            model.calm()
            return !model.violations.isEmpty
        }
        #expect(isFound)
    }

    private static let ofTransactions = CoordinatorMutant.allCases.filter {
        !CoordinatorMutant.ofGroups.contains($0) && !CoordinatorMutant.ofConsumers.contains($0)
    }

    @Test(arguments: ofTransactions)
    func aBugOfTransactionsIsFound(mutant: CoordinatorMutant) {
        let isFound = Self.seeds.contains { seed in
            var model = TransactionModel(seed: seed) { $0.mutant = mutant }
            model.rage(steps: 1_500)
            model.calm()
            return !model.violations.isEmpty
        }
        #expect(isFound)
    }
}
#endif
