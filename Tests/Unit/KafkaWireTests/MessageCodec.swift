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
