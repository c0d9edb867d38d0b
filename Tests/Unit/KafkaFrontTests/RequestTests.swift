import Bytes
import KafkaWire
import Telemetry
import Testing

@testable import KafkaFront

@Suite struct RequestFramesTests {
    @Test func requestsAreCutAtWhateverPlaceTheyArrive() throws {
        let bytes: [UInt8] = [0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3]
        for step in 1...bytes.count {
            var frames = RequestFrames()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                let part = Array(bytes[start..<min(start + step, bytes.count)])
                try part.withUnsafeBytes { part in
                    try frames.receive(part) { found.append($0.array) }
                }
            }
            #expect(found == [[1, 2], [3]], "in steps of \(step)")
            #expect(frames.heldBytes == 0)
        }
    }

    @Test(arguments: [[0, 0, 0, 0], [255, 255, 255, 255], [7, 0, 0, 0]] as [[UInt8]])
    func impossibleLengthsAreRefused(head: [UInt8]) {
        var frames = RequestFrames()
        #expect(throws: RequestFrames.BadLength.self) {
            try head.withUnsafeBytes { try frames.receive($0) { _ in } }
        }
    }

    @Test func aLengthAloneTakesNoMemory() throws {
        var frames = RequestFrames()
        let head: [UInt8] = [6, 0, 0, 0, 1]
        try head.withUnsafeBytes { try frames.receive($0) { _ in } }
        #expect(frames.heldBytes <= 2 * Limits.promisedBytesMax)
    }
}

@Suite struct ReplyQueueTests {
    @Test func answersGoOutInTheOrderOfTheirRequests() {
        var queue = ReplyQueue()
        var sent: [[ByteSlice]] = []
        let requests = (0..<4).map { _ in queue.open() }
        queue.answer(requests[2], ["c"])
        queue.answer(requests[1], nil)
        queue.drain(while: { true }) { sent.append($0) }
        #expect(sent.isEmpty)
        queue.answer(requests[0], ["a"])
        queue.answer(requests[0], ["again"])
        queue.drain(while: { true }) { sent.append($0) }
        #expect(sent == [["a"], ["c"]])
        #expect(queue.openRequests == [requests[3]])
        #expect(queue.waitingBytes == 0)
    }
}

@Suite struct RefusedRequestTests {
    @Test func versionsThatNobodyKnowsAreToldInTheFirst() throws {
        let client = Client(Broker())
        try client.send([0, 0, 0, 11, 0, 18, 0, 99, 0, 0, 0, 7, 255, 255, 0])
        let answer: APIVersionsResponse = try #require(
            try client.answer(version: 0, correlation: 7)
        )
        #expect(answer.errorCode == .unsupportedVersion)
        #expect(answer.apiKeys.contains { $0.apiKey == 18 && $0.maxVersion == 4 })
        #expect(client.isOpen)
    }

    @Test(
        arguments: [
            [0, 0, 0, 10, 0, 250, 0, 0, 0, 0, 0, 7, 255, 255],
            [0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 7, 255, 255],
            [0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 7, 255, 255],
            [0, 0, 0, 3, 1, 2, 3],
            [255, 255, 255, 255],
        ] as [[UInt8]]
    )
    func whatTheProtocolHasNoWordForEndsTheConnection(bytes: [UInt8]) throws {
        let client = Client(Broker())
        try client.send(bytes)
        #expect(!client.isOpen)
    }

    @Test func whatIsBehindAMessageIsNotLookedAt() throws {
        let client = Client(Broker())
        try client.send([0, 0, 0, 13, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255, 1, 2, 3])
        let answer: APIVersionsResponse = try #require(
            try client.answer(version: 0, correlation: 7)
        )
        #expect(answer.errorCode == .none)
    }
}

@Suite struct IdleConnectionTests {
    @Test func aConnectionThatSaysNothingIsClosedAfterTenMinutes() throws {
        let broker = Broker()
        let idle = Client(broker)
        let busy = Client(broker)
        broker.pass(milliseconds: 300_000)
        let _: APIVersionsResponse = try busy.ask(APIVersionsRequest(), version: 0)
        broker.pass(milliseconds: 301_000)
        #expect(!idle.isOpen)
        #expect(busy.isOpen)
    }
}

@Suite struct KafkaMetricsTests {
    @Test func thePageHasEveryMetricOfTheFront() throws {
        let broker = Broker()
        let client = Client(broker)
        let _: APIVersionsResponse = try client.ask(APIVersionsRequest(), version: 0)
        var page = Exposition()
        broker.front.write(into: &page)
        let text = String(decoding: page.bytes, as: UTF8.self)
        for metric in Metric.streams { #expect(text.contains("\n\(metric.name) ")) }
        #expect(text.contains("\nmartlet_kafka_requests_total 1\n"))
    }
}

@Suite struct EarlyMetadataTests {
    @Test func whoAsksBeforeAnyBrokerIsKnownHearsOnceOneIs() throws {
        let broker = Broker(isRegistered: false)
        let client = Client(broker)
        try client.send(MetadataRequest(topics: []), version: 9)
        broker.pass(milliseconds: 500)
        let early: MetadataResponse? = try client.answer(version: 9)
        #expect(early == nil)
        broker.register()
        broker.pass(milliseconds: 100)
        let answer: MetadataResponse = try #require(try client.answer(version: 9))
        #expect(answer.brokers.map(\.nodeID) == [1])
        #expect(answer.controllerID == 1)
    }

    @Test func nobodyWaitsForLong() throws {
        let broker = Broker(isRegistered: false)
        let client = Client(broker)
        try client.send(MetadataRequest(topics: []), version: 9)
        broker.pass(milliseconds: 11_000)
        let answer: MetadataResponse = try #require(try client.answer(version: 9))
        #expect(answer.brokers.isEmpty)
    }
}
