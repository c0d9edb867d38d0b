public import Bytes
public import Model

/// What each side of a connection between nodes says first: who it is, and whom it wants.
///
/// 36 bytes: `MRTL` · version: UInt16 · cluster, source, target: UInt64 · verdict: UInt8 · a zero ·
/// CRC-32C: UInt32, little-endian. Magic and version keep their place in all versions to come.
public struct PeerHello: Sendable, Equatable {
    public static let byteCount = 36

    /// The newest protocol that this code speaks.
    public static let newestVersion: UInt16 = 1

    public var version: UInt16
    public var cluster: ClusterID
    public var source: NodeID
    public var target: NodeID

    /// What the answering node says of `source`; all other refusals the refused side finds out by
    /// itself from the answer.
    public var verdict: Verdict

    /// The numbers are on the wire.
    public enum Verdict: UInt8, Sendable, CaseIterable {
        /// No peer of this node, which closes the connection.
        case unknown = 0

        case welcome = 1

        /// It was a peer, and was removed from the cluster for good.
        case removed = 2
    }

    public init(
        version: UInt16 = newestVersion,
        cluster: ClusterID,
        source: NodeID,
        target: NodeID,
        verdict: Verdict = .welcome
    ) {
        self.version = version
        self.cluster = cluster
        self.source = source
        self.target = target
        self.verdict = verdict
    }

    public var encoded: ByteSlice {
        var writer = ByteWriter(capacity: Self.byteCount)
        for byte in Self.magic { writer.byte(byte) }
        writer.integer(version)
        writer.integer(cluster.number)
        writer.integer(source.number)
        writer.integer(target.number)
        writer.byte(verdict.rawValue)
        writer.byte(0)
        writer.integer(CRC32C.of(writer.slice))
        return writer.slice
    }

    public init(decoding bytes: ByteSlice) throws(PeerRefusal) {
        guard bytes.count >= 6, bytes[0..<4] == ByteSlice(Self.magic) else {
            throw .notAPeer
        }
        let version = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        guard version >= 1, version <= Self.newestVersion else {
            throw .newerVersion(theirs: version, newestOfOurs: Self.newestVersion)
        }
        do {
            self = try Self.decode(bytes, version: version)
        } catch {
            throw .damagedHello
        }
    }

    private static func decode(
        _ bytes: ByteSlice,
        version: UInt16
    ) throws(DecodeError) -> PeerHello {
        var reader = ByteReader(bytes)
        try reader.skip(6)
        let cluster = ClusterID(try reader.integer())
        let source = NodeID(try reader.integer())
        let target = NodeID(try reader.integer())
        let verdict = try reader.byte()
        try reader.skip(1)
        let checksum = try reader.integer(UInt32.self)
        guard reader.isAtEnd, let verdict = Verdict(rawValue: verdict),
            checksum == CRC32C.of(bytes[0..<byteCount - 4])
        else {
            throw .malformed("a hello whose checksum is wrong")
        }
        return PeerHello(
            version: version,
            cluster: cluster,
            source: source,
            target: target,
            verdict: verdict
        )
    }

    /// Whether what was received so far may become a hello.
    public static func canBegin(with bytes: ByteSlice) -> Bool {
        let count = min(bytes.count, magic.count)
        return bytes[0..<count] == ByteSlice(magic)[0..<count]
    }

    /// Whether this hello is one for us, the node `own` of `cluster`, and if we dialled, from
    /// `dialled`.
    public func check(
        cluster: ClusterID,
        own: NodeID,
        dialled: NodeID?
    ) throws(PeerRefusal) {
        guard self.cluster == cluster else {
            throw .otherCluster(theirs: self.cluster, ours: cluster)
        }
        if let dialled, source != dialled { throw .wrongNode(wanted: dialled, reached: source) }
        guard target == own else { throw .wrongNode(wanted: target, reached: own) }
        switch verdict {
        case .welcome: return
        case .unknown: throw .unknownNode(own, to: source)
        case .removed: throw .removedNode(own, by: source)
        }
    }

    private static let magic = [UInt8]("MRTL".utf8)
}
