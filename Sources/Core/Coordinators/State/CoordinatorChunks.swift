public import Bytes
internal import Model

/// A chunk of a snapshot; the numbers are on disk.
enum CoordinatorChunkKind: UInt8 {
    case header = 1

    /// A group, then the offsets that found room.
    case group = 2

    /// More offsets of the group before it.
    case offsets = 3

    /// Offsets of the group before it that a producer's transaction holds.
    case pendingOffsets = 4
    case transactions = 5
    case endedProducers = 6

    /// Members of the group before it, of the consumer protocol; as a change that brings them.
    case consumers = 7
}

/// A coordinator's state as the chunks of its snapshot, made from a copy.
///
/// No chunk is much larger than `Limits.snapshotChunkBytesWanted`, but for a group's members or a
/// transaction, which one entry of the log held as well.
public struct CoordinatorChunks: Sendable {
    private let state: CoordinatorState
    private var groupsLeft: ArraySlice<ByteSlice>
    private var transactionsLeft: ArraySlice<ByteSlice>
    private var producersLeft: ArraySlice<ProducerID>
    private var offsetsLeft: ArraySlice<PlacedOffset> = []
    private var consumersLeft: ArraySlice<ByteSlice> = []
    private var pendingLeft: ArraySlice<ProducerID> = []
    private var lastGroup: GroupState?
    private var hasHeader = false

    /// Of whom `offsetsLeft` are: a group's own, or a producer's.
    private var offsetsOwner: (producer: ProducerID, epoch: ProducerEpoch)?

    public init(_ state: CoordinatorState) {
        self.state = state
        groupsLeft = state.groupIDs[...]
        transactionsLeft = state.transactionalIDs[...]
        producersLeft = state.endedProducerIDs[...]
    }

    /// Nil at the end.
    public mutating func next() -> ByteSlice? {
        var chunk = ByteWriter()
        if !hasHeader {
            writeHeader(into: &chunk)
        } else if !offsetsLeft.isEmpty {
            takeOffsets(into: &chunk)
        } else if let consumers = lastGroup?.consumers {
            takeConsumers(of: consumers, into: &chunk)
        } else if let producer = pendingLeft.popFirst(), let group = lastGroup,
            let pending = group.pendingOffsets(of: producer)
        {
            offsetsOwner = (producer, pending.epoch)
            offsetsLeft = pending.offsets.sorted[...]
            takeOffsets(into: &chunk)
        } else if let id = groupsLeft.popFirst(), let group = state.group(id) {
            chunk.byte(CoordinatorChunkKind.group.rawValue)
            chunk.lengthPrefixed(id)
            chunk.groupState(group)
            begin(group, &chunk)
        } else if !transactionsLeft.isEmpty {
            takeTransactions(into: &chunk)
        } else if !producersLeft.isEmpty {
            takeProducers(into: &chunk)
        } else {
            return nil
        }
        return chunk.slice
    }

    private mutating func writeHeader(into chunk: inout ByteWriter) {
        hasHeader = true
        chunk.byte(CoordinatorChunkKind.header.rawValue)
        chunk.integer(state.time.number)
        chunk.integer(state.applied)
        chunk.integer(state.producersTaken)
    }

    private mutating func begin(_ group: GroupState, _ chunk: inout ByteWriter) {
        lastGroup = group
        offsetsOwner = nil
        offsetsLeft = group.offsets.sorted[...]
        consumersLeft = (group.consumers?.memberIDs ?? [])[...]
        pendingLeft = group.pendingProducers[...]
        fill(&chunk)
    }

    private mutating func takeOffsets(into chunk: inout ByteWriter) {
        guard let owner = offsetsOwner else {
            chunk.byte(CoordinatorChunkKind.offsets.rawValue)
            return fill(&chunk)
        }
        chunk.byte(CoordinatorChunkKind.pendingOffsets.rawValue)
        chunk.integer(owner.producer.number)
        chunk.integer(owner.epoch.number)
        fill(&chunk)
    }

    /// A thousand at a time, as changes; a group without members needs one as well.
    private mutating func takeConsumers(
        of consumers: ConsumerGroupRecord,
        into chunk: inout ByteWriter
    ) {
        let ids = consumersLeft.prefix(Limits.consumersPerChunk)
        consumersLeft = consumersLeft.dropFirst(ids.count)
        if consumersLeft.isEmpty { lastGroup?.consumers = nil }
        chunk.byte(CoordinatorChunkKind.consumers.rawValue)
        chunk.consumers(
            ConsumerGroupChange(
                epoch: consumers.epoch,
                assignmentEpoch: consumers.assignmentEpoch,
                topics: consumers.topics,
                changed: ids.compactMap { consumers.member($0) },
                removed: []
            )
        )
    }

    private mutating func fill(_ chunk: inout ByteWriter) {
        while chunk.count < Limits.snapshotChunkBytesWanted, let record = offsetsLeft.popFirst() {
            chunk.offset(record.place, record.offset)
        }
    }

    private mutating func takeTransactions(into chunk: inout ByteWriter) {
        chunk.byte(CoordinatorChunkKind.transactions.rawValue)
        while chunk.count < Limits.snapshotChunkBytesWanted, let id = transactionsLeft.popFirst() {
            guard let record = state.transaction(id) else { continue }
            var bytes = ByteWriter()
            bytes.lengthPrefixed(id)
            bytes.transaction(record)
            chunk.lengthPrefixed(bytes.slice)
        }
    }

    private mutating func takeProducers(into chunk: inout ByteWriter) {
        chunk.byte(CoordinatorChunkKind.endedProducers.rawValue)
        while chunk.count < Limits.snapshotChunkBytesWanted, let id = producersLeft.popFirst() {
            guard let ended = state.ended(id) else { continue }
            chunk.integer(id.number)
            chunk.integer(ended.epoch.number)
            chunk.integer(ended.time.number)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func groupState(_ group: GroupState) {
        var record = ByteWriter()
        if let stored = group.record { record.group(stored) }
        lengthPrefixed(record.slice)
        byte(group.emptySince == nil ? 0 : 1)
        if let time = group.emptySince { integer(time.number) }
    }
}
