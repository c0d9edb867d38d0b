import Bytes
import KafkaWire
import Model
import Streams
import Testing

@testable import KafkaFront

/// Records in and out, as a client sees it.
@Suite struct RecordsTests {
    private func batch(_ values: [String], time: Int64 = Broker.wallTime) -> ByteSlice {
        var builder = BatchBuilder()
        for value in values { builder.add(key: nil, value: ByteSlice(value), timestamp: time) }
        return builder.batch
    }

    private func produce(
        _ batch: ByteSlice,
        to topic: String,
        partition: Int32 = 0,
        acks: Int16 = -1
    ) -> ProduceRequest {
        ProduceRequest(
            acks: acks,
            timeoutMs: 1_000,
            topics: [
                ProduceRequest.Topic(
                    name: ByteSlice(topic),
                    partitions: [
                        ProduceRequest.Partition(index: partition, records: RecordsPayload(batch))
                    ]
                )
            ]
        )
    }

    private func fetch(
        _ topic: String,
        from offset: Int64,
        wait: Int32 = 0,
        leastBytes: Int32 = 1
    ) -> FetchRequest {
        FetchRequest(
            maxWaitMs: wait,
            minBytes: leastBytes,
            topics: [
                FetchRequest.Topic(
                    name: ByteSlice(topic),
                    partitions: [
                        FetchRequest.Partition(
                            index: 0,
                            fetchOffset: offset,
                            partitionMaxBytes: 1 << 20
                        )
                    ]
                )
            ]
        )
    }

    private func values(_ response: FetchResponse) throws -> [String] {
        let records = try #require(response.topics.first?.partitions.first?.records)
        var rest = records.joined
        var values: [String] = []
        while let count = RecordBatch.byteCount(atStartOf: rest) {
            let batch = try RecordBatch(rest[0..<count])
            #expect(batch.hasSoundChecksum)
            var reader = try #require(batch.records)
            while let record = try reader.next() {
                values.append("\(record.offset):\(record.value ?? "-")")
            }
            rest = rest[count..<rest.count]
        }
        return values
    }

