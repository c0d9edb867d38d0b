import Bytes
import Controller
import Groups
import KeyspaceModel
import Model
import Testing

@Suite struct ShardTests {
    @Test func aNodeAloneLeadsAndAnswers() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        cluster.put("a", "1", at: leader, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 1) == "revision 2")
        #expect(cluster.value(of: "a", at: leader) == "1")
    }

    @Test func aFollowersClientIsAnsweredByItsOwnNode() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        let follower = cluster.follower(of: leader)
        cluster.put("a", "1", at: follower, as: 1)
        cluster.settle()
        cluster.tick(2)
        #expect(cluster.answer(at: follower, to: 1) == "revision 2")
        for node: UInt64 in 1...3 { #expect(cluster.value(of: "a", at: node) == "1") }
    }

    @Test func aFollowersReadIsServedOnceTheLeaderHasConfirmedIt() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        let follower = cluster.follower(of: leader)
        cluster.tick(2)
        cluster[follower].shard.read(.defaultKeyspace, for: Waiter(client: 1, request: 9))
        #expect(cluster.answer(at: follower, to: 9) == nil)
        cluster.settle()
        #expect(cluster.answer(at: follower, to: 9) == "readable")
    }

    @Test func aNodeCutOffFromTheMajorityServesNoLinearizableRead() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        cluster.tick(2)
        cluster[leader].isCutOff = true
        cluster[leader].shard.read(.defaultKeyspace, for: Waiter(client: 1, request: 9))
        cluster.tick(200)
        #expect(["timedOut", "noLeader"].contains(cluster.answer(at: leader, to: 9)))
    }

    @Test func aWriteThatFindsNoLeaderIsHeldBackUntilThereIsOne() {
        let cluster = TestCluster(nodes: 3)
        cluster.put("a", "1", at: 2, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: 2, to: 1) == nil)
        _ = cluster.electLeader()
        cluster.tick(3)
        #expect(cluster.answer(at: 2, to: 1) == "revision 2")
    }

    @Test func aWriteThatNeverFindsALeaderIsCertainlyNotApplied() {
        let cluster = TestCluster(nodes: 3)
        cluster[1].isCutOff = true
        cluster[2].isCutOff = true
        cluster.put("a", "1", at: 3, as: 1)
        cluster.tick(200)
        #expect(cluster.answer(at: 3, to: 1) == "noLeader")
    }

    @Test func aForwardThatTheNetworkReplaysIsProposedOnce() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        let follower = cluster.follower(of: leader)
        cluster.tick(2)
        cluster[follower].sent = []
        cluster.put("a", "1", at: follower, as: 1)
        cluster.settle()
        cluster.tick(2)
        for frame in cluster[follower].sent where frame.target == NodeID(leader) {
            cluster[leader].shard.receive(frame.bytes, from: NodeID(follower))
        }
        cluster.settle()
        cluster.tick(2)
        cluster.put("b", "2", at: leader, as: 2)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 2) == "revision 3")
    }

    @Test func aFullDiskRefusesWritesServesReadsAndRecovers() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        cluster[leader].isDiskFull = true
        cluster.put("a", "1", at: leader, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 1) == nil)
        cluster.put("b", "2", at: leader, as: 2)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 2) == "storageFull")
        cluster[leader].shard.read(.defaultKeyspace, for: Waiter(client: 1, request: 3))
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 3) == "readable")
        cluster[leader].isDiskFull = false
        cluster.tick(30)
        #expect(cluster.answer(at: leader, to: 1) == "revision 2")
        cluster.put("b", "2", at: leader, as: 4)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 4) == "revision 3")
    }

    @Test func aFailedSyncStopsTheShard() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        cluster[leader].shard.completed(.failed("input/output error"))
        #expect(cluster[leader].shard.isStopped)
    }

    @Test func aLeaseExpiresByTheGroupsTimeAlsoUnderANewLeader() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        cluster.tick(2)
        cluster.grant(7, ttl: 30, at: leader, as: 1)
        cluster.put("a", "1", lease: 7, at: leader, as: 2)
        cluster.settle()
        cluster.tick(300)
        cluster[leader].isCutOff = true
        let next = cluster.electLeader()
        #expect(next != leader)
        #expect(cluster.value(of: "a", at: next) == "1")
        // 15 s had passed; the new leader counts on from the last written time, not from zero.
        cluster.tick(450)
        #expect(cluster.value(of: "a", at: next) == nil)
    }

    @Test func theClustersMetadataIsOnEveryNode() {
        let cluster = TestCluster(nodes: 3)
        _ = cluster.electLeader()
        var record = NodeRecord(
            id: NodeID(2),
            name: "n2",
            peerAddress: "127.0.0.1:2480",
            clientURLs: []
        )
        cluster[2].shard.propose(.nodeRegistered(record))
        cluster.tick(40)
        record.broker = BrokerID(1)
        for node: UInt64 in 1...3 {
            #expect(cluster[node].shard.metadata?.nodes == [record])
        }
    }

    @Test func aFrameOfAnotherNodeIsDroppedAndTold() {
        let cluster = TestCluster(nodes: 3)
        cluster[1].shard.receive(ByteSlice([1, 2, 3]), from: NodeID(2))
        cluster.tick()
        let told = cluster[1].facts.contains {
            if case .malformedFrame(from: NodeID(2), _) = $0 { true } else { false }
        }
        #expect(told)
    }
}
