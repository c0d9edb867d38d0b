import ArgumentParser
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
                try await Node.start(configuration) { continuation.yield(.node($0)) }
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
            case .node(.removed):
                for node in nodes { await node.stop(handsOver: false) }
                Output.complain(
                    Complaint(
                        failure: "this node was removed from the cluster, and stops",
                        cause: "its number is never used again, and its data is of no more use",
                        fix: "to come back as a new member: martlet cluster add HOST:PORT, then "
                            + "martlet start --join HOST:PORT with an empty --data-dir"
                    )
                )
                throw ExitCode.removed
            case .node(.diskRefused(let reason)):
                for node in nodes { await node.stop(handsOver: false) }
                Output.complain(
                    Complaint(
                        failure: "this is not the disk that the node had, and it stops",
                        cause: reason,
                        fix: "see docs/operations/node-lost.md"
                    )
                )
                throw ExitCode.removed
            case .node(.storageFailed(let reason)):
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
        case node(NodeEnding)
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
