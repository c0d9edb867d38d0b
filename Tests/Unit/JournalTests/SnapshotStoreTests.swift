import Bytes
import Environment
import Journal
import Model
import Testing

@Suite struct SnapshotStoreTests {
    private let disk = MemoryDisk()
    private let group = GroupID(7)

    private func open() throws -> SnapshotStore<MemoryDisk> {
        try SnapshotStore(on: disk, in: "groups", settings: JournalSettings())
    }

    private func save(_ index: UInt64, _ chunks: [ByteSlice]) throws {
        let writer = try open().begin(
            group: group,
            index: LogIndex(index),
            term: Term(2),
            metadata: "who votes"
        )
        for chunk in chunks { try writer.append(chunk) }
        try writer.finish()
    }

    private func contents(_ store: SnapshotStore<MemoryDisk>) throws -> [ByteSlice] {
        let latest = try #require(try store.latest(of: group))
        var chunks: [ByteSlice] = []
        try store.contents(of: latest) { chunks.append($0) }
        return chunks
    }

    @Test func aFinishedSnapshotIsThereAfterTheCrash() throws {
        try save(10, ["one", .empty, "three"])
        disk.crash()
        let store = try open()
        let latest = try #require(try store.latest(of: group))
        #expect(latest.index == LogIndex(10))
        #expect(latest.term == Term(2))
        #expect(latest.metadata == "who votes")
        #expect(try contents(store) == ["one", .empty, "three"])
    }

    @Test func theNewestCountsAndOlderOnesGo() throws {
        for index: UInt64 in [9, 10, 100] { try save(index, [ByteSlice("\(index)")]) }
        let store = try open()
        let latest = try #require(try store.latest(of: group))
        #expect(latest.index == LogIndex(100))
        try store.removeOlder(than: latest)
        #expect(disk.files.count == 1)
    }

    @Test func whatWasNotFinishedIsRemovedWhenTheStoreIsOpened() throws {
        let writer = try open().begin(
            group: group,
            index: LogIndex(1),
            term: Term(1),
            metadata: .empty
        )
        try writer.append("half")
        try disk.syncDirectory("groups/7/snapshots")
        disk.crash()
        #expect(try open().latest(of: group) == nil)
        #expect(disk.files.isEmpty)
    }

    @Test func everyDamagedByteIsFound() throws {
        try save(10, ["chunk"])
        let path = try #require(disk.files.keys.first)
        let count = try #require(disk.files[path]?.bytes.count)
        for place in 0..<count {
            disk.flip(path, at: place)
            #expect(throws: JournalError.self, "byte \(place)") { try contents(open()) }
            disk.flip(path, at: place)
        }
        #expect(try contents(open()) == ["chunk"])
    }

    @Test func aDamagedEndOfTheNewestIsToldAndTheOlderOnesAreStillFound() throws {
        try save(9, ["older"])
        let older = try #require(try open().latest(of: group))
        try save(10, ["newest"])
        let path = try #require(disk.files.keys.max())
        let count = try #require(disk.files[path]?.bytes.count)
        for place in Array(0..<45) + Array(count - 20..<count) {
            disk.flip(path, at: place)
            let store = try open()
            #expect(throws: JournalError.self, "byte \(place)") { try store.latest(of: group) }
            let all = try store.snapshots(of: group)
            #expect(all.count == 2)
            #expect(all.last == .success(older))
            guard case .failure(.damaged) = all.first else {
                Issue.record("byte \(place): \(String(describing: all.first))")
                return
            }
            disk.flip(path, at: place)
        }
    }

    @Test func aNewerFormatIsRefusedAndNotTakenForDamage() throws {
        try save(10, ["one"])
        let path = try #require(disk.files.keys.first)
        let file = try disk.open(path, .readWrite)
        let count = 8 + 4 + 24 + 4 + "who votes".utf8.count
        var head = ByteWriter(appendingTo: try disk.read(file, at: 0, count: count))
        head.patch(UInt32(2), at: 8)
        head.integer(CRC32C.of(head.slice))
        try disk.write(file, at: 0, [head.slice])
        #expect(throws: JournalError.newerFormat(path: path, found: 2, supported: 1)) {
            try open().latest(of: group)
        }
    }

    @Test func aLongSnapshotIsSyncedAsItGrows() throws {
        let writer = try open().begin(
            group: group,
            index: LogIndex(1),
            term: Term(1),
            metadata: .empty
        )
        let chunk = ByteSlice([UInt8](repeating: 3, count: 3 << 20))
        for _ in 0..<3 { try writer.append(chunk) }
        #expect(disk.files.values.first.map { $0.synced.count > 8 << 20 } == true)
        try writer.append("end")
        try writer.finish()
        disk.crash()
        #expect(try contents(open()) == [chunk, chunk, chunk, "end"])
    }

    @Test func aSnapshotsFileGoesToAPeerByteForByte() throws {
        try save(10, ["one", "two"])
        let source = try open()
        let latest = try #require(try source.latest(of: group))
        let peer = MemoryDisk()
        let target = try SnapshotStore(on: peer, in: "groups", settings: JournalSettings())
        let receiver = try target.receive(group: group, index: LogIndex(10), term: Term(2))
        var offset = 0
        while offset < latest.byteCount {
            let bytes = try source.read(latest, at: offset, count: 7)
            try receiver.append(bytes)
            offset += bytes.count
        }
        try target.contents(of: receiver.whole()) { _ in }
        #expect(try target.latest(of: group) == nil)
        #expect(try receiver.publish() == latest)
        peer.crash()
        #expect(try contents(target) == ["one", "two"])
    }

    @Test func aReceivedFileThatIsDamagedOrAnotherIsRefused() throws {
        try save(10, ["one"])
        let source = try open()
        let latest = try #require(try source.latest(of: group))
        let bytes = try source.read(latest, at: 0, count: latest.byteCount)
        let short = try source.receive(group: group, index: LogIndex(10), term: Term(2))
        try short.append(bytes[0..<bytes.count - 1])
        #expect(throws: JournalError.self) { try short.whole() }
        short.abandon()
        let other = try source.receive(group: group, index: LogIndex(11), term: Term(2))
        try other.append(bytes)
        #expect(throws: JournalError.self) { try other.whole() }
    }
}
