internal import Bytes
internal import EtcdWire
internal import Groups
internal import Journal
internal import KeyspaceModel
internal import Model

/// A lease of one of the keyspaces.
struct RenewalName: Hashable {
    var group: GroupID
    var lease: Int64
}

// What leaders write, looked at for what seldom meets.
extension ClusterSimulation {
    /// Finds the proposals to end a lease whose renewal is in the log before, not yet applied.
    func probe(_ batch: JournalBatch, _ running: RunningNode) {
        if batch.entries.count > 50 { mark(.appendBatched) }
        for entry in batch.entries {
            guard let status = running.shard.status(entry.group), status.isLeader,
                let header = try? CommandHeader(decoding: entry.payload)
            else { continue }
            let body = CommandHeader.body(of: entry.payload)
            switch header.kind {
            case .leaseKeepAlive:
                guard let request = try? LeaseKeepAliveRequest(decoding: body) else { continue }
                let name = RenewalName(group: entry.group, lease: request.id)
                renewals[name] = entry.index
            case .expireLeases:
                let met = leases(in: body).contains { lease in
                    let name = RenewalName(group: entry.group, lease: lease)
                    return renewals[name] ?? .zero > status.appliedIndex
                }
                guard met else { continue }
                mark(.renewalMetExpiry)
                trace.tell(now, "a renewal is on its way as \(leases(in: body)) are to end")
            default:
                continue
            }
        }
    }

    private func leases(in body: ByteSlice) -> [Int64] {
        var reader = ByteReader(body)
        var leases: [Int64] = []
        while let lease: Int64 = try? reader.integer() { leases.append(lease) }
        return leases
    }
}
