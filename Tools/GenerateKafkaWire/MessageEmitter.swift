/// Writes a message's values and codecs: a structure is a struct, a field one line each way.
struct MessageEmitter {
    let message: Message

    /// The api's case in `KafkaAPI`; nil for a payload.
    let api: String?

    func emit(into lines: inout Lines) {
        for structure in message.structures where structure.name.isEmpty {
            emit(structure, into: &lines)
        }
        let nested = message.structures.filter { !$0.name.isEmpty }
        guard !nested.isEmpty else { return }
        lines.add("")
        lines.block("extension \(message.name)") { lines in
            for (index, structure) in nested.enumerated() {
                if index > 0 { lines.add("") }
                emit(structure, into: &lines)
            }
        }
    }

    private func emit(_ structure: Structure, into lines: inout Lines) {
        let isMessage = structure.name.isEmpty
        let protocolName =
            isMessage ? (api == nil ? "KafkaPayload" : "KafkaMessage") : "KafkaStructure"
        lines.comment(structure.comment)
        lines.block("public struct \(isMessage ? message.name : structure.name): \(protocolName)") {
            if isMessage { constants(into: &$0) }
            $0.add("public static let leastBytes = \(message.leastBytes(of: structure))")
            properties(of: structure, into: &$0)
            initializer(of: structure, into: &$0)
            $0.add("")
            decode(structure, into: &$0)
            $0.add("")
            encode(structure, into: &$0)
        }
    }

    private func constants(into lines: inout Lines) {
        if let api {
            lines.add("public static let api = KafkaAPI.\(api)")
        } else {
            let versions = message.versions
            lines.add(
                "public static let versions: ClosedRange<Int16> = "
                    + "\(versions.lowerBound)...\(versions.upperBound)"
            )
        }
    }

    private func properties(of structure: Structure, into lines: inout Lines) {
        lines.add("")
        for field in structure.fields {
            lines.comment(field.comment)
            lines.add("public var \(field.name): \(field.swiftType) = \(field.swiftDefault)")
        }
        if !structure.fields.isEmpty { lines.add("") }
    }

    private func initializer(of structure: Structure, into lines: inout Lines) {
        guard !structure.fields.isEmpty else {
            lines.add("public init() {}")
            return
        }
        let parameters = structure.fields.map {
            "\($0.name): \($0.swiftType) = \($0.swiftDefault)"
        }
        lines.list("public init", parameters, closing: " {")
        for field in structure.fields { lines.add("    self.\(field.name) = \(field.name)") }
        lines.add("}")
    }
}

extension MessageEmitter {
    private func decode(_ structure: Structure, into lines: inout Lines) {
        lines.add("public init(")
        lines.add("    decoding reader: inout KafkaReader,")
        lines.add("    version: Int16")
        lines.block(") throws(DecodeError)") { lines in
            if structure.name.isEmpty { lines.add("reader.isFlexible = \(flexibility)") }
            for field in structure.fields where field.tag == nil {
                lines.add(
                    "\(field.name) = \(readCall(field))",
                    if: condition(field.versions, among: structure.versions)
                )
            }
            decodeTags(of: structure, into: &lines)
        }
    }

    private func decodeTags(of structure: Structure, into lines: inout Lines) {
        guard let flexible = message.firstFlexible, flexible <= structure.versions.upperBound else {
            return
        }
        let tagged = structure.fields.filter { $0.tag != nil }
        guard !tagged.isEmpty else {
            lines.add("try reader.skipTags()")
            return
        }
        lines.add("let tagCount = try reader.tagCount()")
        let versions = max(flexible, structure.versions.lowerBound)...structure.versions.upperBound
        lines.block("for _ in 0..<tagCount") { lines in
            lines.add("let tag = try reader.enterTag()")
            lines.add("switch tag.number {")
            for field in tagged {
                let range = condition(field.versions, among: versions)
                lines.result(
                    of: "case \(field.tag ?? 0)\(range.map { " where \($0)" } ?? ""):",
                    "\(field.name) = \(readCall(field))"
                )
            }
            lines.add("default: reader.skipTag()")
            lines.add("}")
            lines.add("try reader.leave(tag)")
        }
    }

    private func readCall(_ field: Field) -> String {
        var arguments: [String] = []
        if case .structure(let name) = field.kind {
            if !field.isList, field.nullable == nil {
                return "try \(name)(decoding: &reader, version: version)"
            }
            arguments.append("version")
        }
        if let nullable = field.nullable,
            let condition = condition(nullable, among: field.versions)
        {
            arguments.append("nullIf: \(condition)")
        }
        return "try reader.\(field.codecName)(\(arguments.joined(separator: ", ")))"
    }

    private var flexibility: String {
        guard let flexible = message.firstFlexible else { return "false" }
        return flexible <= message.versions.lowerBound ? "true" : "version >= \(flexible)"
    }

    private func encode(_ structure: Structure, into lines: inout Lines) {
        lines.block("public func encode(into writer: inout KafkaWriter, version: Int16)") { lines in
            if structure.name.isEmpty { lines.add("writer.isFlexible = \(flexibility)") }
            for field in structure.fields where field.tag == nil {
                lines.add(
                    writeCall(field, "writer"),
                    if: condition(field.versions, among: structure.versions)
                )
            }
            encodeTags(of: structure, into: &lines)
        }
    }

    private func encodeTags(of structure: Structure, into lines: inout Lines) {
        guard let flexible = message.firstFlexible, flexible <= structure.versions.upperBound else {
            return
        }
        let tagged = structure.fields.filter { $0.tag != nil }
            .sorted { ($0.tag ?? 0) < ($1.tag ?? 0) }
        guard !tagged.isEmpty else {
            lines.add("writer.noTags()")
            return
        }
        lines.add("var tags = KafkaTags()")
        for field in tagged {
            let versions = condition(field.versions, among: structure.versions).map { "\($0), " }
            lines.block("if \(versions ?? "")\(field.name) != \(field.swiftDefault)") { lines in
                lines.add("var field = KafkaWriter.tag")
                lines.add(writeCall(field, "field"))
                lines.add("tags.append(\(field.tag ?? 0), field)")
            }
        }
        lines.add("writer.tags(tags)")
    }

    private func writeCall(_ field: Field, _ writer: String) -> String {
        var arguments = [field.name]
        if case .structure = field.kind {
            if !field.isList, field.nullable == nil {
                return "\(field.name).encode(into: &\(writer), version: version)"
            }
            arguments.append("version")
        }
        if let nullable = field.nullable,
            let condition = condition(nullable, among: field.versions)
        {
            arguments.append("nullIf: \(condition)")
        }
        return "\(writer).\(field.codecName)(\(arguments.joined(separator: ", ")))"
    }
}
