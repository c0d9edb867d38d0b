import Bytes
import Coordinators
import Groups
import Model
import RaftCore
import Testing

/// What a coordinator's leader has decided is no other leader's to propose.
@Suite struct CoordinatorGroupTests {
    private static let group = GroupID(2_000)

    private func cluster() -> TestCluster {
        let configuration = GroupConfiguration(voters: (1...3).map { ReplicaID($0) })
        let coordinator = GroupSeed(
            id: Self.group,
            source: .coordinator(CoordinatorState()),
            configuration: configuration
        )
        return TestCluster(
            nodes: 3,
            seeds: GroupSeed.ofNewCluster(configuration) + [coordinator]
        )
    }

    private func leader(_ cluster: TestCluster) -> UInt64? {
        for _ in 0..<200 {
            cluster.tick()
            let found = (1...3 as ClosedRange<UInt64>).first {
                !cluster[$0].isCutOff && cluster[$0].shard.servingTerm(Self.group) != nil
            }
            if let found { return found }
        }
        return nil
    }

    private func commit(
        _ offset: Int64,
        at node: UInt64,
        as request: UInt64,
        in cluster: TestCluster
    ) {
        let commit = OffsetCommit(
            place: TopicPartition(topic: "t", partition: 0),
            offset: Offset(offset)
        )
        cluster[node].shard.propose(
            .coordinate,
            body: CoordinatorCommand.commitOffsets(group: "g", [commit]).bytes,
            to: Self.group,
            for: Waiter(client: 1, request: request)
        )
    }

    private func committed(at node: UInt64, in cluster: TestCluster) -> Int64? {
        let state = cluster[node].shard.coordinator(Self.group)
        let place = TopicPartition(topic: "t", partition: 0)
        return state?.group("g")?.offsets.offset(of: place)?.offset.number
    }

    @Test func whatALostLeaderDecidedIsRefusedAndNotProposedAgain() throws {
        let cluster = cluster()
        let old = try #require(leader(cluster))
        commit(5, at: old, as: 1, in: cluster)
        cluster.tick(2)
        #expect(committed(at: old, in: cluster) == 5)
        cluster[old].isCutOff = true
        commit(6, at: old, as: 2, in: cluster)
        cluster.settle()
        let new = try #require(leader(cluster))
        commit(7, at: new, as: 3, in: cluster)
        cluster.tick(3)
        cluster[old].isCutOff = false
        cluster.tick(20)
        #expect(cluster.answer(at: old, to: 2) == "notLeader")
        for node in 1...3 as ClosedRange<UInt64> { #expect(committed(at: node, in: cluster) == 7) }
    }

    @Test func whoDoesNotLeadIsRefused() throws {
        let cluster = cluster()
        let old = try #require(leader(cluster))
        let follower: UInt64 = old == 1 ? 2 : 1
        commit(5, at: follower, as: 1, in: cluster)
        cluster.tick(3)
        #expect(cluster.answer(at: follower, to: 1) == "notLeader")
        #expect(committed(at: old, in: cluster) == nil)
    }
}
