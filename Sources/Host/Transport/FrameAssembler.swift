internal import Bytes
internal import NIOCore
internal import PeerWire

/// Cuts a stream into frames: four bytes of length, little-endian, then the frame.
///
/// Memory is taken as bytes arrive, not as a length promises them.
struct FrameAssembler {
    private var buffered = ByteBuffer()

    mutating func append(_ bytes: inout ByteBuffer) {
        if buffered.readableBytes == 0 {
            buffered = bytes
        } else {
            buffered.writeBuffer(&bytes)
        }
    }

    /// The first `count` bytes once they are there.
    mutating func head(_ count: Int) -> ByteSlice? {
        guard let bytes = buffered.readBytes(length: count) else { return nil }
        return ByteSlice(bytes)
    }

    /// The next whole frame, in an array of its own.
    mutating func next() throws(FrameTooLarge) -> ByteSlice? {
        guard
            let length: UInt32 = buffered.getInteger(at: buffered.readerIndex, endianness: .little)
        else { return nil }
        guard Int(length) <= PeerWire.Limits.frameBytesMax else {
            throw FrameTooLarge(bytes: Int(length))
        }
        guard buffered.readableBytes >= 4 + Int(length) else { return nil }
        buffered.moveReaderIndex(forwardBy: 4)
        let frame = head(Int(length))
        if buffered.readableBytes == 0 {
            buffered.clear()
        } else {
            buffered.discardReadBytes()
        }
        return frame
    }
}

struct FrameTooLarge: Error, CustomStringConvertible {
    var bytes: Int

    var description: String {
        "a frame of \(bytes) bytes; the limit is \(PeerWire.Limits.frameBytesMax)"
    }
}
