import Bytes
import KafkaWire

/// A message as tests of all messages need it.
struct MessageCodec: Sendable, CustomStringConvertible {
    let name: String
    let versions: ClosedRange<Int16>

    /// The bytes of a random value.
    let sample: @Sendable (_ version: Int16, _ random: inout RandomFields) -> ByteSlice

    /// What is wrong with the way of a random value to bytes and back.
    let roundTrip: @Sendable (_ version: Int16, _ random: inout RandomFields) -> String?

    /// The bytes of the value that was decoded, and whether decoding them gives it again.
    let again:
        @Sendable (_ bytes: ByteSlice, _ version: Int16) throws(DecodeError)
            -> (bytes: ByteSlice, isSame: Bool)

    var description: String { name }

    init<Message: KafkaMessage & RandomlyMade>(_ type: Message.Type) {
        self.init(type, Message.api.versions)
    }

    init<Payload: KafkaPayload & RandomlyMade>(_ type: Payload.Type) {
        self.init(type, Payload.versions)
    }

    private init<Value: RandomlyMade>(_: Value.Type, _ versions: ClosedRange<Int16>) {
        name = "\(Value.self)"
        self.versions = versions
        sample = { version, random in
            Self.encoded(Value(random: &random, version: version), version)
        }
        roundTrip = { version, random in
            let value = Value(random: &random, version: version)
            let bytes = Self.encoded(value, version)
            guard Self.isFramedRightly(value, version, bytes) else {
                return "\(value) is framed with a length that is not its own"
            }
            do throws(DecodeError) {
                let decoded: Value = try Self.decoded(bytes, version)
                return decoded == value ? nil : "\(value) came back as \(decoded)"
            } catch {
                return "\(value) came back as \(error)"
            }
        }
        again = { bytes, version throws(DecodeError) in
            let value: Value = try Self.decoded(bytes, version)
            let encoded = Self.encoded(value, version)
            let second: Value = try Self.decoded(encoded, version)
            return (encoded, second == value)
        }
    }

    private static func encoded<Value: KafkaStructure>(
        _ value: Value,
        _ version: Int16
    ) -> ByteSlice {
        var writer = KafkaWriter()
        value.encode(into: &writer, version: version)
        return writer.joined()
    }

    /// Whether a frame, behind another in the same writer, says how long it is.
    private static func isFramedRightly<Value: KafkaStructure>(
        _ value: Value,
        _ version: Int16,
        _ bytes: ByteSlice
    ) -> Bool {
        var writer = KafkaWriter()
        for _ in 0..<2 {
            let frame = writer.beginFrame()
            value.encode(into: &writer, version: version)
            writer.end(frame)
        }
        let isCounted = writer.count == 2 * (4 + bytes.count)
        var reader = KafkaReader(writer.joined())
        return isCounted && (try? reader.bytes()) == bytes && (try? reader.bytes()) == bytes
            && reader.remaining == 0
    }

    private static func decoded<Value: KafkaStructure>(
        _ bytes: ByteSlice,
        _ version: Int16
    ) throws(DecodeError) -> Value {
        var reader = KafkaReader(bytes)
        let value = try Value(decoding: &reader, version: version)
        try reader.finish()
        return value
    }
}
