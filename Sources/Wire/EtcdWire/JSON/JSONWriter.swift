internal import Bytes

/// Writes protobuf's bytes as JSON.
struct JSONWriter {
    private(set) var text: [UInt8]

    init(appendingTo text: [UInt8]) { self.text = text }

    /// A message of our own encoder, which writes fields in the order of their numbers and the
    /// elements of a list one after the other.
    mutating func message(_ bytes: ByteSlice, _ name: String) throws(DecodeError) {
        let fields = ProtoSchema.etcd.messages[name]?.fields ?? [:]
        var open: ProtoSchema.Field?
        raw("{")
        try WireReader.read(bytes) { reader throws(DecodeError) in
            while let tag = try reader.nextTag() {
                guard let field = fields[tag >> 3] else {
                    try reader.skip(tag)
                    continue
                }
                begin(field, after: open)
                open = field
                try value(of: field, tag, from: &reader)
            }
        }
        if open?.isRepeated == true { raw("]") }
        raw("}")
    }

    private mutating func begin(_ field: ProtoSchema.Field, after last: ProtoSchema.Field?) {
        if let last {
            if last.number == field.number, field.isRepeated { return raw(",") }
            raw(last.isRepeated ? "]," : ",")
        }
        string(field.name.utf8)
        raw(field.isRepeated ? ":[" : ":")
    }

    private mutating func value(
        of field: ProtoSchema.Field,
        _ tag: UInt32,
        from reader: inout WireReader
    ) throws(DecodeError) {
        switch field.kind {
        case .bytes:
            let bytes = try reader.slice()
            raw("\"")
            bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
            raw("\"")
        case .string: string(try reader.string().utf8)
        case .message(let name): try message(try reader.slice(), name)
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration:
            try numbers(of: field, isPacked: tag & 7 == 2, from: &reader)
        }
    }

    private mutating func numbers(
        of field: ProtoSchema.Field,
        isPacked: Bool,
        from reader: inout WireReader
    ) throws(DecodeError) {
        guard isPacked else { return number(field, try reader.varint()) }
        var isFirst = true
        try reader.packed {
            if !isFirst { raw(",") }
            isFirst = false
            number(field, $0)
        }
    }

    private mutating func number(_ field: ProtoSchema.Field, _ value: UInt64) {
        switch field.kind {
        case .bool: raw(value == 0 ? "false" : "true")
        case .int64: raw("\"\(Int64(bitPattern: value))\"")
        case .uint64: raw("\"\(value)\"")
        case .int32: raw("\(Int32(truncatingIfNeeded: value))")
        case .uint32: raw("\(UInt32(truncatingIfNeeded: value))")
        case .enumeration(let name):
            let number = Int32(truncatingIfNeeded: value)
            if let name = ProtoSchema.etcd.enumerations[name]?.names[number] {
                string(name.utf8)
            } else {
                raw("\(number)")
            }
        case .bytes, .string, .message: return
        }
    }

    mutating func string(_ utf8: some Sequence<UInt8>) {
        raw("\"")
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                raw(digits.utf8.count == 1 ? "\\u000\(digits)" : "\\u00\(digits)")
            default: text.append(byte)
            }
        }
        raw("\"")
    }

    private mutating func raw(_ string: String) { text.append(contentsOf: string.utf8) }
}
