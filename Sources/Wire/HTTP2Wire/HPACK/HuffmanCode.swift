/// HPACK's static Huffman code (RFC 7541, appendix B).
///
/// The code is canonical: codes of one length follow each other in the order of their symbols, and
/// a shorter code is smaller. So the lengths say everything, and the tables are made from them.
struct HuffmanCode: Sendable {
    static let standard = HuffmanCode()

    /// Codes of at most this length are looked up at once: every letter, digit and usual sign.
    private static let fastBits = 10

    private static let endOfString = 256

    /// The code in the upper bits, its length in the lower eight.
    private let codes: [UInt64]

    /// By the next ten bits: length above symbol; zero if the code is longer.
    private let fast: [UInt16]

    /// By length: where, left-aligned in 32 bits, the codes of that length end.
    private var ends = [UInt64](repeating: 0, count: 31)

    /// By length: the first code, left-aligned, and the rank of its symbol.
    private var starts = [UInt64](repeating: 0, count: 31)
    private var ranks = [Int](repeating: 0, count: 31)

    /// The symbols by length, then value.
    private let symbols: [Int]

    private init() {
        let lengths = Self.lengths
        symbols = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var codes = [UInt64](repeating: 0, count: lengths.count)
        var fast = [UInt16](repeating: 0, count: 1 << Self.fastBits)
        var next: UInt64 = 0
        for (rank, symbol) in symbols.enumerated() {
            let length = lengths[symbol]
            let code = next >> UInt64(32 - length)
            codes[symbol] = code << 8 | UInt64(length)
            if ends[length] == 0 {
                starts[length] = next
                ranks[length] = rank
            }
            let width: UInt64 = 1 << UInt64(32 - length)
            if length <= Self.fastBits {
                let first = Int(next >> UInt64(32 - Self.fastBits))
                let count = 1 << (Self.fastBits - length)
                for index in first..<first + count { fast[index] = UInt16(length << 8 | symbol) }
            }
            next += width
            ends[length] = next
        }
        self.codes = codes
        self.fast = fast
    }

    /// How many bytes the text takes when encoded.
    func encodedLength(of text: UnsafeRawBufferPointer) -> Int {
        var bits = 0
        for byte in text { bits += Int(codes[Int(byte)] & 0xff) }
        return (bits + 7) / 8
    }

    func encode(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var buffer: UInt64 = 0
        var bits: UInt64 = 0
        for byte in text {
            let code = codes[Int(byte)]
            let length = code & 0xff
            buffer = buffer << length | code >> 8
            bits += length
            while bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        if bits > 0 {
            let padding = UInt64(0xff) >> bits
            output.append(UInt8(truncatingIfNeeded: buffer << (8 - bits) | padding))
        }
    }

    /// Appends the decoded text.
    ///
    /// False if it holds EOS or is not padded with fewer than eight ones (section 5.2).
    func decode(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        // The shortest code has five bits.
        let capacity = input.count * 8 / 5 + 1
        return withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { scratch in
            guard let count = decode(input, to: scratch) else { return false }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
            return true
        }
    }

    private func decode(
        _ input: UnsafeRawBufferPointer,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var window: UInt64 = 0  // the next bits, left-aligned
        var bits = 0
        var position = 0
        var count = 0
        while true {
            while bits <= 56, position < input.count {
                window |= UInt64(input[position]) << UInt64(56 - bits)
                bits += 8
                position += 1
            }
            let entry = fast[Int(window >> UInt64(64 - Self.fastBits))]
            var length = Int(entry >> 8)
            var symbol = Int(entry & 0xff)
            if length == 0 { (symbol, length) = longCode(window) }
            guard length <= bits else { break }
            guard symbol != Self.endOfString, count < output.count else { return nil }
            output[count] = UInt8(truncatingIfNeeded: symbol)
            count += 1
            window <<= UInt64(length)
            bits -= length
        }
        guard bits < 8 else { return nil }
        let padding: UInt64 = bits == 0 ? 0 : ~0 << UInt64(64 - bits)
        return window == padding ? count : nil
    }

    /// The symbol and length of a code longer than ten bits.
    private func longCode(_ window: UInt64) -> (symbol: Int, length: Int) {
        let top = window >> 32
        var length = Self.fastBits + 1
        while length < 30, top >= ends[length] || ends[length] == 0 { length += 1 }
        let rank = ranks[length] + Int((top - starts[length]) >> UInt64(32 - length))
        return (symbols[min(rank, symbols.count - 1)], length)
    }
}

extension HuffmanCode {
    /// By symbol; the last is EOS.
    fileprivate static let lengths: [Int] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ]
}
