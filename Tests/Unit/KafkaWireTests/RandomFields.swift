import Bytes
import KafkaWire

/// A structure that can be filled with random values, for the fields that a version has.
protocol RandomlyMade: KafkaStructure {
    init(random: inout RandomFields, version: Int16)
}

/// Makes values for fields: small lists, short texts, and now and then an extreme number.
struct RandomFields {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: UInt64) -> Int { Int(next() % bound) }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        switch below(4) {
        case 0: Number(truncatingIfNeeded: next())
        case 1: below(2) == 0 ? .min : .max
        default: Number(truncatingIfNeeded: next() % 100)
        }
    }

    mutating func bool() -> Bool { below(2) == 0 }
    mutating func int8() -> Int8 { number(Int8.self) }
    mutating func int16() -> Int16 { number(Int16.self) }
    mutating func uint16() -> UInt16 { number(UInt16.self) }
    mutating func int32() -> Int32 { number(Int32.self) }
    mutating func int64() -> Int64 { number(Int64.self) }
    mutating func uuid() -> KafkaUUID { KafkaUUID(high: next(), low: next()) }
    mutating func error() -> KafkaErrorCode { KafkaErrorCode(rawValue: int16()) }

    /// Compact lengths take a second byte from 127 on.
    private mutating func length() -> Int { below(8) == 0 ? 120 + below(20) : below(12) }

    mutating func string() -> String {
        let letters = ["a", "Z", "9", ".", "é", "→", "🦉"]
        return (0..<length() / 4).map { _ in letters[below(7)] }.joined()
    }

    mutating func text() -> ByteSlice { ByteSlice(string()) }

    mutating func bytes() -> ByteSlice {
        ByteSlice((0..<length()).map { _ in UInt8(truncatingIfNeeded: next()) })
    }

    /// As a leader sends them: stamps that are copied, and what lies behind them in one piece.
    mutating func records() -> RecordsPayload {
        var records = RecordsPayload()
        for _ in 0..<below(4) {
            records.append(bytes())
            let byte = UInt8(truncatingIfNeeded: next())
            records.append(ByteSlice([UInt8](repeating: byte, count: below(3) * 400)))
        }
        return records
    }

    private mutating func isNull(_ mayBeNull: Bool) -> Bool { mayBeNull && below(4) == 0 }

    private mutating func list<Element>(_ element: (inout RandomFields) -> Element) -> [Element] {
        (0..<below(4)).map { _ in element(&self) }
    }
}

extension RandomFields {
    mutating func optionalString(nullIf mayBeNull: Bool = true) -> String? {
        isNull(mayBeNull) ? nil : string()
    }

    mutating func optionalText(nullIf mayBeNull: Bool = true) -> ByteSlice? {
        isNull(mayBeNull) ? nil : text()
    }

    mutating func optionalBytes() -> ByteSlice? { isNull(true) ? nil : bytes() }
    mutating func optionalRecords() -> RecordsPayload? { isNull(true) ? nil : records() }

    mutating func int32s() -> [Int32] { list { $0.int32() } }
    mutating func int64s() -> [Int64] { list { $0.int64() } }
    mutating func texts() -> [ByteSlice] { list { $0.text() } }
    mutating func strings() -> [String] { list { $0.string() } }

    mutating func optionalInt32s() -> [Int32]? { isNull(true) ? nil : int32s() }
    mutating func optionalTexts() -> [ByteSlice]? { isNull(true) ? nil : texts() }
    mutating func optionalStrings() -> [String]? { isNull(true) ? nil : strings() }

    mutating func structures<Element: RandomlyMade>(_ version: Int16) -> [Element] {
        list { Element(random: &$0, version: version) }
    }

    mutating func optionalStructures<Element: RandomlyMade>(
        _ version: Int16,
        nullIf mayBeNull: Bool = true
    ) -> [Element]? {
        isNull(mayBeNull) ? nil : structures(version)
    }

    mutating func optionalStructure<Element: RandomlyMade>(_ version: Int16) -> Element? {
        isNull(true) ? nil : Element(random: &self, version: version)
    }
}
