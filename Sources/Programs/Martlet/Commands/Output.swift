#if canImport(Glibc)
import Glibc
#endif

/// Where commands write what is not their data.
enum Output {
    static func complain(_ complaint: Complaint) { writeError("\(complaint)\n") }

    /// So that whoever reads a pipe sees each line at once.
    static func flush() { fflush(nil) }

    static func writeError(_ text: String) {
        text.withCString { bytes in
            _ = write(STDERR_FILENO, bytes, strlen(bytes))
        }
    }
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
