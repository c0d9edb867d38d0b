/// How long the client waits, from `grpc-timeout`.
public enum GRPCTimeout: Sendable, Equatable {
    case none
    case after(nanoseconds: UInt64)

    /// More than eight digits, none, or an unknown unit: grpc-go answers Internal.
    case malformed

    /// At most eight digits and a unit of `HMSmun` (gRPC over HTTP/2, "Timeout").
    init(decoding text: UnsafeRawBufferPointer) {
        guard text.count >= 2, text.count <= 9, let unit = text.last else {
            self = .malformed
            return
        }
        var number: UInt64 = 0
        for byte in text.dropLast() {
            guard byte >= 0x30, byte <= 0x39 else {
                self = .malformed
                return
            }
            number = number * 10 + UInt64(byte - 0x30)
        }
        guard let scale = Self.nanoseconds(of: unit) else {
            self = .malformed
            return
        }
        let (product, overflows) = number.multipliedReportingOverflow(by: scale)
        self = .after(nanoseconds: overflows ? .max : product)
    }

    /// The value of a header that came by other ways than HTTP/2.
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { GRPCTimeout(decoding: UnsafeRawBufferPointer($0)) }
    }

    private static func nanoseconds(of unit: UInt8) -> UInt64? {
        switch unit {
        case UInt8(ascii: "H"): 3_600_000_000_000
        case UInt8(ascii: "M"): 60_000_000_000
        case UInt8(ascii: "S"): 1_000_000_000
        case UInt8(ascii: "m"): 1_000_000
        case UInt8(ascii: "u"): 1_000
        case UInt8(ascii: "n"): 1
        default: nil
        }
    }

    /// The same, rounded up to what eight digits can say.
    static func text(nanoseconds: UInt64) -> String {
        let units: [(UInt64, String)] = [
            (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"),
            (60_000_000_000, "M"), (3_600_000_000_000, "H"),
        ]
        for (scale, unit) in units {
            let count = nanoseconds / scale + (nanoseconds % scale == 0 ? 0 : 1)
            if count < 100_000_000 { return "\(count)\(unit)" }
        }
        return "99999999H"
    }
}
