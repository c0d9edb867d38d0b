/// HPACK's static table (RFC 7541, appendix A): entries 1 to 61.
enum StaticHeaders {
    static let count = 61

    /// All names and values, end to end.
    static let bytes: [UInt8] = pairs.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }

    /// The entries' places in `bytes` and what they mean; a path's number is not known here.
    static let entries: [HeaderEntry] = {
        var position: UInt32 = 0
        return pairs.map { name, value in
            var entry = HeaderEntry()
            entry.nameStart = position
            entry.nameLength = UInt32(name.utf8.count)
            entry.valueStart = position + entry.nameLength
            entry.valueLength = UInt32(value.utf8.count)
            position = entry.valueStart + entry.valueLength
            bytes.withUnsafeBytes {
                entry.understandName(in: $0)
                entry.understandValue(in: $0, PathTable([]))
            }
            return entry
        }
    }()

    // Indexes that replies and requests use by name.
    static let methodPost = 3
    static let paths = 4...5
    static let schemeHTTP = 6
    static let schemeHTTPS = 7
    static let status200 = 8

    static let pairs: [(name: String, value: String)] = [
        (":authority", ""),
        (":method", "GET"),
        (":method", "POST"),
        (":path", "/"),
        (":path", "/index.html"),
        (":scheme", "http"),
        (":scheme", "https"),
        (":status", "200"),
        (":status", "204"),
        (":status", "206"),
        (":status", "304"),
        (":status", "400"),
        (":status", "404"),
        (":status", "500"),
        ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"),
        ("accept-language", ""),
        ("accept-ranges", ""),
        ("accept", ""),
        ("access-control-allow-origin", ""),
        ("age", ""),
        ("allow", ""),
        ("authorization", ""),
        ("cache-control", ""),
        ("content-disposition", ""),
        ("content-encoding", ""),
        ("content-language", ""),
        ("content-length", ""),
        ("content-location", ""),
        ("content-range", ""),
        ("content-type", ""),
        ("cookie", ""),
        ("date", ""),
        ("etag", ""),
        ("expect", ""),
        ("expires", ""),
        ("from", ""),
        ("host", ""),
        ("if-match", ""),
        ("if-modified-since", ""),
        ("if-none-match", ""),
        ("if-range", ""),
        ("if-unmodified-since", ""),
        ("last-modified", ""),
        ("link", ""),
        ("location", ""),
        ("max-forwards", ""),
        ("proxy-authenticate", ""),
        ("proxy-authorization", ""),
        ("range", ""),
        ("referer", ""),
        ("refresh", ""),
        ("retry-after", ""),
        ("server", ""),
        ("set-cookie", ""),
        ("strict-transport-security", ""),
        ("transfer-encoding", ""),
        ("user-agent", ""),
        ("vary", ""),
        ("via", ""),
        ("www-authenticate", ""),
    ]
}
