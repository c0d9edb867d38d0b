/// The control group's limits.
public enum Limits {
    /// Nodes in a cluster: all of them are in each node's memory and in one MemberList answer.
    public static let nodesMax = 1_000

    /// Keyspaces in a cluster: the image is copied with each snapshot of the control group.
    public static let keyspacesMax = 100_000
}
