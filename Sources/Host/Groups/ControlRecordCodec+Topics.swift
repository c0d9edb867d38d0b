internal import Bytes
internal import Controller
internal import Model

// The bytes of topics: name · ID (8 + 8) · partitions · settings; of a partition: its group (8), its
// founders and its replicas. All topics of an image stand behind what was there before topics.
extension ControlRecordCodec {
    static func encode(_ creation: TopicCreation, into writer: inout ByteWriter) {
        writer.lengthPrefixed(ByteSlice(creation.name))
        encode(creation.id, into: &writer)
        writer.varint(UInt64(creation.partitionCount))
        writer.varint(UInt64(creation.replicationFactor))
        encode(creation.settings, into: &writer)
    }

    /// Counts that no topic has are the controller's to refuse, on every node alike.
    static func creation(from reader: inout ByteReader) throws(DecodeError) -> TopicCreation {
        TopicCreation(
            name: try reader.lengthPrefixed().text,
            id: try topicID(from: &reader),
            partitionCount: try count(from: &reader, limit: Int(Int32.max)),
            replicationFactor: try count(from: &reader, limit: Int(Int32.max)),
            settings: try settings(from: &reader)
        )
    }

    static func encode(_ settings: [TopicSetting], into writer: inout ByteWriter) {
        writer.varint(UInt64(settings.count))
        for setting in settings {
            writer.lengthPrefixed(ByteSlice(setting.name))
            writer.lengthPrefixed(ByteSlice(setting.value))
        }
    }

    static func settings(from reader: inout ByteReader) throws(DecodeError) -> [TopicSetting] {
        var settings: [TopicSetting] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.topicSettingsMax)) {
            let name = try reader.lengthPrefixed().text
            settings.append(TopicSetting(name: name, value: try reader.lengthPrefixed().text))
        }
        return settings
    }

    static func names(from reader: inout ByteReader) throws(DecodeError) -> [String] {
        var names: [String] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.topicSettingsMax)) {
            names.append(try reader.lengthPrefixed().text)
        }
        return names
    }

    static func encodeTopics(of image: MetadataImage, into writer: inout ByteWriter) {
        writer.varint(UInt64(image.topics.count))
        for topic in image.topics {
            writer.lengthPrefixed(ByteSlice(topic.name))
            encode(topic.id, into: &writer)
            encode(topic.partitions, into: &writer)
            encode(topic.settings, into: &writer)
        }
        encode(image.coordinators, into: &writer)
        writer.integer(image.lastBroker.number)
        for node in image.nodes {
            writer.lengthPrefixed(ByteSlice(node.kafkaAddress))
            writer.integer(node.broker.number)
        }
    }

    /// An image with what it has of topics, of which it has nothing yet.
    static func decodeTopics(
        of image: inout MetadataImage,
        from reader: inout ByteReader
    ) throws(DecodeError) {
        var topics: [TopicRecord] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.topicsMax)) {
            topics.append(
                TopicRecord(
                    name: try reader.lengthPrefixed().text,
                    id: try topicID(from: &reader),
                    partitions: try groups(from: &reader, limit: Controller.partitionsOfTopicMax),
                    settings: try settings(from: &reader)
                )
            )
        }
        let coordinators = try groups(from: &reader, limit: Controller.coordinatorsMax)
        let lastBroker = BrokerID(try reader.integer())
        let nodes = try image.nodes.map { (node) throws(DecodeError) in
            var node = node
            node.kafkaAddress = try reader.lengthPrefixed().text
            node.broker = BrokerID(try reader.integer())
            return node
        }
        image = MetadataImage(
            nodes: nodes,
            keyspaces: image.keyspaces,
            members: image.members,
            removed: image.removed,
            lastGroup: image.lastGroup,
            topics: topics,
            coordinators: coordinators,
            lastBroker: lastBroker
        )
    }

    private static func encode(_ id: TopicID, into writer: inout ByteWriter) {
        writer.integer(id.high)
        writer.integer(id.low)
    }

    private static func topicID(from reader: inout ByteReader) throws(DecodeError) -> TopicID {
        TopicID(high: try reader.integer(), low: try reader.integer())
    }

    private static func encode(_ groups: [ReplicatedGroup], into writer: inout ByteWriter) {
        writer.varint(UInt64(groups.count))
        for group in groups {
            writer.integer(group.group.number)
            encode(founders: group.founders, into: &writer)
            encode(founders: group.replicas, into: &writer)
        }
    }

    private static func groups(
        from reader: inout ByteReader,
        limit: Int
    ) throws(DecodeError) -> [ReplicatedGroup] {
        var groups: [ReplicatedGroup] = []
        for _ in 0..<(try count(from: &reader, limit: limit)) {
            let group = GroupID(try reader.integer())
            let founders = try founders(from: &reader)
            groups.append(
                ReplicatedGroup(
                    group: group,
                    founders: founders,
                    replicas: try Self.founders(from: &reader)
                )
            )
        }
        return groups
    }
}
