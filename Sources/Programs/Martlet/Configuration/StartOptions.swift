/// The settings of `martlet start`, as flags or a configuration file give them.
struct StartOptions: Equatable {
    var name: String?
    var dataDirectory: String?
    var etcd: String?
    var kafka: String?
    var http: String?
    var peer: String?
    var cluster: String?
    var join: String?
    var certificate: String?
    var key: String?
    var clientAuthority: String?
    var peerCertificate: String?
    var peerKey: String?
    var peerAuthority: String?
    var logLevel: String?
    var logFormat: String?
    var quotaBytes: String?
    var progressInterval: String?

    /// The keys of a configuration file; the flags have the same names.
    static var keys: [(name: String, path: WritableKeyPath<StartOptions, String?>)] {
        [
            ("name", \.name), ("data-dir", \.dataDirectory), ("etcd", \.etcd), ("kafka", \.kafka),
            ("http", \.http), ("peer", \.peer), ("cluster", \.cluster), ("join", \.join),
            ("cert-file", \.certificate), ("key-file", \.key),
            ("client-ca-file", \.clientAuthority), ("peer-cert-file", \.peerCertificate),
            ("peer-key-file", \.peerKey), ("peer-ca-file", \.peerAuthority),
            ("log-level", \.logLevel), ("log-format", \.logFormat),
            ("quota-backend-bytes", \.quotaBytes),
            ("watch-progress-notify-interval", \.progressInterval),
        ]
    }

    /// Flags go before the file.
    func over(_ file: StartOptions) -> StartOptions {
        var options = self
        for (_, path) in Self.keys where options[keyPath: path] == nil {
            options[keyPath: path] = file[keyPath: path]
        }
        return options
    }

    /// A single node on loopback, with nothing to configure.
    func development() throws(Complaint) -> NodeConfiguration {
        let contradictions = [
            ("--peer", peer), ("--cluster", cluster), ("--join", join), ("--name", name),
            ("--peer-cert-file", peerCertificate), ("--peer-key-file", peerKey),
            ("--peer-ca-file", peerAuthority),
        ]
        for (option, value) in contradictions where value != nil {
            throw Complaint(
                failure: "\(option) contradicts --dev",
                cause: "--dev starts one node alone",
                fix: "martlet start --dev   (or leave --dev out to start a node of a cluster)"
            )
        }
        return try configuration(
            name: "n1",
            dataDirectory: dataDirectory ?? "martlet-data",
            peer: nil,
            members: [NodeConfiguration.Member(name: "n1", peer: nil)]
        )
    }

    /// A node of a cluster.
    func clusterNode() throws(Complaint) -> NodeConfiguration {
        if let join { return try joiningNode(join) }
        try requireAll()
        let name = try required(self.name, "--name", example: "n1")
        let dataDirectory = try required(
            self.dataDirectory,
            "--data-dir",
            example: "/var/lib/martlet"
        )
        let members = try parseMembers()
        guard let own = members.first(where: { $0.name == name }) else {
            throw Complaint(
                failure: "node '\(name)' is not in --cluster",
                cause: "--cluster names \(members.map(\.name).joined(separator: ", "))",
                fix: "add \(name)=HOST:PORT to --cluster, or change --name"
            )
        }
        let listen = try self.peer.map { (text) throws(Complaint) in
            try Address.parse(text, option: "--peer")
        }
        return try configuration(
            name: name,
            dataDirectory: dataDirectory,
            peer: listen ?? own.peer,
            members: members
        )
    }

    /// Names all that is missing at once.
    private func requireAll() throws(Complaint) {
        let needed = [("--name", name), ("--data-dir", dataDirectory), ("--cluster", cluster)]
        let missing = needed.filter { $0.1?.isEmpty ?? true }.map(\.0)
        guard missing.count > 1 else { return }
        throw Complaint(
            failure: "\(missing.joined(separator: ", ")) are missing",
            cause: "a node of a cluster needs a name, a data directory and its peers",
            fix: "martlet start --dev   (one node alone; for a cluster: martlet start --help)"
        )
    }

    func required(
        _ value: String?,
        _ option: String,
        example: String
    ) throws(Complaint) -> String {
        guard let value, !value.isEmpty else {
            throw Complaint(
                failure: "\(option) is missing",
                cause: "a node of a cluster needs a name, a data directory and its peers",
                fix: "martlet start \(option) \(example) …   (or: martlet start --dev)"
            )
        }
        return value
    }

