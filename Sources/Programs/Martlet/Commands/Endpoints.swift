import ArgumentParser
import Client

/// Which nodes a client command talks to.
struct Endpoints: ParsableArguments {
    @Option(help: "Nodes to try in turn, HOST:PORT,…")
    var endpoints = "127.0.0.1:2379"

    @Option(help: "The keyspace that is meant, if not 'default'; see 'martlet keyspace list'.")
    var keyspace: String?

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 5

    /// Runs `body` with a connection; what fails is told in three lines.
    func withClient(_ body: (EtcdClient) async throws -> Void) async throws {
        do {
            try await EtcdClient.withConnection(
                to: try addresses(),
                keyspace: keyspace,
                timeoutSeconds: Int64(timeout),
                body
            )
        } catch let error as ClientError {
            Output.complain(complaint(error))
            throw ExitCode(error.exitCode)
        } catch let complaint as Complaint {
            Output.complain(complaint)
            throw ExitCode(64)
        }
    }

    func addresses() throws(Complaint) -> [Endpoint] {
        guard timeout > 0 else {
            throw Complaint(
                failure: "--timeout \(timeout)",
                cause: "it takes a number of seconds, at least 1",
                fix: "--timeout 5"
            )
        }
        var found: [Endpoint] = []
        for part in endpoints.split(separator: ",") {
            let text = try Address.hostAndPort(part)
            let address = try Address.parse(text, option: "--endpoints")
            found.append(Endpoint(host: address.host, port: address.port))
        }
        guard !found.isEmpty else { throw Address.complaint(endpoints, option: "--endpoints") }
        return found
    }

    /// InvalidArgument, NotFound, AlreadyExists, FailedPrecondition, OutOfRange: it would fail again.
    private static func isOfRequest(_ code: Int) -> Bool { [3, 5, 6, 9, 11].contains(code) }

    func complaint(_ error: ClientError) -> Complaint {
        switch error {
        case .unreachable(let reason):
            Complaint(
                failure: "no node answers at \(endpoints)",
                cause: reason,
                fix: "martlet start --dev   (or name your nodes: --endpoints HOST:PORT)"
            )
        case .refused(let code, let message):
            Complaint(
                failure: message,
                cause: "the server refused the request (gRPC status \(code))",
                fix: message.hasPrefix("martlet: ")
                    ? "martlet keyspace list --endpoints \(endpoints)"
                    : Self.isOfRequest(code)
                        ? "correct the request: martlet kv --help"
                        : "martlet cluster status --endpoints \(endpoints)"
            )
        case .timedOut:
            Complaint(
                failure: "no answer within \(timeout) s",
                cause: "the cluster has no leader, or the node is overloaded",
                fix: "martlet cluster status --endpoints \(endpoints)"
            )
        case .malformedAnswer(let reason):
            Complaint(
                failure: "the answer makes no sense: \(reason)",
                cause: "what listens at \(endpoints) may be no etcd API",
                fix: "curl http://\(endpoints)/version"
            )
        }
    }
}

extension ClientError {
    /// As sysexits.h numbers them, and 124 for a time-out.
    var exitCode: Int32 {
        switch self {
        case .unreachable: 69
        case .refused, .malformedAnswer: 1
        case .timedOut: 124
        }
    }
}
