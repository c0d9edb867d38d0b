import Bytes
import Controller
import Model

@testable import SystemEnvironment

// The decoders of the program Martlet, which no library can depend on: Configuration holds links to
// its files, so that they are compiled here a second time.

/// What a person wrote, or a node wrote for itself.
extension FuzzTarget {
    static let configurationTargets: [FuzzTarget] = [
        FuzzTarget("configuration", bytesPerByte: 64, samples: configurationSamples, configuration),
        FuzzTarget("peer-addresses", bytesPerByte: 64, samples: { addresses }, peerAddresses),
        FuzzTarget("node-identity", bytesPerByte: 64, samples: identitySamples, nodeIdentity),
    ]

    private static func configurationSamples() -> [ByteSlice] {
        [
            """
            # a node of three
            name = n1
            data-dir = "/var/lib/martlet"
            etcd = 0.0.0.0:2379
            peer = [::1]:2380
            cluster = n1=127.0.0.1:2380,n2=127.0.0.2:2380,n3=127.0.0.3:2380
            quota-backend-bytes = 8GiB
            watch-progress-notify-interval = 10m
            log-level = warn
            log-format = json
            """,
            "peer-cert-file = a\npeer-key-file = b\npeer-ca-file = c\nclient-ca-file = d",
        ]
    }

    private static func configuration(_ input: ByteSlice, _ run: FuzzRun) {
        // The limit on a file's size is the file system's; long lines find nothing new.
        guard input.count <= 4_096 else { return }
        let options: StartOptions
        do throws(Complaint) {
            options = try run.decoding { () throws(Complaint) in
                try ConfigurationFile.parse(input.text, path: "f")
            }
        } catch {
            return run.expect(!error.fix.isEmpty, "a complaint that does not say what to do")
        }
        for node in [StartOptions.development, StartOptions.clusterNode] {
            do throws(Complaint) {
                let node = try node(options)()
                let address = Address(node.etcd.description)
                run.expect(address == node.etcd, "\(node.etcd) came back as \(address as Any)")
            } catch {
                run.expect(!error.fix.isEmpty, "a complaint that does not say what to do")
            }
        }
    }

    private static let addresses: [ByteSlice] = [
        "a1@127.0.0.1:2380,b2@[::1]:2380", "http://127.0.0.1:2380", "https://[::1]:1",
    ]

    /// How `node.json` and other nodes write where nodes are.
    private static func peerAddresses(_ input: ByteSlice, _ run: FuzzRun) {
        let peers = run.decoding { Admission.peers(from: input.text) }
        let admission = Admission(cluster: ClusterID(1), node: NodeID(1), peers: peers)
        run.expect(
            Admission.peers(from: admission.peersText) == peers,
            "\(admission.peersText) came back changed"
        )
        guard let url = PeerURL(input.text) else { return }
        run.expect((1...65_535).contains(url.port) && !url.host.isEmpty, "\(url)")
    }

    private static func identitySamples() -> [ByteSlice] {
        var identity = NodeIdentity(
            cluster: ClusterID(0xabc),
            node: NodeID(7),
            name: "n\"1\\",
            boots: 3
        )
        let plain = ByteSlice(identity.text)
        identity.origin = "a snapshot"
        return [plain, ByteSlice(identity.text)]
    }

    private static func nodeIdentity(_ input: ByteSlice, _ run: FuzzRun) {
        guard let identity = run.decoding({ NodeIdentity(input.text) }) else { return }
        let again = NodeIdentity(identity.text)
        run.expect(again == identity, "\(identity.text) came back as \(again?.text ?? "nothing")")
    }
}
