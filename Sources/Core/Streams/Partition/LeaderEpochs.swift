public import Model

/// Where an epoch ends, as OffsetForLeaderEpoch says it (KIP-101, KIP-279).
public struct EpochEnd: Sendable, Equatable {
    /// The latest epoch with batches that is not later than the one asked for.
    public let epoch: LeaderEpoch

    /// Behind its last batch.
    public let offset: Offset
}

/// At which offset each leader epoch began that has batches.
struct LeaderEpochs: Sendable {
    struct Start: Sendable, Equatable {
        var epoch: LeaderEpoch
        var offset: Offset
    }

    private(set) var starts: [Start] = []

    var latest: LeaderEpoch { starts.last?.epoch ?? .none }

    mutating func note(_ epoch: LeaderEpoch, at offset: Offset) {
        // Terms of a log never fall; of a snapshot that says otherwise the later one counts on.
        guard epoch > latest else { return }
        if starts.count >= Limits.leaderEpochsMax { starts.removeFirst(starts.count / 2) }
        starts.append(Start(epoch: epoch, offset: offset))
    }

    /// Where `epoch` ends in a log that ends at `end`, whose leader is of epoch `current`.
    ///
    /// Of an epoch before the first that is known, that one's start; nil for one after `current`.
    func end(of epoch: LeaderEpoch, current: LeaderEpoch, logEnd end: Offset) -> EpochEnd? {
        guard epoch <= current else { return nil }
        guard epoch < current else { return EpochEnd(epoch: epoch, offset: end) }
        let next = starts.firstIndex { $0.epoch > epoch } ?? starts.count
        return EpochEnd(
            epoch: next > 0 ? starts[next - 1].epoch : epoch,
            offset: next < starts.count ? starts[next].offset : end
        )
    }

    /// Forgets what lies before `offset`; the epoch that it is in begins there from now on.
    mutating func forget(before offset: Offset) {
        let gone = starts.dropFirst().prefix { $0.offset <= offset }.count
        if gone > 0 { starts.removeFirst(gone) }
        if let first = starts.first, first.offset < offset { starts[0].offset = offset }
    }
}
