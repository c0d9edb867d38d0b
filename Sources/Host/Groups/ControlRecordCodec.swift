internal import Bytes
internal import Controller
internal import Model

/// The bytes of control records, in the log and in the control group's snapshots.
enum ControlRecordCodec {
    static func kind(of record: ClusterRecord) -> CommandKind {
        switch record {
        case .nodeRegistered: .registerNode
        case .keyspaceCreated: .createKeyspace
        case .keyspaceDropped: .dropKeyspace
        case .membersFounded: .foundMembers
        case .memberAdded: .addMember
        case .memberPromoted: .promoteMember
        case .memberRemoved: .removeMember
        case .memberUpdated: .updateMember
        case .topicCreated: .createTopic
        case .topicDropped: .dropTopic
        case .partitionsAdded: .addPartitions
        case .topicConfigured: .configureTopic
        case .coordinatorsFounded: .foundCoordinators
        }
    }

    static func encode(_ record: ClusterRecord) -> ByteSlice {
        var writer = ByteWriter()
        switch record {
        case .nodeRegistered(let node):
            encode(node, into: &writer)
            encode(node.life, into: &writer)
            if !node.kafkaAddress.isEmpty {
                writer.lengthPrefixed(ByteSlice(node.kafkaAddress))
            }
        case .keyspaceCreated(let name), .keyspaceDropped(let name), .topicDropped(let name):
            writer.lengthPrefixed(ByteSlice(name))
        case .membersFounded(let members): encode(members, into: &writer)
        case .memberAdded(let member): encode(member, into: &writer)
        case .memberPromoted(let id), .memberRemoved(let id): writer.integer(id.number)
        case .memberUpdated(let id, let peerURLs):
            writer.integer(id.number)
            encode(peerURLs, into: &writer)
        case .topicCreated(let creation): encode(creation, into: &writer)
        case .partitionsAdded(let topic, let count):
            writer.lengthPrefixed(ByteSlice(topic))
            writer.varint(UInt64(count))
        case .topicConfigured(let topic, let settings, let removed):
            writer.lengthPrefixed(ByteSlice(topic))
            encode(settings, into: &writer)
            encode(removed, into: &writer)
        case .coordinatorsFounded: break
        }
        return writer.slice
    }

    static func decode(_ kind: CommandKind, _ body: ByteSlice) throws(DecodeError) -> ClusterRecord
    {
        var reader = ByteReader(body)
        switch kind {
        case .registerNode:
            var node = try node(from: &reader)
            // Records of before disks were known end here, and those of nodes that serve no
            // clients of Kafka, as before topics, a little later.
            if !reader.isAtEnd { node.life = try life(from: &reader) }
            if !reader.isAtEnd { node.kafkaAddress = try reader.lengthPrefixed().text }
            return .nodeRegistered(node)
        // Records of before groups were given at apply have one behind the name: the default's.
        case .createKeyspace: return .keyspaceCreated(try reader.lengthPrefixed().text)
        case .dropKeyspace: return .keyspaceDropped(try reader.lengthPrefixed().text)
        case .foundMembers: return .membersFounded(try members(from: &reader))
        case .addMember: return .memberAdded(try member(from: &reader))
        case .promoteMember: return .memberPromoted(NodeID(try reader.integer()))
        case .removeMember: return .memberRemoved(NodeID(try reader.integer()))
        case .updateMember:
            return .memberUpdated(
                NodeID(try reader.integer()),
                peerURLs: try urls(from: &reader)
            )
        case .createTopic: return .topicCreated(try creation(from: &reader))
        case .dropTopic: return .topicDropped(try reader.lengthPrefixed().text)
        case .addPartitions:
            return .partitionsAdded(
                topic: try reader.lengthPrefixed().text,
                count: try count(from: &reader, limit: Controller.partitionsOfTopicMax)
            )
        case .configureTopic:
            return .topicConfigured(
                topic: try reader.lengthPrefixed().text,
                settings: try settings(from: &reader),
                removed: try names(from: &reader)
            )
        case .foundCoordinators: return .coordinatorsFounded
        case .put, .deleteRange, .txn, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive,
            .expireLeases, .advanceTime, .alarm, .append, .changePartition, .coordinate:
            throw .malformed("another group's command in the control group")
        }
    }

