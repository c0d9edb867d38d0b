internal import Controller
public import Model
internal import PeerWire
internal import RaftCore

// This node's disk, as others know it (`NodeVoice`).
extension Shard {
    /// What this node says its disk is, and how far it is durable.
    public var life: NodeLife { voice.life }

    /// The furthest that this node has heard of another's disk.
    public func heardLife(of node: NodeID) -> NodeLife? { voice.heard(of: node)?.life }

    /// Whether the others have confirmed this node's disk; until then it neither votes nor
    /// acknowledges.
    public var isProven: Bool { voice.isProven }

    func greeting(for node: NodeID) -> PeerItem {
        .greeting(
            PeerGreeting(
                boots: boots,
                start: voice.start,
                life: voice.life,
                heard: voice.heard(of: node)
            )
        )
    }

    func accept(_ greeting: PeerGreeting, from node: NodeID) {
        acceptGreeting(from: node, boots: greeting.boots)
        let isNew = voice.learn(greeting.life, of: node, start: greeting.start)
        // Who starts waits for the answer.
        if isNew { send(self.greeting(for: node), to: node) }
        guard let heard = greeting.heard else { return }
        guard !voice.accept(believed(heard), from: node) else { return passTickForVoice() }
        refuseDisk(heard.life, known: node)
    }

    private func believed(_ heard: HeardLife) -> HeardLife {
        #if MARTLET_MUTANTS
        let isOwn = heard.life.incarnation == life.incarnation
        if settings.mutant == .diskNotRecognised
            || isOwn && settings.mutant == .olderCopyNotRecognised
        {
            return HeardLife(start: heard.start, life: .unknown)
        }
        #endif
        return heard
    }

    /// The others know of promises that this disk has forgotten: it makes no more.
    private func refuseDisk(_ heard: NodeLife, known node: NodeID) {
        let what =
            heard.incarnation == life.incarnation
            ? "was put back to an older copy, or has lost its end: it ends at batch \(life.batch), and "
                + "node \(node) has heard of batch \(heard.batch)"
            : "was wiped or exchanged: node \(node) knows this node by another data directory"
        isStopped = true
        effects.facts.append(
            .diskRefused(
                "the disk \(what). Votes and acknowledgements that it held are forgotten, so this node "
                    + "takes part in nothing. Put a new member in its place: martlet cluster replace "
                    + "NAME HOST:PORT, then martlet start --join with an empty --data-dir"
            )
        )
    }

    func passTickForVoice() {
        guard !voice.isProven, !isStopped else { return }
        voice.passTick(
            tick,
            voters: votersToAsk,
            own: node,
            patience: settings.raft.electionTicks
        )
        guard voice.isProven else { return }
        for place in groups.indices { touch(place) }
    }

    /// Who may have counted on this node.
    private var votersToAsk: [NodeID] {
        #if MARTLET_MUTANTS
        if settings.mutant == .speaksBeforeItIsKnown { return [node] }
        #endif
        guard let configuration = groups.first?.raft.configuration, !configuration.voters.isEmpty
        else { return peers }
        return configuration.voters.map { NodeID($0.number) }
    }

    /// What the cluster's metadata says of all disks.
    func learnRegisteredLives() {
        for record in metadata?.nodes ?? [] where record.id != node {
            voice.register(record.life, of: record.id)
        }
    }
}
