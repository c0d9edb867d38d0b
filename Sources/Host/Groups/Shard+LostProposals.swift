internal import Model

extension Shard {
    /// Proposes again what earlier leaders took with them, as the first entry of `term` is applied.
    ///
    /// A command is in the log of the term that it was sent in, or in none. All entries of earlier
    /// terms that are ever applied stand before the first one of `term`: what was not among them is
    /// lost for certain, and who waits for it need not be told, or wait until it times out.
    func proposeLost(before term: Term, in group: Group) {
        group.appliedTerm = max(group.appliedTerm, term)
        for lost in group.proposals.lost(before: term) {
            acceptReturn(of: lost.sequence, lost.payload, in: group)
        }
    }
}
