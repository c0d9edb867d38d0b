import Bytes

@testable import HTTP2Wire

/// Frames written byte by byte, so that rules can be broken.
enum RawFrame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    static func frame(
        _ type: UInt8,
        _ flags: UInt8 = 0,
        _ stream: UInt32 = 0,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
            + [type, flags] + word(stream) + payload
    }

    static func word(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    static func settings(_ parameters: [(UInt16, UInt32)] = []) -> [UInt8] {
        frame(4, 0, 0, parameters.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] + word($1) })
    }

    static let settingsAcknowledgement = frame(4, 1)

    static func headers(
        _ stream: UInt32,
        _ fields: [(String, String)],
        endStream: Bool = false
    ) -> [UInt8] {
        frame(1, endStream ? 5 : 4, stream, block(fields))
    }

    /// Literals without indexing and without Huffman.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in
            [0] + string(name) + string(value)
        }
    }

    private static func string(_ text: String) -> [UInt8] {
        var length: [UInt8] = []
        HPACKInteger.write(text.utf8.count, prefixBits: 7, pattern: 0, into: &length)
        return length + Array(text.utf8)
    }

    static let get = [(":method", "GET"), (":scheme", "http"), (":path", "/health")]
    static let unary = [
        (":method", "POST"), (":scheme", "http"), (":path", "/etcdserverpb.KV/Range"),
        (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
    ]

    static func data(_ stream: UInt32, _ bytes: [UInt8], endStream: Bool = false) -> [UInt8] {
        frame(0, endStream ? 1 : 0, stream, bytes)
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
        frame(8, 0, stream, word(increment))
    }

    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        frame(3, 0, stream, word(code))
    }

    static func message(_ bytes: [UInt8]) -> [UInt8] { [0] + word(UInt32(bytes.count)) + bytes }
}

/// A frame as the connection wrote it.
struct WrittenFrame: Equatable {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    static func all(in bytes: [UInt8]) -> [WrittenFrame] {
        var rest = bytes[...]
        var frames: [WrittenFrame] = []
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                WrittenFrame(
                    type: head[3],
                    flags: head[4],
                    stream: stream,
                    payload: Array(rest.dropFirst(9).prefix(length))
                )
            )
            rest = rest.dropFirst(9 + length)
        }
        return frames
    }

    /// The error code of RST_STREAM or GOAWAY.
    var code: UInt32? {
        switch type {
        case 3: payload.withUnsafeBytes { $0.integer(at: 0) }
        case 7: payload.withUnsafeBytes { $0.integer(at: 4) }
        default: nil
        }
    }
}

/// A server connection, past the preface, and what it tells and writes.
struct ServerUnderTest {
    static let paths = PathTable(["/etcdserverpb.KV/Range", "/etcdserverpb.KV/Put"])

    let connection: HTTP2Connection
    let recorder = Recorder()

    init(
        _ settings: HTTP2Settings = HTTP2Settings(),
        peer: [(UInt16, UInt32)] = [],
        opened: Bool = true,
        allowance: QueueAllowance? = nil
    ) {
        connection = HTTP2Connection(
            role: .server,
            settings: settings,
            paths: Self.paths,
            allowance: allowance
        )
        guard opened else { return }
        say(RawFrame.preface + RawFrame.settings(peer) + RawFrame.settingsAcknowledgement)
        _ = connection.takeOutput()
        recorder.events = []
    }

    func say(_ bytes: [UInt8], at milliseconds: UInt64 = 0) {
        connection.receive(bytes, at: milliseconds, into: recorder)
    }

    /// Frames written since the last call.
    func frames() -> [WrittenFrame] { WrittenFrame.all(in: connection.takeOutput()) }

    /// What the connection says it failed of.
    var failureCode: HTTP2ErrorCode? { recorder.failure?.code }
}
