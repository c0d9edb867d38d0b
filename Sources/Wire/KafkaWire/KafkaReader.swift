public import Bytes

/// Reads a message's fields, bounds checked; big-endian, as all of Kafka.
///
/// No length and no count is believed before that many bytes are there.
public struct KafkaReader: Sendable {
    private let whole: ByteSlice
    private var position = 0
    private var end: Int
    private var structures = 0

    /// Whether lengths are compact and structures end in tags; messages set it as they begin.
    public var isFlexible = false

    public init(_ bytes: ByteSlice) {
        whole = bytes
        end = bytes.count
    }

    public var remaining: Int { end - position }

    /// Refuses bytes behind the message.
    public func finish() throws(DecodeError) {
        guard remaining == 0 else { throw .malformed("\(remaining) bytes behind the message") }
    }

    private mutating func integer<Number: FixedWidthInteger>(
        _: Number.Type
    ) throws(DecodeError) -> Number {
        let width = Number.bitWidth / 8
        guard width <= remaining else { throw .truncated }
        let start = position
        position += width
        return whole.withUnsafeBytes {
            Number(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    public mutating func int8() throws(DecodeError) -> Int8 { try integer(Int8.self) }

    public mutating func int16() throws(DecodeError) -> Int16 { try integer(Int16.self) }

    public mutating func uint16() throws(DecodeError) -> UInt16 { try integer(UInt16.self) }

    public mutating func int32() throws(DecodeError) -> Int32 { try integer(Int32.self) }

    public mutating func int64() throws(DecodeError) -> Int64 { try integer(Int64.self) }

    /// Anything but zero is true, as Kafka reads it.
    public mutating func bool() throws(DecodeError) -> Bool { try int8() != 0 }

    public mutating func error() throws(DecodeError) -> KafkaErrorCode {
        KafkaErrorCode(rawValue: try int16())
    }

    public mutating func uuid() throws(DecodeError) -> KafkaUUID {
        KafkaUUID(high: try integer(UInt64.self), low: try integer(UInt64.self))
    }

    /// A number of at most 31 bits in at most five bytes.
    mutating func unsignedVarint() throws(DecodeError) -> Int {
        var value = 0
        var shift = 0
        while shift < 35 {
            guard position < end else { throw .truncated }
            let byte = whole[position]
            position += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 {
                guard value <= Int(Int32.max) else { throw .tooLarge("a number of 32 bits") }
                return value
            }
            shift += 7
        }
        throw .malformed("a varint of more than five bytes")
    }

    private mutating func slice(_ count: Int) throws(DecodeError) -> ByteSlice {
        guard count <= remaining else { throw .truncated }
        defer { position += count }
        return count == 0 ? .empty : whole[position..<position + count]
    }
}

/// Lengths: compact ones are one more than they say, with zero for null.
extension KafkaReader {
    private mutating func length(isShort: Bool) throws(DecodeError) -> Int? {
        let length: Int
        if isFlexible {
            length = try unsignedVarint() - 1
        } else {
            length = isShort ? Int(try int16()) : Int(try int32())
        }
        guard length >= 0 else {
            guard length == -1 else { throw .malformed("a length of \(length)") }
            return nil
        }
        return length
    }

    private mutating func optionalTextSlice() throws(DecodeError) -> ByteSlice? {
        guard let length = try length(isShort: true) else { return nil }
        guard length <= Limits.textBytesMax else { throw .tooLarge("a text of \(length) bytes") }
        return try slice(length)
    }

    private func refuseNull(unless mayBeNull: Bool) throws(DecodeError) {
        guard mayBeNull else { throw .malformed("null where this version has none") }
    }

    /// Bytes that should be UTF-8, which nobody checks: they are compared, stored and sent back.
    public mutating func text() throws(DecodeError) -> ByteSlice {
        guard let text = try optionalTextSlice() else {
            throw .malformed("null where a text is needed")
        }
        return text
    }

    public mutating func optionalText(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> ByteSlice? {
        let text = try optionalTextSlice()
        if text == nil { try refuseNull(unless: mayBeNull) }
        return text
    }

    public mutating func string() throws(DecodeError) -> String {
        try Self.string(of: text())
    }

    public mutating func optionalString(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> String? {
        guard let text = try optionalText(nullIf: mayBeNull) else { return nil }
        return try Self.string(of: text)
    }

    private static func string(of text: ByteSlice) throws(DecodeError) -> String {
        let string = text.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let string else { throw .malformed("a string that is not UTF-8") }
        return string
    }

    public mutating func bytes() throws(DecodeError) -> ByteSlice {
        guard let bytes = try optionalBytes() else {
            throw .malformed("null where bytes are needed")
        }
        return bytes
    }

    public mutating func optionalBytes(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> ByteSlice? {
        guard let length = try length(isShort: false) else {
            try refuseNull(unless: mayBeNull)
            return nil
        }
        return try slice(length)
    }

    public mutating func optionalRecords() throws(DecodeError) -> RecordsPayload? {
        try optionalBytes().map { RecordsPayload($0) }
    }
}

extension KafkaReader {
    /// How many elements follow, each of at least `least` bytes; nil for null.
    private mutating func count(least: Int) throws(DecodeError) -> Int? {
        guard let count = try length(isShort: false) else { return nil }
        guard count <= remaining / max(least, 1) else { throw .truncated }
        return count
    }

    public mutating func optionalStructures<Element: KafkaStructure>(
        _ version: Int16,
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> [Element]? {
        guard let count = try count(least: Element.leastBytes) else {
            try refuseNull(unless: mayBeNull)
            return nil
        }
        structures += count
        guard structures <= Limits.structuresMax else {
            throw .tooLarge("more than \(Limits.structuresMax) structures in a message")
        }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try Element(decoding: &self, version: version)) }
        return elements
    }

    public mutating func structures<Element: KafkaStructure>(
        _ version: Int16
    ) throws(DecodeError) -> [Element] {
        try optionalStructures(version, nullIf: false) ?? []
    }

    /// Behind a byte that is negative for null.
    public mutating func optionalStructure<Element: KafkaStructure>(
        _ version: Int16
    ) throws(DecodeError) -> Element? {
        try int8() < 0 ? nil : Element(decoding: &self, version: version)
    }

    public mutating func optionalInt32s(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> [Int32]? {
        guard let count = try count(least: 4) else {
            try refuseNull(unless: mayBeNull)
            return nil
        }
        var numbers: [Int32] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try int32()) }
        return numbers
    }

    public mutating func int32s() throws(DecodeError) -> [Int32] {
        try optionalInt32s(nullIf: false) ?? []
    }

    public mutating func int64s() throws(DecodeError) -> [Int64] {
        guard let count = try count(least: 8) else {
            throw .malformed("null where a list is needed")
        }
        var numbers: [Int64] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(try int64()) }
        return numbers
    }

    public mutating func optionalTexts(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> [ByteSlice]? {
        guard let count = try count(least: isFlexible ? 1 : 2) else {
            try refuseNull(unless: mayBeNull)
            return nil
        }
        var texts: [ByteSlice] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    public mutating func texts() throws(DecodeError) -> [ByteSlice] {
        try optionalTexts(nullIf: false) ?? []
    }

    public mutating func optionalStrings(
        nullIf mayBeNull: Bool = true
    ) throws(DecodeError) -> [String]? {
        guard let texts = try optionalTexts(nullIf: mayBeNull) else { return nil }
        var strings: [String] = []
        strings.reserveCapacity(texts.count)
        for text in texts { strings.append(try Self.string(of: text)) }
        return strings
    }

    public mutating func strings() throws(DecodeError) -> [String] {
        try optionalStrings(nullIf: false) ?? []
    }
}

/// Tags: what a structure of a flexible version ends in. Those we do not know are stepped over, and
/// not kept.
extension KafkaReader {
    /// A tag whose bytes are all that is left until it is left.
    public struct Tag: Sendable {
        public let number: Int
        fileprivate let outerEnd: Int
    }

    /// Zero in versions without tags.
    public mutating func tagCount() throws(DecodeError) -> Int {
        guard isFlexible else { return 0 }
        let count = try unsignedVarint()
        // Each has a number and a length.
        guard count <= remaining / 2 else { throw .truncated }
        return count
    }

    public mutating func enterTag() throws(DecodeError) -> Tag {
        let number = try unsignedVarint()
        let length = try unsignedVarint()
        guard length <= remaining else { throw .truncated }
        defer { end = position + length }
        return Tag(number: number, outerEnd: end)
    }

    /// Steps over the bytes of the tag that was entered.
    public mutating func skipTag() { position = end }

    public mutating func leave(_ tag: Tag) throws(DecodeError) {
        guard position == end else {
            throw .malformed("\(remaining) bytes too many in tag \(tag.number)")
        }
        end = tag.outerEnd
    }

    public mutating func skipTags() throws(DecodeError) {
        for _ in 0..<(try tagCount()) {
            let tag = try enterTag()
            skipTag()
            try leave(tag)
        }
    }
}
