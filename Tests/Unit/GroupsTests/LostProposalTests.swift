import Bytes
import Groups
import Model
import Testing

@Suite struct LostProposalTests {
    /// One write each at a follower and at the leader, and the leader is gone before it hears of the
    /// one or tells of the other.
    private func loseLeader(_ cluster: TestCluster) -> (old: UInt64, origin: UInt64) {
        let old = cluster.electLeader()
        cluster.tick(2)
        let origin = cluster.follower(of: old)
        cluster[old].isCutOff = true
        cluster.put("a", "1", at: origin, as: 1)
        cluster.put("b", "2", at: old, as: 2)
        cluster.settle()
        return (old, origin)
    }

    @Test func whatADeadLeaderTookWithItGoesToTheNextOne() {
        let cluster = TestCluster(nodes: 3)
        let (_, origin) = loseLeader(cluster)
        #expect(cluster.answer(at: origin, to: 1) == nil)
        _ = cluster.electLeader()
        cluster.tick(3)
        #expect(cluster.answer(at: origin, to: 1) == "revision 2")
    }

    @Test func aLeaderThatComesBackProposesItsOwnAgainOnceEach() {
        let cluster = TestCluster(nodes: 3)
        let (old, origin) = loseLeader(cluster)
        _ = cluster.electLeader()
        cluster.tick(3)
        cluster[old].isCutOff = false
        cluster.tick(6)
        #expect(cluster.answer(at: old, to: 2) == "revision 3")
        cluster.put("c", "3", at: origin, as: 3)
        cluster.tick(2)
        #expect(cluster.answer(at: origin, to: 3) == "revision 4")
    }

    @Test func whatTheOldLeaderHadCommittedIsNotProposedAgain() {
        let cluster = TestCluster(nodes: 3)
        let old = cluster.electLeader()
        cluster.tick(2)
        let origin = cluster.follower(of: old)
        let other: UInt64 = 6 - old - origin
        cluster[origin].isDeaf = true
        cluster.put("a", "1", at: origin, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: origin, to: 1) == nil)
        cluster[old].isCutOff = true
        cluster[origin].isDeaf = false
        _ = cluster.electLeader()
        cluster.tick(3)
        #expect(cluster.answer(at: origin, to: 1) == "revision 2")
        cluster.put("b", "2", at: other, as: 2)
        cluster.tick(2)
        #expect(cluster.answer(at: other, to: 2) == "revision 3")
    }
}