    static func encode(_ image: MetadataImage) -> ByteSlice {
        var writer = ByteWriter()
        writer.varint(UInt64(image.nodes.count))
        for node in image.nodes { encode(node, into: &writer) }
        writer.varint(UInt64(image.keyspaces.count))
        for keyspace in image.keyspaces { encode(keyspace, into: &writer) }
        encode(image.members, into: &writer)
        writer.varint(UInt64(image.removed.count))
        for id in image.removed { writer.integer(id.number) }
        writer.integer(image.lastGroup.number)
        for keyspace in image.keyspaces { encode(founders: keyspace.founders, into: &writer) }
        for node in image.nodes { encode(node.life, into: &writer) }
        encodeTopics(of: image, into: &writer)
        return writer.slice
    }

    static func decodeImage(_ bytes: ByteSlice) throws(DecodeError) -> MetadataImage {
        var reader = ByteReader(bytes)
        var nodes: [NodeRecord] = []
        var keyspaces: [KeyspaceRecord] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.nodesMax)) {
            nodes.append(try node(from: &reader))
        }
        for _ in 0..<(try count(from: &reader, limit: Controller.keyspacesMax)) {
            keyspaces.append(try keyspace(from: &reader))
        }
        // Images of before members could change end here.
        guard !reader.isAtEnd else { return MetadataImage(nodes: nodes, keyspaces: keyspaces) }
        let members = try members(from: &reader)
        var removed: [NodeID] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.removedMembersMax)) {
            removed.append(NodeID(try reader.integer()))
        }
        var lastGroup = GroupID.lastReserved
        // Images of before keyspaces could be created end here.
        if !reader.isAtEnd {
            lastGroup = GroupID(try reader.integer())
            for place in keyspaces.indices {
                keyspaces[place].founders = try founders(from: &reader)
            }
        }
        // And those of before disks were known.
        if !reader.isAtEnd {
            for place in nodes.indices { nodes[place].life = try life(from: &reader) }
        }
        // And those of before topics here.
        var image = MetadataImage(
            nodes: nodes,
            keyspaces: keyspaces,
            members: members,
            removed: removed,
            lastGroup: lastGroup
        )
        if !reader.isAtEnd { try decodeTopics(of: &image, from: &reader) }
        return image
    }

    private static func encode(_ node: NodeRecord, into writer: inout ByteWriter) {
        writer.integer(node.id.number)
        writer.lengthPrefixed(ByteSlice(node.name))
        writer.lengthPrefixed(ByteSlice(node.peerAddress))
        encode(node.clientURLs, into: &writer)
    }

    private static func encode(_ keyspace: KeyspaceRecord, into writer: inout ByteWriter) {
        writer.lengthPrefixed(ByteSlice(keyspace.name))
        writer.integer(keyspace.group.number)
    }

    private static func node(from reader: inout ByteReader) throws(DecodeError) -> NodeRecord {
        let id = NodeID(try reader.integer())
        let name = try reader.lengthPrefixed().text
        let peerAddress = try reader.lengthPrefixed().text
        return NodeRecord(
            id: id,
            name: name,
            peerAddress: peerAddress,
            clientURLs: try urls(from: &reader)
        )
    }

    private static func encode(_ life: NodeLife, into writer: inout ByteWriter) {
        writer.integer(life.incarnation.number)
        writer.varint(life.batch)
    }

    private static func life(from reader: inout ByteReader) throws(DecodeError) -> NodeLife {
        NodeLife(incarnation: Incarnation(try reader.integer()), batch: try reader.varint())
    }

    private static func keyspace(
        from reader: inout ByteReader
    ) throws(DecodeError) -> KeyspaceRecord {
        let name = try reader.lengthPrefixed().text
        return KeyspaceRecord(name: name, group: GroupID(try reader.integer()))
    }

    static func encode(founders: [NodeID], into writer: inout ByteWriter) {
        writer.varint(UInt64(founders.count))
        for node in founders { writer.integer(node.number) }
    }

    static func founders(from reader: inout ByteReader) throws(DecodeError) -> [NodeID] {
        var founders: [NodeID] = []
        for _ in 0..<(try count(from: &reader, limit: Controller.nodesMax)) {
            founders.append(NodeID(try reader.integer()))
        }
        return founders
    }

    static func count(
        from reader: inout ByteReader,
        limit: Int
    ) throws(DecodeError) -> Int {
        let count = try reader.varint()
        guard count <= UInt64(limit) else { throw .tooLarge("a list of \(count)") }
        return Int(count)
    }
}
