/// A host and its port, as settings and URLs write them: `host:port`, an IPv6 address in brackets.
///
/// What names a node is read here and nowhere else, so that an address that one place takes no other
/// refuses.
public struct HostAndPort: Sendable, Equatable {
    /// Without brackets; empty if none was written.
    public var host: String
    public var port: Int

    /// Nil unless there is a port of 1 to 65535, in digits alone, and no path, user or query.
    ///
    /// A port of 0, which the system would choose, is none that anybody could be told.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"),
            case let digits = text[text.index(after: colon)...],
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.contains(where: { "/@[]?#, ".contains($0) }) else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}
