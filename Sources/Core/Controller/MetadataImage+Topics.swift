internal import Model

// Topics, and the groups of their partitions.
extension MetadataImage {
    public func topic(named name: String) -> TopicRecord? {
        let place = topics.place(of: name, by: \.name)
        return place < topics.count && topics[place].name == name ? topics[place] : nil
    }

    public func topic(_ id: TopicID) -> TopicRecord? { topics.first { $0.id == id } }

    public var partitionCount: Int { topics.reduce(0) { $0 + $1.partitions.count } }

    /// All groups that are on some of the members, in the order of their topics.
    var replicatedGroups: [ReplicatedGroup] { topics.flatMap(\.partitions) + coordinators }

    mutating func put(_ topic: TopicRecord) {
        let place = topics.place(of: topic.name, by: \.name)
        if place < topics.count, topics[place].name == topic.name {
            topics[place] = topic
        } else {
            topics.insert(topic, at: place)
        }
    }

    mutating func drop(_ topic: TopicRecord) { topics.removeAll { $0.name == topic.name } }
}
