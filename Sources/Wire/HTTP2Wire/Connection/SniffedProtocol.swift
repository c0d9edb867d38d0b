/// What a client speaks, from its first bytes; curl asks for `/health` by HTTP/1.1 on our port.
public enum SniffedProtocol: Sendable, Equatable {
    case http2, http1

    /// So few bytes that they could be either: ask again with more.
    case undecided

    init(_ bytes: UnsafeRawBufferPointer) {
        let preface = HTTP2Connection.preface
        for (byte, expected) in zip(bytes, preface) where byte != expected {
            self = .http1
            return
        }
        self = bytes.count < preface.count ? .undecided : .http2
    }
}

extension HTTP2Connection {
    /// What a client sends first (RFC 9113, section 3.4).
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}
