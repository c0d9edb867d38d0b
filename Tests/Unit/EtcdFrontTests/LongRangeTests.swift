import Bytes
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Model
import NIOEmbedded
import Testing

@testable import EtcdFront

/// Ranges of more keys than are read on the loop.
@Suite struct LongRangeTests {
    private static let keys = 6_000

    /// Keys `k00000` and on, each with a value of 50 bytes.
    private func client(
        of node: Node,
        own: HTTP2Settings = HTTP2Settings()
    ) throws -> TestClient {
        let client = try TestClient(node, own: own)
        var next = 0
        while next < Self.keys {
            let batch = next..<min(Self.keys, next + 128)
            let puts = batch.map { number in
                RequestOp(request: .requestPut(PutRequest(key: key(number), value: value(number))))
            }
            let _: TxnResponse = try client.call(.txn, TxnRequest(success: puts))
            next = batch.upperBound
        }
        return client
    }

    private func key(_ number: Int) -> ByteSlice {
        ByteSlice("k" + String(100_000 + number).dropFirst())
    }

    private func value(_ number: Int) -> ByteSlice {
        ByteSlice([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 50))
    }

    private let all = RangeRequest(key: "k", rangeEnd: "l")

    @Test func allKeysComeOfTheRevisionThatWasAskedFor() throws {
        let node = Node()
        let client = try client(of: node)
        node.workers.pause()
        let stream = client.open(.range)
        client.http.finishRequest(stream, all.encoded)
        try client.exchange()
        let _: DeleteRangeResponse = try client.call(
            .deleteRange,
            DeleteRangeRequest(key: "k", rangeEnd: "k03")
        )
        node.workers.resume()
        let responses = try client.take(stream, as: RangeResponse.self)
        let response = try #require(responses.first)
        #expect(response.kvs.map(\.key) == (0..<Self.keys).map(key))
        #expect(response.kvs.map(\.value) == (0..<Self.keys).map(value))
        #expect(response.count == Int64(Self.keys))
        #expect(!response.more)
        #expect(response.header?.revision == 48)
        #expect(client.reply(stream).status == .ok)
        let after: RangeResponse = try client.call(.range, all)
        #expect(after.count == 3_000)
    }

    @Test func everyOptionIsServed() throws {
        let node = Node()
        let client = try client(of: node)
        var page = all
        page.limit = 5_500
        let first: RangeResponse = try client.call(.range, page)
        #expect(first.kvs.count == 5_500 && first.more && first.count == 6_000)
        var descending = all
        descending.sortOrder = .descend
        descending.keysOnly = true
        let last: RangeResponse = try client.call(.range, descending)
        #expect(last.kvs.map(\.key) == (0..<Self.keys).reversed().map(key))
        #expect(last.kvs.allSatisfy { $0.value.isEmpty })
        var old = all
        old.revision = 47
        old.countOnly = true
        let count: RangeResponse = try client.call(.range, old)
        #expect(count.count == 46 * 128 && count.kvs.isEmpty)
        old.revision = 99
        #expect(try client.call(.range, old).status == .outOfRange)
    }

    @Test func aClientThatStopsReadingCostsAPiece() throws {
        let node = Node()
        var own = HTTP2Settings()
        own.streamWindowBytes = 65_535
        let client = try client(of: node, own: own)
        let stream = client.open(.range)
        client.http.finishRequest(stream, all.encoded)
        try client.send(client.http.takeOutput())
        node.turn()
        // Nothing that the server sends is read, so no window opens.
        while node.workers.runNext() { client.channel.embeddedEventLoop.run() }
        #expect(client.reply(stream).messages.isEmpty)
        let most = Limits.streamBacklogBytes + Limits.workerPieceBytes
        guard case .etcd(let connection) = node.front.connection(0) else {
            Issue.record("no connection")
            return
        }
        #expect(connection.http.queuedBytes > 0)
        #expect(connection.http.queuedBytes <= most)
        client.http.reset(stream, .cancel)
        try client.exchange()
        #expect(node.workers.waitingCount == 0)
        let again: RangeResponse = try client.call(.range, all)
        #expect(again.kvs.count == Self.keys)
    }

    @Test func transactionsAndDeletionsAnswerAtAnyLength() throws {
        let node = Node()
        let client = try client(of: node)
        let read: TxnResponse = try client.call(
            .txn,
            TxnRequest(success: [RequestOp(request: .requestRange(all))])
        )
        guard case .responseRange(let range)? = read.responses.first?.response else {
            Issue.record("no range")
            return
        }
        #expect(range.kvs.count == Self.keys)
        #expect(read.header?.revision == 48)
        let deleted: DeleteRangeResponse = try client.call(
            .deleteRange,
            DeleteRangeRequest(key: "k", rangeEnd: "l", prevKv: true)
        )
        #expect(deleted.prevKvs == range.kvs)
        #expect(deleted.deleted == Int64(Self.keys))
    }

    @Test func whatComesAfterAFullQueueIsRefused() throws {
        let node = Node()
        let client = try client(of: node)
        node.workers.limit(to: 0)
        let reply = try client.call(.range, all)
        #expect(reply.message == "etcdserver: too many requests")
        // What has been done is answered nevertheless.
        let deleted: DeleteRangeResponse = try client.call(
            .deleteRange,
            DeleteRangeRequest(key: "k", rangeEnd: "l", prevKv: true)
        )
        #expect(deleted.prevKvs.count == Self.keys)
    }

    /// The pieces are the bytes of the whole answer, wherever they are cut.
    @Test(arguments: [1, 40, 1_000, 100_000])
    func thePiecesAreTheWhole(bytes: Int) throws {
        var keyspace = Keyspace()
        for number in 0..<300 {
            let put = PutRequest(key: key(number * 7 % 200), value: value(number))
            _ = keyspace.apply(.put(put), at: .zero)
        }
        let header = ResponseHeader(clusterID: 1, memberID: 2, revision: 301, raftTerm: 4)
        for request in [
            all, RangeRequest(key: "k", rangeEnd: "l", limit: 17),
            RangeRequest(key: "k", rangeEnd: "l", revision: 120, keysOnly: true),
            RangeRequest(key: "k", rangeEnd: "l", limit: 9, sortOrder: .descend, sortTarget: .mod),
            RangeRequest(key: "k", rangeEnd: "l", limit: 30, minModRevision: 200),
            RangeRequest(key: "k", rangeEnd: "l", countOnly: true),
            RangeRequest(key: "x", rangeEnd: "y"), RangeRequest(key: key(7)),
        ] {
            var plain = try keyspace.range(request)
            plain.header = header
            var range = try LongRange(request, in: keyspace, header)
            var given = range.opening().array
            var isLast = false
            while !isLast {
                let piece = range.piece(bytes: bytes)
                given += piece.bytes.array
                isLast = piece.isLast
            }
            given += range.closing().array
            #expect(Array(given.dropFirst(5)) == plain.encoded.array)
            #expect(range.encodedLength == given.count - 5)
            var prefix = ByteWriter()
            prefix.byte(0)
            prefix.integer(UInt32(given.count - 5).bigEndian)
            #expect(Array(given.prefix(5)) == prefix.bytes)
        }
    }
}
