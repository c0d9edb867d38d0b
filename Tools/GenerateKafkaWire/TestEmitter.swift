/// Writes what the tests need of every message.
struct TestEmitter {
    let table: MessageTable

    /// For each structure a way to make one with random values in all fields that a version has.
    var randomValues: String {
        var lines = Lines(imports: ["import Bytes", "import KafkaWire"])
        for message in table.messages {
            for structure in message.structures {
                let name = structure.name.isEmpty ? "" : ".\(structure.name)"
                lines.add("")
                lines.block("extension \(message.name)\(name): RandomlyMade") { lines in
                    lines.block("init(random: inout RandomFields, version: Int16)") { lines in
                        lines.add("self.init()")
                        for field in structure.fields {
                            lines.add(
                                "\(field.name) = \(call(field))",
                                if: condition(field.versions, among: structure.versions)
                            )
                        }
                    }
                }
            }
        }
        return lines.text
    }

    private func call(_ field: Field) -> String {
        var arguments: [String] = []
        if case .structure = field.kind {
            if !field.isList, field.nullable == nil {
                return ".init(random: &random, version: version)"
            }
            arguments.append("version")
        }
        if let nullable = field.nullable, let condition = condition(nullable, among: field.versions)
        {
            arguments.append("nullIf: \(condition)")
        }
        return "random.\(field.codecName)(\(arguments.joined(separator: ", ")))"
    }

    var list: String {
        var lines = Lines(imports: ["import KafkaWire"])
        lines.add("")
        lines.block("extension MessageCodec") { lines in
            lines.add("static let all: [MessageCodec] = [")
            for message in table.messages { lines.add("    MessageCodec(\(message.name).self),") }
            lines.add("]")
        }
        return lines.text
    }
}
