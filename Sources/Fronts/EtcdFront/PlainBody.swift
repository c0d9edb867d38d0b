/// The body of an HTTP/1.1 request, taken as it comes: no byte is looked at twice, so that one who
/// sends it in crumbs costs no more than his crumbs.
struct PlainBody {
    private enum State {
        case counted(left: Int)

        /// The line with a chunk's length in hex, and extensions that nobody needs.
        case chunkLength
        case chunk(left: Int)

        /// The empty line behind a chunk.
        case chunkEnd

        /// Lines behind the last chunk, up to an empty one.
        case trailers(bytesLeft: Int)
        case whole
    }

    private(set) var bytes: [UInt8] = []
    private var state: State
    private let limit: Int

    init(_ body: PlainRequest.Body, limit: Int) throws(PlainRequest.Failure) {
        self.limit = limit
        switch body {
        case .none: state = .whole
        case .bytes(let count):
            guard count <= limit else { throw .bodyTooLarge }
            state = .counted(left: count)
        case .chunks: state = .chunkLength
        }
    }

    /// Takes what there is; whether it is all there.
    mutating func take(from input: inout [UInt8]) throws(PlainRequest.Failure) -> Bool {
        var rest = input[...]
        defer { input.removeFirst(input.count - rest.count) }
        while try step(&rest) {}
        if case .whole = state { return true }
        return false
    }

    /// Whether there may be more to take.
    private mutating func step(_ rest: inout ArraySlice<UInt8>) throws(PlainRequest.Failure) -> Bool
    {
        switch state {
        case .counted(let left):
            let count = move(left, from: &rest)
            state = count == left ? .whole : .counted(left: left - count)
            return false
        case .chunkLength:
            guard let line = try Self.line(&rest) else { return false }
            let count = try Self.length(line)
            guard count <= limit - bytes.count else { throw .bodyTooLarge }
            state =
                count > 0 ? .chunk(left: count) : .trailers(bytesLeft: Limits.plainHeadBytesMax)
        case .chunk(let left):
            let count = move(left, from: &rest)
            guard count == left else {
                state = .chunk(left: left - count)
                return false
            }
            state = .chunkEnd
        case .chunkEnd:
            guard let line = try Self.line(&rest) else { return false }
            guard line.isEmpty else { throw .malformed }
            state = .chunkLength
        case .trailers(let left):
            guard let line = try Self.line(&rest) else { return false }
            guard line.count < left else { throw .headTooLarge }
            state = line.isEmpty ? .whole : .trailers(bytesLeft: left - line.count)
        case .whole: return false
        }
        return true
    }

    private mutating func move(_ count: Int, from rest: inout ArraySlice<UInt8>) -> Int {
        let part = rest.prefix(count)
        bytes.append(contentsOf: part)
        rest.removeFirst(part.count)
        return part.count
    }

    /// The next line without its end; nil while that is not there.
    private static func line(
        _ rest: inout ArraySlice<UInt8>
    ) throws(PlainRequest.Failure) -> ArraySlice<UInt8>? {
        guard let feed = rest.firstIndex(of: 0x0a) else {
            guard rest.count <= Limits.chunkLineBytesMax else { throw .malformed }
            return nil
        }
        var line = rest[..<feed]
        guard line.count <= Limits.chunkLineBytesMax else { throw .malformed }
        rest = rest[(feed + 1)...]
        if line.last == 0x0d { line.removeLast() }
        return line
    }

    private static func length(
        _ line: ArraySlice<UInt8>
    ) throws(PlainRequest.Failure) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        let text = String(decoding: digits, as: UTF8.self)
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let count = Int(text, radix: 16)
        else { throw .malformed }
        return count
    }
}
