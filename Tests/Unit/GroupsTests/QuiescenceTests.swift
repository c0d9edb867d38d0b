import Bytes
import Groups
import Model
import PeerWire
import Testing

@Suite struct QuiescenceTests {
    /// Until every group rests on every node that is not cut off, and some time for good measure.
    private func rest(_ cluster: TestCluster) {
        for _ in 0..<300 {
            cluster.tick()
            let isResting = cluster.members.allSatisfy {
                $0.isCutOff || $0.shard.awakeGroupCount == 0
            }
            if isResting { break }
        }
    }

    private func awake(_ cluster: TestCluster) -> [Int] {
        cluster.members.map { $0.shard.awakeGroupCount }
    }

    private func items(of frames: ArraySlice<OutgoingFrame>) throws -> [PeerItem] {
        var items: [PeerItem] = []
        for frame in frames {
            var reader = try PeerFrameReader(frame.bytes)
            while let item = try reader.next() { items.append(item) }
        }
        return items
    }

    @Test func groupsAtRestAreSilentButTheirNodesGreetEachOther() throws {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        #expect(awake(cluster) == [0, 0, 0])
        let sentBefore = cluster[leader].sent.count
        cluster.tick(30)
        let sent = try items(of: cluster[leader].sent[sentBefore...])
        let greetings = sent.filter {
            if case .greeting(let said) = $0 { said.boots == 1 } else { false }
        }
        #expect(greetings.count == 60)
        #expect(sent.count == 60)
        #expect(cluster[leader].shard.status(.defaultKeyspace)?.isLeader == true)
    }

    @Test func whoIsAloneRestsAsWell() {
        let cluster = TestCluster(nodes: 1)
        _ = cluster.electLeader()
        rest(cluster)
        #expect(awake(cluster) == [0])
        cluster.put("a", "1", at: 1, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: 1, to: 1) == "revision 2")
    }

    @Test(arguments: [true, false]) func aWriteWakesTheGroup(atTheLeader isLeader: Bool) {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        let node = isLeader ? leader : cluster.follower(of: leader)
        cluster.put("a", "1", at: node, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: node, to: 1) == "revision 2")
        #expect(cluster.nodes.allSatisfy { cluster.value(of: "a", at: $0.number) == "1" })
        rest(cluster)
        #expect(awake(cluster) == [0, 0, 0])
    }

    @Test(arguments: [true, false]) func aReadWakesTheGroup(atTheLeader isLeader: Bool) {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        let node = isLeader ? leader : cluster.follower(of: leader)
        cluster[node].shard.read(.defaultKeyspace, for: Waiter(client: 1, request: 1))
        cluster.tick(2)
        #expect(cluster.answer(at: node, to: 1) == "readable")
    }

    @Test func theLossOfTheLeadersNodeWakesItsGroups() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        rest(cluster)
        cluster[old].isCutOff = true
        let new = cluster.electLeader()
        #expect(new != old)
        // Two election timeouts, in which the old one hears nobody.
        cluster.tick(20)
        #expect(cluster[old].shard.status(.defaultKeyspace)?.isLeader == false)
        cluster.put("a", "1", at: new, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: new, to: 1) == "revision 2")
    }

    @Test func aNodeThatIsAwayKeepsNobodyAwakeAndCatchesUpWhenItIsBack() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        let away = cluster.follower(of: leader)
        cluster[away].isCutOff = true
        cluster.put("a", "1", at: leader, as: 1)
        cluster.tick(12)
        rest(cluster)
        #expect(cluster[leader].shard.awakeGroupCount == 0)
        #expect(cluster.value(of: "a", at: away) == nil)
        cluster[away].isCutOff = false
        rest(cluster)
        #expect(cluster.value(of: "a", at: away) == "1")
        #expect(awake(cluster) == [0, 0, 0])
    }

    @Test func aLeadersNodeThatStartsAnewLeadsNoMore() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        let node = cluster.follower(of: leader)
        #expect(cluster[node].shard.awakeGroupCount == 0)
        var writer = PeerFrameWriter(source: NodeID(leader))
        writer.append(.greeting(PeerGreeting(boots: 2)))
        cluster[node].shard.receive(writer.finish(), from: NodeID(leader))
        #expect(cluster[node].shard.awakeGroupCount == 2)
        // The same greeting again, or one from before, is no news.
        cluster.settle()
        rest(cluster)
        #expect(awake(cluster) == [0, 0, 0])
        for boots: UInt64 in [1, 2] {
            writer.append(.greeting(PeerGreeting(boots: boots)))
            cluster[node].shard.receive(writer.finish(), from: NodeID(leader))
        }
        #expect(cluster[node].shard.awakeGroupCount == 0)
    }

    @Test func leasesKeepTheirLeaderAwakeUntilTheyEnd() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        cluster.grant(7, ttl: 10, at: leader, as: 1)
        cluster.settle()
        cluster.put("a", "1", lease: 7, at: leader, as: 2)
        cluster.tick(120)
        #expect(cluster[leader].shard.awakeGroupCount == 1)
        // Ten seconds at twenty ticks.
        cluster.tick(100)
        rest(cluster)
        #expect(cluster.value(of: "a", at: leader) == nil)
        #expect(awake(cluster) == [0, 0, 0])
    }

    @Test func aHandoverOfGroupsAtRestGoesToALivingNode() {
        let cluster = TestCluster(nodes: 3)
        let leader = cluster.electLeader()
        rest(cluster)
        let away = cluster.follower(of: leader)
        cluster[away].isCutOff = true
        cluster.tick(12)
        rest(cluster)
        let heir = 6 - leader - away
        #expect(cluster[leader].shard.handOverLeaderships())
        cluster.tick(3)
        #expect(cluster[heir].shard.status(.defaultKeyspace)?.isLeader == true)
    }
}
