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

    /// Topics in a cluster: their names and settings are copied with each snapshot of the control group.
    public static let topicsMax = 100_000

    /// Partitions of one topic: a client is told of all of them in one answer.
    public static let partitionsOfTopicMax = 10_000

    /// Partitions in a cluster; each is a Raft group on as many nodes as the topic has replicas.
    public static let partitionsMax = 200_000

    /// Bytes of a topic's name, as Kafka has it.
    public static let topicNameBytesMax = 249

    /// Settings of one topic: more than Kafka knows of.
    public static let topicSettingsMax = 100

    /// Groups that share the consumers' groups and the transactions among them.
    public static let coordinators = 16

    /// On how many members each coordinator is, if there are as many.
    public static let coordinatorReplicas = 3
}
