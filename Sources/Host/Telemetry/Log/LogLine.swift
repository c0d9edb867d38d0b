/// Writes records as lines, in either format; the same record always gives the same bytes.
struct LogLine {
    var format: LogFormat

    /// The line with its end, for a record at a time written as RFC 3339.
    func encode(_ record: LogRecord, node: String, time: String) -> [UInt8] {
        let first: [LogRecord.Field] = [
            .text("time", time), .text("level", record.level.rawValue), .text("node", node),
            .text("msg", record.message),
        ]
        var line: [UInt8] = []
        for field in first + record.fields { append(field, to: &line) }
        if format == .json { line.append(UInt8(ascii: "}")) }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private func append(_ field: LogRecord.Field, to line: inout [UInt8]) {
        switch format {
        case .text:
            if !line.isEmpty { line.append(UInt8(ascii: " ")) }
            line.append(contentsOf: field.name.utf8)
            line.append(UInt8(ascii: "="))
        case .json:
            line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
            appendQuoted(field.name, to: &line)
            line.append(UInt8(ascii: ":"))
        }
        switch field.value {
        case .number(let number): line.append(contentsOf: "\(number)".utf8)
        case .text(let text) where format == .text && isPlain(text):
            line.append(contentsOf: text.utf8)
        case .text(let text): appendQuoted(text, to: &line)
        }
    }

    /// Whether a `key=value` reader takes the value for what it is.
    private func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= Limits.logValueBytesMax
            && text.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
            }
    }

    /// As JSON writes strings; a control character can begin no line of its own.
    private func appendQuoted(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for scalar in cut(text).unicodeScalars {
            switch scalar {
            case "\"": line.append(contentsOf: "\\\"".utf8)
            case "\\": line.append(contentsOf: "\\\\".utf8)
            case "\n": line.append(contentsOf: "\\n".utf8)
            case "\r": line.append(contentsOf: "\\r".utf8)
            case "\t": line.append(contentsOf: "\\t".utf8)
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                line.append(contentsOf: "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8)
            default: line.append(contentsOf: String(scalar).utf8)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    private func cut(_ text: String) -> String {
        guard text.utf8.count > Limits.logValueBytesMax else { return text }
        return String(decoding: text.utf8.prefix(Limits.logValueBytesMax), as: UTF8.self) + "…"
    }
}
