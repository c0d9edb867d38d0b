import Bytes

@testable import HTTP2Wire

/// HTTP/2 and gRPC, below the messages.
extension FuzzTarget {
    static let wireTargets: [FuzzTarget] = [
        FuzzTarget("grpc-messages", samples: grpcSamples, grpcMessages),
        FuzzTarget("grpc-text", samples: { ["10S", "5m", "a%20b%zz", "%E2%82%AC"] }, grpcText),
        // An entry of a table is 40 bytes, for one byte of an index.
        FuzzTarget("hpack", bytesPerByte: 128, samples: hpackSamples, hpack),
        // A stream is some hundred bytes, for a frame of ten; its reply is of the same order.
        FuzzTarget("http2-server", bytesPerByte: 128, samples: serverSamples) { input, run in
            http2(.server, input, run)
        },
        FuzzTarget("http2-client", bytesPerByte: 128, samples: clientSamples) { input, run in
            http2(.client, input, run)
        },
    ]

    private static let messageBytesMax = 4_096

    private static func grpcSamples() -> [ByteSlice] {
        let message = ByteSlice.joined([GRPCMessageReader.prefix(of: 3), "abc"])
        return [message, .joined([message, GRPCMessageReader.prefix(of: 0), message])]
    }

    /// The messages in the parts of a body, and how the body ended.
    private struct Framing: Equatable {
        var messages: [ByteSlice] = []
        var failure: GRPCFramingError?

        init(_ parts: [ByteSlice]) {
            var reader = GRPCMessageReader(limit: messageBytesMax)
            do throws(GRPCFramingError) {
                for part in parts {
                    let failure: GRPCFramingError? = part.withUnsafeBytes { bytes in
                        do throws(GRPCFramingError) {
                            try reader.receive(bytes) { messages.append(ByteSlice(copying: $0)) }
                            return nil
                        } catch {
                            return error
                        }
                    }
                    if let failure { throw failure }
                }
                try reader.finish()
            } catch {
                failure = error
            }
        }
    }

    private static func grpcMessages(_ input: ByteSlice, _ run: FuzzRun) {
        // Each message is kept here, in an array of its own.
        let whole = Framing([input])
        let pieces = Framing((0..<input.count).map { input[$0..<$0 + 1] })
        run.expect(whole == pieces, "in one piece \(whole), byte by byte \(pieces)")
        let encoded = whole.messages.flatMap { [GRPCMessageReader.prefix(of: $0.count), $0] }
        let again = Framing([.joined(encoded)])
        run.expect(again.messages == whole.messages && again.failure == nil, "\(again)")
        run.expect(
            ByteSlice.joined(encoded).count <= input.count,
            "messages of more bytes than came"
        )
    }

    private static func grpcText(_ input: ByteSlice, _ run: FuzzRun) {
        let decoded = run.decoding { input.withUnsafeBytes { PercentEncoding.decode($0) } }
        let encoded = PercentEncoding.encode(decoded)
        let again = encoded.withUnsafeBytes { PercentEncoding.decode($0) }
        run.expect(again == decoded, "'\(decoded)' came back as '\(again)'")
        guard
            case .after(let nanoseconds) = input.withUnsafeBytes({ GRPCTimeout(decoding: $0) }),
            nanoseconds < .max
        else { return }
        let text = ByteSlice(GRPCTimeout.text(nanoseconds: nanoseconds))
        let back = text.withUnsafeBytes { GRPCTimeout(decoding: $0) }
        guard case .after(let again) = back else {
            return run.expect(false, "\(nanoseconds) ns became \(text)")
        }
        // Rounded up to what eight digits of a unit can say.
        let isNear = again >= nanoseconds && again / 10 <= nanoseconds / 9 &+ 1
        run.expect(isNear || nanoseconds > 1 << 62, "\(nanoseconds) ns came back as \(again)")
    }
}

extension FuzzTarget {
    private static func hpackSamples() -> [ByteSlice] {
        var encoder = HPACKEncoder()
        return (0..<3).map { _ in
            var block: [UInt8] = []
            encoder.begin(into: &block)
            for field in requestFields { encoder.encode(field, .incremental, into: &block) }
            return ByteSlice(block).prefixed(UInt8(clamping: block.count))
        }
    }

    static let requestFields = [
        HeaderField(":method", "POST"), HeaderField(":scheme", "http"),
        HeaderField(":path", "/etcdserverpb.KV/Range"), HeaderField(":authority", "localhost"),
        HeaderField("content-type", "application/grpc"), HeaderField("te", "trailers"),
        HeaderField("grpc-timeout", "5S"),
    ]

    /// The input is blocks, each behind a byte of length; they share the tables.
    private static func hpack(_ input: ByteSlice, _ run: FuzzRun) {
        let decoder = HPACKDecoder()
        let second = HPACKDecoder()
        var encoder = HPACKEncoder()
        var choices = Choices(input)
        while !choices.isAtEnd {
            let block = choices.shortSlice()
            do throws(HPACKError) {
                try run.decoding { () throws(HPACKError) in try decode(block, decoder) }
            } catch {
                return
            }
            let fields = fields(of: decoder)
            var encoded: [UInt8] = []
            encoder.begin(into: &encoded)
            for field in fields { encoder.encode(field, .incremental, into: &encoded) }
            do throws(HPACKError) {
                try decode(ByteSlice(encoded), second)
            } catch {
                return run.expect(false, "what we encoded is refused: \(error)")
            }
            run.expect(self.fields(of: second) == fields, "\(fields) came back changed")
        }
    }

    private static func decode(_ block: ByteSlice, _ decoder: HPACKDecoder) throws(HPACKError) {
        let failure: HPACKError? = block.withUnsafeBytes { bytes in
            do throws(HPACKError) {
                try decoder.decode(bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private static func fields(of decoder: HPACKDecoder) -> [HeaderField] {
        decoder.fields.map { HeaderField(decoder.name(of: $0), decoder.value(of: $0)) }
    }
}
