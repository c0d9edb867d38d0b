#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Immutable bytes that are shared, not copied.
///
/// A client's request is copied once, from the socket into an array; the journal, the peers'
/// frames and the keyspace all hold slices of that array. Sixteen bytes wide.
public struct ByteSlice: Sendable, Hashable, Comparable {
    private let storage: [UInt8]
    private let lower: UInt32
    private let upper: UInt32

    public static let empty = ByteSlice([])

    /// All bytes of `storage`.
    ///
    /// Shares it. At most 4 GiB, far above every message limit.
    public init(_ storage: [UInt8]) {
        self.storage = storage
        lower = 0
        upper = UInt32(storage.count)
    }

    private init(storage: [UInt8], lower: UInt32, upper: UInt32) {
        self.storage = storage
        self.lower = lower
        self.upper = upper
    }

    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init([UInt8](bytes))
    }

    public init(_ text: String) {
        self.init([UInt8](text.utf8))
    }

    public var count: Int { Int(upper - lower) }

    public var isEmpty: Bool { lower == upper }

    /// The byte at `position`, counted from the slice's start.
    public subscript(position: Int) -> UInt8 {
        precondition(position >= 0 && position < count, "position \(position) of \(count) bytes")
        return storage[Int(lower) + position]
    }

    /// A part that shares this slice's storage; positions count from the slice's start.
    public subscript(range: Range<Int>) -> ByteSlice {
        precondition(range.upperBound <= count, "range \(range) of \(count) bytes")
        return ByteSlice(
            storage: storage,
            lower: lower + UInt32(range.lowerBound),
            upper: lower + UInt32(range.upperBound)
        )
    }

    /// A copy with storage of its own, so that a small part does not keep a large whole alive.
    public var compacted: ByteSlice {
        count == storage.count ? self : withUnsafeBytes { ByteSlice(copying: $0) }
    }

    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBytes { whole in
            try body(UnsafeRawBufferPointer(rebasing: whole[Int(lower)..<Int(upper)]))
        }
    }

    public static func == (left: ByteSlice, right: ByteSlice) -> Bool {
        left.count == right.count && left.order(against: right) == 0
    }

    /// Byte by byte, unsigned, a prefix before the longer: etcd's order of keys.
    public static func < (left: ByteSlice, right: ByteSlice) -> Bool {
        left.order(against: right) < 0
    }

    /// Negative, zero or positive, as `memcmp` says it, the shorter first among equals.
    public func order(against other: ByteSlice) -> Int {
        withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in Self.order(mine, theirs) }
        }
    }

    private static func order(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer
    ) -> Int {
        let common = min(left.count, right.count)
        if common > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress {
            let order = memcmp(leftBase, rightBase, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension ByteSlice: CustomStringConvertible {
    public var description: String { String(text) }

    /// The bytes as UTF-8, repaired where they are not.
    public var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

extension ByteSlice: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(text) }
}
