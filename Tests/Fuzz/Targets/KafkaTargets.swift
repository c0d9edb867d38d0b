import Bytes
import KafkaWire

// The folder Kafka holds links to what the unit tests of KafkaWire make random messages with.

/// Every message of Kafka's protocol that comes from outside, to a server or to our own client.
extension FuzzTarget {
    /// The first byte says which message, the second which version, the rest is its bytes.
    ///
    /// A structure takes two bytes on the wire and some hundred in memory; `structuresMax` bounds
    /// what that may come to.
    static let kafkaTargets: [FuzzTarget] = [
        FuzzTarget("kafka-messages", bytesPerByte: 128, samples: kafkaSamples, kafkaMessages),
        FuzzTarget("kafka-headers", samples: kafkaHeaderSamples, kafkaHeaders),
    ]

    private static func kafkaSamples() -> [ByteSlice] {
        var samples: [ByteSlice] = []
        for (place, codec) in MessageCodec.all.enumerated() {
            for version in Set([codec.versions.lowerBound, codec.versions.upperBound]).sorted() {
                var random = RandomFields(seed: UInt64(place))
                let sample = codec.sample(version, &random)
                samples.append(
                    sample.prefixed(UInt8(version - codec.versions.lowerBound))
                        .prefixed(UInt8(place))
                )
            }
        }
        return samples
    }

    private static func kafkaMessages(_ input: ByteSlice, _ run: FuzzRun) {
        guard input.count >= 2 else { return }
        let codec = MessageCodec.all[Int(input[0]) % MessageCodec.all.count]
        let version = codec.versions.lowerBound + Int16(input[1]) % Int16(codec.versions.count)
        let bytes = input.dropping(2)
        guard let again = try? run.decoding({ try codec.again(bytes, version) }) else { return }
        run.expect(again.isSame, "\(codec) v\(version) came back changed")
        let second = try? codec.again(again.bytes, version)
        run.expect(second?.bytes == again.bytes, "\(codec) v\(version) is encoded in two ways")
    }

    private static func kafkaHeaderSamples() -> [ByteSlice] {
        [KafkaAPI.produce, .apiVersions, .offsetDelete].map { api in
            var writer = KafkaWriter()
            let header = KafkaRequestHeader(
                api: api,
                version: api.versions.upperBound,
                correlationID: 7,
                clientID: "kcat"
            )
            header.encode(into: &writer)
            return writer.joined()
        }
    }

    private static func kafkaHeaders(_ input: ByteSlice, _ run: FuzzRun) {
        var reader = KafkaReader(input)
        guard let header = try? run.decoding({ try KafkaRequestHeader(decoding: &reader) }),
            header.api != nil
        else { return }
        var writer = KafkaWriter()
        header.encode(into: &writer)
        var second = KafkaReader(writer.joined())
        run.expect((try? KafkaRequestHeader(decoding: &second)) == header, "\(header) changed")
        run.expect(second.remaining == 0, "\(header) with something behind it")
    }
}
