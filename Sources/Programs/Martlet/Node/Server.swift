import Dispatch

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
        let trap = SignalTrap { continuation.yield(.signal) }
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

    init(_ body: @escaping @Sendable () -> Void) {
        signal(SIGPIPE, SIG_IGN)
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler(handler: body)
            source.resume()
            return source
        }
    }
}
