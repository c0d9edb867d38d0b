import NIOCore
import NIOPosix
import Synchronization
import Telemetry

/// Measures how long the event loop runs tasks before it looks at its sockets again.
///
/// The loop tells it on its own thread, but to whom it belongs only the loop's group knows: hence
/// the lock, which nobody else ever holds but a scrape on the same thread.
final class LoopWatch: NIOEventLoopMetricsDelegate {
    private let holds = Mutex(Histogram.loopTime)

    var histogram: Histogram { holds.withLock { $0 } }

    func processedTick(info: NIOEventLoopTickInfo) {
        let held = (info.endTime - info.startTime).nanoseconds
        holds.withLock { $0.observe(UInt64(max(0, held))) }
    }
}
