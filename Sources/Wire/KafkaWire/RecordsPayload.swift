public import Bytes

/// Record batches as they lie in a request or go into a response: slices, of which none is copied.
///
/// What is read is one slice. What is written may be many: a batch whose first bytes were stamped is
/// those bytes and a slice of the rest.
public struct RecordsPayload: Sendable {
    private var first: ByteSlice
    private var rest: [ByteSlice] = []

    /// Of all slices together.
    public private(set) var count: Int

    public init(_ slice: ByteSlice = .empty) {
        first = slice
        count = slice.count
    }

    public init(_ slices: [ByteSlice]) {
        self.init()
        for slice in slices { append(slice) }
    }

    public var isEmpty: Bool { count == 0 }

    public mutating func append(_ slice: ByteSlice) {
        guard !slice.isEmpty else { return }
        precondition(slice.count <= Int(Int32.max) - count, "records of 2 GiB")
        if count == 0 {
            first = slice
        } else {
            rest.append(slice)
        }
        count += slice.count
    }

    /// The slices in their order, without empty ones.
    public func forEach(_ body: (ByteSlice) -> Void) {
        guard !isEmpty else { return }
        body(first)
        for slice in rest { body(slice) }
    }

    /// All bytes in one slice; a copy if there were several.
    public var joined: ByteSlice {
        guard !rest.isEmpty else { return first }
        var writer = ByteWriter(capacity: count)
        forEach { writer.slice($0) }
        return writer.slice
    }
}

/// Equal if the bytes are, however they are cut.
extension RecordsPayload: Equatable {
    public static func == (left: RecordsPayload, right: RecordsPayload) -> Bool {
        left.count == right.count && left.joined == right.joined
    }
}
