import Bytes
import Keyspace
import KeyspaceModel
import Model
import Testing

struct HashTests {
    private func hash(_ keyspace: Keyspace, at revision: Int64 = 0) throws -> UInt32 {
        try keyspace.hash(at: Revision(revision)).hash
    }

    @Test func anEmptyKeyspaceHashesTheBucketsName() throws {
        let hash = try Keyspace().hash(at: .zero)
        #expect(hash.hash == CRC32C.of(ByteSlice("key")))
        #expect(hash.compactRevision.number == -1 && hash.revision == .initial)
    }

    @Test func upToANegativeRevisionThereIsNothing() throws {
        var keyspace = Keyspace()
        keyspace.put("a", "1")
        #expect(try hash(keyspace, at: -1) == CRC32C.of(ByteSlice("key")))
    }

    @Test func aVersionIsHashedAsEtcdStoresIt() throws {
        var keyspace = Keyspace()
        keyspace.put("k", "v")
        keyspace.delete("k")
        let stored: [UInt8] =
            [UInt8]("key".utf8)
            + [0, 0, 0, 0, 0, 0, 0, 2, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0]
            + [0x0a, 1, 0x6b, 0x10, 2, 0x18, 2, 0x20, 1, 0x2a, 1, 0x76]
            + [0, 0, 0, 0, 0, 0, 0, 3, 0x5f, 0, 0, 0, 0, 0, 0, 0, 0, 0x74]
            + [0x0a, 1, 0x6b]
        #expect(try hash(keyspace) == CRC32C.of(stored))
    }

    @Test func theHashOfARevisionIsThatOfTheKeyspaceThen() throws {
        var keyspace = Keyspace()
        var hashes: [Int64: UInt32] = [:]
        for number in 0..<200 {
            keyspace.put(ByteSlice("k\(number % 9)"), ByteSlice("\(number)"))
            if number % 5 == 0 { keyspace.delete("k3", to: "k5") }
            hashes[keyspace.revision.number] = try hash(keyspace)
        }
        for (revision, expected) in hashes { #expect(try hash(keyspace, at: revision) == expected) }
    }

    @Test func onlyRevisionsThatCanBeReadHaveAHash() throws {
        var keyspace = Keyspace()
        for _ in 0..<5 { keyspace.put("a") }
        keyspace.compact(4)
        #expect(throws: KeyspaceError.compacted) { try keyspace.hash(at: Revision(3)) }
        #expect(throws: KeyspaceError.futureRevision) { try keyspace.hash(at: Revision(7)) }
        let hash = try keyspace.hash(at: Revision(4))
        #expect(hash.compactRevision == Revision(4) && hash.revision == Revision(4))
    }

    @Test func whatWasDroppedDoesNotCount() throws {
        var first = Keyspace()
        var second = Keyspace()
        for value in ["1", "2", "3"] as [ByteSlice] {
            first.put("a", value)
            second.put("a", value == "1" ? "another" : value)
        }
        #expect(try hash(first) != hash(second))
        first.compact(3)
        second.compact(3)
        #expect(try hash(first) == hash(second))
    }

    @Test func orderAndContentsCount() throws {
        var first = Keyspace()
        first.put("a")
        first.put("b")
        var second = Keyspace()
        second.put("b")
        second.put("a")
        #expect(try hash(first) != hash(second))
    }
}
