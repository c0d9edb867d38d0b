#if canImport(Glibc)
import Glibc
#endif

/// The process as Linux sees it, from /proc/self; what cannot be read is nil and not shown.
struct ProcessStatistics {
    var cpuSeconds: Double?
    var residentBytes: UInt64?
    var virtualBytes: UInt64?
    var startSeconds: Double?

    /// What one file of /proc may hold; these are a line or a few.
    private static let fileBytesMax = 16 * 1024

    /// From `stat`: fields 14 and 15 are the time in user and system, 22 the start after the boot,
    /// 23 and 24 the memory (proc(5)), and from the boot time.
    init(stat: String, bootSeconds: UInt64?, ticksPerSecond: Double, pageBytes: UInt64) {
        // The second field is a name in parentheses, which may hold spaces and parentheses.
        let name = stat.lastIndex(of: ")") ?? stat.startIndex
        let fields = stat[name...].split(separator: " ").dropFirst().map(String.init)
        func number(_ field: Int) -> UInt64? {
            fields.indices.contains(field - 3) ? UInt64(fields[field - 3]) : nil
        }
        if let user = number(14), let system = number(15) {
            cpuSeconds = Double(user + system) / ticksPerSecond
        }
        if let start = number(22), let bootSeconds {
            startSeconds = Double(bootSeconds) + Double(start) / ticksPerSecond
        }
        virtualBytes = number(23)
        residentBytes = number(24).map { $0 * pageBytes }
    }

    static func read() -> ProcessStatistics {
        ProcessStatistics(
            stat: text(of: "/proc/self/stat"),
            bootSeconds: bootSeconds,
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: UInt64(sysconf(Int32(_SC_PAGESIZE)))
        )
    }

    /// When the machine was started: it never changes.
    private static let bootSeconds: UInt64? = {
        // The line `btime` stands behind one for each processor and the long one of interrupts.
        let lines = text(of: "/proc/stat", bytesMax: 1 << 20).split(separator: "\n")
        return lines.first { $0.hasPrefix("btime ") }.flatMap { UInt64($0.dropFirst(6)) }
    }()

    /// Counted by name; the listing has one of its own open meanwhile, and two names for folders.
    static var openFileCount: UInt64? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count: UInt64 = 0
        while readdir(folder) != nil { count += 1 }
        return count >= 3 ? count - 3 : nil
    }

    static var openFilesMax: UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        return UInt64(limit.rlim_cur)
    }

    private static func text(of path: String, bytesMax: Int = fileBytesMax) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension Exposition {
    /// The process's metrics, under the names that every exporter gives them.
    public mutating func writeProcess() {
        let process = ProcessStatistics.read()
        if let seconds = process.cpuSeconds { write(.cpu, seconds) }
        if let bytes = process.residentBytes { write(.residentBytes, bytes) }
        if let bytes = process.virtualBytes { write(.virtualBytes, bytes) }
        if let count = ProcessStatistics.openFileCount { write(.openFiles, count) }
        if let count = ProcessStatistics.openFilesMax { write(.openFilesMax, count) }
        if let seconds = process.startSeconds { write(.startTime, seconds) }
    }
}
