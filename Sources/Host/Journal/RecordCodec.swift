internal import Bytes
internal import Model

/// A batch's body: slices to be written one behind the other.
struct EncodedBatch {
    /// The records, but for the links, which depend on where the batch is written.
    var slices: [ByteSlice]

    /// Of which groups it holds something, each once.
    var groups: [GroupID]

    /// Of all, the links included.
    var byteCount: Int

    /// Of all slices, one behind the other.
    func checksum(from seed: CRC32C) -> UInt32 {
        var checksum = seed
        for slice in slices { checksum.add(slice) }
        return checksum.value
    }
}

/// The records of a batch.
///
///     1 state   group · term · vote · commit index            8 bytes each, little-endian
///     2 mark    group · index · term
///     3 entry   group · index · term · kind: 1 byte · length: UInt32 · payload
///     4 mark that replaces the log before it: as 2
///     5 cut     group · index · term
///     6 standing  group · 1 whole, 0 damaged: 1 byte
///     7 link    group · the number of the batch before that held something of it
enum RecordCodec {
    private static let state: UInt8 = 1
    private static let mark: UInt8 = 2
    private static let entry: UInt8 = 3
    private static let replacement: UInt8 = 4
    private static let cut: UInt8 = 5
    private static let standing: UInt8 = 6
    private static let link: UInt8 = 7
    static let linkBytes = 17

    /// What stands before an entry's payload.
    private static let entryHeadBytes = 30

    static func encode(_ batch: JournalBatch) -> EncodedBatch {
        let copied = batch.entries.reduce(0) { $0 + (isCopied($1) ? $1.payload.count : 0) }
        var writer = ByteWriter(
            capacity: 64 + batch.states.count * 33 + batch.entries.count * entryHeadBytes + copied
        )
        for group in batch.states { encode(group, into: &writer) }
        for mark in batch.marks {
            let kind = mark.replacesLog ? replacement : Self.mark
            encode(kind, mark.group, mark.index, mark.term, into: &writer)
        }
        for cut in batch.cuts {
            encode(Self.cut, cut.group, cut.index, cut.term, into: &writer)
        }
        for standing in batch.standings {
            writer.byte(Self.standing)
            writer.integer(standing.group.number)
            writer.byte(standing.isWhole ? 1 : 0)
        }
        // Heads and short payloads stand in one array; each longer payload is a slice between two
        // parts of it.
        var cuts: [(end: Int, payload: ByteSlice)] = []
        for entry in batch.entries {
            encode(entry, into: &writer)
            if isCopied(entry) {
                writer.slice(entry.payload)
            } else {
                cuts.append((writer.count, entry.payload))
            }
        }
        let heads = writer.slice
        var slices: [ByteSlice] = []
        slices.reserveCapacity(cuts.count * 2 + 2)
        var start = 0
        for cut in cuts {
            slices.append(heads[start..<cut.end])
            slices.append(cut.payload)
            start = cut.end
        }
        if start < heads.count { slices.append(heads[start..<heads.count]) }
        return encoded(slices, of: batch.groups)
    }

    /// A batch without records that says, for each of the groups, which was the last to hold something
    /// of it.
    static func census(of groups: [GroupID]) -> EncodedBatch { encoded([], of: groups) }

    private static func encoded(_ slices: [ByteSlice], of groups: [GroupID]) -> EncodedBatch {
        let byteCount = slices.reduce(groups.count * linkBytes) { $0 + $1.count }
        return EncodedBatch(slices: slices, groups: groups, byteCount: byteCount)
    }

    /// The batch with its links; `previous` says where each group was touched last.
    static func link(
        _ batch: EncodedBatch,
        to previous: (GroupID) -> UInt64
    ) -> EncodedBatch {
        guard !batch.groups.isEmpty else { return batch }
        var writer = ByteWriter(capacity: batch.groups.count * linkBytes)
        for group in batch.groups {
            writer.byte(link)
            writer.integer(group.number)
            writer.integer(previous(group))
        }
        var linked = batch
        linked.slices.insert(writer.slice, at: 0)
        return linked
    }

    private static func isCopied(_ entry: JournalEntry) -> Bool {
        entry.payload.count <= Limits.copiedPayloadBytesMax
    }

    private static func encode(_ group: JournalGroupState, into writer: inout ByteWriter) {
        writer.byte(state)
        writer.integer(group.group.number)
        writer.integer(group.state.term.number)
        writer.integer(group.state.votedFor)
        writer.integer(group.state.commitIndex.number)
    }

    private static func encode(
        _ kind: UInt8,
        _ group: GroupID,
        _ index: LogIndex,
        _ term: Term,
        into writer: inout ByteWriter
    ) {
        writer.byte(kind)
        writer.integer(group.number)
        writer.integer(index.number)
        writer.integer(term.number)
    }

    private static func encode(_ entry: JournalEntry, into writer: inout ByteWriter) {
        let length = UInt32(entry.payload.count)
        writer.filled(entryHeadBytes) { bytes in
            bytes[0] = Self.entry
            bytes.storeBytes(of: entry.group.number.littleEndian, toByteOffset: 1, as: UInt64.self)
            bytes.storeBytes(of: entry.index.number.littleEndian, toByteOffset: 9, as: UInt64.self)
            bytes.storeBytes(of: entry.term.number.littleEndian, toByteOffset: 17, as: UInt64.self)
            bytes[25] = entry.kind
            bytes.storeBytes(of: length.littleEndian, toByteOffset: 26, as: UInt32.self)
        }
    }

    static func decode(_ body: ByteSlice) throws(DecodeError) -> JournalBatch {
        var batch = JournalBatch()
        var reader = ByteReader(body)
        while !reader.isAtEnd {
            let kind = try reader.byte()
            let group = GroupID(try reader.integer())
            switch kind {
            case state:
                let state = JournalState(
                    term: Term(try reader.integer()),
                    votedFor: try reader.integer(),
                    commitIndex: LogIndex(try reader.integer())
                )
                batch.states.append(JournalGroupState(group: group, state: state))
            case mark, replacement:
                batch.marks.append(
                    JournalMark(
                        group: group,
                        index: LogIndex(try reader.integer()),
                        term: Term(try reader.integer()),
                        replacesLog: kind == replacement
                    )
                )
            case cut:
                batch.cuts.append(
                    JournalCut(
                        group: group,
                        index: LogIndex(try reader.integer()),
                        term: Term(try reader.integer())
                    )
                )
            case standing:
                batch.standings.append(
                    JournalStanding(group: group, isWhole: try reader.byte() != 0)
                )
            case entry: batch.entries.append(try decodeEntry(of: group, from: &reader))
            case link:
                batch.links.append(JournalLink(group: group, previous: try reader.integer()))
            default: throw .malformed("a record of kind \(kind)")
            }
        }
        return batch
    }

    private static func decodeEntry(
        of group: GroupID,
        from reader: inout ByteReader
    ) throws(DecodeError) -> JournalEntry {
        let index = LogIndex(try reader.integer())
        let term = Term(try reader.integer())
        let kind = try reader.byte()
        let length = try reader.integer(UInt32.self)
        // A payload of its own, so that one entry does not keep a whole file in memory.
        let payload = try reader.slice(Int(length)).compacted
        return JournalEntry(group: group, index: index, term: term, kind: kind, payload: payload)
    }
}
