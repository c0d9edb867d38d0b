public import Model

/// A majority of the voters and, while a change is in progress, of the outgoing voters (§4.3).
public struct JointQuorum: Sendable, Equatable {
    public let incoming: MajorityQuorum
    public let outgoing: MajorityQuorum

    public init(_ configuration: GroupConfiguration) {
        incoming = MajorityQuorum(voters: configuration.voters)
        outgoing = MajorityQuorum(voters: configuration.outgoingVoters)
    }

    public func reached(_ number: (ReplicaID) -> UInt64) -> UInt64 {
        min(incoming.reached(number), outgoing.reached(number))
    }

    public func outcome(_ vote: (ReplicaID) -> Bool?) -> VoteOutcome {
        switch (incoming.outcome(vote), outgoing.outcome(vote)) {
        case (.won, .won): .won
        case (.lost, _), (_, .lost): .lost
        case (.open, _), (_, .open): .open
        }
    }
}
