internal import Bytes
internal import Model

/// A key of an `OrderedTree`.
///
/// A node knows how many leading units (bytes) all its keys share, and keeps for each key a number
/// made of what follows. Most comparisons are then of numbers that lie side by side, and touch no
/// key's own storage; that is where a tree of byte strings spends its time.
protocol TreeKey: Sendable {
    /// Negative, zero or positive.
    func order(against other: Self) -> Int

    /// How many leading units both have in common; zero for keys that have no units.
    func sharedPrefix(with other: Self) -> Int

    /// The order of the first `count` units against those of `other`, which has so many.
    func prefixOrder(_ count: Int, against other: Self) -> Int

    /// A number that never orders two keys which share `count` units the wrong way round.
    func fingerprint(after count: Int) -> UInt64

    /// The key as a branch keeps it, without the storage of anything that lives shorter.
    var separator: Self { get }
}

/// A value of an `OrderedTree`; the tree counts those that are live.
protocol TreeValue: Sendable {
    var isLive: Bool { get }
}

extension TreeValue {
    var isLive: Bool { true }
}

/// The value of a tree that is only a set of keys.
struct Membership: TreeValue {}

extension TreeKey {
    func sharedPrefix(with other: Self) -> Int { 0 }

    func prefixOrder(_ count: Int, against other: Self) -> Int { 0 }

    var separator: Self { self }
}

extension ByteSlice: TreeKey {
    func sharedPrefix(with other: ByteSlice) -> Int {
        withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in
                let common = min(mine.count, theirs.count)
                var position = 0
                while position < common, mine[position] == theirs[position] { position += 1 }
                return position
            }
        }
    }

    func prefixOrder(_ prefix: Int, against other: ByteSlice) -> Int {
        if count >= prefix { return self[0..<prefix].order(against: other[0..<prefix]) }
        let order = order(against: other[0..<prefix])
        return order == 0 ? -1 : order
    }

    var separator: ByteSlice { compacted }

    /// The next eight bytes as one big-endian number, filled up with zeros.
    func fingerprint(after prefix: Int) -> UInt64 {
        withUnsafeBytes { bytes in
            let rest = bytes.count - prefix
            if rest >= 8 {
                return UInt64(
                    bigEndian: bytes.loadUnaligned(fromByteOffset: prefix, as: UInt64.self)
                )
            }
            var number: UInt64 = 0
            var position = 0
            while position < 8 {
                number <<= 8
                if position < rest { number |= UInt64(bytes[prefix + position]) }
                position += 1
            }
            return number
        }
    }
}

extension LeaseID: TreeKey {
    func order(against other: LeaseID) -> Int {
        number < other.number ? -1 : number == other.number ? 0 : 1
    }

    func fingerprint(after count: Int) -> UInt64 { number.orderedBits }
}

extension Int64 {
    /// The number as one without a sign, in the same order.
    var orderedBits: UInt64 { UInt64(bitPattern: self) ^ (1 << 63) }
}
