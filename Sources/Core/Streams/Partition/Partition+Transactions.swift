public import Model

extension Partition {
    /// Ends a producer's transaction here; the marker takes one offset.
    ///
    /// One that ends nothing is written, too, as it fences off the producer's earlier epochs; one
    /// that is repeated is not.
    public mutating func write(
        _ marker: TransactionMarker,
        epoch: LeaderEpoch,
        at time: GroupTime
    ) -> Result<MarkerWritten, PartitionRefusal> {
        advance(to: time)
        let state = producers[marker.producerID]
        if let refusal = state?.refusal(of: marker) { return .failure(refusal) }
        if let last = original(of: marker, state) {
            return .success(MarkerWritten(offset: last.offset, isRepeated: true))
        }
        let record = ControlRecord(
            verdict: marker.verdict,
            coordinatorEpoch: marker.coordinatorEpoch
        )
        let bytes = record.batch(
            producerID: marker.producerID,
            producerEpoch: marker.producerEpoch,
            timestamp: marker.timestamp
        )
        do throws(BatchError) {
            let offset = highWatermark
            append(StoredBatch(try RecordBatch(bytes), at: offset, epoch: epoch))
            conclude(marker, state, at: offset)
            #if MARTLET_MUTANTS
            if mutant == .markersTakeTwoOffsets { highWatermark = highWatermark.next }
            #endif
            return .success(MarkerWritten(offset: offset, isRepeated: false))
        } catch {
            return .failure(.malformed(error))
        }
    }

    /// The marker that this one repeats.
    private func original(of marker: TransactionMarker, _ state: ProducerState?) -> LastMarker? {
        guard let state, let last = state.lastMarker, last.epoch == marker.producerEpoch else {
            return nil
        }
        #if MARTLET_MUTANTS
        if mutant == .lateMarkersEndTheNext { return state.transactionStart == nil ? last : nil }
        #endif
        return state.transactionStart == nil || marker.isEpochOwn ? last : nil
    }

    private mutating func conclude(
        _ marker: TransactionMarker,
        _ state: ProducerState?,
        at offset: Offset
    ) {
        let id = marker.producerID
        if let start = state?.transactionStart {
            open.remove(startingAt: start)
            if marker.verdict == .abort {
                aborted.append(
                    AbortedTransaction(
                        producerID: id,
                        firstOffset: start,
                        lastOffset: offset,
                        lastStableOffset: open.first?.firstOffset ?? highWatermark
                    )
                )
            }
        }
        #if MARTLET_MUTANTS
        if mutant == .abortedTransactionsAreForgotten { aborted = AbortedTransactions() }
        #endif
        guard state != nil || remember(marker) else { return }
        let time = time
        producers.change(id) { state in
            state.enter(marker.producerEpoch)
            state.lastUsed = time
            state.lastTimestamp = marker.timestamp
            state.coordinatorEpoch = max(state.coordinatorEpoch, marker.coordinatorEpoch)
            state.transactionStart = nil
            state.lastMarker = LastMarker(offset: offset, epoch: marker.producerEpoch)
        }
    }

    /// A producer without a batch here; a marker is written even where no more fit in.
    private mutating func remember(_ marker: TransactionMarker) -> Bool {
        do throws(PartitionRefusal) {
            try makeRoomForProducer()
        } catch {
            return false
        }
        return producers.insert(
            ProducerState(id: marker.producerID, epoch: marker.producerEpoch, lastUsed: time)
        )
    }

    /// What is known of a producer; nil if nothing.
    public func producer(_ id: ProducerID) -> ProducerState? { producers[id] }

    /// All producers that are known, by ID: DescribeProducers.
    public var activeProducers: [ProducerState] { producers.sorted }

    /// In the order of their first offsets.
    public var openTransactions: [OpenTransaction] { open.list }

    /// What was aborted with offsets in the range, in the order of the markers.
    public func abortedTransactions(in range: Range<Offset>) -> [AbortedTransaction] {
        #if MARTLET_MUTANTS
        if mutant == .onlyOneAbortedIsListed { return Array(aborted.overlapping(range).prefix(1)) }
        #endif
        return aborted.overlapping(range)
    }
}

extension ProducerState {
    fileprivate func refusal(of marker: TransactionMarker) -> PartitionRefusal? {
        if marker.coordinatorEpoch < coordinatorEpoch {
            return .coordinatorFenced(current: coordinatorEpoch)
        }
        return marker.producerEpoch < epoch ? .producerFenced(current: epoch) : nil
    }
}
