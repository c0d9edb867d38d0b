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
        let begun = frame(of: [chunk(leader)], from: leader)
        cluster[follower].shard.receive(begun, from: NodeID(leader))
        cluster.settle()
        cluster[follower].shard.completed(
            .snapshotChunkReceived(.defaultKeyspace, transferred, received: 3)
        )
        for request: UInt64 in 1...10 { cluster.put("a", "1", at: leader, as: request) }
        cluster.tick(2)
        #expect(saves(cluster[follower], .defaultKeyspace) == 0)
        cluster.tick(settings.snapshotStallTicks)
        #expect(saves(cluster[follower], .defaultKeyspace) == 1)
    }

    private var transferred: SnapshotMark {
        SnapshotMark(
            index: LogIndex(1_000),
            term: Term(1),
            configuration: GroupConfiguration(voters: [ReplicaID(1)])
        )
    }

    private func chunk(_ leader: UInt64, offset: UInt64 = 0) -> PeerItem {
        let chunk = SnapshotChunk(
            mark: transferred,
            term: Term(1 << 40),
            leader: ReplicaID(leader),
            offset: offset,
            totalBytes: 1 << 20,
            bytes: ByteSlice([1, 2, 3])
        )
        return .snapshotChunk(.defaultKeyspace, chunk)
    }

    private func frame(of items: [PeerItem], from node: UInt64) -> ByteSlice {
        var writer = PeerFrameWriter(source: NodeID(node))
        for item in items { writer.append(item) }
        return writer.finish()
    }

    /// What a peer repeats must not pile up before the disk.
    @Test func chunksAreTakenOneAtATime() {
        let cluster = TestCluster(nodes: 3)
        let flood = (0..<100).map { chunk(2, offset: $0 % 2 == 0 ? 0 : 3) }
        cluster[1].shard.receive(frame(of: flood, from: 2), from: NodeID(2))
        cluster.settle()
        #expect(cluster[1].snapshotJobs.count == 1)
    }

    /// A leader with a snapshot, and a follower that needs it; the leader's log is behind it.
    private func clusterWithALateFollower() -> (TestCluster, leader: UInt64, late: UInt64) {
        var settings = ShardSettings()
        settings.raft.catchUpEntries = 0
        let cluster = TestCluster(nodes: 3, settings: settings)
        let leader = cluster.electLeader()
        let late = cluster.follower(of: leader)
        cluster.tick(2)
        cluster[late].isCutOff = true
        for request: UInt64 in 1...10 { cluster.put("a", "1", at: leader, as: request) }
        cluster.tick(2)
        let index = cluster[leader].shard.status(.defaultKeyspace)?.appliedIndex ?? .zero
        let mark = SnapshotMark(
            index: index,
            term: cluster[leader].shard.status(.defaultKeyspace)?.term ?? .zero,
            configuration: GroupConfiguration(
                voters: cluster.nodes.map { ReplicaID($0.number) }
            )
        )
        cluster[leader].shard.completed(
            .snapshotSaved(.defaultKeyspace, mark, byteCount: 10)
        )
        cluster.settle()
        cluster[late].isCutOff = false
        cluster.tick(5)
        return (cluster, leader, late)
    }

    private func reads(_ member: TestCluster.Member) -> Int {
        member.snapshotJobs.count { if case .read = $0 { true } else { false } }
    }

    @Test func aSnapshotThatCannotBeReadIsNotTriedWithEveryHeartbeat() {
        let (cluster, leader, late) = clusterWithALateFollower()
        let member = cluster[leader]
        #expect(reads(member) == 1)
        guard case .read(let group, let mark, _, let target)? = member.snapshotJobs.last else {
            Issue.record("nothing is read")
            return
        }
        #expect(target == ReplicaID(late))
        member.shard.completed(.snapshotUnreadable(group, mark, target: target, "gone"))
        cluster.tick(50)
        #expect(reads(member) == 1)
        cluster.tick(60)
        #expect(reads(member) == 2)
    }

    @Test func aChunkIsReadOnceHoweverOftenItIsAskedFor() {
        let (cluster, leader, late) = clusterWithALateFollower()
        let member = cluster[leader]
        guard case .read(let group, let mark, _, let target)? = member.snapshotJobs.last else {
            Issue.record("nothing is read")
            return
        }
        member.shard.completed(
            .snapshotRead(
                group,
                mark,
                offset: 0,
                totalBytes: 100,
                bytes: ByteSlice([1]),
                target: target
            )
        )
        let progress = SnapshotProgress(index: mark.index, received: 1, verdict: .more)
        let flood = Array(repeating: PeerItem.snapshotProgress(group, progress), count: 100)
        member.shard.receive(frame(of: flood, from: late), from: NodeID(late))
        cluster.settle()
        #expect(reads(member) == 2)
    }

    @Test func aFloodOfReadRoundsIsRefused() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        let follower = cluster.follower(of: leader)
        cluster.tick(2)
        cluster[follower].isDeaf = true
        cluster[6 - leader - follower].isDeaf = true
        let flood = (0..<5_000).map { PeerItem.read(.defaultKeyspace, sequence: $0) }
        cluster[leader].sent = []
        cluster[leader].shard.receive(frame(of: flood, from: follower), from: NodeID(follower))
        cluster.settle()
        var refused = 0
        for outgoing in cluster[leader].sent where outgoing.target == NodeID(follower) {
            guard var reader = try? PeerFrameReader(outgoing.bytes) else { continue }
            while let item = try? reader.next() {
                if case .readReply(_, _, index: nil) = item { refused += 1 }
            }
        }
        #expect(refused >= 5_000 - 1_024)
    }

    @Test func whatIsSaidOfAnUnknownGroupIsIgnored() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        cluster.tick(2)
        let status = cluster[leader].shard.status(.defaultKeyspace)
        let strange = GroupID(.max)
        let message = Message(
            source: ReplicaID(2),
            target: ReplicaID(leader),
            term: Term(1 << 61),
            body: .timeoutNow
        )
        let items: [PeerItem] = [
            .raft(strange, message), .read(strange, sequence: 1),
            .proposalReturned(strange, sequence: 1, payload: "x"),
        ]
        let other: UInt64 = leader == 2 ? 3 : 2
        cluster[leader].shard.receive(frame(of: items, from: other), from: NodeID(other))
        cluster.settle()
        #expect(cluster[leader].shard.status(.defaultKeyspace) == status)
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
        member.shard.completed(.appended(upTo: 0))
        member.shard.turn(into: &member.effects)
        #expect(member.effects.completions.count == 1)
        #expect(member.shard.hasWork)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 5) == "revision 6")
    }
}
