import Bytes
import EtcdFront
import EtcdWire
import Groups
import KeyspaceModel
import Model
import Telemetry
import Testing

@Suite struct MetricsTests {
    private func page(_ node: Node) throws -> String {
        let client = try TestClient(node)
        try client.send(Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        node.turn()
        return try client.takeText()
    }

    private func value(_ name: String, _ page: String) -> String? {
        page.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .map { String($0.dropFirst(name.count + 1)) }
    }

    private func calls(_ family: String, _ labels: String, _ page: String) -> String? {
        value("grpc_server_\(family)_total{\(labels)}", page)
    }

    @Test func thePageIsPrometheusText() throws {
        let answer = try page(Node())
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(value("etcd_server_version{server_version=\"3.6.6\"}", answer) == "1")
        #expect(value("etcd_cluster_version{cluster_version=\"3.6\"}", answer) == "1")
        #expect(value("etcd_server_id{server_id=\"5eed\"}", answer) == "1")
    }

    @Test func aCallIsCountedFromItsStartToItsCode() throws {
        let node = Node()
        let client = try TestClient(node)
        let put = PutRequest(key: ByteSlice("a"), value: ByteSlice("1"))
        for _ in 0..<3 { let _: PutResponse = try client.call(.put, put) }
        _ = try client.call(.put, PutRequest())
        let _: RangeResponse = try client.call(.range, RangeRequest(key: ByteSlice("a")))
        let page = try page(node)
        let kind = "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\""
        let labels = "grpc_method=\"Put\",\(kind)"
        #expect(calls("started", labels, page) == "4")
        #expect(calls("msg_received", labels, page) == "4")
        #expect(calls("msg_sent", labels, page) == "3")
        #expect(calls("handled", "grpc_code=\"OK\",\(labels)", page) == "3")
        #expect(calls("handled", "grpc_code=\"InvalidArgument\",\(labels)", page) == "1")
        #expect(calls("handled", "grpc_code=\"Internal\",\(labels)", page) == "0")
        #expect(calls("started", "grpc_method=\"Range\",\(kind)", page) == "1")
    }

    @Test func aStreamIsOpenUntilItEnds() throws {
        let node = Node()
        let client = try TestClient(node)
        let stream = client.open(.watch)
        let create = WatchCreateRequest(key: ByteSlice("a"))
        try client.say(WatchRequest(requestUnion: .createRequest(create)), on: stream)
        let put = PutRequest(key: ByteSlice("a"), value: ByteSlice("1"))
        let _: PutResponse = try client.call(.put, put)
        let labels =
            "grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\""
        let open = try page(node)
        #expect(calls("started", labels, open) == "1")
        #expect(calls("handled", "grpc_code=\"Canceled\",\(labels)", open) == "0")
        #expect(calls("msg_sent", labels, open) == "2")
        #expect(value("etcd_debugging_mvcc_events_total", open) == "1")
        try client.close()
        let closed = try page(node)
        #expect(calls("handled", "grpc_code=\"Canceled\",\(labels)", closed) == "1")
    }

    @Test func whatTravelsIsCountedInBytes() throws {
        let node = Node()
        let client = try TestClient(node)
        let before = try #require(
            value("etcd_network_client_grpc_received_bytes_total", try page(node))
        )
        #expect(before == "0")
        let value1000 = ByteSlice([UInt8](repeating: 7, count: 1_000))
        let _: PutResponse = try client.call(.put, PutRequest(key: value1000, value: value1000))
        let after = try page(node)
        let received = try #require(value("etcd_network_client_grpc_received_bytes_total", after))
        #expect((2_000..<2_500).contains(try #require(Int(received))))
        let sent = try #require(value("etcd_network_client_grpc_sent_bytes_total", after))
        #expect(try #require(Int(sent)) > 0)
    }

    @Test func healthsAreCounted() throws {
        let node = Node()
        let client = try TestClient(node)
        try client.send(Array("GET /health HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        node.turn()
        #expect(value("etcd_server_health_success", try page(node)) == "1")
        #expect(value("etcd_server_health_failures", try page(Node(isAlone: false))) == "0")
    }

    /// What a driver adds included, as it runs in a node.
    @Test func aNodeShowsEveryFamilyOfTheTableOnce() throws {
        let node = Node(isAlone: false)
        let metrics = ShardMetrics(of: .defaultKeyspace, peers: [NodeID(0x5eee)])
        node.front.writeMetrics = { page in
            page.write(.build, labelled: "1")
            page.write(.loopHolds, Histogram.loopTime)
            page.write(metrics, of: node.shard) { _ in 0 }
            page.writeProcess()
        }
        let shown = try page(node).split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        let table = Metric.all.filter {
            !Metric.streams.contains($0) && ($0 != .quota || node.shard.quotaBytes != nil)
        }.map {
            "# TYPE \($0.name) \($0.kind)"
        }
        #expect(shown.map(String.init).sorted() == table.sorted())
    }
}
