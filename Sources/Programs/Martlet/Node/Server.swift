import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Runs nodes until the process is told to end.
enum Server {
    /// `announce` is called once all nodes listen.
    ///
    /// Ends with SIGINT or SIGTERM, or, with an error, once a node can no longer trust its storage.
    static func run(
        _ configurations: [NodeConfiguration],
        announce: ([Node]) -> Void
    ) async throws {
        let (endings, continuation) = AsyncStream.makeStream(of: Ending.self)
        let trap = SignalTrap { isFirst in
            // Who asks twice does not want to wait for an orderly end; recovery does without one.
            guard isFirst else { _exit(130) }
            continuation.yield(.signal)
        }
        var nodes: [Node] = []
        for configuration in configurations {
            nodes.append(
                try await Node.start(configuration) { continuation.yield(.failure($0)) }
            )
        }
        announce(nodes)
        Output.flush()
        for await ending in endings {
            switch ending {
            case .signal:
                // Where the whole cluster ends, nobody is left to take over.
                for node in nodes { await node.stop(handsOver: nodes.count == 1) }
                withExtendedLifetime(trap) {}
                return
            case .failure(let reason):
                // No orderly end: what memory holds and the disk does not must not be served.
                Output.complain(
                    Complaint(
                        failure: "the node stops, as its storage failed",
                        cause: reason,
                        fix: "check the disk (dmesg), then start the node again: it recovers"
                    )
                )
                exit(1)
            }
        }
    }

    private enum Ending: Sendable {
        case signal
        case failure(String)
    }
}

/// Catches the signals that end the process.
final class SignalTrap {
    private let sources: [any DispatchSourceSignal]

    /// `body` is told whether it was the first.
    init(_ body: @escaping @Sendable (_ isFirst: Bool) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        let first = FirstOnce()
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { body(first.take()) }
            source.resume()
            return source
        }
    }
}

/// True for the first who takes it, on whatever thread.
private final class FirstOnce: Sendable {
    private let isTaken = Atomic(false)

    func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}
