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
        var key: FieldKey
        var size: Int { field.name.count + field.value.count + 32 }
    }

    /// Tells most fields apart without looking at their bytes.
    private struct FieldKey: Equatable {
        var name: UInt32 = 0
        var value: UInt32 = 0

        init(_ field: HeaderField) {
            name = field.name.withUnsafeBytes { PathTable.hash($0) }
            value = field.value.withUnsafeBytes { PathTable.hash($0) }
        }
    }

    /// Changes whenever an index may mean something else.
    private(set) var generation = 0

    /// Oldest first; those before `firstLive` are evicted.
    private var entries: [Entry] = []
    private var firstLive = 0
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
        _ field: HeaderField,
        _ indexing: Indexing,
        into output: inout [UInt8]
    ) {
        let key = FieldKey(field)
        let found = find(field, key)
        if found.isWhole, indexing != .never {
            indexed(found.index, into: &output)
            return
        }
        let isKept =
            indexing == .incremental
            && field.name.count + field.value.count + 32
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
        if isKept { insert(field, key) }
    }

    /// The field's index, or its name's, or zero.
    private func find(_ field: HeaderField, _ key: FieldKey) -> (index: Int, isWhole: Bool) {
        var named = 0
        var position = entries.count
        while position > firstLive {
            position -= 1
            guard entries[position].key.name == key.name,
                entries[position].field.name == field.name
            else { continue }
            let index = StaticHeaders.count + entries.count - position
            if entries[position].key == key, entries[position].field.value == field.value {
                return (index, true)
            }
            if named == 0 { named = index }
        }
        guard let first = Self.staticIndexes[field.name] else { return (named, false) }
        var index = first
        while index <= StaticHeaders.count, Self.staticFields[index - 1].name == field.name {
            if Self.staticFields[index - 1].value == field.value { return (index, true) }
            index += 1
        }
        return (named == 0 ? first : named, false)
    }

    private static let staticFields = StaticHeaders.pairs.map {
        HeaderField(ByteSlice($0.name), ByteSlice($0.value))
    }

    /// A name's first index; entries of one name follow each other.
    private static let staticIndexes = Dictionary(
        staticFields.enumerated().map { ($1.name, $0 + 1) },
        uniquingKeysWith: { first, _ in first }
    )

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

    private mutating func insert(_ field: HeaderField, _ key: FieldKey) {
        let kept = HeaderField(field.name.compacted, field.value.compacted)
        let entry = Entry(field: kept, key: key)
        evict(until: tableBytesMax - entry.size)
        entries.append(entry)
        tableBytes += entry.size
        generation += 1
    }

    private mutating func evict(until bytesMax: Int) {
        while tableBytes > bytesMax, firstLive < entries.count {
            tableBytes -= entries[firstLive].size
            firstLive += 1
            generation += 1
        }
        if firstLive > entries.count / 2 + 16 {
            entries.removeFirst(firstLive)
            firstLive = 0
        }
    }
}
