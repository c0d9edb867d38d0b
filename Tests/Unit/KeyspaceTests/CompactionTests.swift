import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct CompactionTests {
    /// Puts at 2, 3 and 6, a deletion at 4, and another key at 5.
    private static func filled() -> Keyspace {
        var keyspace = Keyspace()
        keyspace.put("a", "1")
        keyspace.put("a", "2")
        keyspace.delete("a")
        keyspace.put("b")
        keyspace.put("a", "3")
        return keyspace
    }

    private func revisions(_ keyspace: Keyspace) -> [Int64] {
        keyspace.snapshotRecords(from: SnapshotCursor(), limit: .max).records.map {
            $0.position.revision.number
        }
    }

    @Test func whatIsCompactedOrToComeCannotBeCompacted() {
        var keyspace = Self.filled()
        #expect(keyspace.compact(7).error == .futureRevision)
        #expect(
            keyspace.compact(3)
                == .success(.compaction(CompactionResponse(header: ResponseHeader(revision: 6))))
        )
        #expect(keyspace.compact(3).error == .compacted)
        #expect(keyspace.compact(2).error == .compacted)
        #expect(keyspace.compact(-1).error == .compacted)
    }

    @Test func theCompactRevisionIsReadableAndNoneBelow() {
        var keyspace = Self.filled()
        keyspace.compact(3)
        #expect(keyspace.error(for: RangeRequest(key: "a", revision: 2)) == .compacted)
        #expect(keyspace.texts(at: 3) == ["a=2"])
        #expect(keyspace.texts(at: 4) == [])
        #expect(throws: KeyspaceError.compacted) {
            try keyspace.changes(from: Revision(2), limit: 10)
        }
        #expect((try? keyspace.changes(from: Revision(3), limit: 10))?.count == 4)
    }

    @Test(arguments: [
        (2, [2, 3, 4, 5, 6] as [Int64]), (3, [3, 4, 5, 6]), (4, [4, 5, 6]), (5, [5, 6]),
        (6, [5, 6]),
    ])
    func aCompactionKeepsWhatIsSeenAndTombstonesOfItsRevision(at: Int, kept: [Int64]) {
        var keyspace = Self.filled()
        keyspace.compact(Int64(at))
        keyspace.sweepAll()
        #expect(revisions(keyspace) == kept)
    }

    @Test func theNextCompactionDropsATombstoneThatWasKept() {
        var keyspace = Self.filled()
        keyspace.compact(4)
        keyspace.sweepAll()
        keyspace.compact(5)
        keyspace.sweepAll()
        #expect(revisions(keyspace) == [5, 6])
    }

    @Test func allMayBeForgottenButTheRevision() {
        var keyspace = Keyspace()
        keyspace.put("a")
        keyspace.delete("a")
        keyspace.put("b")
        keyspace.delete("b")
        keyspace.grant(1, ttl: 9)
        _ = keyspace.apply(.leaseRevoke(LeaseRevokeRequest(id: 1)), at: .zero)
        keyspace.compact(4)
        keyspace.compact(5)
        keyspace.put("c")
        keyspace.delete("c")
        keyspace.compact(7)
        keyspace.put("d")
        keyspace.compact(8)
        keyspace.sweepAll()
        keyspace.delete("d")
        keyspace.put("e")
        keyspace.delete("e")
        keyspace.compact(11)
        keyspace.sweepAll()
        #expect(revisions(keyspace) == [11])
        #expect(keyspace.revision == Revision(11) && keyspace.keyCount == 0)
    }

    @Test func previousValuesEndAtTheCompaction() {
        var keyspace = Self.filled()
        #expect(keyspace.previous(of: "a", before: Revision(3))?.value == "1")
        #expect(keyspace.previous(of: "a", before: Revision(5)) == nil)
        #expect(keyspace.previous(of: "a", before: .zero) == nil)
        keyspace.compact(3)
        #expect(keyspace.previous(of: "a", before: Revision(3)) == nil)
        #expect(keyspace.previous(of: "a", before: Revision(4))?.value == "2")
    }

    @Test func nobodyCanTellHowFarASweepHasCome() throws {
        var fast = Keyspace()
        for number in 0..<2_500 {
            fast.put(ByteSlice("key\(number % 500)"), ByteSlice("\(number)"))
            if number % 7 == 0 { fast.delete(ByteSlice("key\(number % 100)")) }
        }
        var slow = fast
        let target = fast.revision.number - 300
        for revision in [target - 1_300, target] {
            fast.compact(revision)
            fast.sweepAll()
            slow.compact(revision)
        }
        #expect(slow.isCompacting && !fast.isCompacting)
        #expect(slow.byteCount > fast.byteCount)
        for revision in [target, target + 1, target + 150, fast.revision.number] {
            #expect(
                try slow.hash(at: Revision(revision)) == fast.hash(at: Revision(revision))
            )
            #expect(slow.texts(at: revision) == fast.texts(at: revision))
            #expect(
                try slow.changes(from: Revision(revision), limit: .max)
                    == fast.changes(from: Revision(revision), limit: .max)
            )
        }
        #expect(revisions(slow) == revisions(fast))
        let restored = try slow.throughSnapshot()
        #expect(restored.byteCount == fast.byteCount)
        // Writing goes on meanwhile, and ends the sweep by itself.
        var steps = 0
        while slow.isCompacting, steps < 10_000 {
            slow.put("key1")
            fast.put("key1")
            steps += 1
        }
        #expect(steps < 500)
        #expect(slow.byteCount == fast.byteCount)
        #expect(try slow.hash(at: .zero) == fast.hash(at: .zero))
    }
}
