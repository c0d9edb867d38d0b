internal import Bytes

/// Cuts a stream's body into gRPC messages: a flag, a length of four bytes, the message.
///
/// ```swift
/// do throws(GRPCFramingError) {
///     try reader.receive(bytes) { message in … }   // zero or more messages
///     if endStream { try reader.finish() }
/// } catch { connection.sendTrailers(stream, error.status, error.message) }
/// ```
///
/// A message that lies whole in one part of the body is passed on where it lies; only one that is
/// spread over several is gathered, in storage that grows with what came, not with what was
/// promised.
public struct GRPCMessageReader: Sendable {
    public static let prefixBytes = 5

    private let limit: Int
    /// A message that has begun, with its prefix.
    private var partial: [UInt8] = []

    public init(limit: Int) { self.limit = limit }

    /// Bytes held of a message that is not complete.
    public var bufferedBytes: Int { partial.count }

    /// What a body that came in one part is.
    public enum Whole {
        case message(UnsafeRawBufferPointer)

        /// Not exactly one message: give it to a reader.
        case severalParts
        case malformed(GRPCFramingError)
    }

    /// The usual case of a unary call: one part of a body that is one message.
    public static func whole(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Whole {
        guard bytes.count >= prefixBytes else { return .severalParts }
        do throws(GRPCFramingError) {
            let length = try messageLength(bytes, limit)
            guard bytes.count == prefixBytes + length else { return .severalParts }
            return .message(UnsafeRawBufferPointer(rebasing: bytes[prefixBytes...]))
        } catch {
            return .malformed(error)
        }
    }

    /// Takes a part of the body and delivers the messages that it completes.
    public mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ deliver: (UnsafeRawBufferPointer) -> Void
    ) throws(GRPCFramingError) {
        var rest = bytes
        if !partial.isEmpty { try complete(from: &rest, deliver) }
        while rest.count >= Self.prefixBytes {
            let end = try Self.prefixBytes + Self.messageLength(rest, limit)
            guard end <= rest.count else { break }
            deliver(UnsafeRawBufferPointer(rebasing: rest[Self.prefixBytes..<end]))
            rest = UnsafeRawBufferPointer(rebasing: rest[end...])
        }
        partial.append(contentsOf: rest)
    }

    private mutating func complete(
        from rest: inout UnsafeRawBufferPointer,
        _ deliver: (UnsafeRawBufferPointer) -> Void
    ) throws(GRPCFramingError) {
        take(Self.prefixBytes - partial.count, from: &rest)
        guard partial.count >= Self.prefixBytes else { return }
        let length = try partial.withUnsafeBufferPointer { bytes throws(GRPCFramingError) in
            try Self.messageLength(UnsafeRawBufferPointer(bytes), limit)
        }
        take(Self.prefixBytes + length - partial.count, from: &rest)
        guard partial.count == Self.prefixBytes + length else { return }
        var message: [UInt8] = []
        swap(&message, &partial)
        message.withUnsafeBytes {
            deliver(UnsafeRawBufferPointer(rebasing: $0[Self.prefixBytes...]))
        }
    }

    private mutating func take(_ count: Int, from rest: inout UnsafeRawBufferPointer) {
        let part = min(max(count, 0), rest.count)
        partial.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<part]))
        rest = UnsafeRawBufferPointer(rebasing: rest[part...])
    }

    /// To be called when the body has ended.
    public func finish() throws(GRPCFramingError) {
        guard partial.isEmpty else { throw .endsEarly }
    }

    /// `bytes` hold a prefix at least.
    private static func messageLength(
        _ bytes: UnsafeRawBufferPointer,
        _ limit: Int
    ) throws(GRPCFramingError) -> Int {
        guard bytes[0] == 0 else {
            throw bytes[0] == 1 ? .compressed : .unknownFlag(bytes[0])
        }
        let length = Int(bytes.integer(at: 1))
        guard length <= limit else { throw .tooLarge(length: length, limit: limit) }
        return length
    }

    static func prefix(of length: Int) -> ByteSlice {
        let count = UInt32(clamping: length)
        return ByteSlice([
            0, UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16),
            UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count),
        ])
    }
}
