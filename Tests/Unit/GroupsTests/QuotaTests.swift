import Bytes
import EtcdWire
import Groups
import Keyspace
import KeyspaceModel
import Model
import RaftCore
import Testing

@Suite struct QuotaTests {
    private static func settings(quotaBytes: Int) -> ShardSettings {
        var settings = ShardSettings()
        settings.quotaBytes = quotaBytes
        return settings
    }

    private static func alarms(_ cluster: TestCluster, _ node: UInt64) -> [AlarmMember] {
        cluster[node].shard.keyspace(.defaultKeyspace)?.keyspace.alarms.members ?? []
    }

    private static func alarm(
        _ request: AlarmRequest,
        _ cluster: TestCluster,
        at node: UInt64,
        as number: UInt64
    ) {
        cluster[node].shard.propose(
            .alarm,
            body: request.encoded,
            to: .defaultKeyspace,
            for: Waiter(client: 1, request: number)
        )
        cluster.settle()
    }

    @Test func aWriteBeyondTheQuotaRaisesTheAlarmOnEveryNode() {
        let cluster = TestCluster(nodes: 3, settings: Self.settings(quotaBytes: 2_000))
        let leader = cluster.electLeader()
        cluster.put("a", "small", at: leader, as: 1)
        cluster.tick(5)
        #expect(Self.alarms(cluster, leader).isEmpty)
        cluster.put("b", ByteSlice([UInt8](repeating: 1, count: 3_000)), at: leader, as: 2)
        cluster.settle()
        // It was checked before it was proposed, if at all: what is in the log is applied.
        #expect(cluster.answer(at: leader, to: 2) == "revision 3")
        cluster.tick(5)
        let alarms = Self.alarms(cluster, leader)
        #expect(!alarms.isEmpty)
        for node: UInt64 in 1...3 { #expect(Self.alarms(cluster, node) == alarms) }
        cluster.put("c", "1", at: cluster.follower(of: leader), as: 3)
        cluster.settle()
        cluster.tick(2)
        #expect(cluster.answer(at: cluster.follower(of: leader), to: 3) == "noSpace")
    }

    @Test func aDisarmedAlarmIsRaisedAgainByTheNextWriteAndNotBefore() {
        let cluster = TestCluster(nodes: 1, settings: Self.settings(quotaBytes: 2_000))
        let leader = cluster.electLeader()
        cluster.put("b", ByteSlice([UInt8](repeating: 1, count: 3_000)), at: leader, as: 1)
        cluster.settle()
        cluster.tick(3)
        let raised = AlarmMember(memberID: leader, alarm: .noSpace)
        #expect(Self.alarms(cluster, leader) == [raised])
        let disarm = AlarmRequest(action: .deactivate, memberID: leader, alarm: .noSpace)
        Self.alarm(disarm, cluster, at: leader, as: 2)
        cluster.tick(100)
        #expect(Self.alarms(cluster, leader).isEmpty)
        cluster.put("c", "1", at: leader, as: 3)
        cluster.settle()
        #expect(cluster.answer(at: leader, to: 3) == "revision 3")
        cluster.tick(3)
        #expect(Self.alarms(cluster, leader) == [raised])
    }

    @Test func leasesOfACorruptClusterWaitAndFillNoLog() throws {
        let cluster = TestCluster(nodes: 1)
        let leader = cluster.electLeader()
        cluster.grant(7, ttl: 2, at: leader, as: 1)
        cluster.settle()
        let corrupt = AlarmRequest(action: .activate, memberID: 9, alarm: .corrupt)
        Self.alarm(corrupt, cluster, at: leader, as: 2)
        let before = try #require(cluster[leader].shard.status(.defaultKeyspace)?.lastIndex)
        cluster.tick(100)
        #expect(cluster[leader].shard.status(.defaultKeyspace)?.lastIndex == before)
        #expect(cluster[leader].shard.keyspace(.defaultKeyspace)?.keyspace.leases.count == 1)
        var disarm = corrupt
        disarm.action = .deactivate
        Self.alarm(disarm, cluster, at: leader, as: 3)
        cluster.tick(3)
        #expect(cluster[leader].shard.keyspace(.defaultKeyspace)?.keyspace.leases.isEmpty == true)
    }

    @Test func aRecoveredKeyspacesTimeGoesOnFromItsSnapshot() {
        var keyspace = Keyspace()
        let grant = LeaseGrantRequest(ttl: 10, id: 7)
        _ = keyspace.apply(.leaseGrant(grant), at: GroupTime(3_600_000))
        let seed = GroupSeed(
            id: .defaultKeyspace,
            source: .keyspace(keyspace),
            configuration: GroupConfiguration(voters: [ReplicaID(1)])
        )
        let cluster = TestCluster(nodes: 1, seeds: [seed])
        let leader = cluster.electLeader()
        let shard = cluster[leader].shard
        #expect((3_600_000...3_615_000).contains(shard.groupTime(.defaultKeyspace).number))
        #expect(shard.keyspace(.defaultKeyspace)?.keyspace.leases.count == 1)
        cluster.tick(250)
        #expect(shard.keyspace(.defaultKeyspace)?.keyspace.leases.isEmpty == true)
    }
}
