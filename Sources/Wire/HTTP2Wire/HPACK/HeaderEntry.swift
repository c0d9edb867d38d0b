/// One header: where its bytes lie in the decoder, and what was understood of them once.
///
/// Without references, so that blocks and tables of it are copied without reference counting.
struct HeaderEntry: Sendable {
    var nameStart: UInt32 = 0
    var nameLength: UInt32 = 0
    var valueStart: UInt32 = 0
    var valueLength: UInt32 = 0

    /// What the value means, by token, as a path's number; −1 if nothing.
    var number: Int32 = -1
    var token = HeaderToken.other

    /// Name or value break RFC 9113, section 8.2: the message that holds it is malformed.
    var isMalformed = false

    /// As RFC 7541, section 4.1, counts it.
    var size: Int { Int(nameLength) + Int(valueLength) + 32 }

    var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }

    var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}

extension HeaderEntry {
    /// Recognizes the name, whose bytes lie in `arena`.
    mutating func understandName(in arena: UnsafeRawBufferPointer) {
        let name = UnsafeRawBufferPointer(rebasing: arena[nameRange])
        token = HeaderToken(name: name)
        if token == .other, !HeaderRules.isValid(name: name) { token = .forbidden }
    }

    /// Finds out what the value means, once the name is recognized.
    mutating func understandValue(in arena: UnsafeRawBufferPointer, _ paths: PathTable) {
        let value = UnsafeRawBufferPointer(rebasing: arena[valueRange])
        number = Int32(truncatingIfNeeded: meaning(of: value, paths))
        isMalformed =
            switch token {
            case .forbidden, .unknownPseudo: true
            case .te: number != 1
            case .method, .scheme, .path, .authority, .status:
                !HeaderRules.isValid(pseudoValue: value)
            default: !HeaderRules.isValid(value: value)
            }
    }

    private func meaning(of value: UnsafeRawBufferPointer, _ paths: PathTable) -> Int {
        switch token {
        case .path: paths.number(of: value) ?? -1
        case .method: Int(HeaderRules.method(value).rawValue)
        case .status: value.count == 3 ? HeaderRules.decimal(value, digitsMax: 3) ?? -1 : -1
        case .contentType: Int(HeaderRules.contentType(value).rawValue)
        case .te: value.says("trailers") ? 1 : 0
        case .authority: HeaderRules.isOfKeyspace(authority: value) ? 1 : 0
        case .grpcEncoding: value.says("identity") ? 0 : 1
        case .grpcStatus: HeaderRules.decimal(value, digitsMax: 9) ?? -1
        default: -1
        }
    }
}
