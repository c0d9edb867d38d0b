import Bytes
import Model
import Testing

@testable import Coordinators

@Suite struct JoinTests {
    @Test func aNewMemberIsToldItsIDAndJoinsWithIt() throws {
        let test = TestCoordinator()
        let first = test.ask(.join(test.joinRequest(isSimple: false)))
        let required = try test.joined(first)
        #expect(required.error == .memberIDRequired)
        #expect(required.member == "m1")
        let second = try test.joined(
            test.ask(.join(test.joinRequest(required.member, isSimple: false)))
        )
        #expect(second.error == nil)
        #expect(second.member == required.member)
        #expect(second.leader == required.member)
        #expect(second.generation == GroupGeneration(1))
        #expect(second.protocolName == "range")
        #expect(second.members.map(\.member) == [required.member])
    }

    @Test func anIDThatNobodyUsesIsForgotten() throws {
        let test = TestCoordinator()
        let required = try test.joined(test.ask(.join(test.joinRequest(isSimple: false))))
        test.pass(10_000)
        let late = try test.joined(test.join(required.member))
        #expect(late.error == .unknownMemberID)
    }

    @Test func aRebalanceWaitsForAnIDThatWasGivenOut() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(1)
        let required = try test.joined(test.ask(.join(test.joinRequest(isSimple: false))))
        let leader = test.join(members[0])
        #expect(test.answers[leader] == nil)
        let newcomer = test.join(required.member)
        #expect(try test.joined(leader).members.count == 2)
        #expect(try test.joined(newcomer).generation == GroupGeneration(2))
    }

    @Test func onlyTheLeaderHearsWhoIsThere() throws {
        let test = TestCoordinator()
        let leader = try test.joined(test.join()).member
        let newcomer = test.join()
        let again = try test.joined(test.join(leader))
        let joined = try test.joined(newcomer)
        #expect(again.leader == leader)
        #expect(again.members.map(\.member) == [leader, joined.member])
        #expect(joined.leader == leader)
        #expect(joined.members.isEmpty)
    }

    @Test func aGroupThatWasEmptyWaitsForMore() throws {
        let test = TestCoordinator(delay: 3_000)
        let first = test.join()
        test.pass(2_900)
        let second = test.join()
        test.pass(100)
        #expect(test.answers[first] == nil)
        test.pass(2_900)
        #expect(test.answers[first] == nil)
        test.pass(100)
        #expect(try test.joined(first).members.count == 2)
        #expect(try test.joined(second).generation == GroupGeneration(1))
    }

    @Test func theWaitEndsHoweverManyCome() throws {
        let test = TestCoordinator(delay: 3_000)
        let first = test.join()
        for _ in 0..<60 where test.answers[first] == nil {
            test.pass(1_000)
            _ = test.join()
        }
        #expect(test.now <= GroupTime(1_000 + 60_000))
        #expect(try test.joined(first).error == nil)
    }

    @Test func whoDoesNotJoinAgainIsOut() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let leader = test.join(members[0])
        for _ in 0..<60 {
            #expect(test.answers[leader] == nil)
            test.pass(1_000)
            if test.answers[leader] == nil {
                #expect(test.heartbeat(members[1], 2) == .rebalanceInProgress)
            }
        }
        #expect(try test.joined(leader).members.map(\.member) == [members[0]])
        #expect(test.heartbeat(members[1], 2) == .unknownMemberID)
    }

    @Test func aLeaderThatDoesNotJoinIsFollowedByOneThatDid() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let newcomer = test.join()
        let second = test.join(members[1])
        test.pass(10_000)
        let joined = try test.joined(second)
        #expect(joined.leader == members[1])
        #expect(joined.members.map(\.member) == [members[1], try test.joined(newcomer).member])
    }

    @Test func aMemberThatAsksAgainHearsTheSameGeneration() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let again = try test.joined(test.join(members[1]))
        #expect(again.generation == GroupGeneration(2))
        #expect(test.heartbeat(members[0], 2) == nil)
    }

    @Test func aMemberThatWantsSomethingElseStartsARebalance() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let waiter = test.join(members[1], topics: ["t", "u"])
        #expect(test.answers[waiter] == nil)
        #expect(test.heartbeat(members[0], 2) == .rebalanceInProgress)
    }

    @Test func aLeaderThatJoinsStartsARebalance() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        _ = test.join(members[0])
        #expect(test.heartbeat(members[1], 2) == .rebalanceInProgress)
    }

    @Test func theProtocolWithMostVotesIsTaken() throws {
        let test = TestCoordinator(delay: 3_000)
        let first = test.join(protocols: ["range", "sticky", "own"])
        _ = test.join(protocols: ["sticky", "range"])
        _ = test.join(protocols: ["sticky", "range"])
        test.pass(6_000)
        #expect(try test.joined(first).protocolName == "sticky")
    }

    @Test func whoSharesNoProtocolIsRefused() throws {
        let test = TestCoordinator()
        _ = test.join(protocols: ["range"])
        #expect(try test.joined(test.join(protocols: ["own"])).error == .inconsistentGroupProtocol)
        var request = test.joinRequest()
        request.protocolType = "connect"
        #expect(
            try test.joined(test.ask(.join(request))).error == .inconsistentGroupProtocol
        )
        request.group = "other"
        request.protocols = []
        #expect(
            try test.joined(test.ask(.join(request))).error == .inconsistentGroupProtocol
        )
    }

    @Test(arguments: [
        (Int32(5_999), CoordinatorError?.some(.invalidSessionTimeout)), (6_000, nil),
        (1_800_000, nil), (1_800_001, .invalidSessionTimeout),
    ])
    func sessionsHaveBounds(timeout: Int32, error: CoordinatorError?) throws {
        let test = TestCoordinator()
        var request = test.joinRequest()
        request.sessionTimeout = timeout
        #expect(try test.joined(test.ask(.join(request))).error == error)
    }

    @Test func aGroupHasAName() throws {
        let test = TestCoordinator()
        var request = test.joinRequest()
        request.group = .empty
        #expect(try test.joined(test.ask(.join(request))).error == .invalidGroupID)
    }

    @Test func whatGoesBeyondALimitIsRefused() throws {
        let test = TestCoordinator()
        var request = test.joinRequest()
        request.protocols[0].metadata = ByteSlice(
            [UInt8](repeating: 0, count: Limits.memberBytesMax + 1)
        )
        #expect(try test.joined(test.ask(.join(request))).error == .invalidRequest)
        request = test.joinRequest()
        request.clientID = ByteSlice([UInt8](repeating: 0, count: Limits.nameBytesMax + 1))
        #expect(try test.joined(test.ask(.join(request))).error == .invalidRequest)
    }

    @Test func aGroupIsFullAtSomeTime() throws {
        let test = TestCoordinator { $0.membersMax = 2 }
        let members = try test.stableGroup(2)
        #expect(try test.joined(test.join()).error == .groupMaxSizeReached)
        #expect(test.heartbeat(members[0], 2) == nil)
        #expect(
            try test.joined(test.ask(.join(test.joinRequest(isSimple: false)))).error
                == .groupMaxSizeReached
        )
    }

    @Test func idsGivenOutCountAsMembers() throws {
        let test = TestCoordinator { $0.membersMax = 2 }
        for _ in 0..<2 {
            let answer = try test.joined(test.ask(.join(test.joinRequest(isSimple: false))))
            #expect(answer.error == .memberIDRequired)
        }
        let answer = try test.joined(test.ask(.join(test.joinRequest(isSimple: false))))
        #expect(answer.error == .groupMaxSizeReached)
    }

    @Test func whoAsksTwiceIsAnsweredTwice() throws {
        let test = TestCoordinator()
        let members = try test.stableGroup(2)
        let first = test.join(members[0])
        let second = test.join(members[0])
        #expect(try test.joined(first).error == .rebalanceInProgress)
        #expect(test.answers[second] == nil)
        _ = test.join(members[1])
        #expect(try test.joined(second).error == nil)
    }

    @Test func aNewMemberDoesNotWaitForEver() throws {
        let test = TestCoordinator(delay: 0) { $0.sessionTimeoutMax = 3_600_000 }
        var request = test.joinRequest()
        request.sessionTimeout = 3_600_000
        request.rebalanceTimeout = 3_600_000
        let first = try test.joined(test.ask(.join(request))).member
        request.newMember = "late"
        let waiter = test.ask(.join(request))
        test.pass(300_000)
        #expect(try test.joined(waiter).error == .unknownMemberID)
        #expect(try test.describe().members.map(\.member) == [first])
    }
}
