import SystemEnvironment

extension DataDirectory {
    static func open(for configuration: NodeConfiguration) throws(Complaint) -> DataDirectory {
        do throws(DataDirectoryError) {
            return try open(
                configuration.dataDirectory,
                cluster: { configuration.cluster(from: $0) },
                node: configuration.id,
                name: configuration.name,
                peers: configuration.admission?.peersText
            )
        } catch {
            throw error.complaint
        }
    }
}

extension DataDirectoryError {
    var complaint: Complaint {
        switch self {
        case .locked(let path):
            Complaint(
                failure: "\(path) is in use",
                cause: "another process runs a node on it",
                fix: "stop that one, or give this node another --data-dir"
            )
        case .otherCluster(let path):
            Complaint(
                failure: "\(path) belongs to a node of another cluster",
                cause: "a cluster is known by the names of all its nodes, and --cluster differs",
                fix: "correct --cluster, or give this node another --data-dir"
            )
        case .notEmpty(let path):
            Complaint(
                failure: "\(path) is not empty",
                cause: "a snapshot is restored into a new directory, nothing is overwritten",
                fix: "give another --data-dir, or move that one away"
            )
        case .otherNode(let path, let name):
            Complaint(
                failure: "\(path) belongs to node '\(name)'",
                cause: "--name or --data-dir is another node's",
                fix: "martlet start --name \(name) …, or give this node another --data-dir"
            )
        case .newerFormat(let path, let found, let supported):
            Complaint(
                failure: "\(path) has format \(found); this version reads up to \(supported)",
                cause: "a newer version of Martlet has written it",
                fix: "start that version again"
            )
        case .malformed(let file):
            Complaint(
                failure: "\(file) is not a node's identity",
                cause: "it was changed or damaged",
                fix: "restore the file, or give this node another --data-dir"
            )
        case .unusable(let path, let reason):
            Complaint(
                failure: "cannot use \(path) as data directory",
                cause: reason,
                fix: "mkdir -p \(path) && ls -ld \(path)   (it must be this user's own)"
            )
        }
    }
}
