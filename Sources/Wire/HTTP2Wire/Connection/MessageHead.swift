/// Turns a decoded header block into what it means, or nil where RFC 9113, section 8, calls the
/// message malformed.
enum MessageHead {
    /// Pseudo-headers come once, and before all others.
    private struct PseudoHeaders: OptionSet {
        var rawValue: UInt8

        static let method = PseudoHeaders(rawValue: 1)
        static let scheme = PseudoHeaders(rawValue: 2)
        static let path = PseudoHeaders(rawValue: 4)
        static let authority = PseudoHeaders(rawValue: 8)
        static let status = PseudoHeaders(rawValue: 16)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init?(_ token: HeaderToken) {
            switch token {
            case .method: self = .method
            case .scheme: self = .scheme
            case .path: self = .path
            case .authority: self = .authority
            case .status: self = .status
            default: return nil
            }
        }
    }

    /// The pseudo-headers of the block, if all of its headers are well-formed.
    private static func pseudoHeaders(_ decoder: HPACKDecoder) -> PseudoHeaders? {
        var seen: PseudoHeaders = []
        var sawRegular = false
        for field in decoder.fields {
            guard !field.isMalformed else { return nil }
            guard field.token.isPseudo else {
                sawRegular = true
                continue
            }
            guard !sawRegular, let pseudo = PseudoHeaders(field.token),
                seen.insert(pseudo).inserted
            else { return nil }
        }
        return seen
    }

    static func request(_ decoder: HPACKDecoder) -> RequestHead? {
        guard let pseudo = pseudoHeaders(decoder) else { return nil }
        var head = RequestHead()
        var isPathValid = true
        for field in decoder.fields {
            switch field.token {
            case .method: head.method = RequestMethod(rawValue: UInt8(field.number)) ?? .other
            case .path:
                head.path = field.number < 0 ? nil : Int(field.number)
                isPathValid = field.number >= 0 || isValidPath(field, decoder)
            case .contentType:
                head.contentType = ContentType(rawValue: UInt8(field.number)) ?? .other
            case .te: head.acceptsTrailers = true
            case .authority: head.namesKeyspace = head.namesKeyspace || field.number == 1
            case .keyspace: head.namesKeyspace = true
            case .grpcEncoding: head.isCompressed = field.number != 0
            case .grpcTimeout:
                head.timeout = decoder.withValue(of: field) { GRPCTimeout(decoding: $0) }
            case .contentLength:
                guard let length = contentLength(field, decoder, head.contentLength) else {
                    return nil
                }
                head.contentLength = length
            default: break
            }
        }
        // Of a list that is too large the rest is unknown; it is refused, not malformed.
        if decoder.isListTooLarge { return head }
        let needed: PseudoHeaders =
            head.method == .connect ? [.method, .authority] : [.method, .scheme, .path]
        let isComplete =
            head.method == .connect
            ? pseudo == needed : pseudo.subtracting(.authority) == needed
        return isComplete && isPathValid ? head : nil
    }

    /// Absolute, or `*` for OPTIONS (RFC 9113, section 8.3.1).
    private static func isValidPath(_ field: HeaderEntry, _ decoder: HPACKDecoder) -> Bool {
        decoder.withValue(of: field) { $0.first == UInt8(ascii: "/") || $0.says("*") }
    }

    /// Nil if it is no number, or not the same as an earlier one.
    private static func contentLength(
        _ field: HeaderEntry,
        _ decoder: HPACKDecoder,
        _ earlier: Int?
    ) -> Int? {
        let length = decoder.withValue(of: field) { HeaderRules.decimal($0, digitsMax: 18) }
        guard let length, earlier == nil || earlier == length else { return nil }
        return length
    }

    static func response(
        _ decoder: HPACKDecoder
    ) -> (head: ResponseHead, contentLength: Int?)? {
        guard pseudoHeaders(decoder) == .status else { return nil }
        var head = ResponseHead()
        var length: Int?
        for field in decoder.fields {
            switch field.token {
            case .status: head.status = Int(field.number)
            case .contentType:
                head.contentType = ContentType(rawValue: UInt8(field.number)) ?? .other
            case .grpcStatus: head.grpcStatus = grpcStatus(field)
            case .grpcMessage: head.grpcMessage = grpcMessage(field, decoder)
            case .contentLength:
                guard let found = contentLength(field, decoder, length) else { return nil }
                length = found
            default: break
            }
        }
        return head.status >= 100 ? (head, length) : nil
    }

    static func trailers(_ decoder: HPACKDecoder) -> ResponseTrailers? {
        guard pseudoHeaders(decoder) == [] else { return nil }
        var trailers = ResponseTrailers()
        for field in decoder.fields {
            if field.token == .grpcStatus { trailers.grpcStatus = grpcStatus(field) }
            if field.token == .grpcMessage { trailers.grpcMessage = grpcMessage(field, decoder) }
        }
        return trailers
    }

    private static func grpcStatus(_ field: HeaderEntry) -> GRPCStatusCode {
        field.number < 0 ? .unknown : GRPCStatusCode(rawValue: field.number)
    }

    private static func grpcMessage(
        _ field: HeaderEntry,
        _ decoder: HPACKDecoder
    ) -> String {
        decoder.withValue(of: field) { PercentEncoding.decode($0) }
    }
}
