import Telemetry
import Testing

@testable import Martlet

@Suite struct StartOptionsTests {
    private let three = "n1=127.0.0.1:2380,n2=127.0.0.1:2480,n3=127.0.0.1:2580"

    @Test func aDevelopmentNodeNeedsNothing() throws {
        let configuration = try StartOptions().development()
        #expect(configuration.etcd == Address(host: "127.0.0.1", port: 2379))
        #expect(configuration.members.map(\.name) == ["n1"])
        #expect(configuration.peer == nil)
    }

    @Test(arguments: ["--peer", "--cluster", "--name"])
    func aClustersOptionContradictsDev(option: String) {
        var options = StartOptions()
        switch option {
        case "--peer": options.peer = "127.0.0.1:1"
        case "--cluster": options.cluster = three
        default: options.name = "n1"
        }
        let complaint = #expect(throws: Complaint.self) { try options.development() }
        #expect(complaint?.failure == "\(option) contradicts --dev")
    }

    @Test func aNodeListensWhereTheClusterExpectsItUnlessToldOtherwise() throws {
        var options = StartOptions(name: "n2", dataDirectory: "d", cluster: three)
        #expect(try options.clusterNode().peer == Address("127.0.0.1:2480"))
        options.peer = "0.0.0.0:2480"
        #expect(try options.clusterNode().peer == Address("0.0.0.0:2480"))
    }

    @Test func allNodesOfAClusterAgreeOnItsIdentity() throws {
        let first = try StartOptions(name: "n1", dataDirectory: "d", cluster: three).clusterNode()
        let reordered = "n3=10.0.0.3:1,n1=10.0.0.1:1,n2=10.0.0.2:1"
        let second = try StartOptions(name: "n2", dataDirectory: "e", cluster: reordered)
            .clusterNode()
        #expect(first.cluster == second.cluster)
        #expect(first.id != second.id)
    }

    @Test(arguments: [
        ("n9", "n1=a:1", "node 'n9' is not in --cluster"),
        ("n1", "n1=a:1,n1=b:2", "'n1=b:2' repeats a node of --cluster"),
        ("n1", "n1=a:1,n2=a:1", "'n2=a:1' repeats a node of --cluster"),
        ("n1", "n1", "'n1' is not a node"),
        ("n1", "n1=a:port", "'n1=a:port' is not a node"),
    ])
    func aClusterThatIsWrittenWronglyIsRefused(name: String, cluster: String, failure: String) {
        let options = StartOptions(name: name, dataDirectory: "d", cluster: cluster)
        let complaint = #expect(throws: Complaint.self) { try options.clusterNode() }
        #expect(complaint?.failure == failure)
    }

    @Test(arguments: [
        (nil as String?, 2 << 30 as Int?), ("0", 2 << 30), ("1000000", 1_000_000), ("-1", nil),
    ])
    func theQuotaIsWrittenAsInEtcd(text: String?, bytes: Int?) throws {
        #expect(try StartOptions(quotaBytes: text).development().quotaBytes == bytes)
    }

