/// How the names of the `.proto` files read in Swift.

/// Words that stay whole where their letters alone would not tell.
private let wholeNames = [
    "ID": "id", "TTL": "ttl", "NOPUT": "noPut", "NODELETE": "noDelete", "NOSPACE": "noSpace",
]

private let initials: Set<String> = ["id", "ttl", "url"]

/// `mod_revision` becomes `modRevision`, `watch_id` `watchID`, `NOT_EQUAL` `notEqual`.
func swiftName(_ name: String) -> String {
    if let whole = wholeNames[name] { return whole }
    let words = name.split(separator: "_").map(String.init)
    let isShouted = name.allSatisfy { $0.isUppercase || $0 == "_" }
    return words.enumerated().map { index, word in
        if index == 0 { return isShouted ? word.lowercased() : lowercasingFirst(word) }
        if initials.contains(word.lowercased()) { return word.uppercased() }
        return uppercasingFirst(isShouted ? word.lowercased() : word)
    }.joined()
}

/// `target_union` becomes `TargetUnion`.
func typeName(ofOneof name: String) -> String { uppercasingFirst(swiftName(name)) }

func uppercasingFirst(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

func lowercasingFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

extension Field {
    var propertyName: String { swiftName(name) }

    /// The type of one value.
    var elementType: String {
        switch kind {
        case .bytes: "ByteSlice"
        case .string: "String"
        case .bool: "Bool"
        case .int32: "Int32"
        case .int64: "Int64"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .message(let name), .enumeration(let name): name
        }
    }

    var swiftType: String {
        if isRepeated { return "[\(elementType)]" }
        return messageName == nil ? elementType : elementType + "?"
    }

    func swiftDefault(in schema: Schema) -> String {
        if isRepeated { return "[]" }
        switch kind {
        case .bytes: return ".empty"
        case .string: return "\"\""
        case .bool: return "false"
        case .int32, .int64, .uint32, .uint64: return "0"
        case .message: return "nil"
        case .enumeration(let name): return "." + schema.zeroCase(of: name)
        }
    }
}

extension Schema {
    /// The Swift name of an enum's case with the number zero, which proto3 demands.
    func zeroCase(of name: String) -> String {
        let all = chapters.flatMap { $0.enumerations + $0.messages.flatMap(\.enumerations) }
        let zero = all.first { $0.name == name }?.cases.first { $0.number == 0 }
        return zero.map { swiftName($0.name) } ?? "unrecognized(0)"
    }
}
