import Bytes
import EtcdWire
import Groups
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Model
import Testing

@testable import EtcdFront

@Suite struct StreamedAnswerTests {
    private static func keyspace(keys: Int, valueBytes: Int) -> Keyspace {
        var keyspace = Keyspace()
        for number in 0..<keys {
            let value = ByteSlice(
                [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: valueBytes)
            )
            let put = PutRequest(key: ByteSlice("key/\(1_000_000 + number)"), value: value)
            _ = keyspace.apply(.put(put), at: .zero)
        }
        return keyspace
    }

    /// All messages of an answer, without gRPC's prefix; no batch may be much larger than `bytes`.
    private static func messages(_ answer: StreamedAnswer, batches bytes: Int) throws -> [ByteSlice]
    {
        var answer = answer
        var messages: [ByteSlice] = []
        while answer.refill() {
            let before = messages.count
            while let framed = answer.takeReady() {
                var reader = GRPCMessageReader(limit: .max)
                try framed.withUnsafeBytes {
                    try reader.receive($0) { messages.append(ByteSlice(copying: $0)) }
                }
            }
            #expect(messages[before...].reduce(0) { $0 + $1.count } <= bytes)
        }
        return messages
    }

    @Test func aSnapshotIsTheKeyspacesFileInBlocksAndItsDigest() throws {
        let keyspace = Self.keyspace(keys: 3_000, valueBytes: 1_000)
        let messages = try Self.messages(StreamedAnswer(snapshotOf: keyspace), batches: 300 << 10)
        let responses = try messages.map { try SnapshotResponse(decoding: $0) }
        var file = responses.flatMap(\.blob.array)
        #expect(file.count % 512 == 32)
        var left = UInt64(file.count - 32)
        for response in responses.dropLast() {
            #expect(response.blob.count == 32 * 1024 || response.remainingBytes == 0)
            left -= UInt64(response.blob.count)
            #expect(response.remainingBytes == left)
            #expect(response.version == "3.6.0")
        }
        file.removeLast(32)
        #expect(responses.last?.blob == SHA256.of(ByteSlice(file)))
        #expect(responses.last?.remainingBytes == 0)
    }

    @Test func aStreamedRangesPagesGrowAndOnlyTheLastSpeaksOfAll() throws {
        let keyspace = Self.keyspace(keys: 5_000, valueBytes: 500)
        let request = RangeRequest(key: "key/", rangeEnd: "key0", limit: 4_000)
        let header = ResponseHeader(clusterID: 1, memberID: 2, revision: 3, raftTerm: 4)
        let stream = try RangeStream(request, of: keyspace, header)
        let messages = try Self.messages(StreamedAnswer(stream), batches: 2 << 20)
        let responses = try messages.compactMap {
            try RangeStreamResponse(decoding: $0).rangeResponse
        }
        #expect(responses.map(\.kvs.count).prefix(4) == [10, 20, 40, 80])
        #expect(responses.map(\.kvs.count).max() ?? 0 < 3_200)
        for response in responses.dropLast() {
            #expect(response.header == nil && !response.more && response.count == 0)
        }
        #expect(responses.last?.header == header)
        #expect(responses.last?.more == true)
        #expect(responses.last?.count == 5_000)
        #expect(responses.flatMap(\.kvs) == (try keyspace.range(request)).kvs)
    }

    @Test func largeValuesMakeShortPages() throws {
        let keyspace = Self.keyspace(keys: 40, valueBytes: 1_000_000)
        let request = RangeRequest(key: "\0", rangeEnd: "\0")
        let stream = try RangeStream(request, of: keyspace, ResponseHeader())
        let messages = try Self.messages(StreamedAnswer(stream), batches: 3 << 20)
        #expect(messages.count == 20)
    }

    @Test func aStreamOfNothingIsOneMessage() throws {
        for request in [
            RangeRequest(key: "a"), RangeRequest(key: "a", rangeEnd: "b"),
            RangeRequest(key: "\0", rangeEnd: "\0", countOnly: true),
        ] {
            let keyspace = Self.keyspace(keys: 2, valueBytes: 1)
            let stream = try RangeStream(request, of: keyspace, ResponseHeader(revision: 9))
            let messages = try Self.messages(StreamedAnswer(stream), batches: 100)
            #expect(messages.count == 1)
            let response = try RangeStreamResponse(decoding: messages[0]).rangeResponse
            #expect(response?.header?.revision == 9)
            #expect(response?.count == (request.countOnly ? 2 : 0))
            #expect(response?.kvs == [])
        }
    }
}
