#if canImport(Glibc)
import Glibc
#endif

/// Where a node's records go: standard error, a line each, from any thread.
public struct Log: Sendable {
    private let node: String
    private let level: LogLevel
    private let line: LogLine

    public init(node: String, level: LogLevel = .info, format: LogFormat = .text) {
        self.node = node
        self.level = level
        line = LogLine(format: format)
    }

    public func tell(_ record: LogRecord) {
        guard record.level >= level else { return }
        let bytes = line.encode(record, node: node, time: Self.timestamp())
        // One write a line, so that the lines of several threads do not mix. A log that cannot be
        // written is no reason to stop serving.
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// UTC, to the millisecond, as RFC 3339 writes it.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func pad(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-"
            + "\(pad(Int(parts.tm_mday), 2))T\(pad(Int(parts.tm_hour), 2)):"
            + "\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))."
            + "\(pad(time.tv_nsec / 1_000_000, 3))Z"
    }
}
