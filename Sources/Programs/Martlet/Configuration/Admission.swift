import Model

/// What a running cluster tells a node that joins it: its number, the cluster's, and where the others
/// are.
///
/// It is asked once. Then `node.json` has it, and the node's own copy of the control group's log knows
/// what has changed since.
struct Admission: Sendable, Equatable {
    var cluster: ClusterID
    var node: NodeID
    var peers: [PeerEntry]

    /// As `node.json` has it: `NUMBER@HOST:PORT,…`, numbers in hexadecimal digits.
    var peersText: String {
        peers.map { "\(String($0.node.number, radix: 16))@\($0.address)" }.joined(separator: ",")
    }

    static func peers(from text: String) -> [PeerEntry] {
        text.split(separator: ",").compactMap { part in
            let pair = part.split(separator: "@", maxSplits: 1)
            guard pair.count == 2, let number = UInt64(pair[0], radix: 16),
                let address = Address(String(pair[1]))
            else { return nil }
            return PeerEntry(node: NodeID(number), address: address)
        }
    }
}

/// Another node, and where it is.
struct PeerEntry: Sendable, Equatable {
    var node: NodeID
    var address: Address
}
