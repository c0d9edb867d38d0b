import Bytes
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Model
import Testing

@Suite struct KeysTests {
    @Test func whatIsPutIsRead() throws {
        let client = try TestClient(Node())
        let put: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        #expect(put.header?.revision == 2)
        #expect(put.header?.clusterID == 0xc1)
        #expect(put.header?.memberID == 0x5eed)
        #expect((put.header?.raftTerm ?? 0) > 0)
        let range: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(range.count == 1)
        #expect(
            range.kvs == [
                KeyValue(key: "a", createRevision: 2, modRevision: 2, version: 1, value: "1")
            ]
        )
        #expect(range.header == put.header)
    }

    @Test func aSerializableReadNeedsNoTurnOfTheShard() throws {
        let node = Node()
        let client = try TestClient(node)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        node.appendsLeft = 0
        let range: RangeResponse = try client.call(
            .range,
            RangeRequest(key: "a", serializable: true)
        )
        #expect(range.kvs.map(\.value) == ["1"])
    }

    @Test func aDeleteSaysWhatItDeleted() throws {
        let client = try TestClient(Node())
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let deleted: DeleteRangeResponse = try client.call(
            .deleteRange,
            DeleteRangeRequest(key: "a", prevKv: true)
        )
        #expect(deleted.deleted == 1)
        #expect(deleted.prevKvs.map(\.value) == ["1"])
        #expect(deleted.header?.revision == 3)
    }

    @Test func aTransactionWritesOrReads() throws {
        let client = try TestClient(Node())
        let create = TxnRequest(
            compare: [Compare(target: .create, key: "a", targetUnion: .createRevision(0))],
            success: [RequestOp(request: .requestPut(PutRequest(key: "a", value: "1")))],
            failure: [RequestOp(request: .requestRange(RangeRequest(key: "a")))]
        )
        let first: TxnResponse = try client.call(.txn, create)
        #expect(first.succeeded)
        let second: TxnResponse = try client.call(.txn, create)
        #expect(!second.succeeded)
        guard case .responseRange(let range)? = second.responses.first?.response else {
            Issue.record("no range")
            return
        }
        #expect(range.kvs.map(\.value) == ["1"])
        #expect(second.header?.clusterID == 0xc1)
    }

    @Test func aTransactionThatOnlyReadsDoesNotGoThroughTheLog() throws {
        let node = Node()
        let client = try TestClient(node)
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: "1"))
        let before = node.lastIndex
        for isSerializable in [true, false] {
            let range = RangeRequest(key: "a", serializable: isSerializable)
            let read: TxnResponse = try client.call(
                .txn,
                TxnRequest(success: [RequestOp(request: .requestRange(range))])
            )
            #expect(read.succeeded)
            #expect(read.header?.revision == 2)
        }
        #expect(node.lastIndex == before)
    }

    @Test func aCompactedRevisionIsRefused() throws {
        let client = try TestClient(Node())
        for _ in 0..<3 { let _: PutResponse = try client.call(.put, PutRequest(key: "a")) }
        let _: CompactionResponse = try client.call(.compact, CompactionRequest(revision: 3))
        let old = try client.call(.range, RangeRequest(key: "a", revision: 2))
        #expect(old.status == .outOfRange)
        #expect(old.message == "etcdserver: mvcc: required revision has been compacted")
        let again = try client.call(.compact, CompactionRequest(revision: 3))
        #expect(again.message == "etcdserver: mvcc: required revision has been compacted")
        let future = try client.call(.range, RangeRequest(key: "a", revision: 99))
        #expect(future.message == "etcdserver: mvcc: required revision is a future revision")
    }

    @Test func aLargeRangeComesWholeThroughSmallWindows() throws {
        let client = try TestClient(Node())
        let value = ByteSlice([UInt8](repeating: 0x78, count: 100_000))
        for number in 0..<30 {
            let _: PutResponse = try client.call(
                .put,
                PutRequest(key: ByteSlice("k\(number)"), value: value)
            )
        }
        let range: RangeResponse = try client.call(
            .range,
            RangeRequest(key: "k", rangeEnd: "l", limit: 29)
        )
        #expect(range.kvs.count == 29)
        #expect(range.count == 30)
        #expect(range.more)
        #expect(range.header?.revision == 31)
        #expect(range.kvs.allSatisfy { $0.value == value })
    }

    @Test(arguments: [
        (PutRequest(), "etcdserver: key is not provided"),
        (PutRequest(key: "k", value: "v", ignoreValue: true), "etcdserver: value is provided"),
        (PutRequest(key: "k", lease: 5, ignoreLease: true), "etcdserver: lease is provided"),
        (PutRequest(key: "none", ignoreValue: true), "etcdserver: key not found"),
    ])
    func aPutThatMakesNoSenseIsRefused(_ request: PutRequest, _ message: String) throws {
        let reply = try TestClient(Node()).call(.put, request)
        #expect(reply.status == .invalidArgument)
        #expect(reply.message == message)
        #expect(reply.messages.isEmpty)
    }

    @Test func manyCallsAtOnceAreAnsweredEachItsOwn() throws {
        let client = try TestClient(Node())
        var streams: [StreamID] = []
        for number in 0..<200 {
            let stream = client.open(.put)
            client.http.finishRequest(
                stream,
                PutRequest(key: ByteSlice("k\(number)"), value: "v").encoded
            )
            streams.append(stream)
        }
        try client.exchange()
        for (number, stream) in streams.enumerated() {
            let reply = client.reply(stream)
            #expect(reply.status == .ok)
            let response = try PutResponse(decoding: try #require(reply.messages.first))
            #expect(response.header?.revision == Int64(number + 2))
        }
    }

    @Test func aMessageInManyPartsIsPutTogether() throws {
        let client = try TestClient(Node())
        let stream = client.open(.put)
        let message = PutRequest(key: "a", value: "in parts").encoded
        let framed = ByteSlice([0, 0, 0, 0, UInt8(message.count)] + message.array)
        for position in 0..<framed.count {
            client.http.sendBody(stream, framed[position..<position + 1], endStream: false)
            try client.exchange()
        }
        client.http.finishRequest(stream)
        try client.exchange()
        #expect(client.reply(stream).status == .ok)
        let range: RangeResponse = try client.call(.range, RangeRequest(key: "a"))
        #expect(range.kvs.map(\.value) == ["in parts"])
    }
}
