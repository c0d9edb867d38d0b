internal import Model

/// A replica's run for leadership.
struct Campaign: Sendable {
    enum Kind: Sendable, Equatable {
        /// The question whether it would win; becomes `election` if so.
        case preVote

        case election

        /// An election that the leader has asked for: without the question, and nobody sticks to
        /// that leader.
        case transfer
    }

    let kind: Kind
    var tally = VoteTally()
}

extension Campaign {
    var isPreVote: Bool { kind == .preVote }
}
