public import Model

/// The log of one partition of a topic, as a value; copying it takes constant time.
///
/// Every replica applies the same commands in the same order and so gives the same offsets. Two
/// things are a replica's own and change no answer but where it comes from: how much of the log is
/// in memory (`release`), and what a copy holds.
public struct Partition: Sendable {
    public internal(set) var configuration: PartitionConfiguration

    /// The first offset that may be read; it only rises.
    public internal(set) var logStartOffset = Offset.zero

    /// One behind the last record: as what is applied is committed, the high watermark, too.
    public internal(set) var highWatermark = Offset.zero

    /// The group's time, as far as the log has told it; producers expire by it.
    public internal(set) var time = GroupTime.zero

    var log = BatchLog()
    var producers = ProducerTable()
    var open = OpenTransactions()
    var aborted = AbortedTransactions()
    var epochs = LeaderEpochs()

    /// When producers that have expired are looked for next.
    var nextProducerSweep = GroupTime.zero

    /// Before it no producer is silent for long enough to give its place to another.
    ///
    /// Found out anew after a snapshot: it saves work, and changes nothing.
    var noRoomForProducersBefore = GroupTime.zero

    #if MARTLET_MUTANTS
    /// The bug planted in this partition.
    public var mutant: PartitionMutant?
    #endif

    public init(_ configuration: PartitionConfiguration = PartitionConfiguration()) {
        self.configuration = configuration
    }

    /// Everything before it is decided: no open transaction has written there; it only rises.
    public var lastStableOffset: Offset {
        #if MARTLET_MUTANTS
        if mutant == .openTransactionsAreStable { return highWatermark }
        if mutant == .lastOpenTransactionCounts, let last = open.list.last {
            return max(logStartOffset, last.firstOffset)
        }
        #endif
        return max(logStartOffset, open.first?.firstOffset ?? highWatermark)
    }

    /// From here on batches are in memory; what lies before, down to the log start, is elsewhere.
    public var memoryStartOffset: Offset { log.firstOffset ?? highWatermark }

    /// Of the batches in memory.
    public var byteCount: Int { log.byteCount }

    /// The epoch of the last batch.
    public var latestEpoch: LeaderEpoch { epochs.latest }

    /// Behind the last offset that a reader may see.
    public func end(for isolation: Isolation) -> Offset {
        switch isolation {
        case .readUncommitted: highWatermark
        case .readCommitted: lastStableOffset
        }
    }

    /// Where `epoch` ends, `current` being the leader's own; nil if it is later than that:
    /// UNKNOWN_LEADER_EPOCH.
    public func end(of epoch: LeaderEpoch, current: LeaderEpoch) -> EpochEnd? {
        epochs.end(of: epoch, current: current, logEnd: highWatermark)
    }

    /// Applies a command that the group's log holds, under its entry's term and time.
    public mutating func apply(
        _ command: PartitionCommand,
        epoch: LeaderEpoch,
        at time: GroupTime
    ) -> Result<PartitionResponse, PartitionRefusal> {
        switch command {
        case .appendGuarded(let batch, let marker):
            append(batch, epoch: epoch, at: time, ifLastMarkerIs: .some(marker))
                .map { .appended($0) }
        case .writeMarker(let marker):
            write(marker, epoch: epoch, at: time).map { .markerWritten($0) }
        case .deleteRecords(let offset):
            deleteRecords(before: offset, at: time).map { .recordsDeleted(logStart: $0) }
        case .configure(let configuration): configure(configuration, at: time)
        }
    }

    private mutating func configure(
        _ configuration: PartitionConfiguration,
        at time: GroupTime
    ) -> Result<PartitionResponse, PartitionRefusal> {
        advance(to: time)
        self.configuration = configuration
        return .success(.configured)
    }

    /// Time passes; producers that were silent for long are forgotten (KIP-98).
    mutating func advance(to time: GroupTime) {
        self.time = max(self.time, time)
        guard self.time >= nextProducerSweep else { return }
        nextProducerSweep = self.time + Limits.producerSweepMilliseconds
        forgetProducers(silentFor: configuration.producerExpirationMilliseconds)
    }

    mutating func forgetProducers(silentFor milliseconds: Int64) {
        let bound = time.number - milliseconds
        #if MARTLET_MUTANTS
        if mutant == .openTransactionsExpire {
            return producers.removeAll { $0.lastUsed.number <= bound }
        }
        #endif
        producers.removeAll { $0.lastUsed.number <= bound && $0.transactionStart == nil }
    }
}

/// What of a topic's configuration must be the same when a command is applied, on every replica.
public struct PartitionConfiguration: Sendable, Equatable {
    /// How long a producer may be silent before its sequence is forgotten.
    public var producerExpirationMilliseconds: Int64

    public init(
        producerExpirationMilliseconds: Int64 = Limits.producerExpirationMillisecondsDefault
    ) {
        self.producerExpirationMilliseconds = producerExpirationMilliseconds
    }
}
