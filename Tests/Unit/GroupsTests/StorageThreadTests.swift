import Bytes
import Controller
import Foundation
import Journal
import Keyspace
import KeyspaceModel
import Model
import RaftCore
import SystemEnvironment
import Testing

@testable import Groups

/// The storage threads on a real disk.
@Suite final class StorageThreadTests {
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "groups-\(UUID().uuidString)"
    )
    private let group = GroupID.defaultKeyspace

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func mark(_ index: UInt64) -> SnapshotMark {
        SnapshotMark(
            index: LogIndex(index),
            term: Term(1),
            configuration: GroupConfiguration(voters: [ReplicaID(1)])
        )
    }

    private func store(_ name: String) throws -> SnapshotStore<SystemDisk> {
        try SnapshotStore(
            on: SystemDisk(root: folder.path),
            in: name,
            settings: JournalSettings()
        )
    }

    private func loaded(_ name: String) throws -> [LoadedSnapshot] {
        let seed = GroupSeed(
            id: group,
            source: .keyspace(Keyspace()),
            configuration: mark(1).configuration
        )
        return try Recovery.snapshots(of: [seed], in: store(name)).loaded
    }

    @Test func aGroupThatWritesLittleIsNamedWhenItKeepsTheJournal() throws {
        var settings = JournalSettings()
        settings.fileBytes = 64 << 10
        let (journal, _) = try Journal.open(
            on: SystemDisk(root: folder.path),
            in: "journal",
            settings: settings
        )
        let thread = JournalThread(journal)
        func append(_ group: GroupID, _ index: UInt64) {
            var batch = JournalBatch()
            batch.entries = [
                JournalEntry(
                    group: group,
                    index: LogIndex(index),
                    term: Term(1),
                    kind: 1,
                    payload: ByteSlice([UInt8](repeating: 1, count: 8_000))
                )
            ]
            guard case .appended? = thread.run(.append(batch)) else {
                Issue.record("not appended")
                return
            }
        }
        append(.control, 1)
        for index: UInt64 in 1...400 { append(group, index) }
        guard
            case .pinned(let groups, let bytes)? =
                thread.run(.release(group, upTo: LogIndex(400)))
        else {
            Issue.record("nobody is said to keep the journal")
            return
        }
        #expect(groups == [.control])
        #expect(bytes > 400 * 8_000)
        #expect(thread.run(.release(.control, upTo: LogIndex(1))) == nil)
    }

    @Test func aSnapshotOfManyLargeValuesIsSavedInChunksThatFitInMemory() throws {
        var keyspace = Keyspace()
        let value = ByteSlice([UInt8](repeating: 7, count: 1_200_000))
        for number in 0..<60 {
            let put = PutRequest(key: ByteSlice("k\(number)"), value: value)
            _ = keyspace.apply(.put(put), at: .zero)
        }
        let thread = SnapshotThread(try store("groups"))
        guard case .snapshotSaved = thread.run(.save(group, mark(60), .keyspace(keyspace))) else {
            Issue.record("not saved")
            return
        }
        let source = try #require(try loaded("groups").first?.source)
        guard case .keyspace(let restored) = source else {
            Issue.record("no keyspace")
            return
        }
        #expect(restored.keyCount == 60)
    }

    @Test func leasesBeyondOneChunkGoIntoFurtherOnes() throws {
        let count = Int64(Limits.snapshotLeasesPerChunk) + 10
        var keyspace = Keyspace()
        for id in 1...count {
            _ = keyspace.apply(.leaseGrant(LeaseGrantRequest(ttl: 60, id: id)), at: .zero)
        }
        let thread = SnapshotThread(try store("groups"))
        guard case .snapshotSaved = thread.run(.save(group, mark(60), .keyspace(keyspace))) else {
            Issue.record("not saved")
            return
        }
        let source = try #require(try loaded("groups").first?.source)
        guard case .keyspace(let restored) = source else {
            Issue.record("no keyspace")
            return
        }
        #expect(restored.leaseRecords == keyspace.leaseRecords)
        #expect(restored.leaseRecords.count == Int(count))
    }

    @Test func aSnapshotThatThisNodeCannotReadIsRefusedAndDoesNotKeepItFromStarting() throws {
        let newer = try store("newer")
        let writer = try newer.begin(
            group: group,
            index: LogIndex(9),
            term: Term(1),
            metadata: .empty
        )
        try writer.append(ByteSlice([99, 1, 2, 3]))
        try writer.finish()
        let latest = try #require(try newer.latest(of: group))
        let bytes = try newer.read(latest, at: 0, count: latest.byteCount)
        let thread = SnapshotThread(try store("groups"))
        let job = SnapshotJob.receive(
            group,
            mark(9),
            offset: 0,
            totalBytes: UInt64(bytes.count),
            bytes: bytes
        )
        guard case .snapshotChunkRefused(_, _, let reason) = thread.run(job) else {
            Issue.record("it was taken")
            return
        }
        #expect(reason.contains("kind 99"))
        #expect(try loaded("groups").isEmpty)
    }
}
