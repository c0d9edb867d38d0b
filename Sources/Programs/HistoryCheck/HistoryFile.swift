internal import Bytes
internal import Glibc

/// Reads files of records, a line each.
struct HistoryFile {
    /// A line that is none, or a file that cannot be read.
    struct Fault: Error, Equatable {
        var place: String
        var cause: String
    }

    /// Adds every record of these files.
    static func read(_ paths: [String]) throws(Fault) -> RecordedRun {
        var run = RecordedRun()
        var bytesLeft = Limits.historyBytesMax
        for path in paths {
            let bytes = try contents(of: path, max: bytesLeft)
            bytesLeft -= bytes.count
            try add(bytes, path, to: &run)
        }
        return run
    }

    static func add(_ bytes: [UInt8], _ path: String, to run: inout RecordedRun) throws(Fault) {
        var start = 0
        var number = 0
        while start < bytes.count {
            number += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            do throws(DecodeError) {
                if end > start { try run.add(try Record(bytes[start..<end])) }
            } catch {
                throw Fault(place: "\(path):\(number)", cause: error.words)
            }
            start = end + 1
        }
    }

    private static func contents(of path: String, max bytesMax: Int) throws(Fault) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw Fault(place: path, cause: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            guard bytes.count + count <= bytesMax else {
                throw Fault(
                    place: path,
                    cause: "more than \(Limits.historyBytesMax) bytes in all"
                )
            }
            bytes += part[..<count]
        }
        guard ferror(file) == 0 else {
            throw Fault(place: path, cause: String(cString: strerror(errno)))
        }
        return bytes
    }
}

extension DecodeError {
    fileprivate var words: String {
        switch self {
        case .truncated: "the line ends too early"
        case .malformed(let what): what
        case .tooLarge(let what): what
        }
    }
}
