internal import NIOCore
internal import NIOPosix

// A load generator for etcd's KV service, as h2load is one for HTTP/2: few threads, many connections
// with many requests under way on each, nothing kept of an answer but its latency.
//
//   LoadPlan        what to send, and how long            LoadReport   what came of it
//   LoadLoop        an event loop's share of the plan     LoadSession  one connection
//   LoadRequests    the messages, one after the other
//
// In a closed loop the next request goes out when one is answered: what the system can take at most.
// In an open loop requests go out at fixed times whatever happens to earlier ones, and latencies count
// from the time that was meant, so that a pause of the server is seen by all who would have waited.

/// Runs load plans.
public enum LoadGenerator {
    public static func run(_ plan: LoadPlan) async throws(ClientError) -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: plan.threads)
        do {
            let report = try await run(plan, on: group)
            try await group.shutdownGracefully()
            return report
        } catch {
            // It is about to be told that nothing was measured; there is no more to say.
            try? await group.shutdownGracefully()
            throw error as? ClientError ?? .unreachable("\(error)")
        }
    }

    private static func run(
        _ plan: LoadPlan,
        on group: MultiThreadedEventLoopGroup
    ) async throws -> LoadReport {
        var shares: [Share] = []
        for number in 0..<min(plan.threads, plan.connections) {
            let numbers = stride(from: number, to: plan.connections, by: plan.threads)
            shares.append(try await Share.connect(plan, Array(numbers), on: group.next()))
        }
        let ends = shares.map { $0.run() }
        for end in ends { try await end.get() }
        var report = LoadReport()
        for share in shares { report.add(try await share.report().get()) }
        return report
    }
}

/// One event loop's connections.
private struct Share: Sendable {
    let loop: any EventLoop
    let bound: NIOLoopBound<LoadLoop>
    let numbers: [Int]

    static func connect(
        _ plan: LoadPlan,
        _ numbers: [Int],
        on loop: any EventLoop
    ) async throws -> Share {
        let bound = try await loop.submit {
            NIOLoopBound(LoadLoop(plan, on: loop), eventLoop: loop)
        }.get()
        for number in numbers {
            let endpoint = plan.endpoints[number % plan.endpoints.count]
            do {
                _ = try await ClientBootstrap(group: loop)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            let session = bound.value.makeSession(
                                connection: number,
                                authority: endpoint.authority
                            )
                            try channel.pipeline.syncOperations.addHandler(session)
                        }
                    }
                    .connect(host: endpoint.host, port: endpoint.port).get()
            } catch {
                throw ClientError.unreachable("\(endpoint.authority): \(error)")
            }
        }
        return Share(loop: loop, bound: bound, numbers: numbers)
    }

    func run() -> EventLoopFuture<Void> {
        loop.flatSubmit { bound.value.run(numbers: numbers) }
    }

    func report() -> EventLoopFuture<LoadReport> { loop.submit { bound.value.report() } }
}
