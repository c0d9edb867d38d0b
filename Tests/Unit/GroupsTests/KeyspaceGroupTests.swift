import Bytes
import Controller
import EtcdWire
import Groups
import Journal
import Keyspace
import KeyspaceModel
import Model
import RaftCore
import Testing

/// Groups that come and go by the control group's log.
@Suite struct KeyspaceGroupTests {
    private let orders = GroupID(1024)

    /// Of a disk whose journal may lack groups that it does not name.
    private let lossy = HeldReplicas(
        besides: [],
        journal: [],
        snapshots: [],
        isJournalDamaged: true
    )

    private func foundedCluster(_ cluster: TestCluster = TestCluster(nodes: 3)) -> TestCluster {
        let leader = cluster.electLeader()
        let members = cluster.nodes.map {
            MemberRecord(id: $0, peerURLs: ["http://127.0.0.1:\(2380 + $0.number)"])
        }
        cluster[leader].shard.propose(.membersFounded(members))
        cluster.tick(5)
        return cluster
    }

    private func propose(_ record: ClusterRecord, to cluster: TestCluster, as request: UInt64) {
        cluster[1].shard.propose(record, for: Waiter(client: 1, request: request))
        cluster.tick(5)
    }

    private func put(_ value: ByteSlice, in group: GroupID, of cluster: TestCluster, as id: UInt64)
    {
        cluster[2].shard.propose(
            .put,
            body: PutRequest(key: "k", value: value).encoded,
            to: group,
            for: Waiter(client: 1, request: id)
        )
        cluster.tick(30)
    }

    private func value(in group: GroupID, _ member: TestCluster.Member) -> ByteSlice? {
        let keyspace = member.shard.keyspace(group)?.keyspace
        return try? keyspace?.range(RangeRequest(key: "k")).kvs.first?.value
    }

    @Test func aKeyspaceIsOpenedOnEveryNodeAndKeepsItsKeysToItself() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        put("a", in: orders, of: cluster, as: 2)
        #expect(cluster.answer(at: 2, to: 2) == "revision 2")
        for member in cluster.members {
            #expect(value(in: orders, member) == "a")
            #expect(value(in: .defaultKeyspace, member) == nil)
            #expect(member.shard.groupIDs == [.control, .defaultKeyspace, orders])
        }
    }

    @Test func whoWasChosenLeadsFirst() {
        let cluster = foundedCluster()
        for number in 0..<6 {
            propose(.keyspaceCreated("k\(number)"), to: cluster, as: UInt64(number))
        }
        cluster.tick(10)
        for number: UInt64 in 0..<6 {
            let status = cluster[1].shard.status(GroupID(1024 + number))
            #expect(status?.leader == NodeID(1 + number % 3))
        }
    }

    @Test func newKeyspacesComeToRest() {
        let cluster = foundedCluster()
        for number in 0..<20 {
            propose(.keyspaceCreated("k\(number)"), to: cluster, as: UInt64(number))
        }
        cluster.tick(400)
        for member in cluster.members {
            #expect(member.shard.groupCount == 22)
            #expect(member.shard.awakeGroupCount == 0)
        }
    }

    @Test func aDroppedKeyspaceIsForgottenEverywhere() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        put("a", in: orders, of: cluster, as: 2)
        propose(.keyspaceDropped("orders"), to: cluster, as: 3)
        for member in cluster.members {
            #expect(member.shard.keyspace(orders) == nil)
            #expect(member.shard.groupIDs == [.control, .defaultKeyspace])
            let drops = member.snapshotJobs.count {
                if case .drop(orders) = $0 { true } else { false }
            }
            #expect(drops == 1)
        }
        put("b", in: orders, of: cluster, as: 4)
        #expect(cluster.answer(at: 2, to: 4) == "unknownGroup")
    }

    @Test func whoWaitsForADroppedKeyspaceIsToldSo() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        cluster.tick(30)
        // Neither of the others has a voice: what is proposed there waits.
        let leader = cluster[1].shard.status(orders)?.leader?.number ?? 1
        let group = orders
        let waiting = leader == 2 ? UInt64(3) : 2
        cluster[waiting].shard.propose(.keyspaceDropped("orders"))
        cluster[waiting].shard.propose(
            .put,
            body: PutRequest(key: "k", value: "a").encoded,
            to: group,
            for: Waiter(client: 1, request: 7)
        )
        cluster[waiting].shard.read(group, for: Waiter(client: 1, request: 8))
        cluster.tick(30)
        #expect(cluster.answer(at: waiting, to: 7) != nil)
        #expect(cluster.answer(at: waiting, to: 8) != nil)
        #expect(cluster[waiting].shard.keyspace(group) == nil)
    }

    @Test func aNameIsUsedAgainWithNothingOfWhatWasThere() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        put("a", in: orders, of: cluster, as: 2)
        propose(.keyspaceDropped("orders"), to: cluster, as: 3)
        propose(.keyspaceCreated("orders"), to: cluster, as: 4)
        cluster.tick(30)
        for member in cluster.members {
            #expect(member.shard.groupIDs == [.control, .defaultKeyspace, GroupID(1025)])
            #expect(value(in: GroupID(1025), member) == nil)
        }
    }

    /// Its journal would take it for lost with the next start.
    @Test func aKeyspaceThatBeginsBehindDamageIsSaidToBeWhole() throws {
        let cluster = foundedCluster(TestCluster(nodes: 3, held: lossy))
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        put("a", in: orders, of: cluster, as: 2)
        #expect(cluster.answer(at: 2, to: 2) == "revision 2")
        for member in cluster.members {
            let first = try #require(
                member.appended.first { $0.states.contains { $0.group == orders } }
            )
            #expect(first.cuts == [JournalCut(group: orders, index: .zero, term: .zero)])
            #expect(first.standings == [JournalStanding(group: orders, isWhole: true)])
            #expect(member.appended.flatMap(\.cuts).count == 1)
        }
    }

    @Test func onASoundDiskNothingIsSaidOfANewKeyspace() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        for member in cluster.members {
            #expect(member.appended.allSatisfy { $0.cuts.isEmpty && $0.standings.isEmpty })
        }
    }

    /// What a damaged control group is told anew, its node may have followed, and voted in, before.
    @Test func aKeyspaceOfALostPartOfTheLogIsRepaired() {
        let cluster = foundedCluster()
        propose(.keyspaceCreated("orders"), to: cluster, as: 1)
        cluster.tick(30)
        let lost = [GroupID.control, .defaultKeyspace]
        cluster.restart(3, life: .unknown, damaged: lost, held: lossy)
        cluster.tick(RaftSettings().electionTicks * 10)
        #expect(cluster[3].facts.contains(.damaged(orders, .zero)))
        #expect(cluster[3].shard.damagedGroupCount == 0)
        propose(.keyspaceCreated("invoices"), to: cluster, as: 2)
        #expect(cluster[3].shard.groupIDs.contains(GroupID(1025)))
        #expect(!cluster[3].facts.contains(.damaged(GroupID(1025), .zero)))
    }
}
