import Bytes
import KafkaWire
import Testing

/// Bytes worked out by hand from the schema.
@Suite struct LayoutTests {
    static func hex(_ slice: ByteSlice) -> String {
        slice.array.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    func request<Message: KafkaMessage>(_ message: Message, version: Int16) -> String {
        var writer = KafkaWriter()
        let header = KafkaRequestHeader(
            api: Message.api,
            version: version,
            correlationID: 7,
            clientID: "me"
        )
        writer.request(message, header)
        return Self.hex(writer.joined())
    }

    func response<Message: KafkaMessage>(_ message: Message, version: Int16) -> String {
        var writer = KafkaWriter()
        writer.response(message, correlationID: 7, version: version)
        return Self.hex(writer.joined())
    }

    @Test func apiVersionsRequestsHaveTheLayoutOfTheSchema() {
        let empty = APIVersionsRequest()
        #expect(request(empty, version: 0) == "0000000c" + "00120000" + "00000007" + "00026d65")
        let named = APIVersionsRequest(clientSoftwareName: "go", clientSoftwareVersion: "1")
        #expect(
            request(named, version: 3)
                == "00000013" + "00120003" + "00000007" + "00026d65" + "00"
                + "03676f" + "0231" + "00"
        )
    }

    @Test func apiVersionsResponsesHaveNoTagsInTheirHeaders() {
        var versions = APIVersionsResponse(
            apiKeys: [APIVersionsResponse.APIVersion(apiKey: 18, minVersion: 0, maxVersion: 4)]
        )
        #expect(
            response(versions, version: 0)
                == "00000010" + "00000007" + "0000" + "00000001" + "001200000004"
        )
        // No tag is written: all are at their defaults.
        #expect(
            response(versions, version: 3)
                == "00000013" + "00000007" + "0000" + "02" + "00120000000400" + "00000000" + "00"
        )
        versions.finalizedFeaturesEpoch = 5
        versions.finalizedFeatures = [
            APIVersionsResponse.FinalizedFeature(
                name: "t.v",
                maxVersionLevel: 2,
                minVersionLevel: 2
            )
        ]
        // Tag 1 of eight bytes, tag 2 of ten.
        #expect(
            response(versions, version: 3)
                == "00000029" + "00000007" + "0000" + "02" + "00120000000400" + "00000000"
                + "02" + "0108" + "0000000000000005" + "020a" + "02" + "04742e76" + "00020002"
                + "00"
        )
    }

    @Test func metadataRequestsTellAllFromNone() {
        #expect(
            request(MetadataRequest(topics: nil), version: 1)
                == "00000010" + "00030001" + "00000007" + "00026d65" + "ffffffff"
        )
        #expect(
            request(MetadataRequest(topics: []), version: 1)
                == "00000010" + "00030001" + "00000007" + "00026d65" + "00000000"
        )
        // Version 0 has no null; there none means all.
        #expect(request(MetadataRequest(topics: nil), version: 0).hasSuffix("6d6500000000"))
    }

    @Test func metadataResponsesHaveTheLayoutOfTheSchema() {
        let metadata = MetadataResponse(
            brokers: [MetadataResponse.Broker(nodeID: 1, host: "h", port: 9_092)],
            controllerID: 1,
            topics: [
                MetadataResponse.Topic(
                    name: "t",
                    partitions: [
                        MetadataResponse.Partition(
                            leaderID: 1,
                            replicaNodes: [1],
                            isrNodes: [1]
                        )
                    ]
                )
            ]
        )
        #expect(
            response(metadata, version: 1)
                == "00000041" + "00000007"
                + "00000001" + "00000001" + "000168" + "00002384" + "ffff"
                + "00000001" + "00000001" + "0000" + "000174" + "00"
                + "00000001" + "0000" + "00000000" + "00000001" + "00000001" + "00000001"
                + "00000001" + "00000001"
        )
    }

    static let produce = ProduceRequest(
        acks: -1,
        timeoutMs: 1_000,
        topics: [
            ProduceRequest.Topic(
                name: "t",
                partitions: [ProduceRequest.Partition(index: 2, records: RecordsPayload("abc"))]
            )
        ]
    )

    @Test func produceRequestsHaveTheLayoutOfTheSchema() {
        #expect(
            request(Self.produce, version: 3)
                == "0000002a" + "00000003" + "00000007" + "00026d65"
                + "ffff" + "ffff" + "000003e8" + "00000001" + "000174" + "00000001"
                + "00000002" + "00000003" + "616263"
        )
        #expect(
            request(Self.produce, version: 9)
                == "00000023" + "00000009" + "00000007" + "00026d65" + "00"
                + "00" + "ffff" + "000003e8" + "02" + "0274" + "02"
                + "00000002" + "04616263" + "00" + "00" + "00"
        )
    }

    static let fetch = FetchResponse(
        sessionID: 9,
        topics: [
            FetchResponse.Topic(
                name: "t",
                partitions: [
                    FetchResponse.Partition(
                        index: 2,
                        highWatermark: 5,
                        lastStableOffset: 4,
                        abortedTransactions: nil,
                        records: RecordsPayload(["ab", "c"])
                    )
                ]
            )
        ]
    )

    @Test func fetchResponsesHaveTheLayoutOfTheSchema() {
        #expect(
            response(Self.fetch, version: 4)
                == "00000034" + "00000007" + "00000000" + "00000001" + "000174" + "00000001"
                + "00000002" + "0000" + "0000000000000005" + "0000000000000004" + "ffffffff"
                + "00000003" + "616263"
        )
        #expect(
            response(Self.fetch, version: 12)
                == "0000003d" + "00000007" + "00" + "00000000" + "0000" + "00000009"
                + "02" + "0274" + "02"
                + "00000002" + "0000" + "0000000000000005" + "0000000000000004"
                + "ffffffffffffffff" + "00" + "ffffffff" + "04616263" + "00" + "00" + "00"
        )
    }
}

