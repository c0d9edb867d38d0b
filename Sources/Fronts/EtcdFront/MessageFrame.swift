/// gRPC's length-prefixed message at the start of some bytes: a flag, four bytes of length.
enum MessageFrame {
    case incomplete
    case compressed
    case tooLarge(Int)
    case message(UnsafeRawBufferPointer)

    static let prefixLength = 5

    init(_ bytes: UnsafeRawBufferPointer) {
        guard let size = Self.announced(in: bytes) else {
            self = .incomplete
            return
        }
        if size > Limits.messageBytesMax {
            self = .tooLarge(size)
        } else if bytes[0] != 0 {
            self = .compressed
        } else if bytes.count - Self.prefixLength < size {
            self = .incomplete
        } else {
            let range = Self.prefixLength..<Self.prefixLength + size
            self = .message(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// The message's length, once its prefix is there.
    static func announced(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= prefixLength else { return nil }
        let size = bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)
        return Int(UInt32(bigEndian: size))
    }
}
