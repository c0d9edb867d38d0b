internal import Bytes

/// Decodes header blocks (RFC 7541) into entries that point into one arena of bytes.
///
/// The arena holds the static table, the dynamic table and the literals of the current block. It
/// only grows while a block is decoded, so an entry that is evicted in the middle stays readable
/// for the block's event; it is compacted before a block when much of it is dead. An indexed header
/// therefore costs a look-up, whatever its length: an HPACK bomb expands to nothing.
///
/// A client that calls one method again and again sends the same block each time. If it changes
/// nothing in the table, its fields still stand, and it costs a comparison.
///
/// A class, so that a block is read where it lies: as a value it was copied for each message.
final class HPACKDecoder {
    /// The headers of the block decoded last, in order.
    private(set) var fields: [HeaderEntry] = []

    /// The block's list exceeded the limit: `fields` are not all, but the table is right.
    private(set) var isListTooLarge = false

    private let paths: PathTable
    private let listBytesMax: Int
    private var listBytes = 0

    private var arena = StaticHeaders.bytes
    private var staticEntries: [HeaderEntry]

    /// The dynamic table, oldest first; entries before `firstLive` are evicted.
    private var entries: [HeaderEntry] = []
    private var firstLive = 0
    private var tableBytes = 0
    private var tableBytesMax = Limits.headerTableBytesMax

    /// How often an index may have come to mean something else.
    private var tableChanges = 0

    /// The block decoded last, if the same bytes would say the same again; else empty.
    private var lastBlock: [UInt8] = []

    /// What that block says as a request.
    private var lastRequest: RequestHead?

    /// The last path that came as a literal; nghttp2's clients index none and send it each time.
    private var lastPath = RememberedPath()

    init(paths: PathTable = PathTable([]), listBytesMax: Int = Limits.headerListBytesMax) {
        self.paths = paths
        self.listBytesMax = listBytesMax
        staticEntries = StaticHeaders.entries
        for index in StaticHeaders.paths {
            let path = StaticHeaders.pairs[index - 1].value
            guard let number = paths.number(of: path) else { continue }
            staticEntries[index - 1].number = Int32(number)
        }
    }

    /// Decodes one whole block into `fields`.
    func decode(_ block: UnsafeRawBufferPointer) throws(HPACKError) {
        if isLast(block) { return }
        lastRequest = nil
        lastBlock.removeAll(keepingCapacity: true)
        let changes = tableChanges
        try decodeAnew(block)
        guard tableChanges == changes, block.count <= Limits.rememberedBlockBytesMax else { return }
        lastBlock.append(contentsOf: block)
    }

    /// What the block says as a request; nil if it is malformed as one.
    func request() -> RequestHead? {
        if let lastRequest { return lastRequest }
        lastRequest = MessageHead.request(self)
        return lastRequest
    }

    private func isLast(_ block: UnsafeRawBufferPointer) -> Bool {
        lastBlock.count == block.count && !block.isEmpty
            && lastBlock.withUnsafeBytes { $0.isNext(in: block, at: 0) }
    }

    private func decodeAnew(_ block: UnsafeRawBufferPointer) throws(HPACKError) {
        fields.removeAll(keepingCapacity: true)
        isListTooLarge = false
        listBytes = 0
        compactIfDead()
        var position = 0
        var resizesLeft = 2
        while position < block.count {
            let first = block[position]
            if first >= 0x80 {
                let index = try HPACKInteger.read(block, at: &position, prefixBits: 7)
                keep(try entry(at: index))
            } else if first >= 0x40 {
                let entry = try literal(block, at: &position, prefixBits: 6)
                keep(entry)
                insert(entry)
            } else if first >= 0x20 {
                guard resizesLeft > 0 else { throw .misplacedSizeUpdate }
                resizesLeft -= 1
                try resize(HPACKInteger.read(block, at: &position, prefixBits: 5))
                continue
            } else {
                keep(try literal(block, at: &position, prefixBits: 4))
            }
            resizesLeft = 0
        }
    }

    func name(of field: HeaderEntry) -> ByteSlice {
        arena.withUnsafeBytes { ByteSlice(copying: .init(rebasing: $0[field.nameRange])) }
    }

    func value(of field: HeaderEntry) -> ByteSlice {
        withValue(of: field) { ByteSlice(copying: $0) }
    }

    func withValue<Result>(
        of field: HeaderEntry,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        arena.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[field.valueRange])) }
    }

    func field(named name: String) -> HeaderEntry? {
        var name = name
        return name.withUTF8 { wanted in
            fields.first { field in
                field.nameRange.count == wanted.count
                    && arena[field.nameRange].elementsEqual(wanted)
            }
        }
    }

    private func keep(_ entry: HeaderEntry) {
        listBytes += entry.size
        guard listBytes <= listBytesMax else {
            isListTooLarge = true
            return
        }
        fields.append(entry)
    }
}

