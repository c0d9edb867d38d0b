/// Writes the values: a struct a message, an enum an enum, nothing of bytes.
struct ModelEmitter {
    let schema: Schema

    func source(of chapter: Chapter) -> String {
        var lines = Lines(imports: ["public import Bytes"])
        for enumeration in chapter.enumerations {
            lines.add("")
            emit(enumeration, into: &lines)
        }
        for message in chapter.messages {
            lines.add("")
            emit(message, into: &lines)
        }
        if !lines.text.contains("ByteSlice") {
            return lines.text.replacing("\n\npublic import Bytes\n", with: "\n")
        }
        return lines.text
    }

    private func emit(_ message: Message, into lines: inout Lines) {
        lines.comment(message.comment)
        lines.block("public struct \(message.name): Sendable, Equatable") { lines in
            for enumeration in message.enumerations {
                emit(enumeration, into: &lines)
                lines.add("")
            }
            for case .oneof(let name, let cases) in message.members {
                lines.block("public enum \(typeName(ofOneof: name)): Sendable, Equatable") {
                    for field in cases {
                        $0.comment(field.comment)
                        $0.add("case \(field.propertyName)(\(field.elementType))")
                    }
                }
                lines.add("")
            }
            properties(of: message, into: &lines)
            initializer(of: message, into: &lines)
        }
    }

    private func properties(of message: Message, into lines: inout Lines) {
        for member in message.members {
            switch member {
            case .field(let field):
                lines.comment(field.comment)
                lines.add("public var \(field.propertyName): \(field.swiftType)")
            case .oneof(let name, _):
                lines.add("public var \(swiftName(name)): \(typeName(ofOneof: name))?")
            }
        }
        if !message.members.isEmpty { lines.add("") }
    }

    private func initializer(of message: Message, into lines: inout Lines) {
        var parameters: [String] = []
        var names: [String] = []
        for member in message.members {
            switch member {
            case .field(let field):
                names.append(field.propertyName)
                parameters.append(
                    "\(field.propertyName): \(field.swiftType) = \(field.swiftDefault(in: schema))"
                )
            case .oneof(let name, _):
                names.append(swiftName(name))
                parameters.append("\(swiftName(name)): \(typeName(ofOneof: name))? = nil")
            }
        }
        guard !names.isEmpty else {
            lines.add("public init() {}")
            return
        }
        lines.list("public init", parameters, closing: " {")
        for name in names { lines.add("    self.\(name) = \(name)") }
        lines.add("}")
    }

    private func emit(_ enumeration: Enumeration, into lines: inout Lines) {
        lines.comment(enumeration.comment)
        lines.block("public enum \(enumeration.name): Sendable, Equatable") { lines in
            for value in enumeration.cases {
                lines.comment(value.comment)
                lines.add("case \(swiftName(value.name))")
            }
            lines.add("/// A number that this version does not know; never one of the above.")
            lines.add("case unrecognized(Int32)")
            lines.add("")
            lines.block("public init(number: Int32)") {
                $0.add("switch number {")
                for value in enumeration.cases {
                    $0.add("case \(value.number): self = .\(swiftName(value.name))")
                }
                $0.add("default: self = .unrecognized(number)")
                $0.add("}")
            }
            lines.add("")
            lines.block("public var number: Int32") {
                $0.add("switch self {")
                for value in enumeration.cases {
                    $0.add("case .\(swiftName(value.name)): \(value.number)")
                }
                $0.add("case .unrecognized(let number): number")
                $0.add("}")
            }
        }
    }
}
