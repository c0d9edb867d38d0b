import Bytes

/// The reference text, read: a second, slow and simple codec to hold the generated one against.
struct ReferenceSchema {
    struct Field {
        var number: UInt64
        var type: String
        var isRepeated: Bool
    }

    private(set) var messages: [String: [Field]] = [:]
    private(set) var names: [String] = []

    init() {
        for line in Reference.text.split(separator: "\n") {
            guard line.hasPrefix("  "), let name = names.last else {
                names.append(String(line))
                messages[String(line)] = []
                continue
            }
            let words = line.split(separator: " ").map(String.init)
            guard let number = UInt64(words[0]) else { continue }
            messages[name]?.append(
                Field(
                    number: number,
                    type: words[words.count - 1],
                    isRepeated: words.contains("repeated")
                )
            )
        }
    }

    /// A random message as proto3 writes it: fields by number, defaults left out.
    func bytes(of name: String, depth: Int = 0, using random: inout Seeded) -> [UInt8] {
        let fields = (messages[name] ?? []).sorted { $0.number < $1.number }
        var chosen: UInt64?
        if let oneof = Reference.oneofs[name] {
            chosen = UInt64(Int.random(in: oneof.lowerBound...oneof.upperBound + 1, using: &random))
        }
        var writer = ByteWriter()
        for field in fields {
            let isCase = Reference.oneofs[name]?.contains(Int(field.number)) == true
            if isCase {
                guard field.number == chosen else { continue }
            } else if Bool.random(using: &random) {
                continue
            }
            write(field, isCase: isCase, depth: depth, using: &random, into: &writer)
        }
        return writer.bytes
    }

    private func write(
        _ field: Field,
        isCase: Bool,
        depth: Int,
        using random: inout Seeded,
        into writer: inout ByteWriter
    ) {
        let count = field.isRepeated ? Int.random(in: 1...3, using: &random) : 1
        if field.isRepeated, Reference.enumerations.contains(field.type) || field.type == "int32" {
            var packed = ByteWriter()
            for _ in 0..<count { packed.varint(UInt64.random(in: 0...5, using: &random)) }
            writer.varint(field.number << 3 | 2)
            writer.lengthPrefixed(packed.slice)
            return
        }
        for _ in 0..<count {
            if messages[field.type] != nil {
                guard depth < 5 else { return }
                writer.varint(field.number << 3 | 2)
                writer.lengthPrefixed(
                    ByteSlice(bytes(of: field.type, depth: depth + 1, using: &random))
                )
            } else if field.type == "bytes" || field.type == "string" {
                let least = isCase || field.isRepeated ? 0 : 1
                writer.varint(field.number << 3 | 2)
                writer.lengthPrefixed(
                    ByteSlice(
                        text(Int.random(in: least...200, using: &random), field.type, &random)
                    )
                )
            } else {
                writer.varint(field.number << 3)
                writer.varint(number(field.type, isCase: isCase, using: &random))
            }
        }
    }

    private func text(_ count: Int, _ type: String, _ random: inout Seeded) -> [UInt8] {
        (0..<count).map { _ in
            type == "string"
                ? UInt8.random(in: 32...126, using: &random)
                : .random(in: .min ... .max, using: &random)
        }
    }

    private func number(_ type: String, isCase: Bool, using random: inout Seeded) -> UInt64 {
        let shift = UInt64.random(in: 0..<63, using: &random)
        let wide = UInt64.random(in: .min ... .max, using: &random) >> shift
        switch type {
        case "bool": return 1
        case "uint32": return max(1, wide & 0xffff_ffff)
        case "int32":
            let number = Int64(Int32(truncatingIfNeeded: wide))
            return number == 0 ? 1 : UInt64(bitPattern: number)
        case _ where Reference.enumerations.contains(type):
            // Some unknown, some negative, which takes ten bytes.
            let number = Int64.random(in: -3...9, using: &random)
            return number == 0 ? 1 : UInt64(bitPattern: number)
        default: return isCase && wide & 1 == 0 ? 0 : max(1, wide)
        }
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
