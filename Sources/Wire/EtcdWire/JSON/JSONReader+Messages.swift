internal import Bytes

/// JSON by a message's fields, written as protobuf.
extension JSONReader {
    mutating func message(
        _ name: String,
        into writer: inout ByteWriter,
        depth: Int
    ) throws(DecodeError) {
        guard depth < Limits.jsonDepthMax else {
            throw .tooLarge("JSON nested more than \(Limits.jsonDepthMax) deep")
        }
        let fields = ProtoSchema.etcd.messages[name]?.named ?? [:]
        try expect("{")
        if try take("}") { return }
        repeat {
            let name = String(decoding: try string(), as: UTF8.self)
            try expect(":")
            if let field = fields[name] {
                try value(of: field, into: &writer, depth: depth)
            } else {
                try skipValue(depth: depth + 1)
            }
        } while try take(",")
        try expect("}")
    }

    private mutating func value(
        of field: ProtoSchema.Field,
        into writer: inout ByteWriter,
        depth: Int
    ) throws(DecodeError) {
        if try takeNull() { return }
        guard field.isRepeated else { return try element(of: field, into: &writer, depth: depth) }
        try expect("[")
        if try take("]") { return }
        repeat {
            try element(of: field, into: &writer, depth: depth)
        } while try take(",")
        try expect("]")
    }

    private mutating func element(
        of field: ProtoSchema.Field,
        into writer: inout ByteWriter,
        depth: Int
    ) throws(DecodeError) {
        let tag = UInt64(field.number) << 3
        switch field.kind {
        case .bytes:
            guard let bytes = Base64.decode(try string()) else {
                throw .malformed("\(field.name) is not in base64")
            }
            writer.present(tag | 2, ByteSlice(bytes))
        case .string:
            let bytes = try string()
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .malformed("\(field.name) is not UTF-8")
            }
            writer.present(tag | 2, text)
        case .message(let name):
            var inner = ByteWriter()
            try message(name, into: &inner, depth: depth + 1)
            writer.present(tag | 2, inner.slice)
        case .bool:
            try scalar(tag, field, into: &writer) { $0 == "true" ? 1 : $0 == "false" ? 0 : nil }
        case .int64:
            try number(tag, field, into: &writer) { Int64($0).map(UInt64.init(bitPattern:)) }
        case .int32:
            try number(tag, field, into: &writer) {
                Int32($0).map { UInt64(bitPattern: Int64($0)) }
            }
        case .uint64: try number(tag, field, into: &writer) { UInt64($0) }
        case .uint32: try number(tag, field, into: &writer) { UInt32($0).map(UInt64.init) }
        case .enumeration(let name):
            let numbers = ProtoSchema.etcd.enumerations[name]?.numbers ?? [:]
            try number(tag, field, into: &writer) {
                (numbers[$0] ?? Int32($0)).map { UInt64(bitPattern: Int64($0)) }
            }
        }
    }

    /// A number, in quotes or not.
    private mutating func number(
        _ tag: UInt64,
        _ field: ProtoSchema.Field,
        into writer: inout ByteWriter,
        _ read: (String) -> UInt64?
    ) throws(DecodeError) {
        guard try peek() == UInt8(ascii: "\"") else {
            return try scalar(tag, field, into: &writer, read)
        }
        let text = String(decoding: try string(), as: UTF8.self)
        try write(tag, field, read(text), into: &writer)
    }

    private mutating func scalar(
        _ tag: UInt64,
        _ field: ProtoSchema.Field,
        into writer: inout ByteWriter,
        _ read: (String) -> UInt64?
    ) throws(DecodeError) {
        try write(tag, field, read(try word()), into: &writer)
    }

    private func write(
        _ tag: UInt64,
        _ field: ProtoSchema.Field,
        _ value: UInt64?,
        into writer: inout ByteWriter
    ) throws(DecodeError) {
        guard let value else { throw .malformed("\(field.name) has no such value") }
        writer.varint(tag)
        writer.varint(value)
    }
}
