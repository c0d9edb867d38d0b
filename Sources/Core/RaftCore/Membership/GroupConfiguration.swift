public import Bytes
public import Model

/// Who votes and who only learns.
///
/// During a joint change (§4.3) both majorities must agree.
public struct GroupConfiguration: Sendable, Equatable {
    public var voters: [ReplicaID]

    /// The voters before the change in progress; empty outside a joint change.
    public var outgoingVoters: [ReplicaID]

    public var learners: [ReplicaID]

    public init(
        voters: [ReplicaID],
        outgoingVoters: [ReplicaID] = [],
        learners: [ReplicaID] = []
    ) {
        self.voters = voters.sorted()
        self.outgoingVoters = outgoingVoters.sorted()
        self.learners = learners.sorted()
    }

    /// Nobody yet: what a node begins with that is to be told by its leader who belongs to the group.
    public static let unknown = GroupConfiguration(voters: [])

    /// Whether a change is half done, and two majorities must agree.
    public var isJoint: Bool { !outgoingVoters.isEmpty }

    public func isVoter(_ replica: ReplicaID) -> Bool {
        voters.contains(replica) || outgoingVoters.contains(replica)
    }

    /// All who get the log, each once, sorted.
    public var replicas: [ReplicaID] {
        var replicas: [ReplicaID] = []
        for replica in (voters + outgoingVoters + learners).sorted()
        where replicas.last != replica {
            replicas.append(replica)
        }
        return replicas
    }

    /// The step that leads to `voters` and `learners`: joint if the voters change, as then two
    /// majorities could decide apart; at once if only learners do.
    func step(towards voters: [ReplicaID], learners: [ReplicaID]) -> GroupConfiguration {
        GroupConfiguration(
            voters: voters,
            outgoingVoters: voters.sorted() == self.voters ? [] : self.voters,
            learners: learners
        )
    }

    /// What a joint change ends in.
    var settled: GroupConfiguration { GroupConfiguration(voters: voters, learners: learners) }
}

// The bytes of an entry's payload and of a snapshot's metadata: three lists, each a varint count and
// IDs of eight bytes.
extension GroupConfiguration {
    public var encoded: ByteSlice {
        var writer = ByteWriter()
        for list in [voters, outgoingVoters, learners] {
            writer.varint(UInt64(list.count))
            for replica in list { writer.integer(replica.number) }
        }
        return writer.slice
    }

    /// What follows the three lists, a later version may have written.
    public init(decoding bytes: ByteSlice) throws(DecodeError) {
        var reader = ByteReader(bytes)
        self.init(
            voters: try Self.replicas(from: &reader),
            outgoingVoters: try Self.replicas(from: &reader),
            learners: try Self.replicas(from: &reader)
        )
    }

    private static func replicas(
        from reader: inout ByteReader
    ) throws(DecodeError) -> [ReplicaID] {
        let count = try reader.varint()
        guard count <= UInt64(reader.remaining / 8) else { throw .truncated }
        var replicas: [ReplicaID] = []
        for _ in 0..<count { replicas.append(ReplicaID(try reader.integer())) }
        return replicas
    }
}
