#if MARTLET_MUTANTS
internal import Model

/// Bugs planted for the tests to find; no other build contains them.
public enum PartitionMutant: Int, CaseIterable, Sendable {
    /// A batch that is sent again is appended again (Redpanda #3039).
    case duplicatesAreAppended

    /// A batch may be missing before one that is taken.
    case gapsAreTaken

    /// After the largest sequence there is none.
    case sequencesDoNotWrap

    /// A producer that was fenced off goes on.
    case earlierEpochsAreTaken

    /// One batch fewer is known again than clients have in flight.
    case fourBatchesAreKept

    /// Silence ends a transaction's producer, and nobody will end the transaction.
    case openTransactionsExpire

    /// A deletion of records takes what is known of producers with it (KIP-360's reason).
    case deletionForgetsProducers

    /// A marker takes two offsets (Redpanda #13364).
    case markersTakeTwoOffsets

    /// What was aborted is read as if it were committed (Redpanda #3036).
    case abortedTransactionsAreForgotten

    /// Of several transactions that overlap a range one is listed.
    case onlyOneAbortedIsListed

    /// What is undecided is read as if it were committed.
    case openTransactionsAreStable

    /// The latest open transaction holds the stable offset back, not the first.
    case lastOpenTransactionCounts

    /// A late marker ends a later transaction (KAFKA-17754).
    case lateMarkersEndTheNext

    /// A batch opens a transaction that has ended (KIP-890).
    case lateBatchesOpenTransactions

    /// After a snapshot duplicates are appended (Redpanda #5356).
    case snapshotForgetsProducers

    /// After a snapshot what is undecided is stable (Redpanda #6018).
    case snapshotForgetsOpenTransactions

    /// After a snapshot aborted records are read (Redpanda #10671).
    case snapshotForgetsAborted

    /// After a snapshot deleted records are there again.
    case snapshotForgetsLogStart

    /// A fetch within a batch begins behind it.
    case readsSkipTheBatch

    /// A batch larger than a fetch allows is never read (KIP-74's reason).
    case largeBatchesAreNotRead

    /// A time leads to the first record of the batch.
    case timesFindBatches

    /// Only the first leader epoch is remembered.
    case epochsAreForgotten
}

extension Partition {
    /// What comes of a batch's place in its producer's sequence, with the bug.
    func mutated(
        _ judgement: Result<KeptBatch?, PartitionRefusal>,
        of header: RecordBatchHeader,
        _ state: ProducerState
    ) -> Result<KeptBatch?, PartitionRefusal> {
        switch judgement {
        case .success(.some) where mutant == .duplicatesAreAppended: .success(nil)
        case .success(.none)
        where mutant == .sequencesDoNotWrap && state.lastSequence == .max
            && header.producerEpoch == state.epoch:
            .failure(.outOfOrderSequence(expected: .max))
        case .failure(.outOfOrderSequence) where mutant == .gapsAreTaken: .success(nil)
        case .failure(.producerFenced) where mutant == .earlierEpochsAreTaken: .success(nil)
        case .success, .failure: judgement
        }
    }

    /// The bugs of what a snapshot holds.
    func mutated(_ producers: [ProducerState]) -> [ProducerState] {
        var producers = producers
        if mutant == .snapshotForgetsProducers {
            producers.removeAll { $0.transactionStart == nil }
        }
        if mutant == .snapshotForgetsOpenTransactions {
            for index in producers.indices { producers[index].transactionStart = nil }
        }
        return producers
    }
}
#endif
