internal import Bytes

/// The body of an HTTP/1.1 request.
extension PlainRequest {
    /// Takes the whole body from `bytes`; nil while it is not all there.
    func takeBody(from bytes: inout [UInt8], limit: Int) throws(Failure) -> [UInt8]? {
        switch body {
        case .none: return []
        case .bytes(let count):
            guard count <= limit else { throw .bodyTooLarge }
            guard bytes.count >= count else { return nil }
            defer { bytes.removeFirst(count) }
            return Array(bytes[..<count])
        case .chunks: return try Self.takeChunks(from: &bytes, limit: limit)
        }
    }

    /// A line with the length in hex, as many bytes and an empty line; the last chunk is empty, and
    /// may be followed by trailers.
    private static func takeChunks(
        from bytes: inout [UInt8],
        limit: Int
    ) throws(Failure) -> [UInt8]? {
        var body: [UInt8] = []
        var position = 0
        while let line = line(of: bytes, from: position) {
            let digits = bytes[position..<line.end].prefix { $0 != UInt8(ascii: ";") }
            let text = String(decoding: digits, as: UTF8.self).filter { $0 != " " }
            guard let count = Int(text, radix: 16), count >= 0 else { throw .malformed }
            guard count <= limit - body.count else { throw .bodyTooLarge }
            position = line.next
            guard count > 0 else {
                guard let end = endOfTrailers(of: bytes, from: position) else { return nil }
                bytes.removeFirst(end)
                return body
            }
            guard bytes.count - position >= count else { return nil }
            body += bytes[position..<position + count]
            guard let end = self.line(of: bytes, from: position + count) else { return nil }
            guard end.end == position + count else { throw .malformed }
            position = end.next
        }
        return nil
    }

    private static func endOfTrailers(of bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while let line = line(of: bytes, from: position) {
            if line.end == position { return line.next }
            position = line.next
        }
        return nil
    }

    /// Where the line's text ends and the next begins; nil while its end is not there.
    private static func line(of bytes: [UInt8], from start: Int) -> (end: Int, next: Int)? {
        guard let feed = bytes[start...].firstIndex(of: 0x0a) else { return nil }
        let hasReturn = feed > start && bytes[feed - 1] == 0x0d
        return (hasReturn ? feed - 1 : feed, feed + 1)
    }
}
