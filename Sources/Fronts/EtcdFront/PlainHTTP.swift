internal import Bytes

/// What a probe or a person asks over plain HTTP, with etcd's answers: `/version`, `/health`,
/// `/livez` and `/readyz` with their checks, and `/metrics`.
enum PlainHTTP: Equatable {
    case version
    case metrics
    case health(isSerializable: Bool, excluded: [String])
    case probe(Probe)
    case notFound
    case methodNotAllowed

    struct Probe: Equatable {
        var name: String
        var checks: [Check]
        var excluded: [String]
        var isVerbose: Bool
    }

    /// One thing that can be wrong with a node.
    enum Check: String, CaseIterable {
        case dataCorruption = "data_corruption"
        case serializableRead = "serializable_read"
        case linearizableRead = "linearizable_read"
        case nonLearner = "non_learner"
    }

    private static let readyChecks: [Check] = [
        .dataCorruption, .serializableRead, .linearizableRead, .nonLearner,
    ]
    private static let liveChecks: [Check] = [.serializableRead]

    init(_ request: PlainRequest) {
        let words = request.path.split(separator: "/").map(String.init)
        switch words.first {
        case "version" where words.count == 1: self = .version
        case "metrics" where words.count == 1: self = .metrics
        case "health" where words.count == 1:
            self = .health(
                isSerializable: request.values(of: "serializable") == ["true"],
                excluded: request.values(of: "exclude")
            )
        case "livez": self = Self.probe("livez", Self.liveChecks, words, request)
        case "readyz": self = Self.probe("readyz", Self.readyChecks, words, request)
        default: self = .notFound
        }
        if self != .notFound, request.method != "GET", request.method != "HEAD" {
            self = .methodNotAllowed
        }
    }

    /// All checks of a probe, or the one that its path names.
    private static func probe(
        _ name: String,
        _ checks: [Check],
        _ words: [String],
        _ request: PlainRequest
    ) -> PlainHTTP {
        let named = words.count == 1 ? checks : checks.filter { words.dropFirst() == [$0.rawValue] }
        guard !named.isEmpty else { return .notFound }
        return .probe(
            Probe(
                name: name,
                checks: named,
                excluded: request.values(of: "exclude"),
                isVerbose: !request.values(of: "verbose").isEmpty
            )
        )
    }

    /// Whether the answer depends on a linearizable read.
    var needsRead: Bool {
        switch self {
        case .health(let isSerializable, _): !isSerializable
        case .probe(let probe):
            probe.checks.contains(.linearizableRead)
                && !probe.excluded.contains(Check.linearizableRead.rawValue)
        case .version, .metrics, .notFound, .methodNotAllowed: false
        }
    }

    /// The answer, given what the read's failure was, if there was one.
    ///
    /// `metrics` makes the page of them.
    func response(
        _ health: NodeHealth,
        readFailure: String?,
        metrics: () -> String
    ) -> PlainResponse {
        switch self {
        case .metrics: PlainResponse(status: .ok, contentType: .metrics, body: metrics())
        case .version:
            PlainResponse(
                status: .ok,
                contentType: .json,
                body: "{\"etcdserver\":\"\(ServerVersion.etcd)\",\"etcdcluster\":"
                    + "\"\(ServerVersion.cluster)\",\"storage\":\"\(ServerVersion.storage)\"}"
            )
        case .health(_, let excluded):
            Self.health(health, excluded: excluded, readFailure: readFailure)
        case .probe(let probe): probe.response(health, readFailure: readFailure)
        case .notFound: PlainResponse(status: .notFound, body: "404 page not found\n")
        case .methodNotAllowed:
            PlainResponse(status: .methodNotAllowed, body: "Method Not Allowed\n")
        }
    }

    private static func health(
        _ health: NodeHealth,
        excluded: [String],
        readFailure: String?
    ) -> PlainResponse {
        let reason =
            if let alarm = health.alarm(excluding: excluded) {
                "ALARM \(alarm)"
            } else if !health.hasLeader {
                "RAFT NO LEADER"
            } else {
                readFailure.map { "QGET ERROR:\($0)" } ?? ""
            }
        let isHealthy = reason.isEmpty
        return PlainResponse(
            status: isHealthy ? .ok : .unavailable,
            contentType: .json,
            body: "{\"health\":\"\(isHealthy)\",\"reason\":\"\(reason)\"}"
        )
    }
}

extension PlainHTTP.Probe {
    func response(_ health: NodeHealth, readFailure: String?) -> PlainResponse {
        var report = ""
        var hasFailed = false
        for check in checks {
            let failure = failure(of: check, health, readFailure: readFailure)
            if excluded.contains(check.rawValue) {
                report += "[+]\(check.rawValue) excluded: ok\n"
            } else if let failure {
                report += "[-]\(check.rawValue) failed: \(failure)\n"
                hasFailed = true
            } else {
                report += "[+]\(check.rawValue) ok\n"
            }
        }
        let known = checks.map(\.rawValue)
        for name in excluded where !known.contains(name) {
            report += "warn: some health checks cannot be excluded: no matches for \"\(name)\"\n"
        }
        if hasFailed { return PlainResponse(status: .unavailable, body: report) }
        return PlainResponse(status: .ok, body: isVerbose ? report + "ok\n" : "ok\n")
    }

    private func failure(
        of check: PlainHTTP.Check,
        _ health: NodeHealth,
        readFailure: String?
    ) -> String? {
        switch check {
        case .dataCorruption: health.isCorrupt ? "alarm activated: CORRUPT" : nil
        case .linearizableRead: readFailure
        case .serializableRead, .nonLearner: nil
        }
    }
}
