public import Model

/// Who answered in an election, and what; a voter's first answer counts.
public struct VoteTally: Sendable, Equatable {
    public private(set) var granted: [ReplicaID] = []
    public private(set) var refused: [ReplicaID] = []

    public init() {}

    public mutating func record(_ isGranted: Bool, by voter: ReplicaID) {
        guard answer(of: voter) == nil else { return }
        if isGranted { granted.append(voter) } else { refused.append(voter) }
    }

    /// Nil while the voter has not answered.
    public func answer(of voter: ReplicaID) -> Bool? {
        if granted.contains(voter) { return true }
        return refused.contains(voter) ? false : nil
    }

    public func outcome(in quorum: JointQuorum) -> VoteOutcome {
        quorum.outcome { answer(of: $0) }
    }
}
