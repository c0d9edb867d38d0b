internal import Bytes

/// Encodes header blocks (RFC 7541): the static table, a dynamic table, Huffman where shorter.
///
/// A block whose fields are all in the tables stays right for as long as `generation` does not
/// change, so constant headers are encoded once and copied after.
struct HPACKEncoder {
    enum Indexing: Sendable {
        /// Goes into the table: it will come again.
        case incremental

        /// Will hardly come again.
        case none

        /// A secret: nobody on the way may put it into a table.
        case never
    }

    private struct Entry {
        var field: HeaderField
        var size: Int { field.name.count + field.value.count + 32 }
    }

    /// Changes whenever an index may mean something else.
    private(set) var generation = 0

    /// Oldest first.
    private var entries: [Entry] = []
    private var tableBytes = 0
    private var tableBytesMax = Limits.headerTableBytesMax

    /// The smallest limit since the last block, which the peer must be told first.
    private var smallestUnsent: Int?

    init() {}

    /// The peer's SETTINGS_HEADER_TABLE_SIZE; we never use more than the default.
    mutating func limitTable(to bytes: Int) {
        let bytesMax = min(bytes, Limits.headerTableBytesMax)
        guard bytesMax != tableBytesMax else { return }
        tableBytesMax = bytesMax
        smallestUnsent = min(smallestUnsent ?? bytesMax, bytesMax)
        generation += 1
        evict(until: bytesMax)
    }

    /// To be called at the start of each block: announces a changed table size.
    mutating func begin(into output: inout [UInt8]) {
        guard let smallest = smallestUnsent else { return }
        smallestUnsent = nil
        if smallest < tableBytesMax {
            HPACKInteger.write(smallest, prefixBits: 5, pattern: 0x20, into: &output)
        }
        HPACKInteger.write(tableBytesMax, prefixBits: 5, pattern: 0x20, into: &output)
    }

    /// Whether `begin` has something to say, so that a block encoded earlier cannot be used.
    var mustAnnounceTable: Bool { smallestUnsent != nil }

    /// An entry of the static table as it is.
    func indexed(_ index: Int, into output: inout [UInt8]) {
        HPACKInteger.write(index, prefixBits: 7, pattern: 0x80, into: &output)
    }

    mutating func encode(
        _ field: HeaderField, _ indexing: Indexing, into output: inout [UInt8]
    ) {
        let found = find(field)
        if found.isWhole, indexing != .never {
            indexed(found.index, into: &output)
            return
        }
        let isKept = indexing == .incremental && field.name.count + field.value.count + 32
            <= tableBytesMax
        switch indexing {
        case .incremental where isKept:
            HPACKInteger.write(found.index, prefixBits: 6, pattern: 0x40, into: &output)
        case .never:
            HPACKInteger.write(found.index, prefixBits: 4, pattern: 0x10, into: &output)
        case .incremental, .none:
            HPACKInteger.write(found.index, prefixBits: 4, pattern: 0x00, into: &output)
        }
        if found.index == 0 { Self.string(field.name, into: &output) }
        Self.string(field.value, into: &output)
        if isKept { insert(field) }
    }

    /// The field's index, or its name's, or zero.
    private func find(_ field: HeaderField) -> (index: Int, isWhole: Bool) {
        var nameIndex = 0
        for (age, entry) in entries.reversed().enumerated() where entry.field.name == field.name {
            let index = StaticHeaders.count + 1 + age
            if entry.field.value == field.value { return (index, true) }
            nameIndex = index
        }
        for (position, known) in Self.staticFields.enumerated() where known.name == field.name {
            if known.value == field.value { return (position + 1, true) }
            if nameIndex == 0 { nameIndex = position + 1 }
        }
        return (nameIndex, false)
    }

    private static let staticFields = StaticHeaders.pairs.map {
        HeaderField(ByteSlice($0.name), ByteSlice($0.value))
    }

    private static func string(_ text: ByteSlice, into output: inout [UInt8]) {
        text.withUnsafeBytes { bytes in
            let length = HuffmanCode.standard.encodedLength(of: bytes)
            guard length < bytes.count else {
                HPACKInteger.write(bytes.count, prefixBits: 7, pattern: 0, into: &output)
                output.append(contentsOf: bytes)
                return
            }
            HPACKInteger.write(length, prefixBits: 7, pattern: 0x80, into: &output)
            HuffmanCode.standard.encode(bytes, into: &output)
        }
    }

    private mutating func insert(_ field: HeaderField) {
        let entry = Entry(field: HeaderField(field.name.compacted, field.value.compacted))
        evict(until: tableBytesMax - entry.size)
        entries.append(entry)
        tableBytes += entry.size
        generation += 1
    }

    private mutating func evict(until bytesMax: Int) {
        var count = 0
        while tableBytes > bytesMax, count < entries.count {
            tableBytes -= entries[count].size
            count += 1
        }
        entries.removeFirst(count)
        if count > 0 { generation += 1 }
    }
}
