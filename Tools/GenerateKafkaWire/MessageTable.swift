/// What the files of Protocols/kafka say, in their order.
struct MessageTable {
    var apis: [API] = []

    /// Bytes that clients hand each other through the server, without being requests.
    var payloads: [Message] = []

    var errors: [ErrorCode] = []

    var messages: [Message] { apis.flatMap { [$0.request, $0.response] } + payloads }
}

/// A pair of messages and how clients agree on their version.
struct API {
    var key: Int
    var name: String
    var comment: [String]
    var versions: ClosedRange<Int>

    /// What ApiVersions is to say; clients of old want to see versions that nobody sends.
    var advertised: ClosedRange<Int>

    /// From this version on lengths are varints and structures end in tags.
    var firstFlexible: Int?

    var request: Message
    var response: Message
}

struct Message {
    /// `FetchRequest`; its structures are nested in it.
    var name: String
    var comment: [String]
    var versions: ClosedRange<Int>
    var firstFlexible: Int?

    /// The message itself first, then what it contains.
    var structures: [Structure] = []

    func structure(_ name: String) -> Structure? { structures.first { $0.name == name } }

    func isFlexible(_ version: Int) -> Bool { firstFlexible.map { version >= $0 } ?? false }

    /// The fewest bytes that a value takes in any version.
    func leastBytes(of structure: Structure) -> Int {
        structure.versions.map { leastBytes(of: structure, in: $0) }.min() ?? 0
    }

    private func leastBytes(of structure: Structure, in version: Int) -> Int {
        let isFlexible = isFlexible(version)
        var bytes = isFlexible ? 1 : 0
        for field in structure.fields where field.versions.contains(version) && field.tag == nil {
            bytes += leastBytes(of: field, in: version, isFlexible)
        }
        return bytes
    }

    private func leastBytes(of field: Field, in version: Int, _ isFlexible: Bool) -> Int {
        if field.isList { return isFlexible ? 1 : 4 }
        switch field.kind {
        case .bool, .int8: return 1
        case .int16, .uint16, .error: return 2
        case .int32: return 4
        case .int64: return 8
        case .uuid: return 16
        case .text, .string: return isFlexible ? 1 : 2
        case .bytes, .records: return isFlexible ? 1 : 4
        case .structure(let name):
            if field.nullable?.contains(version) == true { return 1 }
            return self.structure(name).map { leastBytes(of: $0, in: version) } ?? 0
        }
    }
}

struct Structure {
    /// Empty for the message itself.
    var name: String
    var comment: [String]
    var versions: ClosedRange<Int>
    var fields: [Field] = []
}

struct Field {
    enum Kind: Equatable {
        case bool, int8, int16, uint16, int32, int64, uuid
        case text, string, bytes, records, error
        case structure(String)
    }

    var name: String
    var comment: [String]
    var kind: Kind
    var isList: Bool
    var versions: ClosedRange<Int>

    /// The versions in which null may stand for it; nil if there are none.
    var nullable: ClosedRange<Int>?

    /// Its number among the tags at the structure's end, where it need not be.
    var tag: Int?

    /// As in the table; nil for zero, false and empty.
    var defaultText: String?
}

struct ErrorCode {
    var number: Int
    var name: String
    var isRetriable: Bool
    var refreshesMetadata: Bool
}
