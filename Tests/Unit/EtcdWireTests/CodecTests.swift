import Bytes
import EtcdWire
import KeyspaceModel
import Testing

@Suite struct CodecTests {
    @Test(arguments: ReferenceSchema().names)
    func everyFieldOfEveryMessageSurvivesARoundTrip(_ name: String) throws {
        let schema = ReferenceSchema()
        let codec = try #require(Codec.all[name])
        var random = Seeded(UInt64(name.utf8.count) &* 7919 &+ UInt64(name.utf8.first ?? 0))
        for _ in 0..<40 {
            let bytes = ByteSlice(schema.bytes(of: name, using: &random))
            let message = try codec.decode(bytes)
            // Equal bytes: no field was taken for unknown, none for another.
            #expect(message.encoded == bytes)
            #expect(message.encodedLength == bytes.count)
        }
    }

    @Test(arguments: ReferenceSchema().names)
    func anEmptyMessageIsNoBytes(_ name: String) throws {
        let message = try #require(Codec.all[name]).decode(.empty)
        #expect(message.encodedLength == 0)
        #expect(message.encoded.isEmpty)
    }

    @Test func fieldsGoWhereTheirNamesSay() throws {
        let put = PutRequest(
            key: "a",
            value: "bc",
            lease: 300,
            prevKv: true,
            ignoreValue: false,
            ignoreLease: true
        )
        #expect(put.encoded.array == [10, 1, 97, 18, 2, 98, 99, 24, 0xac, 2, 32, 1, 48, 1])
        let compare = Compare(
            result: .notEqual,
            target: .lease,
            key: "k",
            targetUnion: .lease(0),
            rangeEnd: "l"
        )
        #expect(
            compare.encoded.array == [8, 3, 16, 4, 26, 1, 107, 64, 0, 0x82, 4, 1, 108]
        )
        let txn = TxnRequest(failure: [RequestOp(request: .requestRange(RangeRequest(key: "x")))])
        #expect(txn.encoded.array == [26, 5, 10, 3, 10, 1, 120])
        let watch = WatchResponse(
            header: ResponseHeader(revision: 9),
            watchID: -1,
            created: true,
            events: [Event(type: .delete, kv: KeyValue(key: "x", modRevision: 9))]
        )
        let minusOne = [UInt8](repeating: 0xff, count: 9) + [1]
        #expect(
            watch.encoded.array == [10, 2, 24, 9, 16] + minusOne
                + [24, 1, 90, 9, 8, 1, 18, 5, 10, 1, 120, 24, 9]
        )
    }

    @Test func aKeyIsASliceOfTheRequest() throws {
        let large = [UInt8](repeating: 120, count: 100_000)
        let bytes = PutRequest(key: "k", value: ByteSlice(large)).encoded
        let value = try PutRequest(decoding: bytes).value
        let lies = bytes.withUnsafeBytes { whole in
            value.withUnsafeBytes { part in
                guard let start = whole.baseAddress, let inner = part.baseAddress else {
                    return false
                }
                return inner >= start && inner < start + whole.count
            }
        }
        #expect(lies)
    }

    @Test func theLastOfTwoScalarsCounts() throws {
        let bytes = ByteSlice([10, 1, 97, 24, 1, 10, 1, 98, 24, 2])
        #expect(try PutRequest(decoding: bytes) == PutRequest(key: "b", lease: 2))
    }

    @Test func aMessageThatComesTwiceIsMerged() throws {
        // Two headers: a revision, then a term.
        let response = try PutResponse(decoding: ByteSlice([10, 2, 24, 5, 10, 2, 32, 7]))
        #expect(response.header == ResponseHeader(revision: 5, raftTerm: 7))
        // Two puts in one operation, then two transactions.
        let put = try RequestOp(decoding: ByteSlice([18, 3, 10, 1, 97, 18, 3, 18, 1, 98]))
        #expect(put.request == .requestPut(PutRequest(key: "a", value: "b")))
        let txn = try RequestOp(decoding: ByteSlice([34, 2, 18, 0, 34, 2, 18, 0]))
        #expect(txn.request == .requestTxn(TxnRequest(success: [RequestOp(), RequestOp()])))
    }

    @Test func theLastCaseOfAOneofCounts() throws {
        let op = try RequestOp(decoding: ByteSlice([18, 3, 10, 1, 97, 26, 3, 10, 1, 98]))
        #expect(op.request == .requestDeleteRange(DeleteRangeRequest(key: "b")))
    }

    @Test func filtersComePackedOrNot() throws {
        let wanted = WatchCreateRequest(filters: [.noDelete, .noPut, .noDelete])
        #expect(try WatchCreateRequest(decoding: ByteSlice([42, 3, 1, 0, 1])) == wanted)
        #expect(try WatchCreateRequest(decoding: ByteSlice([40, 1, 40, 0, 40, 1])) == wanted)
        #expect(try WatchCreateRequest(decoding: ByteSlice([40, 1, 42, 2, 0, 1])) == wanted)
    }

    @Test func unknownFieldsOfEveryWireTypeAreSkipped() throws {
        let unknown: [[UInt8]] = [
            [0xf8, 1, 0x96, 1], [0xf9, 1, 1, 2, 3, 4, 5, 6, 7, 8], [0xfa, 1, 2, 9, 9],
            [0xfb, 1, 8, 5, 0xfc, 1], [0xfd, 1, 1, 2, 3, 4],
            // A known number with another wire type is unknown too.
            [8, 5],
        ]
        for field in unknown {
            let bytes = ByteSlice([18, 1, 118] + field + [10, 1, 107])
            #expect(try PutRequest(decoding: bytes) == PutRequest(key: "k", value: "v"))
        }
    }
}
