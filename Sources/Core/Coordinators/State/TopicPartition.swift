public import Bytes

/// One partition, by its topic's name.
public struct TopicPartition: Sendable, Hashable, Comparable {
    public var topic: ByteSlice
    public var partition: Int32

    public init(topic: ByteSlice, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        let order = left.topic.order(against: right.topic)
        return order == 0 ? left.partition < right.partition : order < 0
    }
}
