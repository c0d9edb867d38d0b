public import Transport

extension PeerFact {
    /// What people are told of it; nil if it is for metrics only.
    public var record: LogRecord? {
        switch self {
        case .connected(let node): LogRecord(.info, "reaches a node", [.node("peer", node)])
        case .disconnected(let node, let reason):
            LogRecord(.warn, "lost a node", [.node("peer", node), .text("reason", reason)])
        case .refused(let reason):
            LogRecord(.warn, "no connection between nodes", [.text("reason", reason)])
        case .removed(let peer):
            LogRecord(.error, "this node was removed from the cluster", [.node("peer", peer)])
        case .roundTrip: nil
        }
    }
}
