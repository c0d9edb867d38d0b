import ArgumentParser
import Client

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put load on a cluster, Martlet's or etcd's, and measure it.",
        subcommands: [BenchKV.self]
    )
}

struct BenchKV: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv",
        abstract: "Load of puts, reads or transactions of single keys.",
        discussion: """
            Without --rate the next request is sent when one is answered (closed loop): what the \
            cluster can take. With --rate requests are sent at fixed times, and latencies count from \
            the time meant (open loop).
              martlet bench kv --op put --connections 10 --outstanding 10 --count 100000
              martlet bench kv --op range --prepare --key-space 1000 --rate 5000 --duration 10
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @OptionGroup var endpoints: Endpoints

    @Option(help: "put, range, range-serializable or txn.", transform: operation)
    var op = LoadPlan.Operation.put

    @Option(
        name: [.customLong("connections"), .customLong("clients")],
        help: "Connections, in turn over the endpoints."
    )
    var connections = 1

    @Option(help: "Requests under way at once on each connection.")
    var outstanding = 1

    @Option(help: "How many requests; 10,000 if no --duration is given.")
    var count: Int?

    @Option(help: "Seconds to send requests for, instead of --count.")
    var duration: Double?

    @Option(help: "Requests a second, whether or not earlier ones were answered.")
    var rate: Double?

    @Option(help: "How many keys there are.")
    var keySpace = 1

    @Option(help: "Length of a key in bytes.")
    var keyBytes = 24

    @Option(help: "Length of a value in bytes.")
    var valueBytes = 256

    @Flag(help: "Choose keys by chance, not one after the other.")
    var random = false

    @Option(help: "The same seed gives the same keys.")
    var seed: UInt64 = 1

    @Option(help: "Threads of the load generator.")
    var threads = 1

    @Flag(help: "First write every key once; this is not measured.")
    var prepare = false

    @Option(name: .shortAndLong, help: "text or json.")
    var output = Format.text

    func run() async throws {
        do {
            let plan = try plan()
            if prepare { try await writeAllKeys(of: plan) }
            let report = try await LoadGenerator.run(plan)
            print(BenchReport(plan: plan, report: report).text(as: output))
            if report.errors > 0 { throw ExitCode(1) }
        } catch let error as ClientError {
            Output.complain(endpoints.complaint(error))
            throw ExitCode(error.exitCode)
        } catch let complaint as Complaint {
            Output.complain(complaint)
            throw ExitCode(64)
        }
    }

    private static func operation(_ name: String) throws -> LoadPlan.Operation {
        guard let operation = LoadPlan.Operation(rawValue: name) else {
            let names = LoadPlan.Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--op is one of \(names); '\(name)' is none of them.")
        }
        return operation
    }

    private func plan() throws(Complaint) -> LoadPlan {
        var plan = LoadPlan(endpoints: try endpoints.addresses())
        plan.operation = op
        plan.connections = try within(1...Self.connectionsMax, connections, "--connections")
        plan.outstanding = try within(1...Self.outstandingMax, outstanding, "--outstanding")
        plan.threads = try within(1...Self.threadsMax, threads, "--threads")
        plan.keySpace = try within(1...Self.keySpaceMax, keySpace, "--key-space")
        plan.keyBytes = try within(Self.keyBytes, keyBytes, "--key-bytes")
        plan.valueBytes = try within(0...Self.valueBytesMax, valueBytes, "--value-bytes")
        plan.isRandom = random
        plan.seed = seed
        plan.rate = try rate.map { (rate) throws(Complaint) in
            try within(0.001...Self.rateMax, rate, "--rate")
        }
        plan.end = try end()
        return plan
    }

    private func end() throws(Complaint) -> LoadPlan.End {
        guard let duration else {
            return .count(try within(1...Self.countMax, count ?? 10_000, "--count"))
        }
        guard count == nil else {
            throw Complaint(
                failure: "--count and --duration contradict each other",
                cause: "a run ends by the one or by the other",
                fix: "martlet bench kv --duration \(duration)"
            )
        }
        let seconds = try within(0.001...Self.durationMax, duration, "--duration")
        return .nanoseconds(UInt64(seconds * 1e9))
    }

    private func within<Number: Comparable>(
        _ range: ClosedRange<Number>,
        _ number: Number,
        _ option: String
    ) throws(Complaint) -> Number {
        guard range.contains(number) else {
            throw Complaint(
                failure: "\(option) \(number) is out of range",
                cause: "it may be from \(range.lowerBound) to \(range.upperBound)",
                fix: "martlet bench kv --help"
            )
        }
        return number
    }

    private func writeAllKeys(of plan: LoadPlan) async throws {
        var writing = plan
        writing.operation = .put
        writing.isRandom = false
        writing.rate = nil
        writing.end = .count(plan.keySpace)
        writing.outstanding = max(plan.outstanding, Self.preparingOutstanding / plan.connections)
        let report = try await LoadGenerator.run(writing)
        guard report.errors == 0 else {
            throw ClientError.refused(
                code: report.refused.keys.min() ?? 4,
                "\(report.errors) of \(plan.keySpace) keys could not be written"
            )
        }
    }
}

/// What one process can still drive, and a run that ends on the same day.
extension BenchKV {
    private static let connectionsMax = 10_000
    private static let outstandingMax = 100_000
    private static let threadsMax = 64
    private static let keySpaceMax = 1_000_000_000
    private static let keyBytes = 16...1_024
    private static let valueBytesMax = 1 << 20
    private static let rateMax = 10_000_000.0
    private static let countMax = 1_000_000_000
    private static let durationMax = 86_400.0

    /// Puts under way while the keys are written, over all connections.
    private static let preparingOutstanding = 256
}
