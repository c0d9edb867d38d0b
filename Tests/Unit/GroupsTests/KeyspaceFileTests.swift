import Bytes
import Groups
import Keyspace
import KeyspaceModel
import Model
import Testing

@Suite struct KeyspaceFileTests {
    /// Keys of all sizes, written again and deleted, with leases, compacted or not.
    private static func keyspace(seed: UInt64, writes: Int) -> Keyspace {
        var random = Random(seed: seed)
        var keyspace = Keyspace()
        for lease in 1...Int64(5) {
            let grant = LeaseGrantRequest(ttl: 100 * lease, id: lease)
            _ = keyspace.apply(.leaseGrant(grant), at: GroupTime(lease * 7))
        }
        for _ in 0..<writes {
            let key = ByteSlice("key/\(random.next() % 200)")
            guard random.next() % 6 != 0 else {
                _ = keyspace.apply(.deleteRange(DeleteRangeRequest(key: key)), at: .zero)
                continue
            }
            let size = random.next() % 20 == 0 ? 70_000 : random.next() % 300
            let value = ByteSlice((0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            let lease = Int64(random.next() % 6)
            let put = PutRequest(key: key, value: value, lease: lease)
            _ = keyspace.apply(.put(put), at: GroupTime(50))
        }
        if seed % 2 == 0 {
            let compaction = CompactionRequest(revision: keyspace.revision.number / 2)
            _ = keyspace.apply(.compact(compaction), at: .zero)
        }
        return keyspace
    }

    private static func file(of keyspace: Keyspace, blocks: Int = 32 * 1024) -> [ByteSlice] {
        var writer = KeyspaceFileWriter(keyspace)
        var file: [ByteSlice] = []
        while let block = writer.next(blocks) { file.append(block) }
        return file
    }

    private static func bytes(_ blocks: [ByteSlice]) -> [UInt8] { blocks.flatMap(\.array) }

    private static func read(
        _ bytes: [UInt8]
    ) throws(KeyspaceFileError) -> (Keyspace, digest: ByteSlice) {
        let slice = ByteSlice(bytes)
        var reader = try KeyspaceFileReader(byteCount: slice.count) { offset, count in
            slice[min(offset, slice.count)..<min(offset + count, slice.count)]
        }
        return (try reader.keyspace(), reader.digest)
    }

    @Test(arguments: 0..<8)
    func whatIsSavedIsRestored(seed: UInt64) throws {
        let keyspace = Self.keyspace(seed: seed, writes: seed == 0 ? 0 : 400)
        let bytes = Self.bytes(Self.file(of: keyspace))
        let (restored, digest) = try Self.read(bytes)
        #expect(restored.snapshotHeader() == keyspace.snapshotHeader())
        #expect(restored.leaseRecords == keyspace.leaseRecords)
        #expect(restored.contentHash == keyspace.contentHash)
        #expect(try restored.hash(at: .zero) == keyspace.hash(at: .zero))
        #expect(digest == ByteSlice(bytes)[(bytes.count - 32)..<bytes.count])
    }

    @Test func theFileHasTheShapeThatEtcdctlAsksFor() throws {
        for writes in [0, 1, 7, 300] {
            let keyspace = Self.keyspace(seed: 3, writes: writes)
            var writer = KeyspaceFileWriter(keyspace)
            var left = writer.remaining
            var hash = SHA256()
            while let block = writer.next(32 * 1024), left > 0 || block.count != 32 {
                left -= block.count
                #expect(writer.remaining == left)
                #expect(block.count == 32 * 1024 || left == 0)
                hash.add(block)
            }
            let blocks = Self.file(of: keyspace)
            #expect(blocks.last == hash.digest)
            #expect(Self.bytes(blocks).count % 512 == 32)
        }
    }

    @Test func theFileDoesNotDependOnItsBlocks() {
        let keyspace = Self.keyspace(seed: 5, writes: 300)
        let whole = Self.bytes(Self.file(of: keyspace))
        for blocks in [1_000, 4_096, 1 << 24] {
            #expect(Self.bytes(Self.file(of: keyspace, blocks: blocks)) == whole)
        }
    }

    @Test func alarmsAreNotSaved() throws {
        var keyspace = Self.keyspace(seed: 1, writes: 10)
        let alarm = AlarmRequest(action: .activate, memberID: 9, alarm: .noSpace)
        _ = keyspace.apply(.alarm(alarm), at: .zero)
        let (restored, _) = try Self.read(Self.bytes(Self.file(of: keyspace)))
        #expect(restored.alarms.isEmpty)
        #expect(restored.keyCount == keyspace.keyCount)
    }

    @Test func damageAnywhereIsFound() {
        let bytes = Self.bytes(Self.file(of: Self.keyspace(seed: 3, writes: 40)))
        for place in bytes.indices where place < 64 || place % 97 == 0 || place > bytes.count - 600
        {
            var damaged = bytes
            damaged[place] ^= 0x10
            #expect(throws: KeyspaceFileError.self, "byte \(place)") { try Self.read(damaged) }
        }
    }

    @Test func aFileThatBrokeOffIsRefused() {
        let bytes = Self.bytes(Self.file(of: Self.keyspace(seed: 3, writes: 40)))
        for length in Array(0..<80) + Array(stride(from: 80, to: bytes.count, by: 511)) {
            #expect(throws: KeyspaceFileError.self, "\(length) bytes") {
                try Self.read(Array(bytes[..<length]))
            }
        }
    }

    @Test func foreignFilesAreToldApart() {
        var bolt = [UInt8](repeating: 0, count: 8_192)
        bolt.replaceSubrange(16..<20, with: [0xed, 0xda, 0x0c, 0xed])
        #expect(throws: KeyspaceFileError.boltFile) { try Self.read(bolt) }
        let text = [UInt8](String(repeating: "hello ", count: 200).utf8)
        #expect(throws: KeyspaceFileError.foreign) { try Self.read(text) }
        #expect(throws: KeyspaceFileError.tooShort) { try Self.read([]) }
        var newer = Self.bytes(Self.file(of: Keyspace()))
        newer[8] = 9
        #expect(throws: KeyspaceFileError.newerFormat(found: 9, supported: 1)) {
            try Self.read(newer)
        }
    }

    /// Bytes that hash as they should may still be nonsense.
    @Test func nonsenseWithARightDigestIsRefused() {
        let bytes = Self.bytes(Self.file(of: Self.keyspace(seed: 3, writes: 5)))
        let body = Array(bytes.dropLast(32))
        for place in 16..<(body.count - 512) {
            var changed = body
            changed[place] ^= 0x81
            let whole = changed + SHA256.of(ByteSlice(changed)).array
            // It is refused, or it is another keyspace: nothing traps.
            _ = try? Self.read(whole)
        }
        let endless = Array(body[..<16]) + [1, 0, 0, 0, 99]
        let whole = endless + SHA256.of(ByteSlice(endless)).array
        #expect(throws: KeyspaceFileError.malformed("malformed(\"a chunk of kind 99\")")) {
            try Self.read(whole)
        }
    }

    /// SplitMix64.
    private struct Random {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
