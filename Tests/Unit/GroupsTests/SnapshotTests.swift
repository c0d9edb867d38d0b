import Bytes
import Groups
import Journal
import Model
import PeerWire
import RaftCore
import Testing

@Suite struct SnapshotTests {
    private func saves(_ member: TestCluster.Member, _ group: GroupID) -> Int {
        member.snapshotJobs.count {
            if case .save(group, _, _) = $0 { true } else { false }
        }
    }

    @Test func aGroupThatKeepsTheJournalTakesASnapshot() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        #expect(saves(cluster[leader], .control) == 0)
        cluster[leader].shard.completed(.pinned([.control], bytes: 1 << 20))
        cluster.settle()
        #expect(saves(cluster[leader], .control) == 1)
    }

    private func saved(_ bytes: Int) -> StorageCompletion {
        let mark = SnapshotMark(
            index: LogIndex(1),
            term: Term(1),
            configuration: GroupConfiguration(voters: [ReplicaID(1)])
        )
        return .snapshotSaved(.defaultKeyspace, mark, byteCount: bytes)
    }

    @Test func aSnapshotLargerThanWhatItFreesIsNotTaken() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        cluster[leader].shard.completed(saved(2 << 20))
        cluster.put("a", "1", at: leader, as: 1)
        cluster.settle()
        cluster[leader].shard.completed(.pinned([.defaultKeyspace], bytes: 1 << 20))
        cluster.settle()
        #expect(saves(cluster[leader], .defaultKeyspace) == 0)
        cluster[leader].shard.completed(.pinned([.defaultKeyspace], bytes: 2 << 20))
        cluster.settle()
        #expect(saves(cluster[leader], .defaultKeyspace) == 1)
    }

    @Test func aLargeStateIsSavedOnceAPartOfItsSizeWasLogged() {
        var settings = ShardSettings()
        settings.snapshotEntries = 5
        let cluster = TestCluster(nodes: 1, settings: settings)
        let leader = cluster.electLeader()
        cluster[leader].shard.completed(saved(40_000))
        for request: UInt64 in 1...20 { cluster.put("b", "2", at: leader, as: request) }
        cluster.settle()
        #expect(saves(cluster[leader], .defaultKeyspace) == 0)
        cluster.put("c", ByteSlice([UInt8](repeating: 1, count: 9_000)), at: leader, as: 21)
        cluster.settle()
        #expect(saves(cluster[leader], .defaultKeyspace) == 1)
    }

    @Test func aTransferThatItsLeaderLeftDoesNotKeepANodeFromItsOwnSnapshots() {
        var settings = ShardSettings()
        settings.snapshotEntries = 5
        let cluster = TestCluster(nodes: 3, settings: settings)
        let leader = cluster.electLeader()
        let follower = cluster.follower(of: leader)
        cluster.tick(2)
        let mark = SnapshotMark(
            index: LogIndex(1_000),
            term: Term(1),
            configuration: GroupConfiguration(voters: [ReplicaID(1)])
        )
        let chunk = SnapshotChunk(
            mark: mark,
            term: Term(1 << 40),
            leader: ReplicaID(leader),
            offset: 0,
            totalBytes: 1 << 20,
            bytes: ByteSlice([1, 2, 3])
        )
        var writer = PeerFrameWriter(source: NodeID(leader))
        writer.append(.snapshotChunk(.defaultKeyspace, chunk))
        cluster[follower].shard.receive(writer.finish(), from: NodeID(leader))
        for request: UInt64 in 1...10 { cluster.put("a", "1", at: leader, as: request) }
        cluster.tick(2)
        #expect(saves(cluster[follower], .defaultKeyspace) == 0)
        cluster.tick(settings.snapshotStallTicks)
        #expect(saves(cluster[follower], .defaultKeyspace) == 1)
    }

    @Test func aLongBacklogIsAppliedInSeveralTurns() {
        var settings = ShardSettings()
        settings.raft.applyBytesMax = 1
        let cluster = TestCluster(nodes: 1, settings: settings)
        let leader = cluster.electLeader()
        cluster.settle()
        for request: UInt64 in 1...5 { cluster.put("a", "1", at: leader, as: request) }
        let member = cluster[leader]
        member.shard.turn(into: &member.effects)
        member.shard.completed(.appended)
        member.shard.turn(into: &member.effects)
        #expect(member.effects.completions.count == 1)
        #expect(member.shard.hasWork)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 5) == "revision 6")
    }
}
