import Bytes
import Controller
import Groups
import Model
import RaftCore
import Testing

@testable import Groups

/// Members that come and go: the control group says who is wanted, each group's leader follows.
@Suite struct MembershipTests {
    @Test func aLearnerJoinsEveryGroupAndVotesOncePromoted() {
        let cluster = founded(nodes: 3, spares: 1)
        let leader = cluster.electLeader()
        cluster.put("a", "1", at: leader, as: 1)
        cluster.settle()
        #expect(cluster.change(.memberAdded(member(4, isLearner: true)), at: leader) == "members")
        cluster.tick(20)
        #expect(cluster.value(of: "a", at: 4) == "1")
        #expect(
            cluster.configurations(at: leader) == [.init([1, 2, 3], [4]), .init([1, 2, 3], [4])]
        )
        #expect(cluster.change(.memberPromoted(NodeID(4)), at: leader) == "members")
        cluster.tick(20)
        #expect(cluster.configurations(at: 4) == [.init([1, 2, 3, 4]), .init([1, 2, 3, 4])])
    }

    @Test func aMemberThatIsToVoteLearnsUntilItHasCaughtUp() {
        let cluster = founded(nodes: 1, spares: 1)
        let leader = cluster.electLeader()
        cluster[2].isCutOff = true
        #expect(cluster.change(.memberAdded(member(2)), at: leader) == "members")
        cluster.tick(20)
        #expect(cluster.configurations(at: 1) == [.init([1], [2]), .init([1], [2])])
        cluster.put("a", "1", at: 1, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: 1, to: 1) == "revision 2", "it costs nobody the quorum")
        cluster[2].isCutOff = false
        cluster.tick(40)
        #expect(cluster.configurations(at: 1) == [.init([1, 2]), .init([1, 2])])
    }

    @Test func aLearnerThatLagsIsNotPromoted() {
        let cluster = founded(nodes: 3, spares: 1)
        let leader = cluster.electLeader()
        cluster[4].isCutOff = true
        _ = cluster.change(.memberAdded(member(4, isLearner: true)), at: leader)
        cluster.tick(10)
        #expect(cluster.change(.memberPromoted(NodeID(4)), at: leader) == "learnerNotReady")
        let follower = cluster.follower(of: leader)
        #expect(cluster.change(.memberPromoted(NodeID(4)), at: follower) == "learnerNotReady")
        #expect(cluster.change(.memberPromoted(NodeID(9)), at: follower).contains("memberNotFound"))
    }

    @Test func aFollowerIsRemovedFromEveryGroupAndRefused() {
        let cluster = founded(nodes: 3)
        let leader = cluster.electLeader()
        let gone = cluster.follower(of: leader)
        #expect(cluster.change(.memberRemoved(NodeID(gone)), at: leader) == "members")
        cluster.tick(20)
        let rest = ([1, 2, 3] as [UInt64]).filter { $0 != gone }
        #expect(cluster.configurations(at: leader) == [.init(rest), .init(rest)])
        #expect(cluster[leader].shard.refuses(NodeID(gone)))
        #expect(!cluster[leader].shard.peers.contains(NodeID(gone)))
    }

    @Test func aLeaderThatIsRemovedHandsOverFirst() {
        let cluster = founded(nodes: 3)
        let leader = cluster.electLeader()
        #expect(cluster.change(.memberRemoved(NodeID(leader)), at: leader) == "members")
        cluster.tick(40)
        let rest = ([1, 2, 3] as [UInt64]).filter { $0 != leader }
        let next = cluster.electLeader()
        #expect(next != leader)
        #expect(cluster.configurations(at: next) == [.init(rest), .init(rest)])
        cluster.put("a", "1", at: next, as: 1)
        cluster.settle()
        #expect(cluster.answer(at: next, to: 1) == "revision 2")
    }

    /// Nobody but the keyspace's leader changes its group, so he must be told that he is to leave.
    @Test func whoIsRemovedLearnsOnInTheControlGroupUntilNoOtherGroupHasIt() {
        let cluster = founded(nodes: 3)
        let leader = cluster.electLeader()
        let other = cluster.follower(of: leader)
        if cluster[leader].shard.status(.control)?.isLeader == true {
            cluster[leader].shard.transferLeadership(
                of: .control,
                to: NodeID(other),
                for: .none
            )
            cluster.tick(5)
        }
        let rest = ([1, 2, 3] as [UInt64]).filter { $0 != leader }
        let control = rest.first { cluster[$0].shard.status(.control)?.isLeader == true } ?? other
        cluster[leader].isCutOff = true
        #expect(cluster.change(.memberRemoved(NodeID(leader)), at: control) == "members")
        cluster.tick(6)
        #expect(cluster.configurations(at: control) == [.init(rest, [leader]), .init([1, 2, 3])])
        #expect(!cluster[control].shard.refuses(NodeID(leader)))
        cluster.tick(100)
        #expect(cluster.configurations(at: control) == [.init(rest), .init(rest)])
        #expect(cluster[control].shard.refuses(NodeID(leader)))
    }

    @Test func theOnlyNodeIsReplaced() {
        let cluster = founded(nodes: 1, spares: 1)
        _ = cluster.electLeader()
        cluster.put("a", "1", at: 1, as: 1)
        _ = cluster.change(.memberAdded(member(2)), at: 1)
        _ = cluster.change(.memberRemoved(NodeID(1)), at: 1)
        cluster.tick(80)
        #expect(cluster.configurations(at: 2) == [.init([2]), .init([2])])
        #expect(cluster.value(of: "a", at: 2) == "1")
        #expect(cluster[2].shard.status(.defaultKeyspace)?.isLeader == true)
    }

    @Test func aChangeGoesOnUnderTheNextLeader() {
        let cluster = founded(nodes: 3, spares: 1)
        let leader = cluster.electLeader()
        _ = cluster.change(.memberAdded(member(4)), at: leader)
        cluster[leader].isCutOff = true
        cluster.tick(100)
        let next = cluster.electLeader()
        #expect(next != leader)
        #expect(cluster.configurations(at: next) == [.init([1, 2, 3, 4]), .init([1, 2, 3, 4])])
    }

    @Test func whoLeavesStaysWhileTooFewOfTheWantedCanVote() {
        let cluster = founded(nodes: 3, spares: 3)
        let leader = cluster.electLeader()
        for spare in 4...6 as ClosedRange<UInt64> {
            cluster[spare].isCutOff = true
            _ = cluster.change(.memberAdded(member(spare)), at: leader)
        }
        for old in [1, 2, 3] as [UInt64] where old != leader {
            _ = cluster.change(.memberRemoved(NodeID(old)), at: leader)
        }
        cluster.tick(20)
        #expect(cluster.configurations(at: leader).first == .init([1, 2, 3], [4, 5, 6]))
        for spare in 4...6 as ClosedRange<UInt64> { cluster[spare].isCutOff = false }
        cluster.tick(60)
        #expect(
            cluster.configurations(at: leader).first
                == .init([4, 5, 6, leader].sorted())
        )
    }

    @Test func whoWasAddedIsAPeerAndWhoMovedStaysOne() {
        let cluster = founded(nodes: 3, spares: 1)
        let leader = cluster.electLeader()
        _ = cluster.change(.memberAdded(member(4)), at: leader)
        cluster.tick(2)
        #expect(cluster[leader].shard.peers.contains(NodeID(4)))
        let moved = ClusterRecord.memberUpdated(NodeID(4), peerURLs: ["http://z:1"])
        #expect(cluster.change(moved, at: leader) == "members")
        #expect(cluster[leader].shard.metadata?.member(NodeID(4))?.peerURLs == ["http://z:1"])
    }

    @Test func theThrottleLetsSoMuchGoInATick() {
        var throttle = SnapshotThrottle(bytesPerSecond: 1_000, tickNanoseconds: 100_000_000)
        #expect(throttle.isOpen)
        throttle.spend(250)
        #expect(!throttle.isOpen)
        throttle.passTick()
        #expect(!throttle.isOpen, "what was overspent is made up for")
        throttle.passTick()
        #expect(throttle.isOpen)
        for _ in 0..<9 { throttle.passTick() }
        throttle.spend(100)
        #expect(!throttle.isOpen, "nothing is saved up")
    }
}

