/// RFC 4648's base64, as protobuf's JSON has it: both alphabets in, with or without padding; the
/// first one out, with padding.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// Nil if the text is none.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var digits = text[...]
        var padding = 0
        while digits.last == UInt8(ascii: "="), padding < 2 {
            digits.removeLast()
            padding += 1
        }
        guard digits.count % 4 != 1, padding == 0 || (digits.count + padding) % 4 == 0 else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
        var position = 0
        while position < bytes.count {
            let part = bytes[position..<min(position + 3, bytes.count)]
            var buffer: UInt32 = 0
            for byte in part { buffer = buffer << 8 | UInt32(byte) }
            buffer <<= UInt32(3 - part.count) * 8
            for place in 0..<4 {
                let digit = Int(buffer >> UInt32(18 - 6 * place)) & 63
                text.append(place <= part.count ? alphabet[digit] : UInt8(ascii: "="))
            }
            position += 3
        }
    }
}
