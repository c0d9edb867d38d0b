import Bytes
import KafkaWire
import Testing

/// What consumers of classic groups tell each other through the coordinator.
@Suite struct PayloadTests {
    @Test func theyStandBehindTheirVersion() throws {
        let subscription = ConsumerSubscription(topics: ["a"], userData: nil, rackID: "r")
        let bytes = subscription.encoded(version: 3)
        #expect(
            bytes.array == [0, 3, 0, 0, 0, 1, 0, 1, 97, 255, 255, 255, 255, 0, 0, 0, 0]
                + [255, 255, 255, 255, 0, 1, 114]
        )
        #expect(try ConsumerSubscription(decoding: bytes) == subscription)
        // Version 0 has no rack.
        let old = subscription.encoded(version: 0)
        #expect(old.count == 13)
        #expect(try ConsumerSubscription(decoding: old).rackID == nil)
    }

    @Test func aNewerOneIsReadAsFarAsItIsKnown() throws {
        let assignment = ConsumerAssignment(
            assignedPartitions: [
                ConsumerAssignment.TopicPartitions(name: "a", partitions: [1, 2])
            ],
            userData: "u"
        )
        var bytes = assignment.encoded(version: 3).array
        bytes[1] = 9
        bytes += [1, 2, 3]
        #expect(try ConsumerAssignment(decoding: ByteSlice(bytes)) == assignment)
    }

    @Test(arguments: [[], [0], [0xff, 0xff], [0, 0, 0x7f, 0xff, 0xff, 0xff]] as [[UInt8]])
    func whatIsNoneIsRefused(_ bytes: [UInt8]) {
        #expect(throws: DecodeError.self) { try ConsumerSubscription(decoding: ByteSlice(bytes)) }
        #expect(throws: DecodeError.self) { try ConsumerAssignment(decoding: ByteSlice(bytes)) }
    }
}