extension HPACKDecoder {
    private func entry(at index: Int) throws(HPACKError) -> HeaderEntry {
        guard index > StaticHeaders.count else {
            guard index > 0 else { throw .unknownIndex(0) }
            return staticEntries[index - 1]
        }
        let position = entries.count + StaticHeaders.count - index
        guard position >= firstLive else { throw .unknownIndex(index) }
        return entries[position]
    }

    private func literal(
        _ block: UnsafeRawBufferPointer,
        at position: inout Int,
        prefixBits: UInt8
    ) throws(HPACKError) -> HeaderEntry {
        let index = try HPACKInteger.read(block, at: &position, prefixBits: prefixBits)
        var literal = HeaderEntry()
        if index > 0 {
            let named = try entry(at: index)
            literal.nameStart = named.nameStart
            literal.nameLength = named.nameLength
            literal.token = named.token
            if literal.token == .path, recall(&literal, block, at: &position) { return literal }
        } else {
            (literal.nameStart, literal.nameLength) = try string(block, at: &position)
            arena.withUnsafeBytes { literal.understandName(in: $0) }
        }
        let start = position
        (literal.valueStart, literal.valueLength) = try string(block, at: &position)
        arena.withUnsafeBytes { literal.understandValue(in: $0, paths) }
        if literal.token == .path {
            lastPath.remember(literal, as: block[start..<position], arena)
        }
        return literal
    }

    /// Takes a path from memory if it comes again byte for byte.
    private func recall(
        _ literal: inout HeaderEntry,
        _ block: UnsafeRawBufferPointer,
        at position: inout Int
    ) -> Bool {
        guard lastPath.isNext(in: block, at: position) else { return false }
        position += lastPath.encoded.count
        literal.valueStart = UInt32(truncatingIfNeeded: arena.count)
        literal.valueLength = UInt32(truncatingIfNeeded: lastPath.text.count)
        literal.number = lastPath.number
        literal.isMalformed = lastPath.isMalformed
        arena.append(contentsOf: lastPath.text)
        return true
    }

    /// Appends a string literal (section 5.2) to the arena.
    private func string(
        _ block: UnsafeRawBufferPointer,
        at position: inout Int
    ) throws(HPACKError) -> (start: UInt32, length: UInt32) {
        guard position < block.count else { throw .truncated }
        let isHuffman = block[position] >= 0x80
        let length = try HPACKInteger.read(block, at: &position, prefixBits: 7)
        guard length <= block.count - position else { throw .truncated }
        let text = UnsafeRawBufferPointer(rebasing: block[position..<position + length])
        position += length
        let start = arena.count
        if isHuffman {
            guard HuffmanCode.standard.decode(text, into: &arena) else { throw .malformedHuffman }
        } else {
            arena.append(contentsOf: text)
        }
        return (UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: arena.count - start))
    }
}

extension HPACKDecoder {
    private func insert(_ entry: HeaderEntry) {
        tableChanges += 1
        evict(until: tableBytesMax - entry.size)
        guard entry.size <= tableBytesMax else { return }
        entries.append(entry)
        tableBytes += entry.size
    }

    private func evict(until bytesMax: Int) {
        while tableBytes > bytesMax, firstLive < entries.count {
            tableBytes -= entries[firstLive].size
            firstLive += 1
        }
    }

    private func resize(_ bytesMax: Int) throws(HPACKError) {
        guard bytesMax <= Limits.headerTableBytesMax else { throw .tableTooLarge(bytesMax) }
        tableChanges += 1
        tableBytesMax = bytesMax
        evict(until: bytesMax)
    }

    /// Only between blocks, as the current block's fields point into the arena.
    private func compactIfDead() {
        let dead = arena.count - StaticHeaders.bytes.count - tableBytes
        guard dead > 2 * Limits.headerTableBytesMax || firstLive > 256 else { return }
        var kept = StaticHeaders.bytes
        kept.reserveCapacity(kept.count + 2 * Limits.headerTableBytesMax)
        var live: [HeaderEntry] = []
        live.reserveCapacity(2 * (entries.count - firstLive))
        for entry in entries[firstLive...] {
            var moved = entry
            moved.nameStart = UInt32(truncatingIfNeeded: kept.count)
            kept.append(contentsOf: arena[entry.nameRange])
            moved.valueStart = UInt32(truncatingIfNeeded: kept.count)
            kept.append(contentsOf: arena[entry.valueRange])
            live.append(moved)
        }
        arena = kept
        entries = live
        firstLive = 0
    }
}
