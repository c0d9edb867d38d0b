/// How much a line of the log matters; a log leaves out what matters less than it was told.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// For whoever looks for a fault.
    case debug

    /// What an operator wants to have read afterwards.
    case info

    /// Something is not as it should be, and the node goes on.
    case warn

    /// The node, or a part of it, cannot go on.
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// How a line is written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value` pairs, quoted where they need it: for people and for logfmt parsers.
    case text

    /// One JSON object a line.
    case json
}
