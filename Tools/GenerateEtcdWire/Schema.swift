/// What the `.proto` files say, in their order.
struct Schema {
    var chapters: [Chapter] = []
    var services: [Service] = []

    /// The same by files.
    var files: [ProtoSource] = []

    /// The messages whose fields lead back to themselves, by name.
    func recursiveMessages() -> Set<String> {
        let messages = chapters.flatMap(\.messages)
        let inner = Dictionary(
            messages.map { ($0.name, Set($0.fields.compactMap(\.messageName))) },
            uniquingKeysWith: { first, _ in first }
        )
        func reached(from name: String) -> Set<String> {
            var found = Set<String>()
            var open = Array(inner[name] ?? [])
            while let next = open.popLast() {
                guard found.insert(next).inserted else { continue }
                open += inner[next] ?? []
            }
            return found
        }
        return Set(messages.map(\.name).filter { reached(from: $0).contains($0) })
    }
}

/// A `.proto` file, with all that it defines.
struct ProtoSource {
    var name: String
    var package = ""
    var imports: [String] = []
    var messages: [Message] = []
    var enumerations: [Enumeration] = []
    var services: [Service] = []
}

/// A part of a file that becomes a generated file; begun by a line `//# Name`.
struct Chapter {
    var name: String
    var messages: [Message] = []
    var enumerations: [Enumeration] = []
}

struct Message {
    var name: String
    var comment: [String]
    var fields: [Field] = []
    var enumerations: [Enumeration] = []

    /// Fields, with all of one oneof as one element, by their first numbers.
    var members: [Member] {
        var members: [Member] = []
        for field in fields.sorted(by: { $0.number < $1.number }) {
            guard let name = field.oneof else {
                members.append(.field(field))
                continue
            }
            if case .oneof(name, let cases)? = members.last {
                members[members.count - 1] = .oneof(name, cases + [field])
            } else {
                members.append(.oneof(name, [field]))
            }
        }
        return members
    }
}

enum Member {
    case field(Field)
    case oneof(String, [Field])
}

struct Field {
    enum Kind: Equatable {
        case bytes, string, bool, int32, int64, uint32, uint64
        case message(String)
        case enumeration(String)
    }

    var name: String
    var number: Int
    var kind: Kind
    var isRepeated: Bool
    var oneof: String?
    var comment: [String]

    var messageName: String? {
        if case .message(let name) = kind { name } else { nil }
    }
}

struct Enumeration {
    var name: String
    var comment: [String]
    var cases: [(name: String, number: Int, comment: [String])] = []
}

struct Service {
    var package: String
    var name: String
    var methods: [ServiceMethod] = []
}

struct ServiceMethod {
    var name: String

    /// Messages, with or without their packages.
    var request: String
    var response: String

    var streamsRequests: Bool
    var streamsResponses: Bool
}
