import Bytes
import Groups
import Model
import Testing

@Suite struct TransferTests {
    private func hand(
        _ cluster: TestCluster,
        from leader: UInt64,
        to node: UInt64,
        as request: UInt64
    ) {
        cluster[leader].shard.transferLeadership(
            of: .defaultKeyspace,
            to: NodeID(node),
            for: Waiter(client: 1, request: request)
        )
    }

    private func leader(_ cluster: TestCluster, seenBy node: UInt64) -> NodeID? {
        cluster[node].shard.status(.defaultKeyspace)?.leader
    }

    @Test func aLeaderHandsOverWithoutAnElectionTimeout() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let new = cluster.follower(of: old)
        hand(cluster, from: old, to: new, as: 1)
        cluster.tick(2)
        #expect(cluster.answer(at: old, to: 1) == "leadershipTransferred")
        #expect(leader(cluster, seenBy: old) == NodeID(new))
    }

    @Test func onlyALeaderHandsOverAndOnlyToAVoter() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        hand(cluster, from: cluster.follower(of: old), to: old, as: 1)
        hand(cluster, from: old, to: 9, as: 2)
        hand(cluster, from: old, to: old, as: 3)
        cluster[old].shard.transferLeadership(
            of: GroupID(77),
            to: NodeID(old),
            for: Waiter(client: 1, request: 4)
        )
        cluster.settle()
        #expect(cluster.answer(at: cluster.follower(of: old), to: 1) == "notLeader")
        #expect(cluster.answer(at: old, to: 2) == "notVoter")
        #expect(cluster.answer(at: old, to: 3) == "leadershipTransferred")
        #expect(cluster.answer(at: old, to: 4) == "unknownGroup")
    }

    @Test func writesDuringATransferFollowTheLeaderOnceEach() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let new = cluster.follower(of: old)
        let third: UInt64 = 6 - old - new
        cluster[new].isDeaf = true
        hand(cluster, from: old, to: new, as: 1)
        cluster.put("a", "1", at: old, as: 2)
        cluster.put("b", "2", at: third, as: 3)
        cluster.settle()
        #expect(cluster.answer(at: old, to: 2) == nil)
        #expect(cluster.answer(at: third, to: 3) == nil)
        cluster[new].isDeaf = false
        cluster.tick(3)
        #expect(cluster.answer(at: old, to: 1) == "leadershipTransferred")
        let answers = [cluster.answer(at: old, to: 2), cluster.answer(at: third, to: 3)]
        #expect(Set(answers) == ["revision 2", "revision 3"])
        cluster.put("c", "3", at: third, as: 4)
        cluster.settle()
        #expect(cluster.answer(at: third, to: 4) == "revision 4")
    }

    @Test func aTransferToADeadNodeIsGivenUpAndWritesGoOn() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let dead = cluster.follower(of: old)
        cluster[dead].isCutOff = true
        hand(cluster, from: old, to: dead, as: 1)
        cluster.put("a", "1", at: old, as: 2)
        cluster.put("b", "2", at: 6 - old - dead, as: 3)
        cluster.tick(9)
        #expect(cluster.answer(at: old, to: 2) == nil)
        cluster.tick(2)
        #expect(cluster.answer(at: old, to: 1) == "notTransferred")
        #expect(cluster.answer(at: old, to: 2) != nil)
        #expect(cluster.answer(at: 6 - old - dead, to: 3) != nil)
        #expect(leader(cluster, seenBy: old) == NodeID(old))
    }

    @Test func aRequestForAnotherNodeTakesTheFirstOnesPlace() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let dead = cluster.follower(of: old)
        let third: UInt64 = 6 - old - dead
        cluster[dead].isCutOff = true
        hand(cluster, from: old, to: dead, as: 1)
        hand(cluster, from: old, to: third, as: 2)
        cluster.tick(2)
        #expect(cluster.answer(at: old, to: 1) == "notTransferred")
        #expect(cluster.answer(at: old, to: 2) == "leadershipTransferred")
    }

    @Test func aForwardThatComesTooLateGoesToTheNextLeader() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let origin = cluster.follower(of: old)
        let new: UInt64 = 6 - old - origin
        cluster[origin].isMute = true
        cluster[origin].sent = []
        cluster.put("a", "1", at: origin, as: 1)
        cluster.settle()
        let late = cluster[origin].sent.filter { $0.target == NodeID(old) }
        cluster[origin].isMute = false
        hand(cluster, from: old, to: new, as: 2)
        cluster.tick(2)
        #expect(leader(cluster, seenBy: origin) == NodeID(new))
        cluster.put("b", "2", at: origin, as: 3)
        cluster.tick(2)
        for _ in 0..<2 {
            for frame in late { cluster[old].shard.receive(frame.bytes, from: NodeID(origin)) }
        }
        cluster.tick(2)
        let answers = [cluster.answer(at: origin, to: 1), cluster.answer(at: origin, to: 3)]
        #expect(Set(answers) == ["revision 2", "revision 3"])
        cluster.put("c", "3", at: origin, as: 4)
        cluster.tick(2)
        #expect(cluster.answer(at: origin, to: 4) == "revision 4")
    }

    @Test func aNodeThatStopsHandsOverAllItLeads() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(20)
        var rounds = 0
        while cluster[old].shard.handOverLeaderships(), rounds < 10 {
            cluster.tick()
            rounds += 1
        }
        #expect(rounds <= 3)
        for group in [GroupID.control, .defaultKeyspace] {
            let status = cluster[old].shard.status(group)
            #expect(status?.isLeader == false)
            #expect(status?.leader != nil)
        }
    }

    @Test func aNodeAloneHasNobodyToHandOverTo() {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        #expect(!cluster[leader].shard.handOverLeaderships())
    }

    @Test func aLeaderWhoseDiskIsFullLetsAnotherLead() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(20)
        cluster[old].isDiskFull = true
        cluster.put("a", "1", at: old, as: 1)
        cluster.tick(5)
        let new = leader(cluster, seenBy: old)
        #expect(new != nil && new != NodeID(old))
        let node = new?.number ?? old
        cluster.put("b", "2", at: node, as: 2)
        cluster.settle()
        #expect(cluster.answer(at: node, to: 2) == "revision 3")
    }

    @Test func fullDisksEverywhereDoNotSendLeadershipRound() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(20)
        for node: UInt64 in 1...3 { cluster[node].isDiskFull = true }
        cluster.put("a", "1", at: old, as: 1)
        let term = cluster[old].shard.status(.defaultKeyspace)?.term.number ?? 0
        cluster.tick(600)
        #expect((cluster[old].shard.status(.defaultKeyspace)?.term.number ?? 0) <= term + 20)
    }

    @Test func aLeaderWhoseDiskHangsLetsAnotherLeadAndIsBoundedInMemory() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(20)
        cluster[old].isDiskHanging = true
        let large = ByteSlice([UInt8](repeating: 7, count: 8 << 20))
        for request: UInt64 in 1...12 {
            cluster.put("a", large, at: old, as: request)
            cluster.settle()
        }
        #expect(cluster.answer(at: old, to: 2) == "revision 3")
        #expect(cluster.answer(at: old, to: 12) == "tooManyRequests")
        cluster.tick(45)
        let new = leader(cluster, seenBy: old)
        #expect(new != nil && new != NodeID(old))
    }

    @Test func heldBackWritesAreBoundedInBytes() {
        let cluster = TestCluster(nodes: 3)
        let large = ByteSlice([UInt8](repeating: 7, count: Limits.bytesHeldBackMax / 4))
        for request: UInt64 in 1...4 { cluster.put("a", large, at: 2, as: request) }
        cluster.settle()
        #expect(cluster.answer(at: 2, to: 3) == nil)
        #expect(cluster.answer(at: 2, to: 4) == "tooManyRequests")
    }

    /// What was held back goes before what comes once a leader is known: a leader takes a node's
    /// commands in their order only.
    @Test func whatWasHeldBackIsNotOvertaken() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let origin = cluster.follower(of: old)
        cluster[old].isCutOff = true
        cluster[6 - old - origin].isCutOff = true
        cluster.tick(40)
        cluster.put("a", "1", at: origin, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: origin, to: 1) == nil)
        cluster[origin].onLeader = { cluster.put("b", "2", at: origin, as: 2) }
        cluster[6 - old - origin].isCutOff = false
        cluster.tick(60)
        #expect(cluster.answer(at: origin, to: 1) == "revision 2")
        #expect(cluster.answer(at: origin, to: 2) == "revision 3")
    }
}
