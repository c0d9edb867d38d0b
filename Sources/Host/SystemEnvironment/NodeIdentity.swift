internal import Model

/// What `node.json` says: a flat object of strings and whole numbers, and nothing else.
struct NodeIdentity: Equatable {
    var format: UInt64 = formatNewest
    var cluster: ClusterID
    var node: NodeID
    var name: String
    var boots: UInt64

    /// What the cluster was restored from; nil if it began empty.
    var origin: String?

    /// Where the others were when the node joined a running cluster; nil if it founded one.
    ///
    /// Such a node's numbers do not follow from its settings: this file alone knows them.
    var peers: String?

    /// Which directory it is; unknown in one that was last used before directories were numbered.
    var incarnation = Incarnation.unknown

    /// The format of the whole data directory.
    static let formatNewest: UInt64 = 1

    init(cluster: ClusterID, node: NodeID, name: String, boots: UInt64) {
        self.cluster = cluster
        self.node = node
        self.name = name
        self.boots = boots
    }

    var text: String {
        let origin = origin.map { ",\n  \"origin\": \"\(Self.escaped($0))\"" } ?? ""
        let peers = peers.map { ",\n  \"peers\": \"\(Self.escaped($0))\"" } ?? ""
        return """
            {
              "format": \(format),
              "cluster": "\(String(cluster.number, radix: 16))",
              "node": "\(String(node.number, radix: 16))",
              "name": "\(Self.escaped(name))",
              "boots": \(boots),
              "incarnation": "\(String(incarnation.number, radix: 16))"\(origin)\(peers)
            }

            """
    }

    /// Nil if it is not such an object, or lacks one of them.
    init?(_ text: String) {
        var scanner = FlatObjectScanner(text)
        guard let fields = scanner.fields(),
            let format = fields["format"].flatMap({ UInt64($0) }),
            let cluster = fields["cluster"].flatMap({ UInt64($0, radix: 16) }),
            let node = fields["node"].flatMap({ UInt64($0, radix: 16) }),
            let name = fields["name"], let boots = fields["boots"].flatMap({ UInt64($0) }),
            boots < Limits.bootsMax
        else { return nil }
        self.init(cluster: ClusterID(cluster), node: NodeID(node), name: name, boots: boots)
        self.format = format
        origin = fields["origin"]
        peers = fields["peers"]
        if let text = fields["incarnation"] {
            guard let number = UInt64(text, radix: 16) else { return nil }
            incarnation = Incarnation(number)
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }
}

/// Reads `{"key": "text", "key": 123, …}`.
///
/// By scalars, as a mark at the start of a name would make one character with the quote before it.
struct FlatObjectScanner {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = Substring(text).unicodeScalars }

    mutating func fields() -> [String: String]? {
        guard take("{") else { return nil }
        var fields: [String: String] = [:]
        repeat {
            guard let key = quoted(), take(":"), let value = quoted() ?? number() else {
                return nil
            }
            fields[key] = value
        } while take(",")
        guard take("}") else { return nil }
        skipBlanks()
        return rest.isEmpty ? fields : nil
    }

    private mutating func skipBlanks() { rest = rest.drop { $0.properties.isWhitespace } }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard rest.first == sign else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func quoted() -> String? {
        guard take("\"") else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                text.append(escaped)
            default: text.append(scalar)
            }
        }
        return nil
    }

    private mutating func number() -> String? {
        skipBlanks()
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : String(String.UnicodeScalarView(digits))
    }
}
