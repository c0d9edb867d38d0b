public import Bytes
internal import Model

/// A chunk of a snapshot; the numbers are on disk.
enum CoordinatorChunkKind: UInt8 {
    case header = 1

    /// A group, then the offsets that found room.
    case group = 2

    /// More offsets of the group before it.
    case offsets = 3
}

/// A coordinator's state as the chunks of its snapshot, made from a copy.
///
/// No chunk is much larger than `Limits.snapshotChunkBytesWanted`, but for a group's members, which
/// one entry of the log held as well.
public struct CoordinatorChunks: Sendable {
    private let state: CoordinatorState
    private var groupsLeft: ArraySlice<ByteSlice>
    private var offsetsLeft: ArraySlice<PlacedOffset> = []
    private var hasHeader = false

    public init(_ state: CoordinatorState) {
        self.state = state
        groupsLeft = state.groupIDs[...]
    }

    /// Nil at the end.
    public mutating func next() -> ByteSlice? {
        var chunk = ByteWriter()
        guard hasHeader else {
            hasHeader = true
            chunk.byte(CoordinatorChunkKind.header.rawValue)
            chunk.integer(state.time.number)
            chunk.integer(state.applied)
            return chunk.slice
        }
        if !offsetsLeft.isEmpty {
            chunk.byte(CoordinatorChunkKind.offsets.rawValue)
        } else {
            guard let id = groupsLeft.popFirst(), let group = state.group(id) else { return nil }
            chunk.byte(CoordinatorChunkKind.group.rawValue)
            chunk.lengthPrefixed(id)
            chunk.groupState(group)
            offsetsLeft = group.offsets.sorted[...]
        }
        takeOffsets(into: &chunk)
        return chunk.slice
    }

    private mutating func takeOffsets(into chunk: inout ByteWriter) {
        while chunk.count < Limits.snapshotChunkBytesWanted, let record = offsetsLeft.popFirst() {
            chunk.offset(record.place, record.offset)
        }
    }
}

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
        case .header:
            assembled.time = try reader.time()
            assembled.applied = try reader.integer()
            guard reader.isAtEnd else { throw .malformed("more behind the header") }
            hasHeader = true
        case .group:
            let id = try reader.name().compacted
            guard last.map({ $0 < id }) ?? true else { throw .malformed("groups out of order") }
            assembled.groups[id] = try reader.groupState()
            last = id
            try readOffsets(of: id, from: &reader)
        case .offsets:
            guard let last else { throw .malformed("offsets of no group") }
            try readOffsets(of: last, from: &reader)
        }
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
