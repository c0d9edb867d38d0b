/// Where a member is reached by others, as etcd writes it: `http://host:port` or `https://host:port`.
public struct PeerURL: Sendable, Equatable {
    public var host: String
    public var port: Int

    /// Nil unless it is such a URL, with a port of 1 to 65535 and no path behind it.
    public init?(_ text: String) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }) else { return nil }
        let authority = text.dropFirst(scheme.count)
        guard let colon = authority.lastIndex(of: ":"),
            case let digits = authority[authority.index(after: colon)...],
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        var host = authority[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { "/@[]?#, ".contains($0) }) else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}
