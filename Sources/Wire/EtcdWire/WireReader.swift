internal import Bytes

/// One pass over a message's bytes; nested messages narrow its end for as long as they last.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer

    /// The same bytes, to cut slices from.
    private let whole: ByteSlice

    private var position = 0
    private var end: Int
    private var depth = 0
    private var operations = 0

    private init(_ bytes: UnsafeRawBufferPointer, of whole: ByteSlice) {
        self.bytes = bytes
        self.whole = whole
        end = bytes.count
    }

    static func message<Message: MergingMessage>(
        in whole: ByteSlice
    ) throws(DecodeError) -> Message {
        var message = Message.blank
        let failure: DecodeError? = whole.withUnsafeBytes { bytes in
            var reader = WireReader(bytes, of: whole)
            do throws(DecodeError) {
                try message.merge(from: &reader)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        return message
    }

    /// Reads a message whose fields only the caller knows.
    static func read(
        _ whole: ByteSlice,
        _ body: (inout WireReader) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        let failure: DecodeError? = whole.withUnsafeBytes { bytes in
            var reader = WireReader(bytes, of: whole)
            do throws(DecodeError) {
                try body(&reader)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// The next field's number and wire type, or nil at the message's end.
    mutating func nextTag() throws(DecodeError) -> UInt32? {
        guard position < end else { return nil }
        let tag = try varint()
        guard tag >= 8, tag <= UInt64(UInt32.max) else {
            throw .malformed("a field with the number \(tag >> 3)")
        }
        return UInt32(truncatingIfNeeded: tag)
    }

    mutating func varint() throws(DecodeError) -> UInt64 {
        guard position < end else { throw .truncated }
        let first = bytes[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(DecodeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        if shift >= 63, position <= end, bytes[position - 1] > 1 {
            throw .malformed("a varint of more than 64 bits")
        }
        throw .truncated
    }

    /// A length that does not reach past the end.
    private mutating func length() throws(DecodeError) -> Int {
        let length = try varint()
        guard length <= UInt64(end - position) else { throw .truncated }
        return Int(length)
    }

    mutating func slice() throws(DecodeError) -> ByteSlice {
        let length = try length()
        defer { position += length }
        return length == 0 ? .empty : whole[position..<position + length]
    }

    mutating func string() throws(DecodeError) -> String {
        let length = try length()
        defer { position += length }
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        guard let text = String(validating: part, as: UTF8.self) else {
            throw .malformed("a string that is not UTF-8")
        }
        return text
    }

    /// Reads a nested message's length and narrows the reader to it; returns the end to return to.
    private mutating func enter() throws(DecodeError) -> Int {
        let length = try length()
        defer { end = position + length }
        return end
    }

    mutating func nested<Message: MergingMessage>(
        into message: inout Message
    ) throws(DecodeError) {
        let outerEnd = try enter()
        try message.merge(from: &self)
        end = outerEnd
    }

    /// Begins a message that may contain itself: two such make one level of transactions, the
    /// outermost is one, and so is the last operation.
    mutating func descend() throws(DecodeError) {
        depth += 1
        operations += 1
        guard depth <= 2 * Limits.nestingMax + 2 else {
            throw .tooLarge("transactions nested more than \(Limits.nestingMax) deep")
        }
        guard operations <= Limits.operationsMax else {
            throw .tooLarge("more than \(Limits.operationsMax) operations")
        }
    }

    mutating func ascend() { depth -= 1 }

    mutating func packed(_ take: (UInt64) -> Void) throws(DecodeError) {
        let outerEnd = try enter()
        while position < end { take(try varint()) }
        end = outerEnd
    }

    /// Steps over the value of a field that this version does not know.
    mutating func skip(_ tag: UInt32) throws(DecodeError) {
        try skip(tag, inGroups: 0)
    }

    private mutating func skip(_ tag: UInt32, inGroups groups: Int) throws(DecodeError) {
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: try advance(by: 8)
        case 2: try advance(by: length())
        case 3: try skipGroup(tag, groups: groups + 1)
        case 5: try advance(by: 4)
        default: throw .malformed("wire type \(tag & 7)")
        }
    }

    private mutating func skipGroup(_ start: UInt32, groups: Int) throws(DecodeError) {
        guard groups <= Limits.groupsMax else {
            throw .tooLarge("groups nested more than \(Limits.groupsMax) deep")
        }
        while let tag = try nextTag() {
            // The end of a group is the start's field number with wire type 4.
            if tag == start + 1 { return }
            try skip(tag, inGroups: groups)
        }
        throw .truncated
    }

    private mutating func advance(by count: Int) throws(DecodeError) {
        guard count <= end - position else { throw .truncated }
        position += count
    }
}
