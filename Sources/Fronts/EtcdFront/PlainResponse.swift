internal import Bytes

/// An HTTP/1.1 response, whole.
struct PlainResponse: Equatable {
    enum Status: String {
        case ok = "200 OK"
        case badRequest = "400 Bad Request"
        case notFound = "404 Not Found"
        case methodNotAllowed = "405 Method Not Allowed"
        case timeout = "504 Gateway Timeout"
        case clientClosed = "499 Client Closed Request"
        case tooManyRequests = "429 Too Many Requests"
        case bodyTooLarge = "413 Request Entity Too Large"
        case internalError = "500 Internal Server Error"
        case notImplemented = "501 Not Implemented"
        case headTooLarge = "431 Request Header Fields Too Large"
        case unavailable = "503 Service Unavailable"
    }

    enum ContentType: String {
        case text = "text/plain; charset=utf-8"
        case json = "application/json"

        /// Prometheus' text format.
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    var status: Status
    var contentType = ContentType.text
    var body: String

    /// The method that is allowed where another is not.
    var allowed = "GET"

    func encode(keepsAlive: Bool, withBody: Bool, into bytes: inout [UInt8]) {
        var head = "HTTP/1.1 \(status.rawValue)\r\nContent-Type: \(contentType.rawValue)\r\n"
        head += "Content-Length: \(body.utf8.count)\r\nX-Content-Type-Options: nosniff\r\n"
        if status == .methodNotAllowed { head += "Allow: \(allowed)\r\n" }
        head += keepsAlive ? "\r\n" : "Connection: close\r\n\r\n"
        bytes.append(contentsOf: head.utf8)
        if withBody { bytes.append(contentsOf: body.utf8) }
    }
}
