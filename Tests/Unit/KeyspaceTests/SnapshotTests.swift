import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct SnapshotTests {
    private static func filled() -> Keyspace {
        var keyspace = Keyspace()
        keyspace.grant(1, ttl: 10, at: 1_000)
        keyspace.grant(2, ttl: 20, at: 2_000)
        for number in 0..<100 {
            keyspace.put(
                ByteSlice("k\(number % 13)"),
                ByteSlice("\(number)"),
                lease: Int64(number % 3)
            )
        }
        keyspace.delete("k1", to: "k11")
        keyspace.compact(50)
        return keyspace
    }

    @Test func aRestoredKeyspaceIsTheSame() throws {
        let keyspace = Self.filled()
        let restored = try keyspace.throughSnapshot()
        #expect(restored.snapshotHeader() == keyspace.snapshotHeader())
        #expect(restored.leaseRecords == keyspace.leaseRecords)
        #expect(try restored.hash(at: .zero) == keyspace.hash(at: .zero))
        #expect(restored.texts() == keyspace.texts())
        #expect(restored.keyCount == keyspace.keyCount)
        let records = keyspace.snapshotRecords(from: SnapshotCursor(), limit: .max)
        #expect(restored.snapshotRecords(from: SnapshotCursor(), limit: .max) == records)
        for lease in keyspace.leases {
            #expect(
                restored.timeToLive(of: lease, at: .zero, keys: true)
                    == keyspace.timeToLive(of: lease, at: .zero, keys: true)
            )
        }
    }

    @Test func bothGoOnAlike() throws {
        var keyspace = Self.filled()
        var restored = try keyspace.throughSnapshot(recordsAtOnce: 1)
        var generator = CommandGenerator(seed: 11)
        generator.time = 3_000
        for _ in 0..<300 {
            let command = generator.command(near: keyspace.revision.number)
            let time = GroupTime(generator.time)
            #expect(keyspace.apply(command, at: time) == restored.apply(command, at: time))
        }
        #expect(try keyspace.hash(at: .zero) == restored.hash(at: .zero))
    }

    @Test func anEmptyKeyspaceHasASnapshotToo() throws {
        var restored = try Keyspace().throughSnapshot()
        #expect(restored.revision == .initial)
        #expect(restored.put("a").put?.header?.revision == 2)
    }

    @Test func headersThatCannotBeAreRefused() {
        for (revision, compactRevision) in [
            (Int64(0), Int64(-1)), (-1, -1), (5, 6), (.max, 1),
        ] {
            let header = KeyspaceSnapshotHeader(
                revision: Revision(revision),
                compactRevision: Revision(compactRevision),
                time: .zero
            )
            #expect(throws: KeyspaceError.malformedSnapshot) {
                try Keyspace(header: header, leases: [])
            }
        }
        let lease = LeaseRecord(id: LeaseID(1), timeToLive: 1, deadline: .zero)
        let header = KeyspaceSnapshotHeader(
            revision: .initial,
            compactRevision: .zero,
            time: .zero
        )
        #expect(throws: KeyspaceError.malformedSnapshot) {
            try Keyspace(header: header, leases: [lease, lease])
        }
    }

    @Test func recordsThatCannotBeAreRefused() throws {
        let header = KeyspaceSnapshotHeader(
            revision: Revision(10),
            compactRevision: .zero,
            time: .zero
        )
        var keyspace = try Keyspace(header: header, leases: [])
        func record(
            _ revision: Int64,
            _ sub: Int64 = 0,
            key: ByteSlice = "a",
            create: Int64 = 1,
            version: Int64 = 1
        ) -> SnapshotRecord {
            SnapshotRecord(
                position: ChangePosition(revision: Revision(revision), sub: sub),
                key: key,
                createRevision: Revision(create),
                version: version
            )
        }
        try keyspace.restore(record(5))
        for wrong in [
            record(5), record(4), record(11), record(6, -1), record(6, key: ""),
            record(6, create: 7), record(6, create: 0), record(6, version: 0),
            record(6, version: .max), record(.max), record(.min),
        ] {
            #expect(throws: KeyspaceError.malformedSnapshot) { try keyspace.restore(wrong) }
        }
        try keyspace.restore(record(5, 1))
        #expect(keyspace.keyCount == 1)
    }
}
