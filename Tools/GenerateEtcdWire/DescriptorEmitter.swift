/// Writes the files' descriptors, and what each defines.
///
/// A byte is a character of the string, the first 256 of Unicode: so they take little room in the
/// source and in the program, and what is text in them stays legible.
struct DescriptorEmitter {
    let schema: Schema

    var source: String {
        let fullNames = fullNames()
        var lines = Lines(imports: [])
        lines.block("extension ProtoFile") { lines in
            lines.comment(["All files of Protocols/etcd."])
            lines.add("public static let all = [")
            for file in schema.files {
                let descriptor = Descriptor(file: file, fullNames: fullNames)
                lines.add("    ProtoFile(")
                lines.add("        name: \"\(file.name)\",")
                lines.add("        package: \"\(file.package)\",")
                lines.add("        imports: [\(quoted(file.imports))],")
                lines.add("        symbols: \"\"\"")
                for line in wrapped(symbols(of: file)) { lines.add("            \(line)") }
                lines.add("            \"\"\",")
                lines.add("        content: \"\"\"")
                for line in wrapped(descriptor.bytes) { lines.add("            \(line)") }
                lines.add("            \"\"\"")
                lines.add("    ),")
            }
            lines.add("]")
        }
        return lines.text
    }

    private func quoted(_ texts: [String]) -> String {
        texts.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    private func fullNames() -> [String: String] {
        var names: [String: String] = [:]
        for file in schema.files {
            for message in file.messages {
                names[message.name] = "\(file.package).\(message.name)"
                for inner in message.enumerations {
                    names[inner.name] = "\(file.package).\(message.name).\(inner.name)"
                }
            }
            for enumeration in file.enumerations {
                names[enumeration.name] = "\(file.package).\(enumeration.name)"
            }
        }
        return names
    }

    /// Services, methods, messages and enums, without the package.
    private func symbols(of file: ProtoSource) -> [String] {
        file.services.flatMap { service in
            [service.name] + service.methods.map { "\(service.name).\($0.name)" }
        }
            + file.messages.flatMap { message in
                [message.name] + message.enumerations.map { "\(message.name).\($0.name)" }
            }
            + file.enumerations.map(\.name)
    }

    /// Lines of at most 100 columns that are one line of the string, its words apart by spaces.
    private func wrapped(_ words: [String]) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in words {
            if line.count + word.count > 76 {
                lines.append(line + " \\")
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        return lines + [line]
    }

    private func wrapped(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var line = ""
        for byte in bytes {
            let piece = escaped(byte)
            if line.count + piece.count > 76 {
                lines.append(line + "\\")
                line = ""
            }
            line += piece
        }
        return lines + [line]
    }

    private func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): "\\" + String(UnicodeScalar(byte))
        case UInt8(ascii: "\n"): "\\n"
        case 0x21...0x7e: String(UnicodeScalar(byte))
        default: "\\u{\(String(byte, radix: 16))}"
        }
    }
}
