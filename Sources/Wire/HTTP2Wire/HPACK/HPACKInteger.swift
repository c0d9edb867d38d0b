/// HPACK's integers (RFC 7541, section 5.1): the rest of a byte, then seven bits a byte.
enum HPACKInteger {
    /// Five further bytes say more than any length or index that we accept.
    private static let furtherBytesMax = 5

    static func read(
        _ bytes: UnsafeRawBufferPointer,
        at position: inout Int,
        prefixBits: UInt8
    ) throws(HPACKError) -> Int {
        guard position < bytes.count else { throw .truncated }
        let mask = 1 << Int(prefixBits) - 1
        var value = Int(bytes[position]) & mask
        position += 1
        guard value == mask else { return value }
        for further in 0..<furtherBytesMax {
            guard position < bytes.count else { throw .truncated }
            let byte = bytes[position]
            position += 1
            value += Int(byte & 0x7f) << (7 * further)
            if byte < 0x80 { return value }
        }
        throw .integerTooLarge
    }

    /// `pattern` fills the bits above the prefix.
    static func write(
        _ value: Int,
        prefixBits: UInt8,
        pattern: UInt8,
        into output: inout [UInt8]
    ) {
        let mask = 1 << Int(prefixBits) - 1
        guard value >= mask else {
            output.append(pattern | UInt8(truncatingIfNeeded: value))
            return
        }
        output.append(pattern | UInt8(truncatingIfNeeded: mask))
        var rest = value - mask
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}
