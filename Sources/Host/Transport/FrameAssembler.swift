internal import Bytes
internal import NIOCore
internal import PeerWire

/// Cuts a stream into frames: four bytes of length, little-endian, then the frame.
///
/// A length of zero is a ping. Memory is taken as bytes arrive, not as a length promises them.
struct FrameAssembler {
    private var buffered = ByteBuffer()

    enum Item: Equatable {
        case frame(ByteSlice)
        case ping
    }

    mutating func append(_ bytes: inout ByteBuffer) {
        if buffered.readableBytes == 0 {
            buffered = bytes
        } else {
            buffered.writeBuffer(&bytes)
        }
    }

    /// The hello, once all of it is there; a refusal as soon as it cannot become one.
    mutating func hello() throws(PeerRefusal) -> PeerHello? {
        let count = min(buffered.readableBytes, PeerHello.byteCount)
        guard let bytes = buffered.getBytes(at: buffered.readerIndex, length: count) else {
            return nil
        }
        guard PeerHello.canBegin(with: ByteSlice(bytes)) else { throw .notAPeer }
        guard count == PeerHello.byteCount else { return nil }
        buffered.moveReaderIndex(forwardBy: count)
        return try PeerHello(decoding: ByteSlice(bytes))
    }

    /// The next whole frame, in an array of its own.
    mutating func next() throws(FrameTooLarge) -> Item? {
        guard
            let length: UInt32 = buffered.getInteger(at: buffered.readerIndex, endianness: .little)
        else { return nil }
        guard Int(length) <= PeerWire.Limits.frameBytesMax else {
            throw FrameTooLarge(bytes: Int(length))
        }
        guard buffered.readableBytes >= 4 + Int(length) else { return nil }
        buffered.moveReaderIndex(forwardBy: 4)
        guard length > 0 else { return .ping }
        return buffered.readBytes(length: Int(length)).map { .frame(ByteSlice($0)) }
    }

    /// Gives back the memory of what was taken out; to be called once for all that has arrived.
    mutating func compact() {
        if buffered.readableBytes == 0 {
            buffered = ByteBuffer()
        } else {
            buffered.discardReadBytes()
        }
    }

    /// Appends a frame as it goes on the line.
    static func write(_ frame: ByteSlice, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(frame.count), endianness: .little)
        frame.withUnsafeBytes { _ = buffer.writeBytes($0) }
    }

    static let ping = ByteBuffer(integer: UInt32(0))
}

struct FrameTooLarge: Error, CustomStringConvertible {
    var bytes: Int

    var description: String {
        "a frame of \(bytes) bytes; the limit is \(PeerWire.Limits.frameBytesMax)"
    }
}
