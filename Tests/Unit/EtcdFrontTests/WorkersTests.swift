import Bytes
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

/// Answers that take too long for the loop, as a hash of several megabytes does.
@Suite struct WorkersTests {
    private func client(of node: Node) throws -> TestClient {
        let client = try TestClient(node)
        let value = ByteSlice([UInt8](repeating: 0x78, count: 1_000_000))
        for number in 0..<5 {
            let put = PutRequest(key: ByteSlice("k\(number)"), value: value)
            let _: PutResponse = try client.call(.put, put)
        }
        return client
    }

    private func begin(_ client: TestClient) throws -> StreamID {
        let stream = client.open(.hashKV)
        client.http.finishRequest(stream, HashKVRequest().encoded)
        try client.exchange()
        return stream
    }

    @Test func itIsOfTheStateWhenItWasAskedFor() throws {
        let node = Node()
        let client = try client(of: node)
        node.workers.pause()
        let stream = try begin(client)
        #expect(node.workers.waitingCount == 1)
        let _: PutResponse = try client.call(.put, PutRequest(key: "later"))
        #expect(client.reply(stream).status == nil)
        node.workers.resume()
        let hashes = try client.take(stream, as: HashKVResponse.self)
        let hash = try #require(hashes.first)
        #expect(hash.header?.revision == 6)
        #expect(hash.hashRevision == 6)
        #expect(client.reply(stream).status == .ok)
    }

    @Test func aCallThatEndsTakesItsWorkAlong() throws {
        let node = Node()
        let client = try client(of: node)
        node.workers.pause()
        let stream = try begin(client)
        client.http.reset(stream, .cancel)
        try client.exchange()
        #expect(node.workers.waitingCount == 0)
        _ = try begin(client)
        #expect(node.workers.waitingCount == 1)
        try client.close()
        #expect(node.workers.waitingCount == 0)
    }

    @Test func tooMuchWorkIsRefused() throws {
        let node = Node()
        let client = try client(of: node)
        node.workers.limit(to: 0)
        let reply = client.reply(try begin(client))
        #expect(reply.status == .unknown)
        #expect(reply.message == "etcdserver: too many requests")
    }
}
