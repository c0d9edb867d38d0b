import Bytes

@testable import HTTP2Wire

/// Bytes as RFC 7541 writes them: hexadecimal, with spaces.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// SplitMix64: the same chance from the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

/// What a connection told, in words.
final class Recorder: HTTP2EventSink {
    enum Event: Equatable {
        case request(UInt32, RequestHead)
        case response(UInt32, ResponseHead)
        case body(UInt32, [UInt8], end: Bool)
        case trailers(UInt32, ResponseTrailers)
        case reset(UInt32, HTTP2ErrorCode)
        case writable(UInt32)
        case settingsAcknowledged
        case ping(UInt64)
        case goingAway(UInt32, HTTP2ErrorCode, String)
        case failed(HTTP2Failure)
    }

    var events: [Event] = []
    /// Answers from within the event, as a front does.
    var onRequest: ((StreamID, RequestHead) -> Void)?
    var onBody: ((StreamID, UnsafeRawBufferPointer, Bool) -> Void)?
    var onWritable: ((StreamID) -> Void)?

    func requestStarted(_ stream: StreamID, _ head: RequestHead) {
        events.append(.request(stream.rawValue, head))
        onRequest?(stream, head)
    }

    func responseStarted(_ stream: StreamID, _ head: ResponseHead) {
        events.append(.response(stream.rawValue, head))
    }

    func bodyReceived(_ stream: StreamID, _ bytes: UnsafeRawBufferPointer, endStream: Bool) {
        events.append(.body(stream.rawValue, [UInt8](bytes), end: endStream))
        onBody?(stream, bytes, endStream)
    }

    func trailersReceived(_ stream: StreamID, _ trailers: ResponseTrailers) {
        events.append(.trailers(stream.rawValue, trailers))
    }

    func streamReset(_ stream: StreamID, _ code: HTTP2ErrorCode) {
        events.append(.reset(stream.rawValue, code))
    }

    func streamWritable(_ stream: StreamID) {
        events.append(.writable(stream.rawValue))
        onWritable?(stream)
    }

    func settingsAcknowledged() { events.append(.settingsAcknowledged) }

    func pingAcknowledged(_ payload: UInt64) { events.append(.ping(payload)) }

    func goingAway(lastStream: StreamID, code: HTTP2ErrorCode, text: String) {
        events.append(.goingAway(lastStream.rawValue, code, text))
    }

    func connectionFailed(_ failure: HTTP2Failure) { events.append(.failed(failure)) }

    var failure: HTTP2Failure? {
        for case .failed(let failure) in events { return failure }
        return nil
    }

    /// All bytes of a stream's body.
    func body(of stream: UInt32) -> [UInt8] {
        events.flatMap { event -> [UInt8] in
            if case .body(stream, let bytes, _) = event { return bytes }
            return []
        }
    }
}

extension HTTP2Connection {
    func receive(_ bytes: [UInt8], at milliseconds: UInt64 = 0, into sink: Recorder) {
        bytes.withUnsafeBytes { receive($0, atMilliseconds: milliseconds, into: sink) }
    }
}
