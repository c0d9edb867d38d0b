import Model

/// All that a node is told when it starts.
struct NodeConfiguration: Sendable {
    var name: String
    var dataDirectory: String
    var etcd: Address
    var kafka: Address
    var http: Address

    /// Where the other nodes reach this one; nil for a node alone.
    var peer: Address?

    /// Every node of the cluster, this one included, sorted by name.
    var members: [Member]

    /// Nodes of a running cluster that this one is to join, as a client reaches them; none if it
    /// founds one.
    var join: [Address] = []

    /// Whether they are asked by TLS, with what this node has for its peers.
    var joinsByTLS = false

    /// What the running cluster has told this node, now or when it joined.
    var admission: Admission?

    var tls: TLSFiles?

    /// Nil: the nodes talk in plain text.
    var peerTLS: PeerTLSFiles?

    var log = LogSettings()
    /// The bytes of the keyspace beyond which writes are refused; nil: no limit.
    var quotaBytes: Int? = quotaBytesDefault

    /// etcd's: 2 GiB.
    static let quotaBytesDefault = 2 << 30

    /// How long a watch that wants progress reports stays without word; nil: the front's default.
    var progressNanoseconds: UInt64?

    /// Etcd's: reports more often than that would be a load of their own.
    static let progressNanosecondsMin: UInt64 = 100_000_000

    struct Member: Sendable, Equatable {
        var name: String
        var peer: Address?

        /// A node's ID follows from its name, so that all nodes agree without asking each other.
        var id: NodeID { NodeID(Fingerprint.of("node:\(name)")) }
    }

    struct TLSFiles: Sendable, Equatable {
        var certificate: String
        var key: String

        /// Client certificates are asked for and checked against it, if given.
        var clientAuthority: String?
    }

    /// What this node shows the others, and whom it believes.
    struct PeerTLSFiles: Sendable, Equatable {
        var certificate: String
        var key: String
        var authority: String
    }

    var id: NodeID { admission?.node ?? Member(name: name, peer: nil).id }

    /// The other nodes that are known from the start.
    var firstPeers: [PeerEntry] {
        let known =
            admission?.peers
            ?? members.compactMap { member in
                member.peer.map { PeerEntry(node: member.id, address: $0) }
            }
        return known.filter { $0.node != id }
    }

    /// What the cluster was restored from, as the data directory tells; nil if it began empty.
    var origin: String?

    /// A node with another list of nodes, or of another origin, is refused by its peers.
    var cluster: ClusterID { cluster(from: origin) }

    /// The same for a data directory of that origin.
    func restored(from origin: String?) -> NodeConfiguration {
        var configuration = self
        configuration.origin = origin
        return configuration
    }

    /// Follows from the names of all nodes and from the snapshot that was restored: so nodes of the
    /// old cluster do not mistake the new one's for their peers.
    func cluster(from origin: String?) -> ClusterID {
        if let admission { return admission.cluster }
        let names = members.map(\.name).joined(separator: ",")
        return ClusterID(
            Fingerprint.of("cluster:\(names)" + (origin.map { "\nrestored:\($0)" } ?? ""))
        )
    }
}

/// FNV-1a, 64 bits: a stable number for a name; never zero, and below 2^63 for etcd's clients.
enum Fingerprint {
    static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash ^= UInt64(byte)
            hash = hash &* 0x0000_0100_0000_01b3
        }
        return max(1, hash & (.max >> 1))
    }
}
