internal import Bytes

/// Cuts what a client sends into requests: four bytes that say how long, big-endian, then as many.
///
/// Holds what has come of one request; the bytes of a whole one are an array of their own, of which
/// keys and records are slices.
struct RequestFrames {
    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var wanted = 0

    /// What has come of a request that is not whole.
    var heldBytes: Int { head.count + body.capacity }

    /// The length is none that a request can have.
    struct BadLength: Error, Equatable {
        var length: Int
    }

    /// Hands over each request that has become whole, until `body` says to stop; what is left of
    /// `bytes` then is said.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ take: (ByteSlice) -> Void
    ) throws(BadLength) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if wanted == 0 {
                try readHead(&rest)
            } else {
                let count = min(wanted - body.count, rest.count)
                body.append(contentsOf: rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            guard wanted > 0, body.count == wanted else { continue }
            let request = ByteSlice(body)
            body = []
            wanted = 0
            take(request)
        }
    }

    private mutating func readHead(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(BadLength) {
        let count = min(4 - head.count, rest.count)
        head.append(contentsOf: rest.prefix(count))
        rest = rest.dropFirst(count)
        guard head.count == 4 else { return }
        let length = head.reduce(into: Int32(0)) { $0 = $0 << 8 | Int32($1) }
        head.removeAll(keepingCapacity: true)
        guard (1...Limits.requestBytesMax).contains(Int(length)) else {
            throw BadLength(length: Int(length))
        }
        wanted = Int(length)
        // What is promised is not yet there: a client that only promises must not take memory.
        body.reserveCapacity(min(wanted, max(rest.count, Limits.promisedBytesMax)))
    }
}