    private func parseMembers() throws(Complaint) -> [NodeConfiguration.Member] {
        let text = try required(cluster, "--cluster", example: "n1=127.0.0.1:2380,n2=…,n3=…")
        var members: [NodeConfiguration.Member] = []
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let address = Address(pair[1]) else {
                throw Complaint(
                    failure: "'\(part)' is not a node",
                    cause: "--cluster takes NAME=HOST:PORT,…",
                    fix: "--cluster n1=127.0.0.1:2380,n2=127.0.0.1:2480,n3=127.0.0.1:2580"
                )
            }
            guard !members.contains(where: { $0.name == pair[0] || $0.peer == address }) else {
                throw Complaint(
                    failure: "'\(part)' repeats a node of --cluster",
                    cause: "each node has a name and an address of its own",
                    fix: "give each node in --cluster another name and HOST:PORT"
                )
            }
            members.append(NodeConfiguration.Member(name: pair[0], peer: address))
        }
        return members.sorted { $0.name < $1.name }
    }

    func configuration(
        name: String,
        dataDirectory: String,
        peer: Address?,
        members: [NodeConfiguration.Member]
    ) throws(Complaint) -> NodeConfiguration {
        let etcd = try Address.parse(self.etcd ?? "127.0.0.1:2379", option: "--etcd")
        let kafka = try Address.parse(self.kafka ?? "127.0.0.1:9092", option: "--kafka")
        let http = try Address.parse(self.http ?? "127.0.0.1:8080", option: "--http")
        try requireDistinct([("--etcd", etcd), ("--http", http), ("--peer", peer)])
        return NodeConfiguration(
            name: name,
            dataDirectory: dataDirectory,
            etcd: etcd,
            kafka: kafka,
            http: http,
            peer: peer,
            members: members,
            tls: try parseTLS(),
            peerTLS: try parsePeerTLS(),
            log: try LogSettings(level: logLevel, format: logFormat),
            quotaBytes: try parseQuota(),
            progressNanoseconds: try parseProgressInterval()
        )
    }

    /// All three or none: with a certificate alone a node could not tell its peers from strangers.
    private func parsePeerTLS() throws(Complaint) -> NodeConfiguration.PeerTLSFiles? {
        let given = [
            ("--peer-cert-file", peerCertificate), ("--peer-key-file", peerKey),
            ("--peer-ca-file", peerAuthority),
        ]
        if let peerCertificate, let peerKey, let peerAuthority {
            return NodeConfiguration.PeerTLSFiles(
                certificate: peerCertificate,
                key: peerKey,
                authority: peerAuthority
            )
        }
        let missing = given.filter { $0.1 == nil }.map(\.0)
        guard missing.count < given.count else { return nil }
        throw Complaint(
            failure: "\(missing.joined(separator: " and ")) missing",
            cause: "nodes show each other certificates, and check them: that takes all three files",
            fix: "--peer-cert-file n1.pem --peer-key-file n1.key --peer-ca-file peers-ca.pem"
        )
    }

    private func requireDistinct(
        _ listeners: [(option: String, address: Address?)]
    ) throws(Complaint) {
        for (place, (option, address)) in listeners.enumerated() {
            guard let address,
                let other = listeners[..<place].first(where: { $0.address == address })
            else { continue }
            throw Complaint(
                failure: "\(other.option) and \(option) are both \(address)",
                cause: "each listens on a port of its own",
                fix: "\(option) \(address.host):\(address.port < 65_535 ? address.port + 1 : 1_024)"
            )
        }
    }

    /// As etcd takes it: nothing or zero is the default, a negative number is no quota.
    private func parseQuota() throws(Complaint) -> Int? {
        guard let quotaBytes else { return NodeConfiguration.quotaBytesDefault }
        guard let number = Int(quotaBytes) else {
            throw Complaint(
                failure: "'\(quotaBytes)' is not a number of bytes",
                cause: "--quota-backend-bytes takes a whole number; -1 is no quota",
                fix: "--quota-backend-bytes \(NodeConfiguration.quotaBytesDefault)"
            )
        }
        guard number >= 0 else { return nil }
        return number == 0 ? NodeConfiguration.quotaBytesDefault : number
    }

    /// A number with a unit, as etcd takes it.
    private func parseProgressInterval() throws(Complaint) -> UInt64? {
        guard let progressInterval else { return nil }
        let units: [(String, UInt64)] = [
            ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ]
        for (unit, scale) in units where progressInterval.hasSuffix(unit) {
            guard let number = UInt64(progressInterval.dropLast(unit.count)) else { continue }
            let (nanoseconds, overflows) = number.multipliedReportingOverflow(by: scale)
            guard !overflows, nanoseconds >= NodeConfiguration.progressNanosecondsMin else { break }
            return nanoseconds
        }
        throw Complaint(
            failure: "'\(progressInterval)' is no interval for progress reports",
            cause: "--watch-progress-notify-interval takes a whole number and ms, s, m or h; "
                + "at least 100ms",
            fix: "--watch-progress-notify-interval 10m"
        )
    }

    private func parseTLS() throws(Complaint) -> NodeConfiguration.TLSFiles? {
        switch (certificate, key) {
        case (nil, nil):
            guard clientAuthority == nil else {
                throw Complaint(
                    failure: "--client-ca-file without --cert-file",
                    cause: "client certificates are checked on TLS connections only",
                    fix: "add --cert-file FILE --key-file FILE"
                )
            }
            return nil
        case (let certificate?, let key?):
            return NodeConfiguration.TLSFiles(
                certificate: certificate,
                key: key,
                clientAuthority: clientAuthority
            )
        case (_?, nil), (nil, _?):
            throw Complaint(
                failure: "--cert-file and --key-file go together",
                cause: "TLS needs the certificate and its key",
                fix: "martlet start … --cert-file server.pem --key-file server.key"
            )
        }
    }
}
