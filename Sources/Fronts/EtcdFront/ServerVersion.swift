/// The etcd release that this server behaves like; clients choose features by it.
public enum ServerVersion {
    /// kube-apiserver asks for watch progress only from 3.6 on, or late patches before it.
    public static let etcd = "3.6.6"

    /// What a cluster of such servers agrees on: the release without its patches.
    public static let cluster = "3.6.0"

    public static let storage = "3.6.0"
}
