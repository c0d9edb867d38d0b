/// A file of Protocols/kafka says something this generator does not understand.
struct TableError: Error, CustomStringConvertible {
    var file: String
    var line: Int
    var reason: String

    var description: String { "\(file):\(line): \(reason)" }
}

/// Reads a file of messages: one field a line, indented by four spaces below what contains it.
///
///     api 9 OffsetFetch 1-10 flexible 6+
///     request
///         groupId text -7
///         groups [Group] 8+
///             topics [Topic]?
///         struct Topic
///             name text -9
///
/// A field is its name, its type – `[…]` a list, `?` nullable, perhaps only in the versions behind
/// it – the versions that have it if not all have, `tag` and its number, `=` and its default.
struct TableParser {
    private let file: String
    private var nodes: [TableNode]

    init(source: String, file: String) throws(TableError) {
        self.file = file
        nodes = try TableNode.parse(source, file: file)
    }

    mutating func parse(into table: inout MessageTable) throws(TableError) {
        var rest = nodes[...]
        while let node = rest.popFirst() {
            switch node.words[0] {
            case "api":
                guard let request = rest.popFirst(), request.words == ["request"],
                    let response = rest.popFirst(), response.words == ["response"]
                else { throw fault(node, "an api needs a request and a response") }
                table.apis.append(try api(node, request, response))
            case "payload":
                table.payloads.append(try payload(node))
            default:
                throw fault(node, "expected api or payload, not \(node.words[0])")
            }
        }
    }

    private func api(
        _ node: TableNode,
        _ request: TableNode,
        _ response: TableNode
    ) throws(TableError) -> API {
        guard node.words.count >= 4, let key = Int(node.words[1]) else {
            throw fault(node, "expected: api KEY NAME VERSIONS")
        }
        let versions = try range(node.words[3], within: 0...Int(Int16.max), node)
        let name = node.words[2]
        let flexible = try node.value(of: "flexible").map { text throws(TableError) in
            try range(text, within: versions, node).lowerBound
        }
        let advertised = try node.value(of: "advertised").map { text throws(TableError) in
            try range(text, within: 0...versions.upperBound, node)
        }
        var request = request
        request.comment = request.comment.isEmpty ? node.comment : request.comment
        return API(
            key: key,
            name: name,
            comment: node.comment,
            versions: versions,
            advertised: advertised ?? versions,
            firstFlexible: flexible,
            request: try message(request, name + "Request", versions, flexible),
            response: try message(response, name + "Response", versions, flexible)
        )
    }

    private func payload(_ node: TableNode) throws(TableError) -> Message {
        guard node.words.count == 3 else { throw fault(node, "expected: payload NAME VERSIONS") }
        let versions = try range(node.words[2], within: 0...Int(Int16.max), node)
        return try message(node, node.words[1], versions, nil)
    }

    private func message(
        _ node: TableNode,
        _ name: String,
        _ versions: ClosedRange<Int>,
        _ firstFlexible: Int?
    ) throws(TableError) -> Message {
        var message = Message(
            name: typeName(name),
            comment: node.comment,
            versions: versions,
            firstFlexible: firstFlexible
        )
        let whole = Structure(name: "", comment: node.comment, versions: versions)
        try add(whole, node.children, to: &message)
        for field in message.structures.flatMap(\.fields) {
            if case .structure(let name) = field.kind, message.structure(name) == nil {
                throw fault(node, "\(message.name) has no structure \(name)")
            }
        }
        return message
    }

    /// Adds a structure and, behind it, those that its fields define.
    private func add(
        _ structure: Structure,
        _ children: [TableNode],
        to message: inout Message
    ) throws(TableError) {
        var structure = structure
        let place = message.structures.count
        message.structures.append(structure)
        for node in children {
            let inner: Structure
            if node.words[0] == "struct", node.words.count == 2 {
                let name = typeName(node.words[1])
                inner = Structure(name: name, comment: node.comment, versions: message.versions)
            } else {
                let field = try field(node, in: structure.versions)
                structure.fields.append(field)
                guard case .structure(let name) = field.kind, !node.children.isEmpty else {
                    continue
                }
                inner = Structure(name: name, comment: [], versions: field.versions)
            }
            guard message.structure(inner.name) == nil else {
                throw fault(node, "\(inner.name) is defined twice")
            }
            try add(inner, node.children, to: &message)
        }
        message.structures[place] = structure
    }
}

extension TableParser {
    private func field(
        _ node: TableNode,
        in versions: ClosedRange<Int>
    ) throws(TableError) -> Field {
        var words = node.words[...]
        guard let name = words.popFirst(), let type = words.popFirst() else {
            throw fault(node, "expected: NAME TYPE")
        }
        let parts = type.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let isList = parts[0].hasPrefix("[")
        let element = isList ? parts[0].dropFirst().dropLast() : parts[0]
        var field = Field(
            name: propertyName(name),
            comment: node.comment,
            kind: try kind(String(element), node),
            isList: isList,
            versions: versions
        )
        if let first = words.first, first != "tag", first != "=" {
            field.versions = try range(first, within: versions, node)
            words.removeFirst()
        }
        if parts.count == 2 {
            let text = parts[1].isEmpty ? "0+" : String(parts[1])
            field.nullable = try range(text, within: field.versions, node)
        }
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { throw fault(node, "nothing behind \(word)") }
            switch word {
            case "tag": field.tag = Int(value)
            case "=": field.defaultText = value
            default: throw fault(node, "what is \(word)?")
            }
        }
        return field
    }

    private func kind(_ text: String, _ node: TableNode) throws(TableError) -> Field.Kind {
        switch text {
        case "bool": return .bool
        case "int8": return .int8
        case "int16": return .int16
        case "uint16": return .uint16
        case "int32": return .int32
        case "int64": return .int64
        case "uuid": return .uuid
        case "text": return .text
        case "string": return .string
        case "bytes": return .bytes
        case "records": return .records
        case "error": return .error
        default:
            guard text.first?.isUppercase == true else { throw fault(node, "what is \(text)?") }
            return .structure(typeName(text))
        }
    }

    /// `3`, `3+`, `-7` or `3-7`, cut down to what is there.
    private func range(
        _ text: String,
        within whole: ClosedRange<Int>,
        _ node: TableNode
    ) throws(TableError) -> ClosedRange<Int> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var lower: Int?
        var upper: Int?
        if parts.count == 2 {
            lower = parts[0].isEmpty ? whole.lowerBound : Int(parts[0])
            upper = Int(parts[1])
        } else if text.hasSuffix("+") {
            lower = Int(text.dropLast())
            upper = whole.upperBound
        } else {
            lower = Int(text)
            upper = lower
        }
        guard let lower, let upper else { throw fault(node, "\(text) is no range of versions") }
        let first = max(lower, whole.lowerBound)
        let last = min(upper, whole.upperBound)
        guard first <= last else { throw fault(node, "no version of \(whole) is in \(text)") }
        return first...last
    }

    private func fault(_ node: TableNode, _ reason: String) -> TableError {
        TableError(file: file, line: node.line, reason: reason)
    }
}
