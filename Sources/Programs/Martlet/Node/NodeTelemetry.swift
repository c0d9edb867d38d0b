import Bytes
import Groups
import Model
import Telemetry
import Transport

/// What a node tells people: its log, and the metrics of its shard; on the shard's event loop.
final class NodeTelemetry {
    let log: Log
    private var metrics: ShardMetrics
    private let loop: LoopWatch
    private let transport: PeerTransport?
    private let onEnd: @Sendable (NodeEnding) -> Void

    /// `onEnd` is told once the node is to stop.
    init(
        _ configuration: NodeConfiguration,
        log: Log,
        loop: LoopWatch,
        transport: PeerTransport?,
        onEnd: @escaping @Sendable (NodeEnding) -> Void
    ) {
        self.log = log
        self.loop = loop
        self.transport = transport
        self.onEnd = onEnd
        metrics = ShardMetrics(
            of: .defaultKeyspace,
            peers: configuration.firstPeers.map(\.node)
        )
    }

    func tell(_ fact: Fact) {
        metrics.note(fact)
        log.tell(fact.record)
        if case .storageFailed(let reason) = fact { onEnd(.storageFailed(reason)) }
        if case .diskRefused(let reason) = fact { onEnd(.diskRefused(reason)) }
    }

    func tell(_ fact: PeerFact) {
        metrics.note(fact)
        if let record = fact.record { log.tell(record) }
        if case .removed = fact { onEnd(.removed) }
    }

    /// The other nodes are these from now on.
    func follow(_ peers: [NodeID]) { metrics.follow(peers) }

    func noteSent(_ frame: OutgoingFrame) {
        metrics.noteSent(frame.bytes.count, to: frame.target)
    }

    func noteReceived(_ byteCount: Int, from node: NodeID) {
        metrics.noteReceived(byteCount, from: node)
    }

    func noteTurn(nanoseconds: UInt64) { metrics.noteTurn(nanoseconds: nanoseconds) }

    func note(_ timing: StorageTiming) {
        switch timing {
        case .append(let append): metrics.note(append)
        case .snapshotSave(let nanoseconds): metrics.noteSnapshotSaved(nanoseconds: nanoseconds)
        }
    }

    /// All but what the front counts.
    func write(of shard: Shard, into page: inout Exposition) {
        page.write(.build, labelled: Version.number)
        page.write(.loopHolds, loop.histogram)
        page.write(metrics, of: shard) { transport?.droppedFrameCount(for: $0) ?? 0 }
        page.writeProcess()
    }
}

/// What a storage thread has measured.
enum StorageTiming: Sendable {
    case append(AppendTiming)
    case snapshotSave(nanoseconds: UInt64)
}
