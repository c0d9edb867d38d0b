/// A family of metrics: its name, and what it says.
///
/// `all` is the whole table; docs/reference/metrics.md shows it, and a test holds the two together.
public struct Metric: Sendable, Hashable {
    public enum Kind: String, Sendable, CustomStringConvertible {
        /// Rises from the start of the process.
        case counter

        /// Rises and falls.
        case gauge

        case histogram

        public var description: String { rawValue }
    }

    public let name: String
    public let kind: Kind
    public let labels: [String]

    /// One line, our own words.
    public let help: String

    init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// Every family that a node may show.
    public static var all: [Metric] {
        server + disk + keyspace + leases + network + calls + streams + ours + system
    }
}
