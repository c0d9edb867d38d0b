internal import CPosix
internal import Glibc
public import Model

/// A node's data directory: locked, and known to be this node's.
///
/// `node.json` says whose it is. It is written anew at each start with a higher count of starts,
/// which makes whatever this life of the node numbers greater than all before.
public final class DataDirectory: Sendable {
    public let path: String

    /// How many times the node was started on it, this time included.
    public let boots: UInt64

    /// What the cluster was restored from; nil if it began empty.
    public let origin: String?

    /// Which directory it is: a random number from when it was first used.
    public let incarnation: Incarnation

    private let lock: Int32

    private init(_ identity: NodeIdentity, path: String, lock: Int32) {
        self.path = path
        boots = identity.boots
        incarnation = identity.incarnation
        origin = identity.origin
        self.lock = lock
    }

    deinit { close(lock) }

    /// Makes the directory if need be, locks it, and checks that it belongs to this node.
    ///
    /// Which cluster's it must be depends on what the directory was restored from, if it was.
    public static func open(
        _ path: String,
        cluster: (_ origin: String?) -> ClusterID,
        node: NodeID,
        name: String,
        peers: String? = nil
    ) throws(DataDirectoryError) -> DataDirectory {
        try make(path)
        let lock = try take("\(path)/lock", in: path)
        do throws(DataDirectoryError) {
            let identity = try identify(
                path,
                cluster: cluster,
                node: node,
                name: name,
                peers: peers
            )
            return DataDirectory(identity, path: path, lock: lock)
        } catch {
            close(lock)
            throw error
        }
    }

    /// What a node that joined a running cluster was told then; nil if the directory is new, or one of
    /// a node that founded its cluster.
    public static func joined(in path: String) throws(DataDirectoryError) -> JoinedNode? {
        let file = "\(path)/node.json"
        guard let text = try read(file, in: path) else { return nil }
        guard let identity = NodeIdentity(text) else { throw .malformed(file) }
        guard let peers = identity.peers else { return nil }
        return JoinedNode(
            cluster: identity.cluster,
            node: identity.node,
            name: identity.name,
            peers: peers
        )
    }

    /// Whether a node has used the directory.
    public static func isUsed(_ path: String) throws(DataDirectoryError) -> Bool {
        try read("\(path)/node.json", in: path) != nil
    }

    /// Each new name is durable before anything is put below it.
    static func make(_ path: String) throws(DataDirectoryError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let parent = made.isEmpty ? "." : made
            made += made.isEmpty || made == "/" ? String(part) : "/\(part)"
            if mkdir(made, 0o700) == 0 {
                if syncDirectory(parent) { continue }
            } else if errno == EEXIST {
                continue
            }
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
    }

    /// The lock ends with the process, however that ends.
    static func take(_ file: String, in path: String) throws(DataDirectoryError) -> Int32 {
        let descriptor = martlet_open(file, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .locked(path)
        }
        return descriptor
    }

    private static func identify(
        _ path: String,
        cluster: (_ origin: String?) -> ClusterID,
        node: NodeID,
        name: String,
        peers: String?
    ) throws(DataDirectoryError) -> NodeIdentity {
        let file = "\(path)/node.json"
        var identity = NodeIdentity(cluster: cluster(nil), node: node, name: name, boots: 1)
        identity.peers = peers
        if let text = try read(file, in: path) {
            guard let found = NodeIdentity(text) else { throw .malformed(file) }
            guard found.format <= NodeIdentity.formatNewest else {
                throw .newerFormat(
                    path,
                    found: found.format,
                    supported: NodeIdentity.formatNewest
                )
            }
            guard found.cluster == cluster(found.origin) else { throw .otherCluster(path) }
            guard found.node == node else { throw .otherNode(path, name: found.name) }
            identity = found
            identity.name = name
            identity.format = NodeIdentity.formatNewest
            identity.boots = found.boots + 1
        } else if try names(in: path).contains(where: { $0.hasPrefix("shard-") }) {
            // Without it nobody knows whose they are, nor how often the node was started.
            throw .malformed(file)
        }
        if identity.incarnation == .unknown {
            identity.incarnation = Incarnation(max(1, SystemRandomSource().next()))
        }
        try write(identity.text, to: file, in: path)
        return identity
    }

    private static func read(
        _ file: String,
        in path: String
    ) throws(DataDirectoryError) -> String? {
        let descriptor = martlet_open(file, O_RDONLY, 0)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Limits.identityBytesMax)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// A directory that was used before has shards, which come after its identity.
    static func names(in path: String) throws(DataDirectoryError) -> [String] {
        guard let stream = opendir(path) else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Under another name first, so that a crash leaves the old file or the new one.
    ///
    /// That one has its space since the start before: a node must start also when its disk is full,
    /// to serve reads and to follow.
    static func write(
        _ text: String,
        to file: String,
        in path: String
    ) throws(DataDirectoryError) {
        let next = "\(file).next"
        let descriptor = martlet_open(next, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        let bytes = [UInt8](text.utf8)
        let isWritten =
            pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
            && ftruncate(descriptor, bytes.count) == 0 && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(next, file) == 0, syncDirectory(path) else {
            throw .unusable(path, reason: String(cString: strerror(errno)))
        }
        reserve(next)
    }

    /// Space for the next start; if there is none now, there may be some by then.
    private static func reserve(_ file: String) {
        let descriptor = martlet_open(file, O_WRONLY | O_CREAT, 0o600)
        guard descriptor >= 0 else { return }
        posix_fallocate(descriptor, 0, Limits.identityBytesMax)
        close(descriptor)
    }

    private static func syncDirectory(_ path: String) -> Bool {
        let descriptor = martlet_open(path, O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}

/// A node that joined a running cluster, as its data directory knows it.
public struct JoinedNode: Sendable, Equatable {
    public var cluster: ClusterID
    public var node: NodeID
    public var name: String

    /// As it was given to `DataDirectory.open`.
    public var peers: String

    public init(cluster: ClusterID, node: NodeID, name: String, peers: String) {
        self.cluster = cluster
        self.node = node
        self.name = name
        self.peers = peers
    }
}

/// Why a node does not start on a data directory.
public enum DataDirectoryError: Error, Sendable, Equatable {
    case locked(String)
    case otherCluster(String)

    /// To be filled, and it holds something.
    case notEmpty(String)
    case otherNode(String, name: String)
    case newerFormat(String, found: UInt64, supported: UInt64)
    case malformed(String)
    case unusable(String, reason: String)
}
