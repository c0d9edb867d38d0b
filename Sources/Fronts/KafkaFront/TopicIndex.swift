internal import Bytes
internal import Controller
internal import KafkaWire
internal import Model

/// The topics as the front looks them up: by name without a String, by ID, with what their settings
/// mean.
struct TopicIndex {
    struct Entry {
        let name: ByteSlice
        let topic: TopicRecord
        let settings: TopicSettings

        /// The group of a partition; nil if there is no such partition.
        func group(of partition: Int32) -> ReplicatedGroup? {
            partition >= 0 && Int(partition) < topic.partitions.count
                ? topic.partitions[Int(partition)] : nil
        }
    }

    /// Sorted by name.
    let entries: [Entry]
    private let places: [TopicID: Int]

    init(_ topics: [TopicRecord] = []) {
        let entries =
            topics
            .map {
                Entry(name: ByteSlice($0.name), topic: $0, settings: TopicSettings($0))
            }
            .sorted { $0.name < $1.name }
        self.entries = entries
        places = Dictionary(
            entries.indices.map { (entries[$0].topic.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    subscript(name: ByteSlice) -> Entry? {
        var lower = 0
        var upper = entries.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            let order = entries[middle].name.order(against: name)
            if order == 0 { return entries[middle] }
            if order < 0 { lower = middle + 1 } else { upper = middle }
        }
        return nil
    }

    subscript(id: TopicID) -> Entry? { places[id].map { entries[$0] } }
}

/// The nodes as Kafka's clients know them.
struct BrokerIndex {
    struct Broker {
        let id: BrokerID
        let node: NodeID
        let host: String
        let port: Int32
    }

    /// Sorted by number; those that Kafka's clients can reach.
    let brokers: [Broker]

    init(_ nodes: [NodeRecord] = []) {
        brokers =
            nodes
            .compactMap { node in
                guard node.broker != .none, let address = HostAndPort(node.kafkaAddress) else {
                    return nil
                }
                return Broker(
                    id: node.broker,
                    node: node.id,
                    host: address.host,
                    port: Int32(address.port)
                )
            }
            .sorted { $0.id < $1.id }
    }

    func broker(of node: NodeID?) -> Broker? {
        node.flatMap { node in brokers.first { $0.node == node } }
    }

    /// What the wire says of a node: −1 if nobody is known.
    func number(of node: NodeID?) -> Int32 { broker(of: node)?.id.number ?? BrokerID.none.number }
}
