public import Bytes
public import Model

extension Partition {
    /// Appends a client's batch, which goes through the group's log as it was received.
    ///
    /// `time` is the group's. A refusal changes nothing but the time. With `ifLastMarkerIs`, it is
    /// taken only if the producer's last marker is the one at that offset, or there is none.
    public mutating func append(
        _ bytes: ByteSlice,
        epoch: LeaderEpoch,
        at time: GroupTime,
        ifLastMarkerIs marker: Offset?? = nil
    ) -> Result<Appended, PartitionRefusal> {
        advance(to: time)
        do throws(PartitionRefusal) {
            let batch = try Self.batch(bytes)
            guard batch.header.producerID != .none else {
                return .success(try store(batch, epoch: epoch))
            }
            return .success(try appendInSequence(batch, epoch: epoch, marker))
        } catch {
            return .failure(error)
        }
    }

    /// What every replica must agree on is looked at again, as who proposed it may check less.
    private static func batch(_ bytes: ByteSlice) throws(PartitionRefusal) -> RecordBatch {
        do throws(BatchError) {
            let batch = try RecordBatch(bytes)
            if let fault = batch.header.fault { throw .invalid(fault) }
            return batch
        } catch {
            throw .malformed(error)
        }
    }

    private mutating func appendInSequence(
        _ batch: RecordBatch,
        epoch: LeaderEpoch,
        _ marker: Offset??
    ) throws(PartitionRefusal) -> Appended {
        let header = batch.header
        let id = header.producerID
        let state = producers[id]
        if let original = try original(of: header, state) {
            return Appended(
                baseOffset: original.baseOffset,
                lastOffset: original.baseOffset + Int64(original.lastOffsetDelta),
                maxTimestamp: original.maxTimestamp,
                isDuplicate: true
            )
        }
        if let marker, isBehindItsEnd(state, after: marker) { throw .transactionEnded }
        let opens = header.attributes.isTransactional && state?.transactionStart == nil
        if opens { try makeRoomForTransaction() }
        if state == nil { try makeRoomForProducer() }
        let appended = try store(batch, epoch: epoch)
        remember(header, appended, isNew: state == nil, opens: opens)
        return appended
    }

    /// Whether another marker has come since a batch was let in that would open a transaction.
    private func isBehindItsEnd(_ state: ProducerState?, after marker: Offset?) -> Bool {
        #if MARTLET_MUTANTS
        if mutant == .lateBatchesOpenTransactions { return false }
        #endif
        return state?.transactionStart == nil && state?.lastMarker?.offset != marker
    }

    private func original(
        of header: RecordBatchHeader,
        _ state: ProducerState?
    ) throws(PartitionRefusal) -> KeptBatch? {
        guard let state else { return nil }
        #if MARTLET_MUTANTS
        let judgement = Result { () throws(PartitionRefusal) in try state.original(of: header) }
        if mutant != nil { return try mutated(judgement, of: header, state).get() }
        #endif
        return try state.original(of: header)
    }

    /// Gives the batch its offsets.
    private mutating func store(
        _ batch: RecordBatch,
        epoch: LeaderEpoch
    ) throws(PartitionRefusal) -> Appended {
        guard highWatermark.number < Limits.offsetMax else { throw .offsetsExhausted }
        let stored = StoredBatch(batch, at: highWatermark, epoch: epoch)
        append(stored)
        return Appended(
            baseOffset: stored.baseOffset,
            lastOffset: stored.lastOffset,
            maxTimestamp: stored.maxTimestamp,
            isDuplicate: false
        )
    }

    mutating func append(_ batch: StoredBatch) {
        noteEpoch(of: batch)
        log.append(batch)
        highWatermark = batch.lastOffset.next
    }

    private mutating func noteEpoch(of batch: StoredBatch) {
        #if MARTLET_MUTANTS
        if mutant == .epochsAreForgotten, !epochs.starts.isEmpty { return }
        #endif
        epochs.note(batch.leaderEpoch, at: batch.baseOffset)
    }

    private mutating func remember(
        _ header: RecordBatchHeader,
        _ appended: Appended,
        isNew: Bool,
        opens: Bool
    ) {
        let id = header.producerID
        if isNew {
            let state = ProducerState(id: id, epoch: header.producerEpoch, lastUsed: time)
            let isInserted = producers.insert(state)
            precondition(isInserted, "a new producer is known")
        }
        let time = time
        #if MARTLET_MUTANTS
        let keepsFour = mutant == .fourBatchesAreKept
        #endif
        producers.change(id) { state in
            state.enter(header.producerEpoch)
            #if MARTLET_MUTANTS
            if keepsFour, state.kept.count == 4 { state.kept.removeFirst() }
            #endif
            state.keep(
                KeptBatch(
                    baseSequence: header.baseSequence,
                    lastOffsetDelta: header.lastOffsetDelta,
                    baseOffset: appended.baseOffset,
                    maxTimestamp: appended.maxTimestamp
                )
            )
            state.lastUsed = time
            state.lastTimestamp = appended.maxTimestamp
            if opens { state.transactionStart = appended.baseOffset }
        }
        if opens { open.append(OpenTransaction(firstOffset: appended.baseOffset, producerID: id)) }
    }

    private func makeRoomForTransaction() throws(PartitionRefusal) {
        guard open.list.count < Limits.transactionsOpenMax,
            open.list.count + aborted.list.count < Limits.transactionsAbortedMax
        else { throw .tooManyTransactions }
    }

    mutating func makeRoomForProducer() throws(PartitionRefusal) {
        guard producers.count >= Limits.producersMax else { return }
        guard time >= noRoomForProducersBefore else { throw .tooManyProducers }
        forgetProducers(silentFor: Limits.producerIdleMillisecondsMin)
        guard producers.count >= Limits.producersMax else { return }
        // Else whoever comes with ever new producers has all of them looked through each time.
        let oldest = producers.oldestUse ?? time
        noRoomForProducersBefore = oldest + Limits.producerIdleMillisecondsMin
        throw .tooManyProducers
    }
}

extension ProducerState {
    /// The kept batch that this one is a copy of; nil if it is the next one.
    ///
    /// An unknown producer may begin with any sequence: what was known of it may have expired. One
    /// with a new epoch begins with 0.
    fileprivate func original(
        of header: RecordBatchHeader
    ) throws(PartitionRefusal) -> KeptBatch? {
        guard header.producerEpoch >= epoch else { throw .producerFenced(current: epoch) }
        if header.producerEpoch == epoch {
            let original = kept.last {
                $0.baseSequence == header.baseSequence
                    && $0.lastOffsetDelta == header.lastOffsetDelta
            }
            if let original { return original }
            try checkOrder(of: header)
        } else if header.baseSequence != 0 {
            throw .outOfOrderSequence(expected: 0)
        }
        guard transactionStart == nil || header.attributes.isTransactional else {
            throw .transactionExpected
        }
        return nil
    }

    /// Sequences go in a circle of 2³¹: what is nearer behind than ahead was there before.
    private func checkOrder(of header: RecordBatchHeader) throws(PartitionRefusal) {
        let expected = nextSequence
        guard header.baseSequence != expected else { return }
        let behind = expected.sequence(after: -1) &- header.lastSequence
        guard !kept.isEmpty, behind & .max < Int32.max / 2 else {
            throw .outOfOrderSequence(expected: expected)
        }
        throw .duplicateSequence
    }

    /// Sequences of an earlier epoch say nothing in a later one.
    mutating func enter(_ epoch: ProducerEpoch) {
        guard epoch > self.epoch else { return }
        self.epoch = epoch
        kept.removeAll(keepingCapacity: true)
    }
}
