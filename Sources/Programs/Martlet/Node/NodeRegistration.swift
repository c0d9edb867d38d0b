import Controller
import EtcdFront
import Groups
import Model

/// Tells the cluster who this node is, and its clients who the members are.
///
/// The node's record is proposed to the control group until its image holds it; the image is what
/// clients see of the members.
final class NodeRegistration {
    private let configuration: NodeConfiguration
    private let record: NodeRecord
    private var ticks = 0
    private var shown: MetadataImage?

    /// About once a second: an election and a commit take less.
    private static let ticksBetweenProposals = 20

    init(_ configuration: NodeConfiguration) {
        self.configuration = configuration
        let scheme = configuration.tls == nil ? "http" : "https"
        record = NodeRecord(
            id: configuration.id,
            name: configuration.name,
            peerAddress: configuration.peer.map { "\($0)" } ?? "",
            clientURLs: ["\(scheme)://\(configuration.etcd)"]
        )
    }

    func passTick(of shard: Shard, _ front: EtcdFront) {
        ticks += 1
        guard let image = shard.metadata else { return }
        if ticks % Self.ticksBetweenProposals == 0 { propose(what: image, lacks: shard) }
        guard image != shown else { return }
        shown = image
        front.cluster = view(of: image)
    }

    private func propose(what image: MetadataImage, lacks shard: Shard) {
        guard shard.status(.control)?.leader != nil else { return }
        if image.node(configuration.id) != record { shard.propose(.nodeRegistered(record)) }
        let keyspace = KeyspaceRecord(name: "default", group: .defaultKeyspace)
        if image.keyspace(named: keyspace.name) == nil, shard.status(.control)?.isLeader == true {
            shard.propose(.keyspaceCreated(keyspace))
        }
    }

    /// What clients are told: every member of the configuration, with what it said of itself.
    func view(of image: MetadataImage?) -> ClusterView {
        let members = configuration.members.map { member in
            let known = image?.node(member.id) ?? (member.id == record.id ? record : nil)
            let scheme = configuration.peerTLS == nil ? "http" : "https"
            let peer = member.peer.map { ["\(scheme)://\($0)"] } ?? []
            return ClusterView.Member(
                id: member.id,
                name: known?.name ?? member.name,
                peerURLs: peer,
                clientURLs: known?.clientURLs ?? []
            )
        }
        return ClusterView(cluster: configuration.cluster, members: members)
    }
}