    @Test func aQuotaThatIsNoNumberIsRefused() {
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(quotaBytes: "2GB").development()
        }
        #expect(complaint?.failure == "'2GB' is not a number of bytes")
    }

    @Test(arguments: [
        (nil as String?, nil as UInt64?), ("100ms", 100_000_000), ("2s", 2_000_000_000),
        ("10m", 600_000_000_000), ("1h", 3_600_000_000_000),
    ])
    func theIntervalOfProgressHasAUnit(text: String?, nanoseconds: UInt64?) throws {
        let configuration = try StartOptions(progressInterval: text).development()
        #expect(configuration.progressNanoseconds == nanoseconds)
    }

    @Test(arguments: ["99ms", "0s", "10", "m", "-1s", "1.5s", "999999999999h"])
    func anIntervalThatIsNoneOrTooShortIsRefused(text: String) {
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(progressInterval: text).development()
        }
        #expect(complaint?.failure == "'\(text)' is no interval for progress reports")
    }

    @Test func halfOfTLSIsRefused() {
        let options = StartOptions(certificate: "server.pem")
        #expect(throws: Complaint.self) { try options.development() }
    }

    @Test(arguments: 1..<7)
    func aPartOfPeerTLSIsRefused(given: Int) {
        func file(_ bit: Int) -> String? { given & bit != 0 ? "file.pem" : nil }
        let options = StartOptions(
            name: "n1",
            dataDirectory: "d",
            cluster: three,
            peerCertificate: file(1),
            peerKey: file(2),
            peerAuthority: file(4)
        )
        let complaint = #expect(throws: Complaint.self) { try options.clusterNode() }
        #expect(complaint?.failure.hasSuffix("missing") == true)
        let names = ["--peer-cert-file", "--peer-key-file", "--peer-ca-file"]
        for (place, name) in names.enumerated() {
            #expect(complaint?.failure.contains(name) == (given & 1 << place == 0))
        }
    }

    @Test func peerTLSIsWhatTheFilesSay() throws {
        var options = StartOptions(name: "n1", dataDirectory: "d", cluster: three)
        #expect(try options.clusterNode().peerTLS == nil)
        options = options.over(
            try ConfigurationFile.parse(
                "peer-cert-file = a\npeer-key-file = b\npeer-ca-file = c\n",
                path: "f"
            )
        )
        let expected = NodeConfiguration.PeerTLSFiles(certificate: "a", key: "b", authority: "c")
        #expect(try options.clusterNode().peerTLS == expected)
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(peerAuthority: "c").development()
        }
        #expect(complaint?.failure == "--peer-ca-file contradicts --dev")
    }

    @Test func aComplaintHasThreeLines() {
        let complaint = Complaint(failure: "a", cause: "b", fix: "c")
        #expect("\(complaint)" == "error: a\ncause: b\nfix:   c")
    }
}

@Suite struct ConfigurationFileTests {
    @Test func aFileSetsWhatTheFlagsDoNot() throws {
        let file = try ConfigurationFile.parse(
            "# a node\nname = n1   # its name\n\netcd=\"127.0.0.1:1\"\n",
            path: "f"
        )
        #expect(file.name == "n1")
        let options = StartOptions(etcd: "127.0.0.1:2").over(file)
        #expect(options.name == "n1")
        #expect(options.etcd == "127.0.0.1:2")
    }

    @Test(arguments: [
        ("nmae = n1", "f:1: unknown key 'nmae'", "did you mean 'name'?"),
        ("\nname = a\nname = b", "f:3: 'name' is set twice", "remove one of the lines"),
        ("name", "f:1: 'name' is not a setting", "name = n1"),
    ])
    func aLineThatSaysNothingIsRefusedWithItsPlace(text: String, failure: String, fix: String) {
        let complaint = #expect(throws: Complaint.self) {
            try ConfigurationFile.parse(text, path: "f")
        }
        #expect(complaint?.failure == failure)
        #expect(complaint?.fix == fix)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), (":80", "127.0.0.1", 80), ("[::1]:2379", "::1", 2379),
    ])
    func anAddressIsAHostAndAPort(text: String, host: String, port: Int) {
        #expect(Address(text) == Address(host: host, port: port))
    }

    @Test(arguments: ["", "host", "host:", "host:x", "host:70000", "host:-1"])
    func whatIsNoAddressIsNone(text: String) {
        #expect(Address(text) == nil)
    }
}

@Suite struct StartRefusalTests {
    @Test func allThatIsMissingIsToldAtOnce() {
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(name: "n1").clusterNode()
        }
        #expect(complaint?.failure == "--data-dir, --cluster are missing")
    }

    @Test func twoListenersCannotShareAPort() {
        let options = StartOptions(etcd: "127.0.0.1:8080")
        let complaint = #expect(throws: Complaint.self) { try options.development() }
        #expect(complaint?.failure == "--etcd and --http are both 127.0.0.1:8080")
        #expect(complaint?.fix == "--http 127.0.0.1:8081")
    }

    @Test(arguments: ["http://127.0.0.1:2379", "127.0.0.1:0", "a b:1", "127.0.0.1", "x:-1"])
    func whatIsNoAddressIsRefused(_ text: String) {
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(etcd: text).development()
        }
        #expect(complaint?.failure == "'\(text)' is not an address")
    }

    @Test func aLogIsWrittenAsItsWordsSay() throws {
        let log = try StartOptions(logLevel: "warn", logFormat: "json").development().log
        #expect(log.level == .warn)
        #expect(log.format == .json)
        let complaint = #expect(throws: Complaint.self) {
            try StartOptions(logFormat: "JSON").development()
        }
        #expect(complaint?.fix == "--log-format json")
    }
}
