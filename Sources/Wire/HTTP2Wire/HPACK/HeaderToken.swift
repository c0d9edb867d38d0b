/// The names that the connection itself understands; a name is recognized once, when it comes as a
/// literal, and its token stays with the table's entry.
enum HeaderToken: UInt8, Sendable {
    case other
    case method, scheme, path, authority, status
    case unknownPseudo
    case contentType, contentLength, te
    case grpcTimeout, grpcEncoding, grpcStatus, grpcMessage

    /// Ours: names the keyspace that the request is about.
    case keyspace

    /// Not a name, or one that only HTTP/1 knows (RFC 9113, section 8.2.2): forbidden.
    case forbidden

    /// Whether the name starts with a colon.
    var isPseudo: Bool {
        switch self {
        case .method, .scheme, .path, .authority, .status, .unknownPseudo: true
        default: false
        }
    }

    init(name: UnsafeRawBufferPointer) {
        if name.first == UInt8(ascii: ":") {
            self = Self.pseudo(name)
            return
        }
        self =
            switch name.count {
            case 2: name.says("te") ? .te : .other
            case 7: name.says("upgrade") ? .forbidden : .other
            case 10:
                name.says("connection") || name.says("keep-alive") ? .forbidden : .other
            case 11: name.says("grpc-status") ? .grpcStatus : .other
            case 12: Self.ofTwelve(name)
            case 13: name.says("grpc-encoding") ? .grpcEncoding : .other
            case 14: name.says("content-length") ? .contentLength : .other
            case 16: Self.ofSixteen(name)
            case 17: name.says("transfer-encoding") ? .forbidden : .other
            default: .other
            }
    }

    private static func pseudo(_ name: UnsafeRawBufferPointer) -> HeaderToken {
        if name.says(":path") { return .path }
        if name.says(":method") { return .method }
        if name.says(":scheme") { return .scheme }
        if name.says(":status") { return .status }
        return name.says(":authority") ? .authority : .unknownPseudo
    }

    private static func ofTwelve(_ name: UnsafeRawBufferPointer) -> HeaderToken {
        if name.says("grpc-timeout") { return .grpcTimeout }
        if name.says("content-type") { return .contentType }
        return name.says("grpc-message") ? .grpcMessage : .other
    }

    private static func ofSixteen(_ name: UnsafeRawBufferPointer) -> HeaderToken {
        if name.says("proxy-connection") { return .forbidden }
        return name.says("martlet-keyspace") ? .keyspace : .other
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are exactly this text.
    func says(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        for position in 0..<count where self[position] != text.utf8Start[position] { return false }
        return true
    }

    func starts(with text: StaticString) -> Bool {
        text.utf8CodeUnitCount <= count
            && UnsafeRawBufferPointer(rebasing: self[..<text.utf8CodeUnitCount]).says(text)
    }
}
