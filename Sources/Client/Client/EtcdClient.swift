public import EtcdWire
public import NIOSSL
internal import Bytes
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#endif

// Client: the etcd API for Swift programs and for the command line.
//
// One connection to the first endpoint that answers; calls and streams share it. Missing here:
// reconnecting, balancing over endpoints, retry budgets, leases that keep themselves alive.

/// A connection to a node.
public struct EtcdClient: Sendable {
    private let channel: any Channel
    private let session: NIOLoopBound<ClientSession>
    private let timeoutSeconds: Int64

    /// Connects to the first of the endpoints that answers, in plain text unless `tls` says how else.
    ///
    /// All calls are about `keyspace`, by its name; nil is the one that a cluster begins with.
    public static func connect(
        to endpoints: [Endpoint],
        keyspace: String? = nil,
        timeoutSeconds: Int64 = 5,
        tls: NIOSSLContext? = nil
    ) async throws(ClientError) -> EtcdClient {
        var reason = "no endpoint was given"
        for endpoint in endpoints {
            do {
                return try await connect(to: endpoint, keyspace, timeoutSeconds, tls)
            } catch {
                reason = "\(endpoint.authority): \(Self.sentence(error))"
            }
        }
        throw .unreachable(reason)
    }

    /// Runs `body` with a connection that is closed behind it, whatever comes of it.
    public static func withConnection<Value>(
        to endpoints: [Endpoint],
        keyspace: String? = nil,
        timeoutSeconds: Int64 = 5,
        tls: NIOSSLContext? = nil,
        _ body: (EtcdClient) async throws -> Value
    ) async throws -> Value {
        let client = try await connect(
            to: endpoints,
            keyspace: keyspace,
            timeoutSeconds: timeoutSeconds,
            tls: tls
        )
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }

    private static func connect(
        to endpoint: Endpoint,
        _ keyspace: String?,
        _ timeoutSeconds: Int64,
        _ tls: NIOSSLContext?
    ) async throws -> EtcdClient {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let made = loop.makePromise(of: NIOLoopBound<ClientSession>.self)
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(.seconds(timeoutSeconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: endpoint.hostname)
                        )
                    }
                    let session = ClientSession(
                        authority: endpoint.authority,
                        keyspace: keyspace
                    )
                    try channel.pipeline.syncOperations.addHandler(session)
                    made.succeed(NIOLoopBound(session, eventLoop: channel.eventLoop))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port).get()
        return EtcdClient(
            channel: channel,
            session: try await made.futureResult.get(),
            timeoutSeconds: timeoutSeconds
        )
    }

    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence($0.error) } ?? "the name has no address"
        default: "\(error)"
        }
    }

    /// One request, one answer.
    public func call<Request: WireMessage, Response: WireMessage>(
        _ method: EtcdMethod,
        _ request: Request
    ) async throws(ClientError) -> Response {
        let message = request.encoded
        let (answers, continuation) = AsyncStream.makeStream(of: ClientSession.Answer.self)
        let session = session
        let nanoseconds = timeoutSeconds * 1_000_000_000
        channel.eventLoop.execute {
            session.value.start(
                method,
                message,
                endsRequest: true,
                timeoutNanoseconds: nanoseconds,
                continuation
            )
        }
        var response: Response?
        for await answer in answers {
            switch answer {
            case .message(let bytes, _): response = try Self.decode(bytes)
            case .failed(let error): throw error
            }
        }
        guard let response else { throw .malformedAnswer("an answer without a message") }
        return response
    }

    /// One request, and answers until `receive` throws or the server ends the stream.
    ///
    /// A method that takes a stream of requests has no end of them; any other has one. What
    /// `receive` has not taken is bounded: a slow one slows the server down.
    public func stream<Request: WireMessage, Response: WireMessage>(
        _ method: EtcdMethod,
        _ request: Request,
        _ receive: (Response) throws -> Void
    ) async throws {
        let message = request.encoded
        let (answers, continuation) = AsyncStream.makeStream(of: ClientSession.Answer.self)
        let session = session
        channel.eventLoop.execute {
            session.value.start(
                method,
                message,
                endsRequest: !method.streamsRequests,
                timeoutNanoseconds: nil,
                continuation
            )
        }
        for await answer in answers {
            switch answer {
            case .message(let bytes, let stream):
                let response: Response = try Self.decode(bytes)
                try receive(response)
                channel.eventLoop.execute { session.value.taken(bytes.count, of: stream) }
            case .failed(let error): throw error
            }
        }
    }

    private static func decode<Response: WireMessage>(
        _ bytes: ByteSlice
    ) throws(ClientError) -> Response {
        do throws(DecodeError) {
            return try Response(decoding: bytes)
        } catch {
            throw .malformedAnswer("\(error)")
        }
    }

    public func close() async {
        // A connection that is closed already is as good.
        _ = try? await channel.close()
    }
}
