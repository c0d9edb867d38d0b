internal import Bytes

/// One pass over a JSON object whose values are strings and whole numbers.
///
/// Histories need no more, and are long: strings without escapes are handed out as they lie there.
struct FlatJSON {
    enum Value: Equatable {
        case text(ArraySlice<UInt8>)
        case number(Int64)
    }

    private var rest: ArraySlice<UInt8>

    private init(_ line: ArraySlice<UInt8>) { rest = line }

    /// Calls `visit` with each field of the object that is all of `line`.
    static func read(
        _ line: ArraySlice<UInt8>,
        _ visit: (ArraySlice<UInt8>, Value) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        var reader = FlatJSON(line)
        try reader.expect("{")
        var count = 0
        repeat {
            guard count < Limits.fieldsMax else {
                throw .tooLarge("a line with more than \(Limits.fieldsMax) fields")
            }
            count += 1
            let name = try reader.text()
            try reader.expect(":")
            try visit(name, try reader.value())
        } while reader.take(",")
        try reader.expect("}")
        reader.skipSpace()
        guard reader.rest.isEmpty else { throw .malformed("more than one object in a line") }
    }

    private mutating func skipSpace() {
        while let byte = rest.first, byte == 0x20 || byte == 0x09 || byte == 0x0d {
            rest.removeFirst()
        }
    }

    private mutating func take(_ symbol: Unicode.Scalar) -> Bool {
        skipSpace()
        guard rest.first == UInt8(ascii: symbol) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws(DecodeError) {
        guard take(symbol) else {
            throw rest.isEmpty ? .truncated : .malformed("no \(symbol) where one belongs")
        }
    }

    private mutating func value() throws(DecodeError) -> Value {
        skipSpace()
        if rest.first == UInt8(ascii: "\"") { return .text(try text()) }
        let digits = rest.prefix { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        guard let number = Int64(String(decoding: digits, as: UTF8.self)) else {
            throw .malformed("a value that is neither a string nor a whole number")
        }
        rest = rest[digits.endIndex...]
        return .number(number)
    }

    private mutating func text() throws(DecodeError) -> ArraySlice<UInt8> {
        try expect("\"")
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == 0x5c }) else {
            throw .truncated
        }
        guard rest[end] == UInt8(ascii: "\"") else { throw .malformed("an escape in a string") }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }
}
