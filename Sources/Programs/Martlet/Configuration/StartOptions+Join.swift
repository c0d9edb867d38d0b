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
        var endpoints: [Address] = []
        for part in join.split(separator: ",") {
            endpoints.append(
                try Address.parse(try Address.hostAndPort(part), option: "--join")
            )
        }
        guard !endpoints.isEmpty else { throw Address.complaint(join, option: "--join") }
        var configuration = try configuration(
            name: name,
            dataDirectory: dataDirectory,
            peer: peer,
            members: [NodeConfiguration.Member(name: name, peer: peer)]
        )
        configuration.join = endpoints
        return configuration
    }
}
