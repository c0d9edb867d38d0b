public import Bytes
internal import Controller
public import Model
internal import PeerWire
internal import RaftCore

extension Shard {
    /// Takes a peer's frame apart; what is malformed is dropped whole, and told.
    ///
    /// A former member that comes back is not heard at all: what it says is of another time.
    public func receive(_ frame: ByteSlice, from node: NodeID) {
        guard !refuses(node) else { return }
        do throws(DecodeError) {
            var reader = try PeerFrameReader(frame)
            guard reader.source == node else { throw .malformed("a frame of another node") }
            while let item = try reader.next() { receive(item, from: node) }
        } catch {
            effects.facts.append(.malformedFrame(from: node, "\(error)"))
        }
    }

    private func receive(_ item: PeerItem, from node: NodeID) {
        switch item {
        case .greeting(let greeting): accept(greeting, from: node)
        case .promise(let life): _ = voice.learn(life, of: node)
        case .leads(let id, let term): note(node, leads: id, in: term)
        case .raft(let id, let message):
            guard message.source == ReplicaID(node.number) else { return }
            with(id) { $0.raft.step(message) }
        case .proposal(let id, let proposal): with(id) { accept(proposal, from: node, in: $0) }
        case .proposalRefused(let id, let sequence, let reason):
            with(id) { acceptRefusal(of: sequence, reason, in: $0) }
        case .proposalReturned(let id, let sequence, let payload):
            with(id) { acceptReturn(of: sequence, payload, in: $0) }
        case .read(let id, let sequence): with(id) { acceptRead(sequence, from: node, in: $0) }
        case .readReply(let id, let sequence, let index):
            with(id) { acceptReadReply(sequence, index, in: $0) }
        case .snapshotChunk(let id, let chunk): with(id) { accept(chunk, from: node, in: $0) }
        case .snapshotProgress(let id, let progress):
            with(id) { accept(progress, from: node, in: $0) }
        }
    }

    /// What is said of groups is not for a node that may not answer.
    private func with(_ id: GroupID, _ body: (Group) -> Void) {
        guard voice.isProven, let place = place(of: id) else { return }
        body(groups[place])
        touch(place)
    }

    /// Who is not known to have the disk that he had says nothing but greetings.
    func send(_ item: PeerItem, to node: NodeID) {
        guard voice.isProven || item.isGreeting, let place = outbox(for: node) else { return }
        outboxes[place].append(item, restingOn: voice.life, into: &effects.frames)
    }

    /// Nil for those to whom nothing is said; one is made for a node which has joined.
    private func outbox(for node: NodeID) -> Int? {
        if let place = outboxes.firstIndex(where: { $0.target == node }) { return place }
        guard node != self.node, !refuses(node), outboxes.count < Controller.nodesMax else {
            return nil
        }
        outboxes.append(PeerOutbox(source: self.node, target: node))
        return outboxes.count - 1
    }

    func send(_ messages: [Message], in group: Group) {
        for message in messages {
            if case .installSnapshot(let mark) = message.body {
                beginSnapshot(mark, to: message.target, in: group)
            } else {
                send(.raft(group.id, message), to: NodeID(message.target.number))
            }
        }
    }

    func flushOutboxes() {
        for place in outboxes.indices { outboxes[place].flush(into: &effects.frames) }
    }
}

/// What gathers for one peer during a turn.
struct PeerOutbox {
    let target: NodeID
    private let source: NodeID
    private var writer: PeerFrameWriter

    /// Up to which batch the frame has said that the journal is durable.
    private var saidBatch: UInt64?

    init(source: NodeID, target: NodeID) {
        self.source = source
        self.target = target
        writer = PeerFrameWriter(source: source)
    }

    var isEmpty: Bool { writer.isEmpty }

    /// What a frame promises stands behind what it rests on, which may have grown since it was begun.
    mutating func append(
        _ item: PeerItem,
        restingOn life: NodeLife,
        into frames: inout [OutgoingFrame]
    ) {
        // A frame that this fills ends with it, and the next one says it again.
        while life.isKnown, !item.isGreeting, saidBatch.map({ $0 < life.batch }) ?? true {
            saidBatch = life.batch
            write(.promise(life), into: &frames)
        }
        if item.isGreeting { saidBatch = life.batch }
        write(item, into: &frames)
    }

    private mutating func write(_ item: PeerItem, into frames: inout [OutgoingFrame]) {
        writer.append(item)
        if writer.isFull { flush(into: &frames) }
    }

    mutating func flush(into frames: inout [OutgoingFrame]) {
        saidBatch = nil
        guard !writer.isEmpty else { return }
        frames.append(OutgoingFrame(target: target, bytes: writer.finish()))
    }
}
