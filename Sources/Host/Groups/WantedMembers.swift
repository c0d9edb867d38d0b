internal import Controller
internal import Model
internal import RaftCore

/// What a group's leader makes of its group next, so that it becomes what the cluster wants.
struct WantedMembers: Equatable {
    let voters: [ReplicaID]
    let learners: [ReplicaID]

    /// Whether that is all: nobody who is to vote is still to catch up, nobody to leave stays or
    /// learns on.
    let areComplete: Bool

    /// Those vote who are to, and do already or have caught up.
    ///
    /// The others learn, and so do former members that are `departing`.
    ///
    /// Voters that are to leave stay until those who can vote are a majority of those who are to: with
    /// fewer, what is committed would for a while be on too few disks.
    ///
    /// `replicas` are the members that are to hold the group; all, with those that learn, if nil.
    init(
        _ image: MetadataImage,
        replicas: [NodeID]?,
        _ raft: Raft,
        departing: [ReplicaID]
    ) {
        let wanted = (replicas ?? image.votingMembers).map { ReplicaID($0.number) }.sorted()
        let current = raft.configuration.voters
        let ready = wanted.filter { current.contains($0) || Self.isReady($0, raft) }
        let isEnough = ready.count >= wanted.count / 2 + 1
        let staying = isEnough ? [] : current.filter { !ready.contains($0) }
        let voters = (ready + staying).sorted()
        let learning =
            replicas == nil ? image.learningMembers.map { ReplicaID($0.number) } : []
        self.voters = voters
        learners = (wanted + learning + departing).filter { !voters.contains($0) }.sorted()
        areComplete = voters == wanted && departing.isEmpty
    }

    private static func isReady(_ replica: ReplicaID, _ raft: Raft) -> Bool {
        raft.configuration.learners.contains(replica) && raft.isCaughtUp(replica)
    }

    func differ(from configuration: GroupConfiguration) -> Bool {
        voters != configuration.voters || learners != configuration.learners
    }
}
