import ArgumentParser
import Bytes

#if canImport(Glibc)
import Glibc
#endif

/// Where commands write what is not their data.
enum Output {
    static func complain(_ complaint: Complaint) { writeError("\(complaint)\n") }

    /// What flags and files say; what is wrong with them is wrong usage.
    static func usage<Value>(
        _ body: () throws(Complaint) -> Value
    ) throws(ExitCode) -> Value {
        do throws(Complaint) {
            return try body()
        } catch {
            complain(error)
            throw .usage
        }
    }

    /// Bytes as they are, with a line feed behind them; values need not be text.
    static func line(_ bytes: ByteSlice) {
        bytes.withUnsafeBytes { for byte in $0 { putchar(Int32(byte)) } }
        putchar(0x0a)
    }

    /// So that whoever reads a pipe sees each line at once.
    static func flush() { fflush(nil) }

    static func writeError(_ text: String) {
        text.withCString { bytes in
            _ = write(STDERR_FILENO, bytes, strlen(bytes))
        }
    }
}

extension ExitCode {
    /// As sysexits.h numbers it; the parser's own for what it does not understand.
    static let usage = ExitCode(64)

    /// The node has left its cluster for good: to start it again is of no use.
    static let removed = ExitCode(3)
}

/// A small text file, read whole.
enum TextFile {
    /// A configuration is a page; what is larger was given by mistake.
    static let bytesMax = 1 << 20

    static func read(_ path: String) throws(Complaint) -> String {
        guard let file = fopen(path, "r") else {
            let reason = String(cString: strerror(errno))
            throw Complaint(
                failure: "cannot read \(path)",
                cause: reason,
                fix: "ls -l \(path)"
            )
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            let reason = String(cString: strerror(errno))
            throw Complaint(failure: "cannot read \(path)", cause: reason, fix: "ls -ld \(path)")
        }
        guard count <= bytesMax else {
            throw Complaint(
                failure: "\(path) is larger than \(bytesMax) bytes",
                cause: "it is not a configuration file",
                fix: "martlet start --help"
            )
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
