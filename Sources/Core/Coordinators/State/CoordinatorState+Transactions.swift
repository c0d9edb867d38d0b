public import Bytes
public import Model

// What the log says of producers and transactions.
extension CoordinatorState {
    public func transaction(_ id: ByteSlice) -> TransactionRecord? { transactions[id] }

    /// Sorted.
    public var transactionalIDs: [ByteSlice] { transactions.keys.sorted() }

    public var transactionCount: Int { transactions.count }

    /// The latest marker of a producer for any group here.
    public func ended(_ producer: ProducerID) -> EndedProducer? { endedProducers[producer] }

    /// Sorted.
    var endedProducerIDs: [ProducerID] { endedProducers.keys.sorted() }

    mutating func store(_ record: TransactionRecord, as id: ByteSlice) {
        guard record.version == (transactions[id]?.version ?? 0) + 1 else { return }
        let name = transactions[id] == nil ? id.compacted : id
        transactions[name] = record
    }

    /// A transactional ID goes if nobody has used it since.
    mutating func forgetTransaction(_ id: ByteSlice, after retention: Int64) {
        guard let record = transactions[id], record.isForgettable(at: time, after: retention) else {
            return
        }
        transactions[id] = nil
    }

    mutating func pend(_ pending: OffsetsInTransaction, of group: ByteSlice) {
        guard pending.epoch >= endedProducers[pending.producer]?.epoch ?? .none else { return }
        for commit in pending.commits {
            let offset = committed(commit)
            change(group) { state in
                let none = PendingOffsets(epoch: pending.epoch)
                state.pending[pending.producer, default: none].offsets.set(commit.place, to: offset)
                state.pending[pending.producer, default: none].epoch = pending.epoch
            }
        }
    }

    /// A transaction is decided: its offsets hold from now on, but for those committed since, or go.
    mutating func end(_ marker: OffsetsMarker, of group: ByteSlice) {
        let known = endedProducers[marker.producer]?.epoch ?? .none
        endedProducers[marker.producer] = EndedProducer(
            epoch: max(known, marker.epoch),
            time: time
        )
        guard let pending = groups[group]?.pending[marker.producer], pending.epoch <= marker.epoch
        else { return }
        groups[group]?.pending[marker.producer] = nil
        for placed in pending.offsets.sorted where marker.isCommitted {
            let order = groups[group]?.offsets.offset(of: placed.place)?.order ?? 0
            if order < placed.offset.order {
                groups[group]?.offsets.set(placed.place, to: placed.offset)
            }
        }
        removeIfUnused(group)
    }

    mutating func forgetProducers(_ producers: [ProducerID], after retention: Int64) {
        for producer in producers {
            if let ended = endedProducers[producer], ended.time + retention <= time {
                endedProducers[producer] = nil
            }
        }
    }
}

extension TransactionRecord {
    func isForgettable(at now: GroupTime, after retention: Int64) -> Bool {
        switch phase {
        case .empty, .completeCommit, .completeAbort: time + retention <= now
        case .ongoing, .prepareCommit, .prepareAbort: false
        }
    }
}
