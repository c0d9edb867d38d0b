public import Bytes
internal import Model

/// A coordinator's state that is put together again from its chunks.
public struct CoordinatorAssembler: Sendable {
    private var assembled = CoordinatorState()
    private var hasHeader = false
    private var last: ByteSlice?

    public init() {}

    /// What there is so far; nil before the header.
    public var state: CoordinatorState? { hasHeader ? assembled : nil }

    /// Takes the next chunk; whatever it holds, the error says what is wrong with it.
    public mutating func receive(_ chunk: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(chunk)
        let number = try reader.byte()
        guard let kind = CoordinatorChunkKind(rawValue: number) else {
            throw .malformed("a coordinator's chunk of kind \(number)")
        }
        guard hasHeader == (kind != .header) else { throw .malformed("header out of place") }
        switch kind {
        case .header: try readHeader(from: &reader)
        case .group: try readGroup(from: &reader)
        case .offsets:
            guard let last else { throw .malformed("offsets of no group") }
            try readOffsets(of: last, from: &reader)
        case .pendingOffsets:
            guard let last else { throw .malformed("offsets of no group") }
            try readPending(of: last, from: &reader)
        case .consumers:
            guard let last else { throw .malformed("members of no group") }
            try readConsumers(of: last, from: &reader)
        case .transactions: try readTransactions(from: &reader)
        case .endedProducers: try readProducers(from: &reader)
        }
    }

    private mutating func readHeader(from reader: inout ByteReader) throws(DecodeError) {
        assembled.time = try reader.time()
        assembled.applied = try reader.integer()
        assembled.producersTaken = try reader.milliseconds()
        guard reader.isAtEnd, assembled.applied < 1 << 62 else {
            throw .malformed("a coordinator's header")
        }
        hasHeader = true
    }

    private mutating func readGroup(from reader: inout ByteReader) throws(DecodeError) {
        let id = try reader.name().compacted
        guard last.map({ $0 < id }) ?? true else { throw .malformed("groups out of order") }
        assembled.groups[id] = try reader.groupState()
        last = id
        try readOffsets(of: id, from: &reader)
    }

    private mutating func readOffsets(
        of group: ByteSlice,
        from reader: inout ByteReader
    ) throws(DecodeError) {
        while !reader.isAtEnd {
            let (place, offset) = try reader.offset()
            assembled.groups[group]?.offsets.set(place, to: offset)
        }
    }

    private mutating func readPending(
        of group: ByteSlice,
        from reader: inout ByteReader
    ) throws(DecodeError) {
        let producer = ProducerID(try reader.integer())
        let none = PendingOffsets(epoch: ProducerEpoch(try reader.integer()))
        while !reader.isAtEnd {
            let (place, offset) = try reader.offset()
            assembled.groups[group]?.pending[producer, default: none].offsets.set(place, to: offset)
        }
    }

    private mutating func readConsumers(
        of group: ByteSlice,
        from reader: inout ByteReader
    ) throws(DecodeError) {
        let change = try reader.consumers()
        guard reader.isAtEnd else { throw .malformed("more behind members") }
        var record = assembled.groups[group]?.consumers ?? ConsumerGroupRecord()
        record.apply(change)
        assembled.groups[group]?.consumers = record
    }

    private mutating func readTransactions(from reader: inout ByteReader) throws(DecodeError) {
        while !reader.isAtEnd {
            var one = ByteReader(try reader.lengthPrefixed().compacted)
            let id = try one.name()
            assembled.transactions[id] = try one.transaction()
            guard one.isAtEnd else { throw .malformed("more behind a transaction") }
        }
    }

    private mutating func readProducers(from reader: inout ByteReader) throws(DecodeError) {
        while !reader.isAtEnd {
            let producer = ProducerID(try reader.integer())
            assembled.endedProducers[producer] = EndedProducer(
                epoch: ProducerEpoch(try reader.integer()),
                time: try reader.time()
            )
        }
    }
}

extension ByteReader {
    /// The record gets bytes of its own, lest it keeps a whole chunk of offsets alive.
    fileprivate mutating func groupState() throws(DecodeError) -> GroupState {
        var state = GroupState()
        let bytes = try lengthPrefixed().compacted
        if !bytes.isEmpty {
            var reader = ByteReader(bytes)
            state.record = try reader.group()
            guard reader.isAtEnd else { throw .malformed("more behind a group's record") }
        }
        if try flag() { state.emptySince = try time() }
        return state
    }
}
