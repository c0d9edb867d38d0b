/// The control group's limits.
public enum Limits {
    /// Nodes in a cluster: all of them are in each node's memory and in one MemberList answer.
    public static let nodesMax = 1_000

    /// Keyspaces in a cluster: the image is copied with each snapshot of the control group.
    public static let keyspacesMax = 100_000

    /// Bytes of a keyspace's name: a label of DNS (RFC 1035, 2.3.4).
    public static let keyspaceNameBytesMax = 63

    /// Members without a vote at a time: each costs the leader what a voter does (etcd's
    /// `--max-learners`).
    public static let learnersMax = 1

    /// Former members that are remembered, so that one that comes back is told so; an older one is
    /// merely unknown.
    public static let removedMembersMax = 10_000
}
