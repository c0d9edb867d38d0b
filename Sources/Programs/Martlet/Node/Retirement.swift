import EtcdFront
import Groups
import KafkaFront
import NIOCore

/// How a node takes its leave, tick by tick: what it leads it hands over first, while it still serves,
/// so that no client waits for an election; then it answers what is under way.
final class Retirement {
    private enum Stage {
        /// Becomes `answering` when nothing is left to hand over, or time is up.
        case handingOver(ticksLeft: Int)

        /// Ends when no client is connected, or time is up.
        case answering(ticksLeft: Int)
    }

    private var stage: Stage
    private let promise: EventLoopPromise<Void>

    /// A second: two attempts to hand over.
    private static let handingOverTicks = 20

    /// A second: clients that do not read their answers are not waited for longer.
    private static let answeringTicks = 20

    /// So long before, what is still under way is told that the node stops.
    private static let lastTicks = 4

    init(on loop: any EventLoop, handsOver: Bool) {
        promise = loop.makePromise()
        stage = .handingOver(ticksLeft: handsOver ? Self.handingOverTicks : 0)
    }

    var done: EventLoopFuture<Void> { promise.futureResult }

    func finish() { promise.succeed() }

    /// Whether it is over.
    func passTick(of shard: Shard, _ front: EtcdFront, _ kafka: KafkaFront) -> Bool {
        switch stage {
        case .handingOver(let ticksLeft):
            if ticksLeft > 0, shard.handOverLeaderships() {
                stage = .handingOver(ticksLeft: ticksLeft - 1)
                return false
            }
            front.stop()
            kafka.stop()
            stage = .answering(ticksLeft: Self.answeringTicks)
            return false
        case .answering(let ticksLeft):
            stage = .answering(ticksLeft: ticksLeft - 1)
            if ticksLeft == Self.lastTicks { front.finishStop() }
            return ticksLeft == 0 || front.connectionCount + kafka.connectionCount == 0
        }
    }
}
