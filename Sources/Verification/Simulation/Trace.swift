internal import Bytes

/// A fingerprint of everything that happened, and the story of it for whoever wants to read it.
///
/// Two runs of a seed must give the same hash; else something depends on hash order, on a clock or
/// on memory addresses.
struct Trace {
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var events: UInt64 = 0

    /// Takes a line of the story; nil if nobody listens.
    private let narrate: ((String) -> Void)?

    init(narrate: ((String) -> Void)?) { self.narrate = narrate }

    mutating func mix(_ number: UInt64) {
        hash = (hash ^ number) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
    }

    mutating func mix<Number: BinaryInteger>(_ number: Number) {
        mix(UInt64(truncatingIfNeeded: number))
    }

    mutating func mix(_ bytes: ByteSlice) { mix(UInt64(CRC32C.of(bytes))) }

    mutating func mix(_ text: String) {
        for byte in text.utf8 { mix(UInt64(byte)) }
    }

    /// One more event of the queue.
    mutating func count(at time: UInt64) {
        events += 1
        mix(time)
    }

    func tell(_ time: UInt64, _ line: @autoclosure () -> String) {
        guard let narrate else { return }
        let milliseconds = time / 1_000_000
        let rest = time / 1_000 % 1_000
        let padding = rest < 10 ? "00" : rest < 100 ? "0" : ""
        narrate("\(milliseconds).\(padding)\(rest) \(line())")
    }
}
