import Bytes
import EtcdFront
import Keyspace
import NIOCore
import NIOEmbedded
import Testing

/// Calls in JSON over HTTP/1.1.
@Suite struct GatewayTests {
    private func post(_ path: String, _ body: String, head: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: h\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Sends text as a client's first bytes, and gives what comes back.
    private func ask(_ text: String, _ client: TestClient) throws -> String {
        try client.send(Array(text.utf8))
        client.node.turn()
        return try client.takeText()
    }

    private func body(_ answer: String) -> String {
        answer.split(separator: "\r\n\r\n", maxSplits: 1).last.map(String.init) ?? ""
    }

    /// The lines of a body in chunks.
    private func lines(_ answer: String) -> [String] {
        answer.utf8.split(separator: UInt8(ascii: "\n")).compactMap { String($0) }
            .filter { $0.hasPrefix("{") }
    }

    private let header = "\"header\":{\"cluster_id\":\"193\",\"member_id\":\"24301\","

    @Test func aPutAndARange() throws {
        let client = try TestClient(Node())
        let put = try ask(post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"MQ==\"}"), client)
        #expect(put.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"))
        #expect(body(put) == "{\(header)\"revision\":\"2\",\"raft_term\":\"1\"}}")
        let range = try ask(post("/v3beta/kv/range", "{\"key\":\"YQ==\"}"), client)
        #expect(
            body(range)
                == "{\(header)\"revision\":\"2\",\"raft_term\":\"1\"},\"kvs\":[{\"key\":\"YQ==\","
                + "\"create_revision\":\"2\",\"mod_revision\":\"2\",\"version\":\"1\","
                + "\"value\":\"MQ==\"}],\"count\":\"1\"}"
        )
    }

    @Test(arguments: [
        ("/v3/kv/range", "", "400 Bad Request", 3, "etcdserver: key is not provided"),
        (
            "/v3/kv/range", "{\"key\":\"YQ==\",\"revision\":9}", "400 Bad Request", 11,
            "etcdserver: mvcc: required revision is a future revision"
        ),
        (
            "/v3/lease/revoke", "{\"ID\":9}", "404 Not Found", 5,
            "etcdserver: requested lease not found"
        ),
        (
            "/v3/election/leader", "{\"name\":\"YQ==\"}", "500 Internal Server Error", 2,
            "election: no leader"
        ),
        (
            "/v3/cluster/member/promote", "{\"ID\":9}", "404 Not Found", 5,
            "etcdserver: member not found"
        ),
    ])
    func aRefusalHasItsCodeAndText(
        _ path: String,
        _ request: String,
        _ status: String,
        _ code: Int,
        _ message: String
    ) throws {
        let answer = try ask(post(path, request), try TestClient(Node()))
        #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"))
        #expect(body(answer) == "{\"code\":\(code),\"message\":\"\(message)\",\"details\":[]}")
    }

    @Test func whatIsNoJSONIsRefusedAndTheConnectionGoesOn() throws {
        let client = try TestClient(Node())
        let bad = try ask(post("/v3/kv/put", "{\"key\":5}"), client)
        #expect(bad.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(body(bad).hasPrefix("{\"code\":3,"))
        let good = try ask(post("/v3/kv/put", "{\"key\":\"YQ==\"}"), client)
        #expect(good.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(client.isConnected)
    }

    @Test func otherMethodsAndPathsAreRefused() throws {
        let get = try ask(
            "GET /v3/kv/range HTTP/1.1\r\nHost: h\r\n\r\n",
            try TestClient(Node())
        )
        #expect(get.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
        #expect(get.contains("Allow: POST\r\n"))
        for path in ["/v3/kv/nothing", "/v3alpha/kv/range", "/v3"] {
            let answer = try ask(post(path, "{}"), try TestClient(Node()))
            #expect(answer.hasPrefix("HTTP/1.1 404 Not Found\r\n"), "\(path)")
        }
    }

    @Test func aBodyMayComeInPartsInChunksAndOnRequest() throws {
        let client = try TestClient(Node())
        let whole = post("/v3/kv/put", "{\"key\":\"YQ==\"}")
        var answer = ""
        for byte in whole.utf8 {
            try client.send([byte])
            client.node.turn()
            answer += try client.takeText()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        let head = "POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunks = "6;x=y\r\n{\"key\"\r\n8\r\n:\"Yg==\"}\r\n0\r\nTrailer: x\r\n\r\n"
        let both = try ask(head + chunks + head + chunks, client)
        #expect(both.components(of: "HTTP/1.1 200 OK\r\n") == 2)
        let expecting = "Content-Length: 14\r\nExpect: 100-continue\r\n\r\n"
        let wanted = try ask("POST /v3/kv/put HTTP/1.1\r\nHost: h\r\n" + expecting, client)
        #expect(wanted == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(try ask("{\"key\":\"Yw==\"}", client).hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test(arguments: [
        ("Content-Length: 5000000", "413"), ("Content-Length: -1", "400"),
        ("Content-Length: many", "400"),
    ])
    func aBodyThatCannotBeIsRefused(_ field: String, _ status: String) throws {
        let client = try TestClient(Node())
        let answer = try ask("POST /v3/kv/put HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n", client)
        #expect(answer.hasPrefix("HTTP/1.1 \(status)"))
        #expect(!client.isConnected)
    }

    @Test(arguments: ["zz\r\n", "-1\r\n", "500000\r\n", "1\r\n{xx\r\n0\r\n\r\n"])
    func chunksThatCannotBeAreRefused(_ chunks: String) throws {
        let client = try TestClient(Node())
        let head = "POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let answer = try ask(head + chunks, client)
        #expect(answer.hasPrefix("HTTP/1.1 4"))
        #expect(!client.isConnected)
    }

    @Test func aWatchTellsUntilItsClientGoes() throws {
        let node = Node()
        let client = try TestClient(node)
        let created = try ask(
            post("/v3/watch", "{\"create_request\":{\"key\":\"YQ==\"}}"),
            client
        )
        #expect(created.contains("Transfer-Encoding: chunked\r\n"))
        #expect(lines(created).count == 1)
        #expect(lines(created).first?.contains("\"created\":true}}") == true)
        let other = try TestClient(node)
        _ = try ask(post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"MQ==\"}"), other)
        let told = lines(try client.takeText())
        #expect(told.count == 1)
        #expect(told.first?.contains("\"events\":[{\"kv\":{\"key\":\"YQ==\"") == true)
        #expect(node.watches?.watchCount == 1)
        try client.close()
        #expect(node.watches?.watchCount == 0)
    }

    @Test func renewalsEndWithTheBody() throws {
        let client = try TestClient(Node())
        _ = try ask(post("/v3/lease/grant", "{\"TTL\":60,\"ID\":7}"), client)
        let answer = try ask(post("/v3/lease/keepalive", "{\"ID\":7}\n{\"ID\":\"8\"}"), client)
        let told = lines(answer)
        #expect(told.count == 2)
        #expect(told.first?.hasSuffix("\"ID\":\"7\",\"TTL\":\"60\"}}") == true)
        #expect(told.last?.hasSuffix("\"ID\":\"8\"}}") == true)
        #expect(answer.hasSuffix("0\r\n\r\n"))
        #expect(client.isConnected)
    }

    @Test func aClientOfHTTP10GetsNoChunks() throws {
        let client = try TestClient(Node())
        let request = "POST /v3/lease/keepalive HTTP/1.0\r\nContent-Length: 8\r\n\r\n{\"ID\":7}"
        let answer = try ask(request, client)
        #expect(!answer.contains("chunked"))
        #expect(body(answer).hasPrefix("{\"result\":"))
        #expect(!client.isConnected)
    }

    @Test func aWatchersClientThatDoesNotReadHoldsUpTheWatchAndMissesNothing() throws {
        let node = Node()
        let client = try TestClient(node)
        _ = try ask(post("/v3/watch", "{\"create_request\":{\"key\":\"YQ==\"}}"), client)
        client.channel.isWritable = false
        let other = try TestClient(node)
        let value = String(repeating: "A", count: 80_000)
        for _ in 0..<28 {
            _ = try ask(
                post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"\(value)\"}"),
                other
            )
        }
        #expect(try client.takeText() == "")
        #expect(node.watches?.laggingCount == 1)
        client.channel.isWritable = true
        client.channel.pipeline.fireChannelWritabilityChanged()
        var told: [String] = []
        var more = try client.takeText()
        while !more.isEmpty {
            told += lines(more)
            node.turn()
            more = try client.takeText()
        }
        // A line may hold the events of several puts, each with its revision before its value.
        let text = told.joined()
        let revisions = text.utf8.split(separator: UInt8(ascii: "A")).map { String($0) ?? "" }
            .flatMap { part in
                (2..<30).filter { part.contains("\"mod_revision\":\"\($0)\"") }
            }
        #expect(revisions == Array(2..<30))
    }

    @Test func aLargeAnswerComesWhole() throws {
        let client = try TestClient(Node())
        let value = String(repeating: "A", count: 100_000)
        for key in ["YQ==", "Yg==", "Yw==", "ZA=="] {
            _ = try ask(post("/v3/kv/put", "{\"key\":\"\(key)\",\"value\":\"\(value)\"}"), client)
        }
        let all = try ask(post("/v3/kv/range", "{\"key\":\"YQ==\",\"range_end\":\"AA==\"}"), client)
        #expect(all.utf8.count { $0 == UInt8(ascii: "A") } >= 4 * value.utf8.count)
        #expect(all.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(all.hasSuffix("\"count\":\"4\"}"))
    }

    @Test func aStoppedFrontEndsAWatchWithAnErrorAndCloses() throws {
        let node = Node()
        let client = try TestClient(node)
        _ = try ask(post("/v3/watch", "{\"create_request\":{\"key\":\"YQ==\"}}"), client)
        node.front.stop()
        let end = try client.takeText()
        #expect(
            lines(end) == [
                "{\"error\":{\"code\":14,\"message\":\"etcdserver: server stopped\",\"details\":[]}}"
            ]
        )
        #expect(end.hasSuffix("0\r\n\r\n"))
        #expect(!client.isConnected)
    }

    @Test func whatIsSentBehindAStreamDoesNotTearItsAnswer() throws {
        let client = try TestClient(Node())
        _ = try ask(post("/v3/watch", "{\"create_request\":{\"key\":\"YQ==\"}}"), client)
        let much = [UInt8](repeating: 0x20, count: 5 << 20)
        try client.send(much)
        let text = try client.takeText()
        #expect(text.isEmpty)
        #expect(client.isConnected)
    }

    @Test(arguments: [
        ("Content-Length: +1", "400"), ("Content-Length: 1\r\nContent-Length: 2", "400"),
        ("Content-Length : 1", "400"), ("no colon", "400"), ("Transfer-Encoding: gzip", "501"),
        ("Content-Length: 99999999", "413"),
    ])
    func headsThatMeanTwoThingsAreRefused(_ header: String, _ status: String) throws {
        let client = try TestClient(Node())
        let head = "POST /v3/kv/range HTTP/1.1\r\nHost: h\r\n\(header)\r\n\r\n"
        #expect(try ask(head, client).hasPrefix("HTTP/1.1 \(status) "))
        #expect(!client.isConnected)
    }

    @Test(arguments: ["+5", "-1", "g", "", "fffffffffffffffff"])
    func chunksOfNoLengthAreRefused(_ length: String) throws {
        let client = try TestClient(Node())
        let head = "POST /v3/kv/range HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try ask(head + length + "\r\nabcde\r\n", client).hasPrefix("HTTP/1.1 400 "))
    }

    @Test func aBodyMayComeInCrumbs() throws {
        let client = try TestClient(Node())
        let head = "POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = "3;x=y\r\n{\"k\r\na\r\ney\":\"YQ==\"\r\n1\r\n}\r\n"
        for byte in Array((head + body + "0\r\nTrailer: 1\r\n\r\n").utf8) {
            try client.send([byte])
        }
        client.node.turn()
        #expect(try client.takeText().hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test func aCallMayHaveATimeout() throws {
        let node = Node()
        let client = try TestClient(node)
        for id in [7, 8] {
            _ = try ask(post("/v3/lease/grant", "{\"TTL\":60,\"ID\":\(id)}"), client)
        }
        let first = post("/v3/lock/lock", "{\"name\":\"YQ==\",\"lease\":7}")
        #expect(try ask(first, client).hasPrefix("HTTP/1.1 200"))
        let lock = "{\"name\":\"YQ==\",\"lease\":8}"
        let late = post("/v3/lock/lock", lock, head: "Grpc-Timeout: 200m\r\n")
        #expect(try ask(late, client).isEmpty)
        node.pass(milliseconds: 400)
        #expect(try client.takeText().hasPrefix("HTTP/1.1 504 Gateway Timeout"))
        let malformed = post("/v3/lock/lock", lock, head: "Grpc-Timeout: soon\r\n")
        let answer = try ask(malformed, client)
        #expect(answer.hasPrefix("HTTP/1.1 400"))
        #expect(answer.contains("invalid grpc-timeout: soon"))
    }

    @Test func probesAndCallsShareAConnection() throws {
        let client = try TestClient(Node())
        let get = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n"
        let put = post("/v3/kv/put", "{\"key\":\"YQ==\"}")
        let answers = try ask(put + get + put + get, client)
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 4)
        #expect(answers.components(of: "\"health\":\"true\"") == 2)
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
