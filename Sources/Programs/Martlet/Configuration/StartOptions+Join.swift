// A node that joins a running cluster.
extension StartOptions {
    /// Its number, and who the others are, the cluster tells it.
    func joiningNode(_ join: String) throws(Complaint) -> NodeConfiguration {
        guard cluster == nil else {
            throw Complaint(
                failure: "--join contradicts --cluster",
                cause: "--cluster founds a cluster, --join enters one that runs",
                fix: "martlet start --join \(join) …   (without --cluster)"
            )
        }
        let name = try required(self.name, "--name", example: "n4")
        let dataDirectory = try required(
            self.dataDirectory,
            "--data-dir",
            example: "/var/lib/martlet"
        )
        let peer = try Address.parse(
            try required(self.peer, "--peer", example: "10.0.0.4:2380"),
            option: "--peer"
        )
        let (endpoints, isByTLS) = try Self.joinedEndpoints(join)
        var configuration = try configuration(
            name: name,
            dataDirectory: dataDirectory,
            peer: peer,
            members: [NodeConfiguration.Member(name: name, peer: peer)]
        )
        guard !isByTLS || configuration.peerTLS != nil else {
            throw Complaint(
                failure: "--join \(join) needs a certificate and an authority",
                cause: "https:// asks for TLS, for which a node uses what it has for its peers",
                fix: "--peer-cert-file FILE --peer-key-file FILE --peer-ca-file FILE"
            )
        }
        configuration.join = endpoints
        configuration.joinsByTLS = isByTLS
        return configuration
    }

    /// All of them by TLS, or none: in plain text anybody could answer for a node.
    private static func joinedEndpoints(
        _ text: String
    ) throws(Complaint) -> (endpoints: [Address], isByTLS: Bool) {
        let parts = text.split(separator: ",")
        let secure = parts.filter { $0.hasPrefix(Address.secureScheme) }
        guard secure.isEmpty || secure.count == parts.count else {
            throw Complaint(
                failure: "--join \(text) mixes TLS with plain text",
                cause: "all of a cluster's nodes serve their clients in one of the two ways",
                fix: "--join "
                    + parts.map { Address.secureScheme + Address.authority($0) }
                    .joined(separator: ",")
            )
        }
        var endpoints: [Address] = []
        for part in parts {
            let address = secure.isEmpty ? try Address.hostAndPort(part) : Address.authority(part)
            endpoints.append(try Address.parse(address, option: "--join"))
        }
        guard !endpoints.isEmpty else { throw Address.complaint(text, option: "--join") }
        return (endpoints, !secure.isEmpty)
    }
}
