import Model
import Telemetry

extension NodeConfiguration {
    /// The first line of a node's log.
    var started: LogRecord {
        var fields: [LogRecord.Field] = [
            .text("version", Version.number), .text("id", String(id.number, radix: 16)),
            .text("cluster", String(cluster.number, radix: 16)), .text("data", dataDirectory),
            .text("etcd", "\(etcd)"), .text("http", "\(http)"),
        ]
        if let peer { fields.append(.text("peer", "\(peer)")) }
        return LogRecord(.info, "started", fields)
    }
}
