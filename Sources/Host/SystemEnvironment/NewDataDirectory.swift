internal import CPosix
internal import Glibc
public import Model

/// A data directory that is filled before a node starts on it.
///
/// Its `node.json` is written last: what breaks off before leaves a directory on which no node
/// starts.
public final class NewDataDirectory: Sendable {
    private let path: String
    private let lock: Int32

    private init(_ path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit { close(lock) }

    /// Makes the directory if need be, and locks it; nothing may be in it.
    public static func make(_ path: String) throws(DataDirectoryError) -> NewDataDirectory {
        try DataDirectory.make(path)
        guard try DataDirectory.names(in: path).isEmpty else { throw .notEmpty(path) }
        return NewDataDirectory(path, lock: try DataDirectory.take("\(path)/lock", in: path))
    }

    /// Says whose it is; `origin` names what it was restored from.
    public func belong(
        to cluster: ClusterID,
        node: NodeID,
        name: String,
        origin: String
    ) throws(DataDirectoryError) {
        var identity = NodeIdentity(cluster: cluster, node: node, name: name, boots: 0)
        identity.origin = origin
        try DataDirectory.write(identity.text, to: "\(path)/node.json", in: path)
    }
}