/// KIP-848, which kafka-python does not speak.
extension LayoutTests {
    @Test func nullableStructuresStandBehindAByte() {
        let none = ConsumerGroupHeartbeatResponse(memberEpoch: 1)
        #expect(
            response(none, version: 0)
                == "00000017" + "00000007" + "00" + "00000000" + "0000" + "00" + "00"
                + "00000001" + "00000000" + "ff" + "00"
        )
        var some = none
        some.assignment = ConsumerGroupHeartbeatResponse.Assignment()
        #expect(response(some, version: 0).hasSuffix("01" + "01" + "00" + "00"))
    }

    @Test func consumerGroupHeartbeatsHaveTheLayoutOfTheSchema() {
        let heartbeat = ConsumerGroupHeartbeatRequest(
            groupID: "g",
            memberID: "m",
            memberEpoch: -1,
            rebalanceTimeoutMs: 5,
            subscribedTopicNames: ["t"],
            subscribedTopicRegex: "r",
            serverAssignor: "a",
            topicPartitions: [
                ConsumerGroupHeartbeatRequest.TopicPartitions(
                    topicID: KafkaUUID(high: 1, low: 2),
                    partitions: [3]
                )
            ]
        )
        let start = "0044000000000007" + "00026d65" + "00" + "0267" + "026d" + "ffffffff"
        let ids = "02" + "00000000000000010000000000000002" + "02" + "00000003" + "00"
        #expect(
            request(heartbeat, version: 0)
                == "00000038" + start + "00" + "00" + "00000005" + "02" + "0274" + "0261"
                + ids + "00"
        )
        #expect(
            request(heartbeat, version: 1)
                == "0000003a" + start.replacing("00440000", with: "00440001") + "00" + "00"
                + "00000005" + "02" + "0274" + "0272" + "0261" + ids + "00"
        )
    }

    @Test func describedConsumerGroupsHaveTheLayoutOfTheSchema() {
        let described = ConsumerGroupDescribeResponse(
            groups: [
                ConsumerGroupDescribeResponse.Group(
                    groupID: "g",
                    groupState: "S",
                    groupEpoch: 1,
                    assignmentEpoch: 2,
                    assignorName: "a",
                    members: [
                        ConsumerGroupDescribeResponse.Member(
                            memberID: "m",
                            memberEpoch: 3,
                            clientID: "c",
                            clientHost: "h",
                            subscribedTopicNames: ["t"],
                            assignment: ConsumerGroupDescribeResponse.Assignment(
                                topicPartitions: [
                                    ConsumerGroupDescribeResponse.TopicPartitions(
                                        topicID: KafkaUUID(high: 1, low: 2),
                                        name: "t",
                                        partitions: [4]
                                    )
                                ]
                            ),
                            memberType: 1
                        )
                    ]
                )
            ]
        )
        let group = "0000" + "00" + "0267" + "0253" + "00000001" + "00000002" + "0261"
        let member = "026d" + "00" + "00" + "00000003" + "0263" + "0268" + "02" + "0274" + "00"
        let assignment =
            "02" + "00000000000000010000000000000002" + "0274" + "02" + "00000004" + "00" + "00"
        #expect(
            response(described, version: 0)
                == "0000004f" + "00000007" + "00" + "00000000" + "02" + group + "02" + member
                + assignment + "0100" + "00" + "80000000" + "00" + "00"
        )
        #expect(
            response(described, version: 1)
                == "00000050" + "00000007" + "00" + "00000000" + "02" + group + "02" + member
                + assignment + "0100" + "01" + "00" + "80000000" + "00" + "00"
        )
        #expect(
            request(ConsumerGroupDescribeRequest(groupIDs: ["g"]), version: 0)
                == "00000012" + "0045000000000007" + "00026d65" + "00" + "02" + "0267" + "00" + "00"
        )
    }
}
