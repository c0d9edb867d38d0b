internal import Bytes

/// One pass over a JSON text.
struct JSONReader {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    /// Whether anything but space is left.
    var hasMore: Bool {
        mutating get {
            skipSpace()
            return position < text.count
        }
    }

    private mutating func skipSpace() {
        while position < text.count, [0x20, 0x0a, 0x0d, 0x09].contains(text[position]) {
            position += 1
        }
    }

    /// The next byte that is no space; not taken.
    mutating func peek() throws(DecodeError) -> UInt8 {
        guard hasMore else { throw .truncated }
        return text[position]
    }

    mutating func take(_ symbol: Unicode.Scalar) throws(DecodeError) -> Bool {
        guard try peek() == UInt8(ascii: symbol) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ symbol: Unicode.Scalar) throws(DecodeError) {
        guard try take(symbol) else { throw .malformed("JSON without the expected \(symbol)") }
    }

    /// A number, `true`, `false` or `null`.
    mutating func word() throws(DecodeError) -> String {
        guard hasMore else { throw .truncated }
        let start = position
        while position < text.count, Self.isOfWord(text[position]) { position += 1 }
        guard position > start else { throw .malformed("JSON that is no value") }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    mutating func takeNull() throws(DecodeError) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        guard try word() == "null" else { throw .malformed("JSON that is no value") }
        return true
    }

    /// The UTF-8 of a string, without its quotes and escapes.
    mutating func string() throws(DecodeError) -> [UInt8] {
        try expect("\"")
        var bytes: [UInt8] = []
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            case 0..<0x20: throw .malformed("a control character in a JSON string")
            default: bytes.append(byte)
            }
        }
        throw .truncated
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(DecodeError) {
        guard position < text.count else { throw .truncated }
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes += String(try scalar()).utf8
        default: throw .malformed("an unknown escape in a JSON string")
        }
    }

    /// What follows `\u`: four digits, or a pair of surrogates.
    private mutating func scalar() throws(DecodeError) -> Character {
        let first = try hex()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard first < 0xdc00, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u")
        else { throw .malformed("half a pair of surrogates in a JSON string") }
        position += 2
        let second = try hex()
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw .malformed("half a pair of surrogates in a JSON string") }
        return Character(scalar)
    }

    private mutating func hex() throws(DecodeError) -> UInt32 {
        guard text.count - position >= 4 else { throw .truncated }
        let digits = text[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed("an unknown escape in a JSON string") }
        position += 4
        return number
    }

    /// Steps over a value of a field that is not known.
    mutating func skipValue(depth: Int) throws(DecodeError) {
        guard depth < Limits.jsonDepthMax else {
            throw .tooLarge("JSON nested more than \(Limits.jsonDepthMax) deep")
        }
        switch try peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            position += 1
            if try take("}") { return }
            repeat {
                _ = try string()
                try expect(":")
                try skipValue(depth: depth + 1)
            } while try take(",")
            try expect("}")
        case UInt8(ascii: "["):
            position += 1
            if try take("]") { return }
            repeat { try skipValue(depth: depth + 1) } while try take(",")
            try expect("]")
        default: _ = try word()
        }
    }
}
