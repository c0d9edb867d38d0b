import Bytes
import EtcdWire
import KeyspaceModel
import Testing

@Suite struct ProtoJSONTests {
    private func read<Request: WireMessage>(
        _ text: String,
        _ method: EtcdMethod,
        as type: Request.Type = Request.self
    ) throws -> [Request] {
        try ProtoJSON.requests(of: method, in: Array(text.utf8), max: 8)
            .map { bytes throws(DecodeError) in try Request(decoding: bytes) }
    }

    private func text(_ response: some WireMessage, _ method: EtcdMethod) throws -> String {
        var text: [UInt8] = []
        try ProtoJSON.append(response.encoded, of: method, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @Test func fieldsHaveTheirNamesOrThoseInCamelCase() throws {
        let expected = RangeRequest(
            key: "a",
            rangeEnd: "b",
            limit: 5,
            sortOrder: .descend,
            sortTarget: .create,
            serializable: true
        )
        let snake = """
            {"key": "YQ==", "range_end": "Yg==", "limit": "5", "sort_order": "DESCEND",
             "sort_target": 2, "serializable": true}
            """
        let camel = """
            {"rangeEnd":"Yg","key":"YQ==","sortOrder":2,"sortTarget":"CREATE","limit":5,
             "serializable":true,"unknown":[{"a":null},1.5e3,"\\"}"],"keysOnly":null}
            """
        #expect(try read(snake, .range) == [expected])
        #expect(try read(camel, .range) == [expected])
        #expect(try read("{}", .range) == [RangeRequest()])
        #expect(try read(" \n", .range) == [RangeRequest]())
    }

    @Test func namesInCapitalsStayAsTheyAre() throws {
        #expect(
            try read("{\"TTL\":\"60\",\"ID\":-7}", .leaseGrant)
                == [LeaseGrantRequest(ttl: 60, id: -7)]
        )
    }

    @Test func transactionsNest() throws {
        let put = RequestOp(request: .requestPut(PutRequest(key: "a", value: "b")))
        let text = """
            {"compare":[{"key":"YQ==","target":"VALUE","value":""}],
             "success":[{"requestTxn":{"success":[{"request_put":{"key":"YQ==","value":"Yg=="}}]}}]}
            """
        let compare = Compare(target: .value, key: "a", targetUnion: .value(.empty))
        let inner = RequestOp(request: .requestTxn(TxnRequest(success: [put])))
        #expect(try read(text, .txn) == [TxnRequest(compare: [compare], success: [inner])])
    }

    @Test func aStreamsBodyHasSeveralRequests() throws {
        #expect(
            try read("{\"ID\":1}{\"ID\":2}\n {\"ID\":3}", .leaseKeepAlive)
                == [1, 2, 3].map { LeaseKeepAliveRequest(id: $0) }
        )
        #expect(
            try ProtoJSON.requests(of: .range, in: Array("{} trailing".utf8), max: 1).count == 1
        )
    }

    @Test func stringsAreUnescaped() throws {
        let text = "{\"version\":\"a\\u00e9\\n\\\\\\/\\ud83d\\ude00\\\"\"}"
        #expect(
            try read(text, .downgrade)
                == [DowngradeRequest(version: "a\u{e9}\n\\/\u{1f600}\"")]
        )
    }

    @Test(arguments: [
        "{", "[]", "{\"key\"", "{\"key\":}", "{\"key\":5}", "{\"key\":\"!!!\"}", "{\"key\":\"a\"}",
        "{\"key\":\"YQ=\"}", "{\"limit\":\"x\"}", "{\"limit\":1.5}", "{\"limit\":true}",
        "{\"limit\":9223372036854775808}", "{\"sort_order\":\"SIDEWAYS\"}",
        "{\"keys_only\":\"true\"}", "{\"keys_only\":1}", "{\"key\":\"YQ==\",}", "{,}", "nul",
        "{\"key\":nul}", "{\"x\":\"\\ud800\"}", "{\"x\":\"\\q\"}", "{\"x\":\"\u{1}\"}",
        "{\"x\":[1,]}",
        "{\"x\":\"\\u00g0\"}", "{\"x\":\"", "{\"x\":\"\\u00", "\"a\"", "{} {",
    ])
    func whatIsNoRequestIsRefused(_ text: String) {
        #expect(throws: DecodeError.self) { try read(text, .range, as: RangeRequest.self) }
    }

    @Test func deepNestingIsRefusedAndDoesNotOverflowTheStack() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: DecodeError.self) {
            try read("{\"x\":" + deep, .range, as: RangeRequest.self)
        }
        let txn = String(repeating: "{\"success\":[{\"request_txn\":", count: 10_000)
        #expect(throws: DecodeError.self) { try read(txn, .txn, as: TxnRequest.self) }
    }

    @Test func aResponseHasTheFilesNamesAndNoDefaults() throws {
        let header = ResponseHeader(clusterID: .max, memberID: 1, revision: -2)
        let pair = KeyValue(key: "a", createRevision: 2, value: ByteSlice([0xfb, 0xff]))
        #expect(
            try text(RangeResponse(header: header, kvs: [pair, KeyValue()], count: 2), .range)
                == "{\"header\":{\"cluster_id\":\"18446744073709551615\",\"member_id\":\"1\","
                + "\"revision\":\"-2\"},\"kvs\":[{\"key\":\"YQ==\",\"create_revision\":\"2\","
                + "\"value\":\"+/8=\"},{}],\"count\":\"2\"}"
        )
        #expect(try text(RangeResponse(), .range) == "{}")
        #expect(try text(HashKVResponse(hash: 7), .hashKV) == "{\"hash\":7}")
    }

    @Test func enumsHaveNamesOneofsAreAlwaysThereAndStringsAreEscaped() throws {
        let event = Event(type: .delete, kv: KeyValue(key: "abc"))
        #expect(
            try text(
                WatchResponse(canceled: true, cancelReason: "a\"\\\n\u{e9}", events: [event]),
                .watch
            )
                == "{\"canceled\":true,\"cancel_reason\":\"a\\\"\\\\\\u000a\u{e9}\","
                + "\"events\":[{\"type\":\"DELETE\",\"kv\":{\"key\":\"YWJj\"}}]}"
        )
        let unknown = AlarmResponse(alarms: [AlarmMember(alarm: .unrecognized(9))])
        #expect(try text(unknown, .alarm) == "{\"alarms\":[{\"alarm\":9}]}")
        let put = TxnResponse(responses: [ResponseOp(response: .responsePut(PutResponse()))])
        #expect(try text(put, .txn) == "{\"responses\":[{\"response_put\":{}}]}")
    }

    @Test(arguments: 0...7)
    func bytesOfAnyLengthComeBackFromBase64(_ count: Int) throws {
        let bytes = ByteSlice((0..<count).map { UInt8(truncatingIfNeeded: 250 + $0 * 7) })
        let value = RangeResponse(kvs: [KeyValue(value: bytes)])
        let text = try text(value, .range)
        let digits = text.split(separator: "\"").last { !$0.contains(where: "}{]:[,".contains) }
        let put = "{\"value\":\"\(count == 0 ? "" : digits ?? "?")\"}"
        #expect(try read(put, .put, as: PutRequest.self).map(\.value) == [bytes])
    }
}
