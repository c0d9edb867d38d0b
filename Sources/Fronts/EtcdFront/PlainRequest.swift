internal import Bytes

/// The head of an HTTP/1.1 request, as far as probes and calls in JSON need it.
struct PlainRequest: Equatable {
    var method: String
    var path: String

    /// The pairs behind the question mark, in their order; a name alone has an empty value.
    var query: [QueryItem] = []

    /// Whether another request may follow on the connection.
    var keepsAlive: Bool

    var body = Body.none

    /// Whether the client waits to be told that its body is wanted.
    var expectsContinue = false

    /// How long the client waits, as its `Grpc-Timeout` says it: etcd's gateway takes it as well.
    var timeout: String?

    /// Whether the client speaks HTTP/1.1, and so knows bodies in chunks.
    var takesChunks = true

    /// How often it names the host that it is for.
    private var hosts = 0

    /// How its body ends.
    enum Body: Equatable {
        case none
        case bytes(Int)
        case chunks
    }

    struct QueryItem: Equatable {
        var name: String
        var value: String
    }

    func values(of name: String) -> [String] {
        query.filter { $0.name == name }.map(\.value)
    }
}

extension PlainRequest {
    enum Failure: Error, Equatable {
        case malformed
        case headTooLarge
        case bodyTooLarge

        /// A body that is encoded in another way than in chunks.
        case unknownEncoding
    }

    /// Takes the first whole head from `bytes`; nil while it is not all there.
    static func take(from bytes: inout [UInt8]) throws(Failure) -> PlainRequest? {
        guard let length = headLength(of: bytes) else {
            guard bytes.count <= Limits.plainHeadBytesMax else { throw .headTooLarge }
            return nil
        }
        guard length <= Limits.plainHeadBytesMax else { throw .headTooLarge }
        let lines = bytes[..<length].split(separator: 0x0a, omittingEmptySubsequences: true)
            .map { String(decoding: $0.last == 0x0d ? $0.dropLast() : $0, as: UTF8.self) }
        bytes.removeFirst(length)
        guard let first = lines.first else { throw .malformed }
        return try PlainRequest(requestLine: first, headers: lines.dropFirst())
    }

    /// Up to and with the empty line, which may end in line feeds alone.
    private static func headLength(of bytes: [UInt8]) -> Int? {
        var previous = 0
        for (position, byte) in bytes.enumerated() where byte == 0x0a {
            let line = bytes[previous..<position]
            if position > 0, line.isEmpty || line.elementsEqual([0x0d]) { return position + 1 }
            previous = position + 1
        }
        return nil
    }

    private init(requestLine: String, headers: ArraySlice<String>) throws(Failure) {
        let words = requestLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1].hasPrefix("/"), words[2].hasPrefix("HTTP/1.") else {
            throw .malformed
        }
        method = String(words[0])
        let parts = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        if parts.count > 1 { query = Self.items(of: parts[1]) }
        takesChunks = words[2] != "HTTP/1.0"
        keepsAlive = takesChunks
        for header in headers where !header.isEmpty { try take(header) }
        // RFC 9112, section 3.2: whoever is on the way may have chosen by another than we see.
        guard hosts == 1 || hosts == 0 && !takesChunks else { throw .malformed }
    }

    /// What could be read in two ways is refused: another on the way may have read it in the other.
    private mutating func take(_ header: String) throws(Failure) {
        guard let colon = header.firstIndex(of: ":"), colon > header.startIndex,
            header[header.index(before: colon)] != " ", header[header.index(before: colon)] != "\t"
        else { throw .malformed }
        let text = header[header.index(after: colon)...].filter { $0 != " " && $0 != "\t" }
        let value = text.lowercased()
        switch header[..<colon].lowercased() {
        case "connection": keepsAlive = keepsAlive && !value.contains("close")
        case "content-length": try take(length: value)
        case "transfer-encoding":
            guard value == "chunked" else { throw .unknownEncoding }
            body = .chunks
        case "expect": expectsContinue = value == "100-continue"
        case "grpc-timeout": timeout = text
        case "host": hosts += 1
        default: break
        }
    }

    private mutating func take(length text: String) throws(Failure) {
        guard let count = Int(text), text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw .malformed
        }
        if case .bytes(let earlier) = body, earlier != count { throw .malformed }
        if body != .chunks, count > 0 { body = .bytes(count) }
    }

    private static func items(of query: Substring) -> [QueryItem] {
        query.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return QueryItem(
                name: String(sides[0]),
                value: sides.count > 1 ? String(sides[1]) : ""
            )
        }
    }
}
