/// Where a member is reached by others, as etcd writes it: `http://host:port` or `https://host:port`.
public struct PeerURL: Sendable, Equatable {
    public var host: String
    public var port: Int

    /// Nil unless it is such a URL, with a host and a port of 1 to 65535 and no path behind it.
    public init?(_ text: String) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }),
            let authority = HostAndPort(text.dropFirst(scheme.count)), !authority.host.isEmpty
        else { return nil }
        host = authority.host
        port = authority.port
    }
}
