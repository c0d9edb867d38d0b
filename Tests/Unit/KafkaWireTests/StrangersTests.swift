import Bytes
import Foundation
import KafkaWire
import Testing

/// What kafka-python encodes from Kafka's own schema files; `Tests/Conformance/kafka` writes it.
///
/// It does not speak KIP-848: those messages are of librdkafka, taken from a conversation.
@Suite struct StrangersTests {
    struct Vector {
        var message: String
        var version: Int16
        var bytes: ByteSlice

        init?(_ line: Substring) {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, words[0] != "#", let version = Int16(words[1]) else {
                return nil
            }
            message = words[0].lowercased()
            self.version = version
            let digits = words[2].utf8.map { UInt8($0 <= 57 ? $0 - 48 : $0 - 87) }
            bytes = ByteSlice(
                stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            )
        }
    }

    static func vectors() throws -> [Vector] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Vectors")
        return try ["kafka-python.txt", "librdkafka.txt"].flatMap { name in
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                .split(separator: "\n").compactMap { Vector($0) }
        }
    }

    @Test(arguments: MessageCodec.all)
    func theirBytesAreReadAndWrittenAsTheyAre(_ codec: MessageCodec) throws {
        for vector in try Self.vectors() where vector.message == codec.name.lowercased() {
            let again = try codec.again(vector.bytes, vector.version)
            #expect(again.bytes == vector.bytes, "v\(vector.version)")
        }
    }

    /// What is missing `LayoutTests` has worked out by hand.
    @Test func everyVersionOfAllTheyKnowIsCompared() throws {
        let known = Set(try Self.vectors().map { "\($0.message) \($0.version)" })
        let missing = MessageCodec.all.filter { codec in
            codec.versions.contains { !known.contains("\(codec.name.lowercased()) \($0)") }
        }
        #expect(
            missing.map(\.name) == [
                "ConsumerGroupHeartbeatRequest", "ConsumerGroupHeartbeatResponse",
                "ConsumerGroupDescribeRequest", "ConsumerGroupDescribeResponse",
            ]
        )
    }
}
