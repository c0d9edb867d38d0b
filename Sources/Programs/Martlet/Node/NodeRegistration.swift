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
    private var record: NodeRecord
    private var restingTicks = 0
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
            clientURLs: ["\(scheme)://\(configuration.etcd)"],
            kafkaAddress: "\(configuration.kafka)"
        )
    }

    func passTick(of shard: Shard, _ front: EtcdFront) {
        restingTicks -= 1
        guard let image = shard.metadata else { return }
        // As far as it was written at the start: later ones need not be told.
        if !record.life.isKnown { record.life = shard.life }
        if restingTicks <= 0 { propose(what: image, lacks: shard) }
        show(image, on: front)
    }

    /// What the front tells of the members, if it has changed.
    func show(_ image: MetadataImage?, on front: EtcdFront) {
        guard let image, image != shown else { return }
        shown = image
        front.cluster = view(of: image)
    }

    private func propose(what image: MetadataImage, lacks shard: Shard) {
        guard shard.status(.control)?.leader != nil else { return }
        let isLeader = shard.status(.control)?.isLeader ?? false
        restingTicks = Self.ticksBetweenProposals
        if !image.isFounded, isLeader { shard.propose(.membersFounded(founders)) }
        if image.node(configuration.id)?.describesAs(record) != true {
            shard.propose(.nodeRegistered(record))
        }
        if image.keyspace(named: KeyspaceName.ofDefault) == nil, isLeader {
            shard.propose(.keyspaceCreated(KeyspaceName.ofDefault))
        }
    }

    /// Who belonged to the cluster when it began, by this node's settings.
    private var founders: [MemberRecord] {
        configuration.members.map { MemberRecord(id: $0.id, peerURLs: peerURLs(of: $0)) }
    }

    private func peerURLs(of member: NodeConfiguration.Member) -> [String] {
        let scheme = configuration.peerTLS == nil ? "http" : "https"
        return member.peer.map { ["\(scheme)://\($0)"] } ?? []
    }

    /// What clients are told: every member of the configuration, with what it said of itself.
    func view(of image: MetadataImage?) -> ClusterView {
        let members =
            image.flatMap { $0.isFounded ? $0.members : nil }
            ?? (configuration.admission == nil ? founders : [])
        let shown = members.map { member in
            let known = image?.node(member.id) ?? (member.id == record.id ? record : nil)
            return ClusterView.Member(
                id: member.id,
                name: known?.name ?? name(of: member.id),
                peerURLs: member.peerURLs,
                clientURLs: known?.clientURLs ?? [],
                isLearner: member.isLearner
            )
        }
        return ClusterView(cluster: configuration.cluster, members: shown)
    }

    /// A founder has its name from the settings; who was added has none until it has started.
    private func name(of member: NodeID) -> String {
        configuration.members.first { $0.id == member }?.name ?? ""
    }
}
