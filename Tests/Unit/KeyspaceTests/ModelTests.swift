import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

/// The keyspace against the naive one, whatever is done to both.
struct ModelTests {
    @Test(arguments: 0..<40)
    func theKeyspaceAgreesWithAnArrayOfAllVersions(seed: Int) {
        var comparison = ModelComparison(seed: UInt64(seed))
        #expect(comparison.firstDifference(commands: 500) == nil)
    }

    #if MARTLET_MUTANTS
    @Test(arguments: KeyspaceMutant.allCases)
    func everyPlantedBugIsFound(mutant: KeyspaceMutant) {
        let differences = (0..<20).lazy.compactMap { seed in
            var comparison = ModelComparison(seed: UInt64(seed))
            comparison.keyspace.mutant = mutant
            return comparison.firstDifference(commands: 500)
        }
        #expect(differences.first != nil)
    }
    #endif
}

struct ModelComparison {
    var keyspace = Keyspace()
    var naive = NaiveKeyspace()
    var generator: CommandGenerator

    init(seed: UInt64) { generator = CommandGenerator(seed: seed) }

    mutating func firstDifference(commands: Int) -> String? {
        for step in 0..<commands {
            let command = generator.command(near: keyspace.revision.number)
            let applied = keyspace.apply(command, at: GroupTime(generator.time))
            let expected = naive.apply(command, at: generator.time)
            let place = "step \(step), \(command)"
            guard applied == expected else { return "\(place): \(applied), not \(expected)" }
            guard keyspace.revision.number == naive.revision,
                keyspace.compactRevision.number == naive.compactRevision
            else { return "\(place): revision \(keyspace.revision), not \(naive.revision)" }
            guard keyspace.alarms.members == naive.alarms else {
                return "\(place): alarms \(keyspace.alarms.members), not \(naive.alarms)"
            }
            if let difference = differenceInReads() { return "\(place): \(difference)" }
            if step % 50 == 49, let difference = differenceAfterSnapshot() {
                return "\(place): \(difference)"
            }
        }
        return nil
    }

    private mutating func differenceInReads() -> String? {
        let request = generator.range(near: keyspace.revision.number)
        let read = Result { () throws(KeyspaceError) in try keyspace.range(request) }
        let expected = Result { () throws(KeyspaceError) in try naive.range(request) }
        guard read == expected else { return "\(request): \(read), not \(expected)" }
        guard keyspace.keyCount == naive.seen(at: .max).count else {
            return "\(keyspace.keyCount) keys"
        }
        if generator.chance(10), let difference = differenceInHistory(keyspace) {
            return difference
        }
        return generator.chance(20) ? differenceInLeases(keyspace) : nil
    }

    private mutating func differenceInHistory(_ keyspace: Keyspace) -> String? {
        let oldest = max(1, naive.compactRevision)
        let revision = Int64.random(in: oldest...naive.revision, using: &generator.random)
        let changes = try? keyspace.changes(from: Revision(revision), limit: .max)
        guard changes == naive.changes(from: revision) else {
            return "changes from \(revision): \(String(describing: changes))"
        }
        let hash = try? keyspace.hash(at: Revision(revision))
        guard hash?.hash == naive.hash(at: revision) else { return "hash at \(revision)" }
        let key = generator.key()
        let previous = keyspace.previous(of: key, before: Revision(revision))
        let seen = naive.newest(key, at: revision - 1)
        let expected =
            revision > naive.compactRevision && seen?.isTombstone == false ? seen?.kv : nil
        guard previous == expected else {
            return "previous of \(key) before \(revision): \(String(describing: previous))"
        }
        return nil
    }

    private func differenceInLeases(_ keyspace: Keyspace) -> String? {
        guard keyspace.leases.map(\.number) == naive.leases.map(\.id).sorted() else {
            return "leases \(keyspace.leases)"
        }
        guard keyspace.nextExpiry?.number == naive.leases.map(\.deadline).min() else {
            return "next expiry \(String(describing: keyspace.nextExpiry))"
        }
        for lease in naive.leases {
            let answer = keyspace.timeToLive(
                of: LeaseID(lease.id),
                at: GroupTime(naive.time),
                keys: true
            )
            guard answer.keys == naive.attached(to: lease.id), answer.grantedTTL == lease.ttl,
                answer.ttl == max(0, lease.deadline - naive.time) / 1000
            else { return "lease \(lease.id): \(answer)" }
        }
        let expired = naive.leases.filter { $0.deadline <= naive.time }
            .sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
        guard
            keyspace.expiredLeases(at: keyspace.time, limit: .max).map(\.number)
                == expired.map(\.id)
        else { return "expired leases" }
        return nil
    }

    /// Goes on with the keyspace restored from a snapshot, every other time.
    private mutating func differenceAfterSnapshot() -> String? {
        guard let restored = try? keyspace.throughSnapshot() else { return "snapshot not restored" }
        guard restored.contentHash == keyspace.contentHash else { return "restored: its hash" }
        if let difference = differenceInHistory(restored) { return "restored: \(difference)" }
        if let difference = differenceInLeases(restored) { return "restored: \(difference)" }
        #if MARTLET_MUTANTS
        let mutant = keyspace.mutant
        #endif
        if generator.chance(50) { keyspace = restored }
        #if MARTLET_MUTANTS
        keyspace.mutant = mutant
        #endif
        return nil
    }
}
