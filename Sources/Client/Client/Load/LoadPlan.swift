/// What load to put on a cluster, and when to stop.
public struct LoadPlan: Sendable {
    public enum Operation: String, Sendable, CaseIterable {
        case put

        /// Linearizable, of one key.
        case range

        case rangeSerializable = "range-serializable"

        /// Puts the key if it is there, and puts it if it is not: a compare and a put.
        case txn
    }

    /// When no more requests are begun.
    public enum End: Sendable, Equatable {
        case count(Int)
        case nanoseconds(UInt64)
    }

    public var endpoints: [Endpoint]
    public var operation = Operation.put

    /// In turn over the endpoints.
    public var connections = 1

    /// Requests under way at once on each connection.
    public var outstanding = 1

    public var end = End.count(10_000)

    /// Requests a second, sent whether or not earlier ones were answered; nil to send the next
    /// request when one is answered.
    public var rate: Double?

    /// Keys are `bench/` and their number, with zeros up to `keyBytes`.
    public var keySpace = 1
    public var keyBytes = 24
    public var valueBytes = 256

    /// Keys by chance, the same for the same seed, and not one after the other.
    public var isRandom = false
    public var seed: UInt64 = 1

    /// Threads that send and receive.
    public var threads = 1

    /// How long to wait while answers are due and none comes.
    public var patienceNanoseconds: UInt64 = 10_000_000_000

    public init(endpoints: [Endpoint]) { self.endpoints = endpoints }
}

/// What was measured.
public struct LoadReport: Sendable {
    /// Answered as they should be.
    public internal(set) var answered = 0

    /// By gRPC's code; a status of OK with too little in it counts as `DATA_LOSS` (15).
    public internal(set) var refused: [Int: Int] = [:]

    /// Not answered at all: the connection was lost, or patience.
    public internal(set) var unanswered = 0

    /// From the first request to the last answer.
    public internal(set) var seconds: Double = 0

    /// Of those answered: from when a request was meant to be sent.
    public internal(set) var latency = LatencyHistogram()

    public init() {}

    /// What was measured beside it, at the same time.
    mutating func add(_ other: LoadReport) {
        answered += other.answered
        unanswered += other.unanswered
        for code in other.refused.keys.sorted() {
            refused[code, default: 0] += other.refused[code] ?? 0
        }
        seconds = max(seconds, other.seconds)
        latency.merge(other.latency)
    }

    public var errors: Int { refused.values.reduce(unanswered, +) }

    /// Answers a second.
    public var throughput: Double { seconds > 0 ? Double(answered) / seconds : 0 }
}
