/// What RFC 9113, section 8.2.1, asks of names and values, and what a value means.
enum HeaderRules {
    /// Whether the second label of the host is `keyspace`.
    static func isOfKeyspace(authority: UnsafeRawBufferPointer) -> Bool {
        guard let dot = authority.firstIndex(of: UInt8(ascii: ".")) else { return false }
        return UnsafeRawBufferPointer(rebasing: authority[dot...]).starts(with: ".keyspace.")
    }

    /// Lower-case, visible, without a colon but at the start of a pseudo-header.
    static func isValid(name: UnsafeRawBufferPointer) -> Bool {
        guard let first = name.first else { return false }
        let start = first == UInt8(ascii: ":") ? 1 : 0
        guard start < name.count else { return false }
        for position in start..<name.count {
            let byte = name[position]
            if byte <= 0x20 || byte >= 0x7f || byte == UInt8(ascii: ":") { return false }
            if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { return false }
        }
        return true
    }

    /// No NUL, CR or LF, nor white space at either end.
    static func isValid(value: UnsafeRawBufferPointer) -> Bool {
        guard let first = value.first, let last = value.last else { return true }
        if first == 0x20 || first == 0x09 || last == 0x20 || last == 0x09 { return false }
        for byte in value where byte <= 0x0d {
            if byte == 0 || byte == 0x0a || byte == 0x0d { return false }
        }
        return true
    }

    /// Methods, paths, authorities and schemes have no white space or control characters at all.
    static func isValid(pseudoValue value: UnsafeRawBufferPointer) -> Bool {
        for byte in value where byte <= 0x20 || byte == 0x7f { return false }
        return true
    }

    static func method(_ value: UnsafeRawBufferPointer) -> RequestMethod {
        if value.says("POST") { return .post }
        if value.says("GET") { return .get }
        if value.says("HEAD") { return .head }
        if value.says("PUT") { return .put }
        if value.says("DELETE") { return .delete }
        if value.says("OPTIONS") { return .options }
        return value.says("CONNECT") ? .connect : .other
    }

    static func contentType(_ value: UnsafeRawBufferPointer) -> ContentType {
        guard value.starts(with: "application/grpc") else { return .other }
        guard value.count > 16 else { return .grpc }
        let isParameter = value[16] == UInt8(ascii: ";")
        return isParameter || value.says("application/grpc+proto") ? .grpc : .other
    }

    /// Decimal digits only, at most `digitsMax` of them.
    static func decimal(_ value: UnsafeRawBufferPointer, digitsMax: Int) -> Int? {
        guard !value.isEmpty, value.count <= digitsMax else { return nil }
        var number = 0
        for byte in value {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }
}
