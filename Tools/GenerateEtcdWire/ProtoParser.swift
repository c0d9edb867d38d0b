/// Reads the part of proto3 that our files use: messages, enums, oneofs, services, comments.
struct ProtoParser {
    private let file: String
    private let tokens: [(token: Token, line: Int)]
    private var position = 0
    private var package = ""
    private var comment: [String] = []

    /// Of all files, since fields may name what is defined later.
    private let enumerationNames: Set<String>

    init(source: String, file: String, enumerationNames: Set<String>) throws(ProtoError) {
        self.file = file
        self.enumerationNames = enumerationNames
        tokens = try cutTokens(of: source, file: file)
    }

    /// The names that follow the word `enum`.
    static func enumerationNames(in source: String, file: String) throws(ProtoError) -> [String] {
        let tokens = try cutTokens(of: source, file: file)
        return zip(tokens, tokens.dropFirst()).compactMap { pair in
            guard pair.0.token == .word("enum"), case .word(let name) = pair.1.token else {
                return nil
            }
            return name
        }
    }

    mutating func parse(into schema: inout Schema) throws(ProtoError) {
        var source = ProtoSource(name: file)
        defer { schema.files.append(source) }
        while let token = next() {
            switch token {
            case .word("syntax"):
                try skipStatement()
            case .word("import"):
                source.imports.append(try text())
                try expect(";")
            case .word("package"):
                package = try word()
                source.package = package
                try expect(";")
            case .chapter(let name):
                schema.chapters.append(Chapter(name: name))
            case .word("message"):
                let message = try message()
                source.messages.append(message)
                try chapter(of: &schema) { $0.messages.append(message) }
            case .word("enum"):
                let enumeration = try enumeration()
                source.enumerations.append(enumeration)
                try chapter(of: &schema) { $0.enumerations.append(enumeration) }
            case .word("service"):
                let service = try service()
                source.services.append(service)
                schema.services.append(service)
            case .word, .text, .symbol, .comment:
                throw failure("expected a message, an enum or a service, found \(token)")
            }
        }
    }

    private func chapter(
        of schema: inout Schema,
        _ change: (inout Chapter) -> Void
    ) throws(ProtoError) {
        guard !schema.chapters.isEmpty else { throw failure("no `//# Name` before it") }
        change(&schema.chapters[schema.chapters.count - 1])
    }

    private mutating func message() throws(ProtoError) -> Message {
        var message = Message(name: "", comment: takeComment())
        message.name = try word()
        try expect("{")
        while let token = next() {
            switch token {
            case .symbol("}"):
                return message
            case .word("enum"):
                message.enumerations.append(try enumeration())
            case .word("oneof"):
                let name = try word()
                try expect("{")
                while let inner = next(), inner != .symbol("}") {
                    message.fields.append(try field(from: inner, oneof: name))
                }
            case .word, .text, .symbol, .comment, .chapter:
                message.fields.append(try field(from: token, oneof: nil))
            }
        }
        throw failure("the message does not end")
    }

    private mutating func field(from first: Token, oneof: String?) throws(ProtoError) -> Field {
        let comment = takeComment()
        guard case .word(var type) = first else { throw failure("expected a field's type") }
        let isRepeated = type == "repeated"
        if isRepeated { type = try word() }
        let name = try word()
        try expect("=")
        let number = try number()
        try expect(";")
        return Field(
            name: name,
            number: number,
            kind: kind(of: type),
            isRepeated: isRepeated,
            oneof: oneof,
            comment: comment
        )
    }

    private func kind(of type: String) -> Field.Kind {
        switch type {
        case "bytes": return .bytes
        case "string": return .string
        case "bool": return .bool
        case "int32": return .int32
        case "int64": return .int64
        case "uint32": return .uint32
        case "uint64": return .uint64
        default:
            let name = String(type.split(separator: ".").last ?? "")
            return enumerationNames.contains(name) ? .enumeration(name) : .message(name)
        }
    }

    private mutating func enumeration() throws(ProtoError) -> Enumeration {
        var enumeration = Enumeration(name: "", comment: takeComment())
        enumeration.name = try word()
        try expect("{")
        while let token = next(), token != .symbol("}") {
            guard case .word(let name) = token else { throw failure("expected a case") }
            let comment = takeComment()
            try expect("=")
            enumeration.cases.append((name, try number(), comment))
            try expect(";")
        }
        return enumeration
    }

    private mutating func service() throws(ProtoError) -> Service {
        var service = Service(package: package, name: try word())
        try expect("{")
        while let token = next(), token != .symbol("}") {
            guard token == .word("rpc") else { throw failure("expected rpc") }
            let name = try word()
            let request = try messages()
            guard try word() == "returns" else { throw failure("expected returns") }
            let response = try messages()
            try expect(";")
            service.methods.append(
                ServiceMethod(
                    name: name,
                    request: request.name,
                    response: response.name,
                    streamsRequests: request.isStream,
                    streamsResponses: response.isStream
                )
            )
        }
        return service
    }

    /// `(Type)` or `(stream Type)`.
    private mutating func messages() throws(ProtoError) -> (name: String, isStream: Bool) {
        try expect("(")
        var name = try word()
        let isStream = name == "stream"
        if isStream { name = try word() }
        try expect(")")
        return (name, isStream)
    }

    private mutating func skipStatement() throws(ProtoError) {
        while let token = next() {
            if token == .symbol(";") { return }
        }
        throw failure("expected ;")
    }

    /// The next token that is no comment; comments gather for what follows them.
    private mutating func next() -> Token? {
        while position < tokens.count {
            let (token, line) = tokens[position]
            position += 1
            guard case .comment(let text) = token else { return token }
            let isFirst = position < 2 || tokens[position - 2].line != line - 1
            if isFirst { comment = [] }
            comment.append(text)
        }
        return nil
    }

    private mutating func takeComment() -> [String] {
        defer { comment = [] }
        return comment
    }

    private mutating func word() throws(ProtoError) -> String {
        guard case .word(let word)? = next() else { throw failure("expected a word") }
        return word
    }

    private mutating func text() throws(ProtoError) -> String {
        guard case .text(let text)? = next() else { throw failure("expected a text in quotes") }
        return text
    }

    private mutating func number() throws(ProtoError) -> Int {
        guard let number = Int(try word()) else { throw failure("expected a number") }
        return number
    }

    private mutating func expect(_ symbol: Character) throws(ProtoError) {
        guard next() == .symbol(symbol) else { throw failure("expected \(symbol)") }
    }

    private func failure(_ reason: String) -> ProtoError {
        let line = position > 0 ? tokens[position - 1].line : 1
        return ProtoError(file: file, line: line, reason: reason)
    }
}
