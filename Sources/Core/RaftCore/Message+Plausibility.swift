internal import Model

extension Message {
    /// Whether a correct replica could have sent this.
    ///
    /// What is not plausible is dropped: its numbers would overflow, or its entries could not stand
    /// in any log.
    var isPlausible: Bool {
        guard term.isPlausible else { return false }
        return switch body {
        case .requestVote(let request):
            request.lastIndex.isPlausible && request.lastTerm <= term
                && !(request.isPreVote && request.isTransfer)
        case .append(let append):
            append.isPlausible(in: term)
        case .appendReply(.accepted(let matchIndex)):
            matchIndex.isPlausible
        case .appendReply(.rejected(let previousIndex, let hintIndex, let hintTerm)):
            previousIndex.isPlausible && hintIndex <= previousIndex && hintTerm <= term
        case .heartbeat(let heartbeat):
            heartbeat.commitIndex.isPlausible && heartbeat.round.isPlausible
                && !(heartbeat.isLast && heartbeat.round != nil)
        case .heartbeatReply(let reply):
            reply.round.isPlausible
        case .installSnapshot(let mark):
            mark.isPlausible && mark.term <= term
        case .repairing(let progress):
            progress.heldIndex.isPlausible
        case .repairPoint(let point):
            point.index.isPlausible
        case .voteReply, .timeoutNow:
            true
        }
    }
}

extension AppendEntries {
    fileprivate func isPlausible(in term: Term) -> Bool {
        guard previousIndex.isPlausible, commitIndex.isPlausible else { return false }
        var last = (index: previousIndex, term: previousTerm)
        for entry in entries {
            guard entry.index == last.index.next, entry.term >= last.term else { return false }
            last = (entry.index, entry.term)
        }
        return last.term <= term && last.index.isPlausible
    }
}

extension SnapshotMark {
    var isPlausible: Bool { index.isPlausible && term.isPlausible }
}

extension Term {
    var isPlausible: Bool { number <= Limits.termMax }
}

extension LogIndex {
    var isPlausible: Bool { number <= Limits.indexMax }
}

extension ReadRound? {
    fileprivate var isPlausible: Bool { (self?.number ?? 0) <= Limits.readRoundMax }
}
