import Controller

/// `HOST:PORT`, where a host in brackets may be an IPv6 address.
struct Address: Sendable, Equatable, CustomStringConvertible {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil unless `text` is a host, a colon and a port of 1 to 65535; a missing host is loopback.
    init?(_ text: String) {
        guard let read = HostAndPort(text) else { return nil }
        self.init(host: read.host.isEmpty ? "127.0.0.1" : read.host, port: read.port)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// What a complaint says of an address that is none.
    static func complaint(_ text: String, option: String) -> Complaint {
        Complaint(
            failure: "'\(text)' is not an address",
            cause: "\(option) takes HOST:PORT, without a scheme, with a port of 1 to 65535",
            fix: "\(option) 127.0.0.1:2379"
        )
    }

    static func parse(_ text: String, option: String) throws(Complaint) -> Address {
        guard let address = Address(text) else { throw complaint(text, option: option) }
        return address
    }

    /// etcd's own clients take URLs; so an endpoint may be written as one.
    static func hostAndPort(_ part: Substring) throws(Complaint) -> String {
        guard !part.hasPrefix(secureScheme) else {
            throw Complaint(
                failure: "'\(part)' asks for TLS",
                cause: "martlet's own client commands speak plain text",
                fix: "etcdctl --endpoints \(part) --cacert FILE …"
            )
        }
        return authority(part)
    }

    static let secureScheme = "https://"

    /// What stands behind a scheme, if there is one, without a slash at the end.
    static func authority(_ part: Substring) -> String {
        guard let scheme = ["http://", secureScheme].first(where: { part.hasPrefix($0) }) else {
            return String(part)
        }
        let rest = part.dropFirst(scheme.count)
        return String(rest.hasSuffix("/") ? rest.dropLast() : rest)
    }
}