/// A cluster whose control group knows its members.
private func founded(nodes: UInt64, spares: UInt64 = 0) -> TestCluster {
    let cluster = TestCluster(nodes: nodes, spares: spares)
    let leader = cluster.electLeader()
    let founders = (1...nodes).map { member($0) }
    #expect(cluster.change(.membersFounded(founders), at: leader) == "members")
    return cluster
}

private func member(_ number: UInt64, isLearner: Bool = false) -> MemberRecord {
    MemberRecord(
        id: NodeID(number),
        peerURLs: ["http://10.0.0.\(number):2380"],
        isLearner: isLearner
    )
}

private struct Roster: Equatable {
    var voters: [UInt64]
    var learners: [UInt64]

    init(_ voters: [UInt64], _ learners: [UInt64] = []) {
        self.voters = voters
        self.learners = learners
    }
}

extension TestCluster {
    /// Proposes the record and lets time pass until it is answered, as words.
    fileprivate func change(_ record: ClusterRecord, at node: UInt64) -> String {
        let request = UInt64(1_000 + self[node].completions.count)
        self[node].shard.propose(record, for: Waiter(client: 1, request: request))
        for _ in 0..<200 {
            settle()
            if let answer = answer(at: node, to: request) { return answer }
            tick()
        }
        return "no answer"
    }

    /// Each group's members as the node knows them, the control group's first; nobody twice.
    fileprivate func configurations(at node: UInt64) -> [Roster] {
        self[node].shard.groups.map { group in
            let configuration = group.raft.configuration
            #expect(!configuration.isJoint)
            return Roster(
                configuration.voters.map(\.number),
                configuration.learners.map(\.number)
            )
        }
    }
}
