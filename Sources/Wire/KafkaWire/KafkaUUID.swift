/// The identity of a topic, or of a log directory.
public struct KafkaUUID: Hashable, Comparable, Sendable {
    /// The first eight bytes, the most significant first.
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Stands for none.
    public static var zero: KafkaUUID { KafkaUUID(high: 0, low: 0) }

    public static func < (left: KafkaUUID, right: KafkaUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension KafkaUUID: CustomStringConvertible {
    /// As Kafka's tools write it: base64 for URLs, without padding.
    public var description: String {
        var text = ""
        for place in 0..<22 {
            let bits = UInt8(truncatingIfNeeded: bits(at: 6 * place))
            text.unicodeScalars.append(Self.letter(for: bits))
        }
        return text
    }

    /// Six bits from the one at `place` on, zeros behind the end.
    private func bits(at place: Int) -> UInt64 {
        if place <= 58 { return high >> UInt64(58 - place) & 63 }
        if place < 64 { return (high << UInt64(place - 58) | low >> UInt64(122 - place)) & 63 }
        if place <= 122 { return low >> UInt64(122 - place) & 63 }
        return low << UInt64(place - 122) & 63
    }

    private static func letter(for bits: UInt8) -> Unicode.Scalar {
        switch bits {
        case 0..<26: Unicode.Scalar(UInt8(ascii: "A") + bits)
        case 26..<52: Unicode.Scalar(UInt8(ascii: "a") + bits - 26)
        case 52..<62: Unicode.Scalar(UInt8(ascii: "0") + bits - 52)
        case 62: "-"
        default: "_"
        }
    }
}
