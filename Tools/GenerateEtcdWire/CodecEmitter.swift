/// Writes the codecs: straight between bytes and values, one line a field.
struct CodecEmitter {
    /// The messages that can contain themselves; their nesting is limited.
    let recursive: Set<String>

    func source(of chapter: Chapter) -> String {
        var lines = Lines(imports: ["public import Bytes", "public import KeyspaceModel"])
        for enumeration in chapter.enumerations { emit(enumeration.name, into: &lines) }
        for message in chapter.messages {
            for enumeration in message.enumerations {
                emit("\(message.name).\(enumeration.name)", into: &lines)
            }
            lines.add("")
            emit(message, into: &lines)
        }
        return lines.text
    }

    private func emit(_ enumeration: String, into lines: inout Lines) {
        lines.add("")
        lines.add("extension \(enumeration): WireEnumeration {}")
    }

    private func emit(_ message: Message, into lines: inout Lines) {
        let name = message.name
        lines.block("extension \(name): WireMessage, MergingMessage") { lines in
            lines.add("static var blank: \(name) { \(name)() }")
            lines.add("")
            lines.block("public init(decoding bytes: ByteSlice) throws(DecodeError)") {
                $0.add("self = try WireReader.message(in: bytes)")
            }
            lines.add("")
            merge(message, into: &lines)
            lines.add("")
            length(message, into: &lines)
            lines.add("")
            encode(message, into: &lines)
        }
    }

    private func merge(_ message: Message, into lines: inout Lines) {
        let isRecursive = recursive.contains(message.name)
        lines.block("mutating func merge(from reader: inout WireReader) throws(DecodeError)") {
            if isRecursive { $0.add("try reader.descend()") }
            $0.block("while let tag = try reader.nextTag()") { lines in
                guard !message.fields.isEmpty else {
                    lines.add("try reader.skip(tag)")
                    return
                }
                lines.add("switch tag {")
                for field in message.fields.sorted(by: { $0.number < $1.number }) {
                    read(field, into: &lines)
                }
                lines.add("default: try reader.skip(tag)")
                lines.add("}")
            }
            if isRecursive { $0.add("reader.ascend()") }
        }
    }

    private func read(_ field: Field, into lines: inout Lines) {
        if let oneof = field.oneof {
            readCase(field, of: swiftName(oneof), into: &lines)
            return
        }
        let name = field.propertyName
        lines.add("case \(field.tag): try reader.read(&\(name))")
        if field.isRepeated, field.isPackable {
            lines.add("case \(field.packedTag): try reader.readPacked(&\(name))")
        }
    }

    /// A message that comes twice is merged, anything else replaced, also by another case.
    ///
    /// The earlier one is taken out first: to merge into a shared copy would copy its lists at
    /// every occurrence, in quadratic time.
    private func readCase(_ field: Field, of oneof: String, into lines: inout Lines) {
        let name = field.propertyName
        lines.add("case \(field.tag):")
        if let message = field.messageName {
            lines.add("    var value = \(message).blank")
            lines.add("    if case .\(name)(let earlier)? = \(oneof) {")
            lines.add("        value = earlier")
            lines.add("        \(oneof) = nil")
            lines.add("    }")
            lines.add("    try reader.read(&value)")
        } else {
            lines.add("    var value = \(field.emptyValue)")
            lines.add("    try reader.read(&value)")
        }
        lines.add("    \(oneof) = .\(name)(value)")
    }

    private func length(_ message: Message, into lines: inout Lines) {
        guard !message.fields.isEmpty else {
            lines.add("public var encodedLength: Int { 0 }")
            return
        }
        lines.block("public var encodedLength: Int") { lines in
            lines.add("var length = 0")
            for member in message.members {
                switch member {
                case .field(let field):
                    lines.add(
                        "length += WireLength.field(\(field.tagLength), \(field.propertyName))"
                    )
                case .oneof(let name, let cases):
                    lines.add("switch \(swiftName(name)) {")
                    for field in cases {
                        lines.add("case .\(field.propertyName)(let value)?:")
                        lines.add(
                            "    length += WireLength.present(\(field.tagLength), value)"
                        )
                    }
                    lines.add("case nil: break")
                    lines.add("}")
                }
            }
            lines.add("return length")
        }
    }

    private func encode(_ message: Message, into lines: inout Lines) {
        guard !message.fields.isEmpty else {
            lines.add("public func encode(into writer: inout ByteWriter) {}")
            return
        }
        lines.block("public func encode(into writer: inout ByteWriter)") { lines in
            for member in message.members {
                switch member {
                case .field(let field):
                    lines.add("writer.field(\(field.tag), \(field.propertyName))")
                case .oneof(let name, let cases):
                    lines.add("switch \(swiftName(name)) {")
                    for field in cases {
                        lines.add(
                            "case .\(field.propertyName)(let value)?: "
                                + "writer.present(\(field.tag), value)"
                        )
                    }
                    lines.add("case nil: break")
                    lines.add("}")
                }
            }
        }
    }
}

extension Field {
    /// Number and wire type: 0 varint, 2 length and bytes.
    var tag: Int {
        switch kind {
        case .bytes, .string, .message: number << 3 | 2
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration: number << 3
        }
    }

    var packedTag: Int { number << 3 | 2 }

    var tagLength: Int { number < 16 ? 1 : number < 2048 ? 2 : 3 }

    var isPackable: Bool { tag & 7 == 0 }

    var emptyValue: String {
        switch kind {
        case .bytes: "ByteSlice.empty"
        case .string: "\"\""
        case .bool: "false"
        case .int32, .int64, .uint32, .uint64: "\(elementType)(0)"
        case .message, .enumeration: "\(elementType).blank"
        }
    }
}
