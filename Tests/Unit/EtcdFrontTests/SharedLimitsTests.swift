import Bytes
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@testable import EtcdFront

/// What all clients of a shard may hold together, whatever each may alone.
@Suite struct SharedLimitsTests {
    @Test func partsOfRequestsAreBoundedOverAllConnections() throws {
        let node = Node()
        // The beginning of a message of a thousand bytes.
        let part = ByteSlice([0, 0, 0, 3, 232] + [UInt8](repeating: 1, count: 100))
        let first = try TestClient(node)
        let held = first.open(.put)
        first.http.sendBody(held, part, endStream: false)
        try first.exchange()
        #expect(node.front.gatheredBytes == part.count)
        node.front.gatheredBytes = Limits.gatheredBytesOfAllMax
        let second = try TestClient(node)
        let refused = second.open(.put)
        second.http.sendBody(refused, part, endStream: false)
        try second.exchange()
        #expect(second.reply(refused).message == "etcdserver: too many requests")
        #expect(node.front.gatheredBytes == Limits.gatheredBytesOfAllMax)
        try first.close()
        #expect(node.front.gatheredBytes == Limits.gatheredBytesOfAllMax - part.count)
    }

    @Test func bodiesOfCallsInJSONAreCountedAsWell() throws {
        let node = Node()
        let head = "POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n"
        let first = try TestClient(node)
        try first.send(Array((head + "{\"key\"").utf8))
        #expect(node.front.gatheredBytes > 0)
        node.front.gatheredBytes += Limits.gatheredBytesOfAllMax
        try first.send(Array(":".utf8))
        #expect(try first.takeText().hasPrefix("HTTP/1.1 429"))
        #expect(!first.isConnected)
        #expect(node.front.gatheredBytes == Limits.gatheredBytesOfAllMax)
    }

    @Test func answersThatWaitAreCountedUntilTheirConnectionIsGone() throws {
        let node = Node()
        let client = try TestClient(node)
        let value = ByteSlice([UInt8](repeating: 1, count: 500_000))
        let _: PutResponse = try client.call(.put, PutRequest(key: "a", value: value))
        var small = HTTP2Settings()
        small.streamWindowBytes = 65_535
        let slow = try TestClient(node, own: small)
        slow.http.finishRequest(slow.open(.range), RangeRequest(key: "a").encoded)
        // It never reads, and so never widens its window.
        try slow.send(slow.http.takeOutput())
        node.turn()
        #expect(node.front.allowance.bytes > 100_000)
        try slow.close()
        #expect(node.front.allowance.bytes == 0)
    }
}
