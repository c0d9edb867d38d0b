import Bytes
import Groups
import Journal
import Model
import RaftCore
import Testing

/// What no replica has any more stops its group, with a word, and no other.
@Suite struct DamagedGroupTests {
    private let cluster = TestCluster(nodes: 3, damaged: [.defaultKeyspace])

    private func tickUntilHalted() { cluster.tick(RaftSettings().electionTicks * 5) }

    @Test func aGroupThatIsDamagedEverywhereStandsStillAndSaysSo() {
        tickUntilHalted()
        for node: UInt64 in 1...3 {
            cluster.put("k", "v", at: node, as: node)
            cluster.settle()
            #expect(cluster.answer(at: node, to: node) == "groupDamaged")
            #expect(cluster[node].shard.haltedGroupCount == 1)
            let told = cluster[node].facts.filter { $0 == .halted(.defaultKeyspace) }
            #expect(told.count == 1)
        }
    }

    /// The next damage may take what the disk knew of them before.
    @Test func aCutSaysTermAndVoteAnew() throws {
        cluster.tick(1)
        let batch = try #require(cluster[1].appended.first { !$0.cuts.isEmpty })
        #expect(batch.cuts.map(\.group) == [.defaultKeyspace])
        #expect(batch.states.map(\.group).contains(.defaultKeyspace))
    }

    @Test func readsOfItAreRefusedAtOnce() {
        tickUntilHalted()
        cluster[1].shard.read(.defaultKeyspace, for: Waiter(client: 1, request: 7))
        cluster.settle()
        #expect(cluster.answer(at: 1, to: 7) == "groupDamaged")
    }

    @Test func otherGroupsOfItsNodesGoOn() {
        tickUntilHalted()
        let leaders = (1...3).filter { cluster[$0].shard.status(.control)?.isLeader == true }
        #expect(leaders.count == 1)
        cluster[1].shard.read(.control, for: Waiter(client: 1, request: 8))
        cluster.tick(2)
        #expect(cluster.answer(at: 1, to: 8) == "readable")
        #expect(!cluster[1].facts.contains(.halted(.control)))
    }

    @Test func aSoundGroupWithoutALeaderIsNotCalledDamaged() {
        let sound = TestCluster(nodes: 3)
        for node: UInt64 in 2...3 { sound[node].isCutOff = true }
        sound.put("k", "v", at: 1, as: 1)
        sound.tick(ShardSettings().requestTimeoutTicks + 1)
        #expect(sound.answer(at: 1, to: 1) == "noLeader")
        #expect(sound[1].shard.haltedGroupCount == 0)
    }
}
