import Checkers
import Model
import Testing

/// R7: configurations that follow one another cannot decide apart.
@Suite struct RaftMembershipTests {
    /// The invariant that is broken where voters 1 to 3 are followed by these.
    private func broken(_ voters: [UInt64], outgoing: [UInt64] = []) -> Invariant? {
        var observer = RaftObserver(voters: 3)
        do throws(Violation) {
            try observer.configured(
                ObservedConfiguration(
                    voters: voters.map { NodeID($0) },
                    outgoing: outgoing.map { NodeID($0) }
                ),
                at: LogIndex(1),
                in: Term(1),
                of: .control,
                on: NodeID(1)
            )
            return nil
        } catch {
            return error.invariant
        }
    }

    @Test func aJointConfigurationMayFollow() {
        #expect(broken([4, 5, 6], outgoing: [1, 2, 3]) == nil)
        #expect(broken([1], outgoing: [1, 2, 3]) == nil)
    }

    /// Who joins writes both entries of a change at once, and may be the first to write the second.
    @Test func aBatchMayHoldBothEntriesOfAChange() throws {
        var observer = RaftObserver(voters: 3)
        let old = (1...3).map { NodeID($0) }
        let joint = ObservedConfiguration(voters: [NodeID(4), NodeID(5)], outgoing: old)
        let settled = ObservedConfiguration(voters: joint.voters)
        let term = Term(1)
        try observer.configured(joint, at: LogIndex(1), in: term, of: .control, on: NodeID(4))
        #expect(throws: Violation.self) {
            var other = observer
            try other.configured(
                settled,
                at: LogIndex(2),
                in: term,
                of: .control,
                on: NodeID(4),
                batchFrom: LogIndex(1)
            )
        }
        try observer.configured(
            settled,
            at: LogIndex(2),
            in: term,
            of: .control,
            on: NodeID(4),
            after: joint,
            batchFrom: LogIndex(1)
        )
    }

    @Test func oneVoterMoreOrLessMayFollow() {
        #expect(broken([1, 2, 3, 4]) == nil)
        #expect(broken([1, 2]) == nil)
    }

    @Test func otherVotersMayNotFollowAtOnce() {
        #expect(broken([1, 2, 4]) == .quorumOverlap)
        #expect(broken([4]) == .quorumOverlap)
        #expect(broken([4, 5, 6]) == .quorumOverlap)
    }
}
