internal import Bytes

/// One line of a history, as the rig writes it.
///
/// Messages are those of the wire, in hexadecimal digits; times are nanoseconds of a clock that all
/// who record share. Three kinds of lines:
///
/// - a call: `workload`, `client`, `method`, `request`, `invoked`; and `returned` with `response`, or
///   with `code` and `error` (gRPC's number and the text's digits); neither if no answer came;
/// - a watch: `workload`, `watch` (its name), `session`; and `request` (a WatchCreateRequest) once,
///   before `response` (a WatchResponse) with `at`, once each;
/// - `healed`: when faults had ended.
struct Record: Equatable {
    var workload = ""
    var client: UInt32 = 0
    var method = ""
    var invoked: UInt64 = 0
    var returned: UInt64?
    var request: ByteSlice?
    var response: ByteSlice?
    var code: Int64 = 0
    var error = ""
    var watch: String?
    var session: Int64 = 0
    var at: UInt64 = 0
    var healed: UInt64?

    init(_ line: ArraySlice<UInt8>) throws(DecodeError) {
        guard line.count <= Limits.lineBytesMax else {
            throw .tooLarge("a line of more than \(Limits.lineBytesMax) bytes")
        }
        try FlatJSON.read(line) { name, value throws(DecodeError) in
            try set(String(decoding: name, as: UTF8.self), value)
        }
    }

    private mutating func set(_ name: String, _ value: FlatJSON.Value) throws(DecodeError) {
        switch (name, value) {
        case ("workload", .text(let text)): workload = String(decoding: text, as: UTF8.self)
        case ("method", .text(let text)): method = String(decoding: text, as: UTF8.self)
        case ("watch", .text(let text)): watch = String(decoding: text, as: UTF8.self)
        case ("request", .text(let text)): request = try Self.bytes(text)
        case ("response", .text(let text)): response = try Self.bytes(text)
        case ("error", .text(let text)): error = try Self.bytes(text).text
        case ("client", .number(let number)): client = try Self.checked(number, name)
        case ("invoked", .number(let number)): invoked = try Self.checked(number, name)
        case ("returned", .number(let number)): returned = try Self.checked(number, name)
        case ("at", .number(let number)): at = try Self.checked(number, name)
        case ("healed", .number(let number)): healed = try Self.checked(number, name)
        case ("session", .number(let number)): session = number
        case ("code", .number(let number)): code = number
        default: throw .malformed("the field \(name) is not known, or not of this type")
        }
    }

    private static func checked<Number: FixedWidthInteger>(
        _ number: Int64,
        _ name: String
    ) throws(DecodeError) -> Number {
        guard let number = Number(exactly: number) else {
            throw .malformed("\(name) is out of range")
        }
        return number
    }

    private static func bytes(_ digits: ArraySlice<UInt8>) throws(DecodeError) -> ByteSlice {
        guard digits.count % 2 == 0 else { throw .malformed("half a byte") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var place = digits.startIndex
        while place < digits.endIndex {
            guard let high = nibble(digits[place]), let low = nibble(digits[place + 1]) else {
                throw .malformed("what is no hexadecimal digit")
            }
            bytes.append(high << 4 | low)
            place += 2
        }
        return ByteSlice(bytes)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
