#if canImport(FoundationEssentials)
import FoundationEssentials
import Glibc
#else
import Foundation
#endif

/// What a generator writes: whole folders of files, and nothing else lies in these folders.
struct GeneratedFiles {
    /// As in "differs from Protocols/etcd".
    let source: String
    let tool: String
    let folders: [String]
    var files: [(path: String, text: String)] = []

    /// Writes the files, or with `--check` says which differ and fails if any does.
    func run() throws {
        if CommandLine.arguments.contains("--check") {
            try check()
        } else {
            try write()
        }
    }

    private func write() throws {
        for folder in folders {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
        }
        for file in files where contents(of: file.path) != file.text {
            try file.text.write(toFile: file.path, atomically: true, encoding: .utf8)
            print("wrote \(file.path)")
        }
        for path in try leftovers() {
            try FileManager.default.removeItem(atPath: path)
            print("removed \(path)")
        }
    }

    private func check() throws {
        let stale = files.filter { contents(of: $0.path) != $0.text }.map(\.path)
        let wrong = stale + (try leftovers())
        guard wrong.isEmpty else {
            wrong.forEach { print("differs from \(source): \($0)") }
            print("run: swift run \(tool)")
            exit(1)
        }
    }

    /// Nil if the file is missing or unreadable: it differs then in any case.
    private func contents(of path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    /// Files in the generated folders that the sources no longer ask for.
    private func leftovers() throws -> [String] {
        let wanted = Set(files.map(\.path))
        return try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder)
                .map { "\(folder)/\($0)" }
                .filter { !wanted.contains($0) }
        }.sorted()
    }
}