    @Test func whatIsProducedIsFetchedWithItsOffsets() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        for (place, values) in [["a", "b"], ["c"]].enumerated() {
            let answer: ProduceResponse = try client.ask(
                produce(batch(values), to: "orders"),
                version: 9
            )
            let partition = try #require(answer.topics.first?.partitions.first)
            #expect(partition.errorCode == .none)
            #expect(partition.baseOffset == [0, 2][place])
        }
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(try values(fetched) == ["0:a", "1:b", "2:c"])
        #expect(fetched.topics.first?.partitions.first?.highWatermark == 3)
        let rest: FetchResponse = try client.ask(fetch("orders", from: 2), version: 11)
        #expect(try values(rest) == ["2:c"])
    }

    @Test func aFetchWaitsForRecords() throws {
        let broker = Broker()
        try broker.create("orders")
        let consumer = Client(broker)
        let producer = Client(broker)
        try consumer.send(fetch("orders", from: 0, wait: 10_000), version: 11)
        let early: FetchResponse? = try consumer.answer(version: 11)
        #expect(early == nil)
        let _: ProduceResponse = try producer.ask(produce(batch(["a"]), to: "orders"), version: 9)
        let fetched: FetchResponse = try #require(try consumer.answer(version: 11))
        #expect(try values(fetched) == ["0:a"])
    }

    @Test func aFetchThatFindsNothingIsAnsweredWhenItsTimeIsUp() throws {
        let broker = Broker()
        try broker.create("orders")
        let consumer = Client(broker)
        try consumer.send(fetch("orders", from: 0, wait: 500), version: 11)
        broker.pass(milliseconds: 400)
        let early: FetchResponse? = try consumer.answer(version: 11)
        #expect(early == nil)
        broker.pass(milliseconds: 200)
        let fetched: FetchResponse = try #require(try consumer.answer(version: 11))
        #expect(try values(fetched).isEmpty)
    }

    @Test func answersComeInTheOrderOfTheirRequests() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        let first = try client.send(fetch("orders", from: 0, wait: 500), version: 11)
        let second = try client.send(APIVersionsRequest(), version: 0)
        let early: FetchResponse? = try client.answer(version: 11)
        #expect(early == nil)
        broker.pass(milliseconds: 600)
        let _: FetchResponse? = try client.answer(version: 11, correlation: first)
        let versions: APIVersionsResponse? = try client.answer(version: 0, correlation: second)
        #expect(versions != nil)
    }

    @Test func offsetsOutsideTheLogAreRefused() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        let fetched: FetchResponse = try client.ask(
            fetch("orders", from: 1, wait: 10_000),
            version: 11
        )
        #expect(fetched.topics.first?.partitions.first?.errorCode == .offsetOutOfRange)
    }

    @Test func unknownTopicsAndPartitionsAreRefused() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        for (topic, partition) in [("none", Int32(0)), ("orders", 1), ("orders", -1)] {
            let answer: ProduceResponse = try client.ask(
                produce(batch(["a"]), to: topic, partition: partition),
                version: 9
            )
            let found = try #require(answer.topics.first?.partitions.first)
            #expect(found.errorCode == .unknownTopicOrPartition)
        }
    }

    @Test func brokenBatchesAreRefusedAndTheConnectionStays() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        var bytes = batch(["a"]).array
        bytes[bytes.count - 1] ^= 1
        let answer: ProduceResponse = try client.ask(
            produce(ByteSlice(bytes), to: "orders"),
            version: 9
        )
        #expect(answer.topics.first?.partitions.first?.errorCode == .corruptMessage)
        #expect(client.isOpen)
    }

    @Test func batchesLargerThanTheTopicAllowsAreRefused() throws {
        let broker = Broker()
        try broker.create("orders", ["max.message.bytes": "100"])
        let client = Client(broker)
        let answer: ProduceResponse = try client.ask(
            produce(batch([String(repeating: "a", count: 100)]), to: "orders"),
            version: 9
        )
        #expect(answer.topics.first?.partitions.first?.errorCode == .messageTooLarge)
    }

    @Test func aProducerThatWantsNoAnswerGetsNone() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        try client.send(produce(batch(["a"]), to: "orders", acks: 0), version: 9)
        let correlation = try client.send(APIVersionsRequest(), version: 0)
        let versions: APIVersionsResponse? = try client.answer(version: 0, correlation: correlation)
        #expect(versions != nil)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(try values(fetched) == ["0:a"])
    }

    @Test func appendTimeTakesTheProducersPlace() throws {
        let broker = Broker()
        try broker.create("orders", ["message.timestamp.type": "LogAppendTime"])
        let client = Client(broker)
        let answer: ProduceResponse = try client.ask(
            produce(batch(["a"], time: 5), to: "orders"),
            version: 9
        )
        #expect(answer.topics.first?.partitions.first?.logAppendTimeMs == Broker.wallTime)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(try values(fetched) == ["0:a"])
    }

    @Test func deletedRecordsAreGone() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        let _: ProduceResponse = try client.ask(
            produce(batch(["a", "b", "c"]), to: "orders"),
            version: 9
        )
        let deleted: DeleteRecordsResponse = try client.ask(
            DeleteRecordsRequest(
                topics: [
                    DeleteRecordsRequest.Topic(
                        name: "orders",
                        partitions: [DeleteRecordsRequest.Partition(index: 0, offset: -1)]
                    )
                ],
                timeoutMs: 1_000
            ),
            version: 2
        )
        #expect(deleted.topics.first?.partitions.first?.lowWatermark == 3)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(fetched.topics.first?.partitions.first?.errorCode == .offsetOutOfRange)
    }

    @Test func recordsThatAreTooOldGo() throws {
        let broker = Broker()
        try broker.create("orders", ["retention.ms": "60000"])
        let client = Client(broker)
        let _: ProduceResponse = try client.ask(
            produce(batch(["old"], time: Broker.wallTime - 120_000), to: "orders"),
            version: 9
        )
        broker.pass(milliseconds: 11_000)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 1), version: 11)
        #expect(fetched.topics.first?.partitions.first?.logStartOffset == 1)
    }

    @Test func recordsThatAreTooManyGo() throws {
        let broker = Broker()
        try broker.create("orders", ["retention.bytes": "1000000", "max.message.bytes": "2000000"])
        let client = Client(broker)
        for _ in 0..<4 {
            let _: ProduceResponse = try client.ask(
                produce(batch([String(repeating: "a", count: 900_000)]), to: "orders"),
                version: 9
            )
        }
        broker.pass(milliseconds: 11_000)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 4), version: 11)
        let start = try #require(fetched.topics.first?.partitions.first?.logStartOffset)
        #expect(start > 0 && start < 4)
    }

    @Test func whileOthersDoNotReadAFetchFindsNothing() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        let _: ProduceResponse = try client.ask(produce(batch(["a"]), to: "orders"), version: 9)
        broker.front.unsentBytes = Limits.unsentBytesOfAllMax + 1
        try client.send(fetch("orders", from: 0, wait: 500), version: 11)
        broker.pass(milliseconds: 600)
        let empty: FetchResponse = try #require(try client.answer(version: 11))
        #expect(try values(empty).isEmpty)
        broker.front.unsentBytes = 0
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(try values(fetched) == ["0:a"])
    }

    @Test func aLargeAnswerCountsUntilItIsTaken() throws {
        let broker = Broker()
        try broker.create("orders")
        let client = Client(broker)
        let value = String(repeating: "a", count: 100_000)
        let _: ProduceResponse = try client.ask(produce(batch([value]), to: "orders"), version: 9)
        let fetched: FetchResponse = try client.ask(fetch("orders", from: 0), version: 11)
        #expect(try values(fetched) == ["0:" + value])
        #expect(broker.front.unsentBytes == 0)
    }
}
