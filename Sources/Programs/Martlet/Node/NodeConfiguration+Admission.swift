import Client
import Controller
import EtcdWire
import KeyspaceModel
import Model
import SystemEnvironment
import Transport

extension NodeConfiguration {
    /// With what the data directory says of a cluster that was joined, or what the cluster says now.
    func admitted() async throws(Complaint) -> NodeConfiguration {
        var configuration = self
        do throws(DataDirectoryError) {
            if let joined = try DataDirectory.joined(in: dataDirectory) {
                configuration.admission = Admission(
                    cluster: joined.cluster,
                    node: joined.node,
                    peers: Admission.peers(from: joined.peers)
                )
                return configuration
            }
            guard !join.isEmpty else { return self }
            guard try !DataDirectory.isUsed(dataDirectory) else {
                throw .notEmpty(dataDirectory)
            }
        } catch {
            throw error.complaint
        }
        configuration.admission = try await askForAdmission()
        return configuration
    }

    private func askForAdmission() async throws(Complaint) -> Admission {
        let response: MemberListResponse
        let tls = joinsByTLS ? try peerTLS.map(PeerTransport.clientContext) : nil
        do {
            response = try await EtcdClient.withConnection(
                to: join.map { Endpoint(host: $0.host, port: $0.port) },
                tls: tls
            ) { try await $0.memberList() }
        } catch {
            throw Complaint(
                failure: "no node of the cluster answers at \(joinText)",
                cause: "\(error)",
                fix: joinsByTLS
                    ? "etcdctl --endpoints \(joinText) --cacert FILE --cert FILE --key FILE "
                        + "member list"
                    : "martlet cluster status --endpoints \(joinText)"
            )
        }
        return try admission(from: response)
    }

    private var joinText: String {
        join.map { (joinsByTLS ? Address.secureScheme : "") + "\($0)" }.joined(separator: ",")
    }

    /// This node is the member whose peer address is `--peer`.
    func admission(from response: MemberListResponse) throws(Complaint) -> Admission {
        let entries = response.members.flatMap { member in
            member.peerURLs.compactMap { PeerURL($0) }.map { url in
                PeerEntry(
                    node: NodeID(member.id),
                    address: Address(host: url.host, port: url.port)
                )
            }
        }
        guard let peer, let own = entries.first(where: { $0.address == peer }),
            let member = response.members.first(where: { $0.id == own.node.number })
        else {
            throw Complaint(
                failure: "the cluster has no member at \(peer.map { "\($0)" } ?? name)",
                cause: "a node joins under the peer address that it was added with",
                fix: "martlet cluster add \(peer.map { "\($0)" } ?? "HOST:PORT") "
                    + "--endpoints \(joinText)"
            )
        }
        guard member.name.isEmpty else {
            throw Complaint(
                failure: "member \(String(member.id, radix: 16)) has started before, as "
                    + "'\(member.name)'",
                cause: "its data was in another directory; without it, it must not vote again",
                fix: "martlet cluster remove \(String(member.id, radix: 16)), then add it anew"
            )
        }
        return Admission(
            cluster: ClusterID(response.header?.clusterID ?? 0),
            node: own.node,
            peers: entries.filter { $0.node != own.node }
        )
    }
}
