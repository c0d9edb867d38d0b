import EtcdFront
import NIOCore
import NIOEmbedded
import Testing

@Suite struct PlainHTTPTests {
    /// Sends text as a client's first bytes, and gives what comes back.
    private func ask(_ text: String, _ node: Node = Node()) throws -> String {
        let client = try TestClient(node)
        try client.send(Array(text.utf8))
        node.turn()
        return try client.takeText()
    }

    private func get(_ path: String, _ node: Node = Node()) throws -> String {
        try ask("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n", node)
    }

    private func body(_ answer: String) -> String {
        answer.split(separator: "\r\n\r\n", maxSplits: 1).last.map(String.init) ?? ""
    }

    @Test func theVersionIsEtcds() throws {
        let answer = try get("/version")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(
            body(answer) == "{\"etcdserver\":\"3.6.6\",\"etcdcluster\":\"3.6.0\","
                + "\"storage\":\"3.6.0\"}"
        )
    }

    @Test(arguments: ["/health", "/health?serializable=true"])
    func aHealthyNodeSaysSo(_ path: String) throws {
        let answer = try get(path)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(body(answer) == "{\"health\":\"true\",\"reason\":\"\"}")
    }

    @Test func aNodeWithoutALeaderIsNotReadyButAlive() throws {
        let node = Node(isAlone: false)
        let health = try get("/health", node)
        #expect(health.hasPrefix("HTTP/1.1 503"))
        #expect(body(health) == "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}")
        let ready = try get("/readyz", node)
        #expect(ready.hasPrefix("HTTP/1.1 503"))
        #expect(body(ready).contains("[-]linearizable_read failed: etcdserver: no leader\n"))
        #expect(body(try get("/livez", node)) == "ok\n")
    }

    @Test func probesListTheirChecksWhenAsked() throws {
        #expect(body(try get("/readyz")) == "ok\n")
        #expect(
            body(try get("/readyz?verbose&exclude=data_corruption"))
                == "[+]data_corruption excluded: ok\n[+]serializable_read ok\n"
                + "[+]linearizable_read ok\n[+]non_learner ok\nok\n"
        )
        #expect(body(try get("/readyz/linearizable_read")) == "ok\n")
    }

    @Test func whatIsNotServedIsNotFound() throws {
        #expect(try get("/").hasPrefix("HTTP/1.1 404"))
        #expect(try get("/readyz/nonsense").hasPrefix("HTTP/1.1 404"))
        #expect(
            try ask("POST /health HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
                .hasPrefix("HTTP/1.1 405")
        )
    }

    @Test func severalRequestsAreAnsweredInOrder() throws {
        let one = "GET /health HTTP/1.1\r\nHost: h\r\n\r\nGET /version HTTP/1.1\r\nHost: h\r\n\r\n"
        let node = Node()
        let client = try TestClient(node)
        for byte in Array(one.utf8) { try client.send([byte]) }
        node.turn()
        let answers = try client.takeText()
        let health = try #require(answers.firstRange(of: "\"health\""))
        let version = try #require(answers.firstRange(of: "\"etcdserver\""))
        #expect(health.lowerBound < version.lowerBound)
        #expect(client.isConnected)
    }

    @Test func whoSendsNonsenseIsToldAndLeft() throws {
        #expect(try ask("nonsense\r\n\r\n").hasPrefix("HTTP/1.1 400"))
        let long = "GET / HTTP/1.1\r\nHost: h\r\nCookie: " + String(repeating: "x", count: 20_000)
        #expect(try ask(long).hasPrefix("HTTP/1.1 431"))
    }

    @Test(arguments: [
        ("GET /readyz HTTP/1.1\r\n\r\n", "HTTP/1.1 400"),
        ("GET /readyz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400"),
        ("GET /readyz HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "HTTP/1.1 400"),
        ("GET /readyz HTTP/1.1\r\nHost:\r\n\r\n", "HTTP/1.1 200"),
        ("GET /readyz HTTP/1.0\r\n\r\n", "HTTP/1.1 200"),
    ])
    func aRequestNamesItsHostOnce(_ request: String, _ answer: String) throws {
        #expect(try ask(request).hasPrefix(answer))
    }

    @Test func whoHoldsAConnectionOfItsOwnPortAndAsksNothingLosesIt() throws {
        let node = Node()
        let channels = try ["", "GET /rea", "GET /version HTTP/1.1\r\nHost: h\r\n\r\n"].map {
            text in
            let channel = EmbeddedChannel()
            try channel.pipeline.syncOperations.addHandler(PlainHTTPConnection(node.front))
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            if !text.isEmpty { try channel.writeInbound(ByteBuffer(string: text)) }
            return channel
        }
        node.pass(milliseconds: 31_000)
        #expect(channels.map(\.isActive) == [false, true, true])
        node.pass(milliseconds: 90_000)
        #expect(channels.map(\.isActive) == [false, false, false])
        #expect(node.front.connectionCount == 0)
    }

    @Test func whoLeavesARequestUnfinishedLosesItsPlace() throws {
        let node = Node()
        let client = try TestClient(node)
        try client.send(
            Array("POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{".utf8)
        )
        node.pass(milliseconds: 119_000)
        #expect(client.isConnected)
        node.pass(milliseconds: 2_000)
        #expect(!client.isConnected)
    }

    @Test func thePortOfItsOwnServesTheSame() throws {
        let node = Node()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(PlainHTTPConnection(node.front))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try channel.writeInbound(ByteBuffer(string: "GET /readyz HTTP/1.0\r\n\r\n"))
        node.turn()
        let answer = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasSuffix("ok\n"))
        #expect(!channel.isActive)
        #expect(node.front.connectionCount == 0)
    }
}
