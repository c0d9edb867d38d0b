// FuzzTargets: every decoder of bytes from outside, as a function of bytes that judges itself.
//
// Two drive them: the program Fuzz, with libFuzzer and the address sanitizer, for as long as one
// likes; and the replay among the unit tests, with the inputs in Tests/Fuzz/Corpus, in every run of
// the tests. A target does not only not trap. What was understood must come back when it is
// encoded and decoded again, a stream must mean the same in one piece and byte by byte, and what
// decoding holds must stay in proportion to what came.

public import Bytes

/// One decoder under attack.
public struct FuzzTarget: Sendable {
    /// As in `make fuzz TARGET=hpack`; also the name of its folder in the corpus.
    public let name: String

    /// Bytes that decoding may hold for each byte of the input, beyond `freeBytes`.
    ///
    /// Four, unless values are wider than what stands for them on the wire; then the limit that
    /// bounds them is named where the target is.
    public let bytesPerByte: Int

    /// Valid inputs, from our own encoders: where the fuzzer begins.
    public let samples: @Sendable () -> [ByteSlice]

    let attack: @Sendable (ByteSlice, FuzzRun) -> Void

    init(
        _ name: String,
        bytesPerByte: Int = 4,
        samples: @escaping @Sendable () -> [ByteSlice],
        _ attack: @escaping @Sendable (ByteSlice, FuzzRun) -> Void
    ) {
        self.name = name
        self.bytesPerByte = bytesPerByte
        self.samples = samples
        self.attack = attack
    }

    /// What any decoder may hold, however short its input: tables, first buffers.
    public static let freeBytes = 64 << 10

    /// Attacks the decoder with the input and says what was wrong; traps on a trap of the decoder.
    public func run(_ input: ByteSlice, heap: (any HeapGauge)? = nil) -> [String] {
        let run = FuzzRun(bytesMax: bytesPerByte * input.count + Self.freeBytes, heap: heap)
        attack(input, run)
        return run.faults
    }

    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    public static let all: [FuzzTarget] =
        wireTargets + etcdTargets + kafkaTargets + frontTargets + peerTargets + storageTargets
        + streamTargets + configurationTargets
}

/// Measures what a piece of code holds; only the fuzzer's process can.
public protocol HeapGauge {
    /// From now on.
    func begin()

    /// The most bytes that were held at once since `begin`.
    func end() -> Int
}

/// One input's way through one target, and what was found wrong on it.
final class FuzzRun {
    private(set) var faults: [String] = []
    private let bytesMax: Int
    private let heap: (any HeapGauge)?

    init(bytesMax: Int, heap: (any HeapGauge)?) {
        self.bytesMax = bytesMax
        self.heap = heap
    }

    func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { faults.append(what()) }
    }

    /// Runs what decodes the input, and holds it to the target's measure.
    func decoding<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard let heap else { return try body() }
        heap.begin()
        defer {
            let held = heap.end()
            expect(held <= bytesMax, "decoding held \(held) bytes, more than \(bytesMax)")
        }
        return try body()
    }
}
