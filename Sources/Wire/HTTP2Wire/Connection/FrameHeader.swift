/// The nine bytes before each frame (RFC 9113, section 4.1).
struct FrameHeader {
    static let byteCount = 9

    /// Where the stream's number begins.
    static let streamOffset = 5

    var length: Int
    var type: UInt8
    var flags: FrameFlags
    var stream: UInt32

    /// `bytes` hold nine bytes at least.
    init(_ bytes: UnsafeRawBufferPointer) {
        let word = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        length = Int(word >> 40)
        type = UInt8(truncatingIfNeeded: word >> 32)
        flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: word >> 24))
        stream = UInt32(truncatingIfNeeded: word << 8) & 0x7fff_ff00 | UInt32(bytes[8])
    }
}
