internal import Model

/// A replica's run for leadership: first the question whether it would win, then the election.
struct Campaign: Sendable {
    let isPreVote: Bool
    var tally = VoteTally()
}
