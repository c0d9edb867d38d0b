/// What a replica is at the moment (Raft §5.1, thesis §4.2.1, §9.6).
public enum Role: Sendable, Hashable {
    /// Follows a leader, or waits for one; becomes `preCandidate` when it hears of none.
    case follower

    /// Follows, but neither votes nor counts.
    case learner

    /// Asks whether it would be elected; becomes `candidate` if so, `follower` if not.
    case preCandidate

    /// Asks for votes in a new term; becomes `leader` or `follower`.
    case candidate

    /// Leads until it hears of a newer term, or hears no majority for an election timeout.
    case leader
}
