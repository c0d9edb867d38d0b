import Bytes
import EtcdWire

@testable import EtcdFront

/// HTTP/1.1 as probes and the JSON gateway get it, and the keys of the recipes.
extension FuzzTarget {
    static let frontTargets: [FuzzTarget] = [
        // A head's lines become strings; `plainHeadBytesMax` bounds them.
        FuzzTarget("http1", bytesPerByte: 64, samples: { http1Samples }, http1),
        FuzzTarget("recipe-keys", samples: { [ByteSlice("election").prefixed(7)] }, recipeKeys),
    ]

    private static let http1Samples: [ByteSlice] = [
        "GET /health?serializable=true&exclude=NOSPACE HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /readyz/data_corruption?verbose HTTP/1.0\n\nGET /metrics HTTP/1.1\nconnection: close\n\n",
        "POST /v3/kv/range HTTP/1.1\r\nHost: h\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n{\"key\":\"YQ==\"}",
        "POST /v3/kv/put HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nt: u\r\n\r\n",
    ]

    private static let bodyBytesMax = 4_096

    /// Pieces this long cost the square of their length.
    private static let piecesBytesMax = 1_024

    private static func http1(_ input: ByteSlice, _ run: FuzzRun) {
        var whole = PlainConversation()
        run.decoding { whole.hear(input.array) }
        for request in whole.requests {
            _ = PlainHTTP(request)
            _ = GatewayRequest.method(of: request.path)
        }
        guard input.count <= piecesBytesMax else { return }
        var pieces = PlainConversation()
        for byte in input.array { pieces.hear([byte]) }
        run.expect(whole.requests == pieces.requests, "fragments changed what was asked")
        run.expect(whole.bodies == pieces.bodies, "fragments changed a body")
        run.expect(whole.failure == pieces.failure, "fragments changed why it was refused")
    }

    /// The requests of a connection, as the front takes them from what has come so far.
    private struct PlainConversation {
        private var input: [UInt8] = []
        private var open: PlainBody?
        private(set) var requests: [PlainRequest] = []
        private(set) var bodies: [[UInt8]] = []
        private(set) var failure: PlainRequest.Failure?

        mutating func hear(_ bytes: [UInt8]) {
            guard failure == nil else { return }
            input += bytes
            do throws(PlainRequest.Failure) {
                while try takeHead(), try takeBody() {}
            } catch {
                failure = error
            }
        }

        private mutating func takeHead() throws(PlainRequest.Failure) -> Bool {
            if open != nil { return true }
            guard let head = try PlainRequest.take(from: &input) else { return false }
            requests.append(head)
            open = try PlainBody(head.body, limit: bodyBytesMax)
            return true
        }

        private mutating func takeBody() throws(PlainRequest.Failure) -> Bool {
            guard var body = open else { return false }
            open = nil
            guard try body.take(from: &input) else {
                open = body
                return false
            }
            bodies.append(body.bytes)
            return true
        }
    }

    private static func recipeKeys(_ input: ByteSlice, _ run: FuzzRun) {
        var choices = Choices(input)
        let lease = Int64(choices.byte()) - 1
        let name = choices.rest()
        let prefix = RecipeKeys.prefix(of: name)
        let key = RecipeKeys.key(of: name, lease: lease)
        let end = RecipeKeys.end(of: prefix)
        run.expect(prefix < key && key < end, "\(key) is not between \(prefix) and \(end)")
        run.expect(end.count == prefix.count, "\(end) is no end of \(prefix)")
    }
}
