/// The paths that a server knows, each with a number: its place in the list.
///
/// A path is looked up when it comes as a literal; the number then stays with HPACK's table, so
/// that a client's next requests compare no bytes at all.
public struct PathTable: Sendable {
    private let paths: [[UInt8]]

    /// Open addressing, half empty: a path's number plus one, or zero.
    private let buckets: [Int32]

    public init(_ paths: [String]) {
        self.paths = paths.map { Array($0.utf8) }
        var size = 16
        while size < 2 * paths.count { size *= 2 }
        var buckets = [Int32](repeating: 0, count: size)
        for (number, path) in self.paths.enumerated() {
            var bucket = path.withUnsafeBytes { Int(Self.hash($0)) } & (size - 1)
            while buckets[bucket] != 0 { bucket = (bucket + 1) & (size - 1) }
            buckets[bucket] = Int32(number + 1)
        }
        self.buckets = buckets
    }

    public var count: Int { paths.count }

    func number(of path: String) -> Int? {
        Array(path.utf8).withUnsafeBytes { number(of: $0) }
    }

    public func number(of path: UnsafeRawBufferPointer) -> Int? {
        var bucket = Int(Self.hash(path)) & (buckets.count - 1)
        while buckets[bucket] != 0 {
            let number = Int(buckets[bucket]) - 1
            if paths[number].elementsEqual(path) { return number }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        return nil
    }

    /// FNV-1a; the table is ours, so nobody can choose colliding paths.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash
    }
}
