import Bytes
import Testing

@testable import HTTP2Wire

/// Nothing that comes may trap, and what we hold of it stays bounded.
@Suite struct GarbageTests {
    /// A conversation that is valid, to be spoiled.
    private func conversation(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = RawFrame.preface + RawFrame.settings([(4, 70_000), (1, 4_096), (3, 100)])
        var encoder = HPACKEncoder()
        for number: UInt32 in 0..<20 {
            let stream = 2 * number + 1
            var block: [UInt8] = []
            encoder.begin(into: &block)
            for (name, value) in RawFrame.unary + [("grpc-timeout", "\(number)m")] {
                let field = HeaderField(ByteSlice(name), ByteSlice(value))
                encoder.encode(field, .incremental, into: &block)
            }
            if Bool.random(using: &random) {
                bytes += RawFrame.frame(1, 4, stream, block)
            } else {
                bytes += RawFrame.frame(1, 0, stream, Array(block.prefix(3)))
                bytes += RawFrame.frame(9, 4, stream, Array(block.dropFirst(3)))
            }
            let size = Int.random(in: 0...600, using: &random)
            let message = RawFrame.message([UInt8](repeating: 1, count: size))
            switch Int.random(in: 0...5, using: &random) {
            case 0: bytes += RawFrame.frame(0, 9, stream, [2] + message + [0, 0])
            case 1: bytes += RawFrame.data(stream, message) + RawFrame.reset(stream)
            case 2: bytes += RawFrame.data(stream, message) + RawFrame.windowUpdate(stream, 1)
            case 3: bytes += RawFrame.frame(6, 0, 0, Array(message.prefix(5)) + [1, 2, 3])
            default: bytes += RawFrame.data(stream, message, endStream: true)
            }
        }
        return bytes + RawFrame.windowUpdate(0, 1_000)
    }

    private func spoil(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 24..<bytes.count, using: &random)
            switch Int.random(in: 0...4, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            default:
                let end = min(place + Int.random(in: 1...40, using: &random), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
    }

    private func feed(
        _ bytes: [UInt8],
        to connection: HTTP2Connection,
        _ recorder: Recorder,
        _ random: inout SeededGenerator
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...400, using: &random))
            connection.receive(Array(part), into: recorder)
            rest = rest.dropFirst(part.count)
            #expect(connection.pending.count <= Limits.frameBytesMax + 9)
        }
    }

    @Test(arguments: 1...4)
    func spoiledConversationsNeverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var failures = 0
        for _ in 0..<60 {
            var bytes = conversation(&random)
            spoil(&bytes, &random)
            let server = ServerUnderTest(opened: false)
            server.recorder.onBody = { stream, bytes, endStream in
                guard endStream else { return }
                server.connection.respondUnary(stream, ByteSlice(copying: bytes))
            }
            feed(bytes, to: server.connection, server.recorder, &random)
            if server.recorder.failure != nil {
                failures += 1
                #expect(server.connection.isClosed)
            }
            #expect(server.connection.outputCount < 100_000)
        }
        #expect(failures > 5)
    }

    @Test(arguments: 1...4)
    func framesOfRandomBytesNeverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for role in [HTTP2Connection.Role.server, .client] {
            for _ in 0..<150 {
                let connection = HTTP2Connection(role: role)
                let recorder = Recorder()
                let preface = role == .server ? RawFrame.preface : []
                connection.receive(preface + RawFrame.settings(), into: recorder)
                if role == .client {
                    let request = OutgoingRequest(path: "/a", authority: "b")
                    for _ in 0..<3 { _ = connection.startRequest(request) }
                }
                var count = 0
                while !connection.isClosed, count < 60 {
                    count += 1
                    feed(randomFrame(&random), to: connection, recorder, &random)
                }
            }
        }
    }

    private func randomFrame(_ random: inout SeededGenerator) -> [UInt8] {
        let type = UInt8.random(in: 0...10, using: &random)
        let lengths = [0, 4, 5, 6, 8, 12, Int.random(in: 0...200, using: &random)]
        let length = lengths.randomElement(using: &random) ?? 0
        let streams: [UInt32] = [0, 1, 1, 3, 5, 2, .max]
        let stream = streams.randomElement(using: &random) ?? 0
        var payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        if type == 1, Bool.random(using: &random) { payload = RawFrame.block(RawFrame.unary) }
        return RawFrame.frame(type, UInt8.random(in: 0...255, using: &random), stream, payload)
    }

    @Test func pureNoiseNeverTraps() {
        var random = SeededGenerator(seed: 99)
        for _ in 0..<200 {
            let server = ServerUnderTest()
            let noise = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
            feed(noise, to: server.connection, server.recorder, &random)
        }
    }
}
