internal import Bytes
internal import Controller
internal import Model

/// The bytes of control records, in the log and in the control group's snapshots.
enum ControlRecordCodec {
    static func kind(of record: ClusterRecord) -> CommandKind {
        switch record {
        case .nodeRegistered: .registerNode
        case .keyspaceCreated: .createKeyspace
        }
    }

    static func encode(_ record: ClusterRecord) -> ByteSlice {
        var writer = ByteWriter()
        switch record {
        case .nodeRegistered(let node): encode(node, into: &writer)
        case .keyspaceCreated(let keyspace): encode(keyspace, into: &writer)
        }
        return writer.slice
    }

    static func decode(_ kind: CommandKind, _ body: ByteSlice) throws(DecodeError) -> ClusterRecord
    {
        var reader = ByteReader(body)
        switch kind {
        case .registerNode: return .nodeRegistered(try node(from: &reader))
        case .createKeyspace: return .keyspaceCreated(try keyspace(from: &reader))
        case .put, .deleteRange, .txn, .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive,
            .expireLeases, .advanceTime, .alarm:
            throw .malformed("a keyspace's command in the control group")
        }
    }

    static func encode(_ image: MetadataImage) -> ByteSlice {
        var writer = ByteWriter()
        writer.varint(UInt64(image.nodes.count))
        for node in image.nodes { encode(node, into: &writer) }
        writer.varint(UInt64(image.keyspaces.count))
        for keyspace in image.keyspaces { encode(keyspace, into: &writer) }
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
        return MetadataImage(nodes: nodes, keyspaces: keyspaces)
    }

    private static func encode(_ node: NodeRecord, into writer: inout ByteWriter) {
        writer.integer(node.id.number)
        writer.lengthPrefixed(ByteSlice(node.name))
        writer.lengthPrefixed(ByteSlice(node.peerAddress))
        writer.varint(UInt64(node.clientURLs.count))
        for url in node.clientURLs { writer.lengthPrefixed(ByteSlice(url)) }
    }

    private static func encode(_ keyspace: KeyspaceRecord, into writer: inout ByteWriter) {
        writer.lengthPrefixed(ByteSlice(keyspace.name))
        writer.integer(keyspace.group.number)
    }

    private static func node(from reader: inout ByteReader) throws(DecodeError) -> NodeRecord {
        let id = NodeID(try reader.integer())
        let name = try reader.lengthPrefixed().text
        let peerAddress = try reader.lengthPrefixed().text
        var clientURLs: [String] = []
        for _ in 0..<(try count(from: &reader, limit: 64)) {
            clientURLs.append(try reader.lengthPrefixed().text)
        }
        return NodeRecord(id: id, name: name, peerAddress: peerAddress, clientURLs: clientURLs)
    }

    private static func keyspace(
        from reader: inout ByteReader
    ) throws(DecodeError) -> KeyspaceRecord {
        let name = try reader.lengthPrefixed().text
        return KeyspaceRecord(name: name, group: GroupID(try reader.integer()))
    }

    private static func count(
        from reader: inout ByteReader,
        limit: Int
    ) throws(DecodeError) -> Int {
        let count = try reader.varint()
        guard count <= UInt64(limit) else { throw .tooLarge("a list of \(count)") }
        return Int(count)
    }
}
