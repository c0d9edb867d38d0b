import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import Keyspace
import KeyspaceModel
import Testing

/// What clients send that no client should; nothing of it may trap or stay behind.
@Suite struct HostileInputTests {
    @Test func whoConnectsAndSaysNothingLosesItsPlace() throws {
        let node = Node()
        let silent = try TestClient(node)
        let slow = try TestClient(node)
        try slow.send(Array("PRI * ".utf8))
        let client = try TestClient(node)
        try client.exchange()
        node.pass(milliseconds: 29_000)
        #expect(silent.isConnected && slow.isConnected)
        node.pass(milliseconds: 2_000)
        #expect(!silent.isConnected && !slow.isConnected)
        #expect(client.isConnected)
        #expect(node.front.connectionCount == 1)
    }

    @Test func damagedConversationsNeverTrapAndLeaveNothingBehind() throws {
        let conversation = try recorded()
        let node = Node()
        var random = Numbers(state: 0x5eed)
        for _ in 0..<150 {
            var bytes = conversation
            for _ in 0..<Int(random.next() % 4) + 1 {
                let place = Int(random.next() % UInt64(bytes.count - 24)) + 24
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeSubrange(place...)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
                guard bytes.count > 25 else { break }
            }
            let client = try TestClient(node)
            try client.send(bytes)
            node.turn()
            try client.close()
        }
        #expect(node.front.connectionCount == 0)
        #expect(node.watches?.streamCount == 0)
        // And it still serves.
        let client = try TestClient(node)
        let _: PutResponse = try client.call(.put, PutRequest(key: "alive"))
    }

    @Test func watchesOfClientsThatVanishAreForgotten() throws {
        let node = Node()
        for _ in 0..<20 {
            let client = try TestClient(node)
            let stream = client.open(.watch)
            let create = WatchCreateRequest(key: "a")
            try client.say(WatchRequest(requestUnion: .createRequest(create)), on: stream)
            try client.close()
        }
        #expect(node.watches?.watchCount == 0)
    }

    @Test func anAnswerForAClientThatVanishedReachesNoOtherInItsPlace() throws {
        let node = Node()
        node.appendsLeft = 0
        let first = try TestClient(node)
        let stream = first.open(.put)
        first.http.finishRequest(stream, PutRequest(key: "a").encoded)
        try first.exchange()
        try first.close()
        let second = try TestClient(node)
        let other = second.open(.watch)
        try second.exchange()
        node.appendsLeft = .max
        node.finishAppend()
        try second.exchange()
        #expect(second.reply(other).messages.isEmpty)
        #expect(second.reply(other).status == nil)
    }

    /// A client's side of a put, a watch and a range, as bytes.
    private func recorded() throws -> [UInt8] {
        let http = HTTP2Connection(role: .client)
        let requests: [(EtcdMethod, ByteSlice)] = [
            (.put, PutRequest(key: "a", value: "1").encoded),
            (.watch, WatchRequest(requestUnion: .createRequest(.init(key: "a"))).encoded),
            (.leaseKeepAlive, LeaseKeepAliveRequest(id: 5).encoded),
            (.range, RangeRequest(key: "a", rangeEnd: "b").encoded),
            (
                .txn,
                TxnRequest(success: [RequestOp(request: .requestRange(.init(key: "a")))]).encoded
            ),
        ]
        for (method, message) in requests {
            let request = OutgoingRequest(path: ByteSlice(method.path), authority: "localhost")
            guard let stream = http.startRequest(request) else { continue }
            if method.streamsRequests {
                http.sendMessage(stream, message)
            } else {
                http.finishRequest(stream, message)
            }
        }
        return http.takeOutput()
    }

    /// SplitMix64.
    private struct Numbers {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}
