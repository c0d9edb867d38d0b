import Glibc

/// `Tests/Simulation/seeds.txt`: a seed, two spaces, what it found.
enum FailedSeeds {
    static var all: [UInt64] {
        lines.compactMap { line in
            guard let word = line.split(separator: " ").first else { return nil }
            return UInt64(word)
        }
    }

    private static var lines: [String] {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let file = fopen("/\(here)/Simulation/seeds.txt", "r") else { return [] }
        defer { fclose(file) }
        var lines: [String] = []
        var buffer = [CChar](repeating: 0, count: 1_024)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            lines.append(
                String(
                    decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
                    as: UTF8.self
                )
            )
        }
        return lines
    }
}
