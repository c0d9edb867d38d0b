internal import Bytes
internal import Checkers
internal import Controller
internal import Groups
internal import Journal
internal import Model
internal import RaftCore

// An operator who adds, promotes and removes members, the leader among them, one after another without
// waiting for what was asked before. Who is removed runs on, as a zombie that knows nothing of it.
extension ClusterSimulation {
    func changeMembers() {
        guard phase == .faulty else { return }
        queue.schedule(.changeMembers, at: now + faultRandom.heavyTailed(options.memberPause))
        let awake = nodes.indices.filter {
            nodes[$0].running != nil && nodes[$0].pausedUntil <= now
        }
        guard !awake.isEmpty else { return }
        let isLeader = faultRandom.happens(permille: 700)
        let place = (isLeader ? leader(of: .control) : nil) ?? faultRandom.pick(awake)
        guard let running = nodes[place].running, nodes[place].pausedUntil <= now,
            let image = running.shard.metadata, let record = change(of: image)
        else { return }
        trace.tell(now, "node \(nodes[place].id) is asked for \(record)")
        if case .memberRemoved(let member) = record { askedToLeave.append(member) }
        running.shard.advance(to: nodes[place].clock.reading(at: now))
        running.shard.propose(record)
        requestTurn(place)
    }

    /// Any of the changes that make sense after this image; nil if there is none of the chosen kind.
    private func change(of image: MetadataImage) -> ClusterRecord? {
        guard image.isFounded else { return .membersFounded(founders) }
        if let lost = exchangedMember(of: image), faultRandom.happens(permille: 500) {
            return .memberRemoved(lost)
        }
        switch faultRandom.below(10) {
        case 0...3:
            let spares = nodes.filter { !$0.isExchanged }.map(\.id)
                .filter { image.member($0) == nil && !image.isRemoved($0) }
            guard !spares.isEmpty else { return nil }
            let isLearner = faultRandom.happens(permille: 400)
            return .memberAdded(Self.member(faultRandom.pick(spares), isLearner: isLearner))
        case 4...5:
            let lost = nodes.filter(\.isExchanged).map(\.id)
            return image.learningMembers.first { !lost.contains($0) }.map { .memberPromoted($0) }
        case 6...8:
            let leaving = faultRandom.pick(image.members).id
            return mayLeave(leaving) ? .memberRemoved(leaving) : nil
        default:
            let member = faultRandom.pick(image.members).id
            return .memberUpdated(member, peerURLs: ["http://moved-\(now)-\(member):1"])
        }
    }

    var founders: [MemberRecord] {
        nodes.prefix(options.founders).map { Self.member($0.id, isLearner: false) }
    }

    private static func member(_ id: NodeID, isLearner: Bool) -> MemberRecord {
        MemberRecord(id: id, peerURLs: ["http://node-\(id):1"], isLearner: isLearner)
    }

    /// What entries say of who votes; the observer is to know it before it sees them.
    func observeConfigurations(_ batch: JournalBatch, on node: NodeID) throws(Violation) {
        var earlier: [SaidConfiguration] = []
        for entry in batch.entries
        where entry.kind == Entry.Kind.configuration.rawValue && isObserved(entry.group) {
            guard let said = try? GroupConfiguration(decoding: entry.payload) else { continue }
            configurationsSeen += 1
            let configuration = ObservedConfiguration(
                voters: said.voters.map { NodeID($0.number) },
                outgoing: said.outgoingVoters.map { NodeID($0.number) }
            )
            try observer.configured(
                configuration,
                at: entry.index,
                in: entry.term,
                of: entry.group,
                on: node,
                after: earlier.last { $0.group == entry.group && $0.index < entry.index }?
                    .configuration,
                batchFrom: batch.entries.lazy.filter { $0.group == entry.group }.map(\.index).min()
            )
            earlier.append(
                SaidConfiguration(
                    group: entry.group,
                    index: entry.index,
                    configuration: configuration
                )
            )
        }
    }

    /// What an entry of a batch says, which the replica's log does not hold as yet.
    private struct SaidConfiguration {
        var group: GroupID
        var index: LogIndex
        var configuration: ObservedConfiguration
    }
}

// What the second phase expects of members.
extension ClusterSimulation {
    /// The members, as whoever leads the control group knows them.
    private var image: MetadataImage? {
        leader(of: .control).flatMap { nodes[$0].running?.shard.metadata }
    }

    /// Whether a node belongs to the cluster in the end; others are nobody's business.
    func isMember(_ node: SimulatedNode) -> Bool {
        guard options.memberPause > 0 else { return true }
        guard let image, image.isFounded else {
            return nodes.prefix(options.founders).contains { $0.id == node.id }
        }
        return image.member(node.id) != nil
    }

    /// A group that is not what the cluster wants; nil if all are.
    func memberDifference(_ group: GroupID) -> Violation? {
        guard options.memberPause > 0, let image, image.isFounded else { return nil }
        guard let place = leader(of: group),
            let members = nodes[place].running?.shard.members(group)
        else { return Violation(.availability, "group \(group) has no leader") }
        guard members.isSettled, members.voters == image.votingMembers,
            members.learners == image.learningMembers
        else {
            return Violation(
                .convergence,
                "group \(group) is \(members), wanted are \(image.votingMembers) and "
                    + "\(image.learningMembers)"
            )
        }
        return nil
    }
}
