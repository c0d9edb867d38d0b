public import Model

/// More than half of the voters.
///
/// Nobody is a majority of no voters, and agrees to everything: half of a joint quorum may be empty.
public struct MajorityQuorum: Sendable, Equatable {
    public let voters: [ReplicaID]

    public init(voters: [ReplicaID]) { self.voters = voters }

    /// How many voters it takes.
    public var size: Int { voters.count / 2 + 1 }

    /// The highest number that a majority has reached.
    ///
    /// Serves match indexes and read rounds alike. Sorts on the stack: it runs with every reply.
    public func reached(_ number: (ReplicaID) -> UInt64) -> UInt64 {
        guard !voters.isEmpty else { return .max }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: voters.count) { numbers in
            for (count, voter) in voters.enumerated() {
                let new = number(voter)
                var place = count
                while place > 0 && numbers[place - 1] > new {
                    numbers[place] = numbers[place - 1]
                    place -= 1
                }
                numbers[place] = new
            }
            return numbers[voters.count - size]
        }
    }

    /// How an election stands; `vote` is nil for a voter that has not answered.
    public func outcome(_ vote: (ReplicaID) -> Bool?) -> VoteOutcome {
        guard !voters.isEmpty else { return .won }
        var granted = 0
        var refused = 0
        for voter in voters {
            switch vote(voter) {
            case .some(true): granted += 1
            case .some(false): refused += 1
            case nil: break
            }
        }
        if granted >= size { return .won }
        return granted + (voters.count - granted - refused) >= size ? .open : .lost
    }
}

/// How an election stands.
public enum VoteOutcome: Sendable, Equatable {
    case won, lost, open
}
