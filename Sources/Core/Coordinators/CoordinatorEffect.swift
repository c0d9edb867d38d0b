public import Model

/// Who waits for an answer, as the front counts its requests.
public struct CoordinatorWaiter: Identifier {
    public let number: UInt64
    public init(_ number: UInt64) { self.number = number }
}

/// A proposal of a coordinator, so that it hears what became of it.
public struct CoordinatorTicket: Sendable, Hashable {
    /// In which the coordinator was made: tickets of an earlier one are unknown to the next.
    public var term: Term
    public var part: Part
    public var number: UInt64

    /// Which of a node's coordinators made it.
    public enum Part: Sendable {
        case groups
        case transactions
    }
}

/// What a leader's coordinator wants done, in this order.
public enum CoordinatorEffect: Sendable, Equatable {
    case answer(CoordinatorWaiter, GroupAnswer)

    /// To be put into the group's log.
    ///
    /// Once it is applied here, say `committed`; if it never will be, or nobody knows, `refused`.
    case propose(CoordinatorCommand, CoordinatorTicket)
}
