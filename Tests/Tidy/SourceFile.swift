import Foundation

/// One Swift file of the repository, as text: Tidy needs no more of a parser than the formatter's
/// indentation.
struct SourceFile {
    let path: String
    let text: String
    let lines: [Substring]

    /// Written by a generator of ours: held by `make check`, not by taste.
    var isGenerated: Bool { path.contains("/Generated/") || text.hasPrefix("// Generated") }

    /// The layer's folder, for files under Sources: `Core` of `Sources/Core/RaftCore/Raft.swift`.
    var layer: String { path.hasPrefix("Sources/") ? part(1) : "" }
    var module: String { path.hasPrefix("Sources/") ? part(2) : "" }

    /// Lines that are code, with their numbers; comments and the inside of long strings left out.
    var code: [(number: Int, text: Substring)] {
        var isInString = false
        return lines.enumerated().compactMap { index, line in
            let quotes = line.components(separatedBy: "\"\"\"").count - 1
            let wasInString = isInString
            if quotes % 2 == 1 { isInString.toggle() }
            guard !wasInString, !isInString else { return nil }
            let trimmed = line.drop { $0 == " " }
            guard !trimmed.isEmpty, !trimmed.hasPrefix("//") else { return nil }
            let end = line.range(of: " // ")?.lowerBound ?? line.endIndex
            return (index + 1, line[..<end])
        }
    }

    private func part(_ index: Int) -> String {
        let parts = path.split(separator: "/")
        return index < parts.count ? String(parts[index]) : ""
    }

    func place(_ line: Int) -> String { "\(path):\(line)" }
}

extension SourceFile {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of Sources, Tests and Tools, sorted by path.
    static let all: [SourceFile] = ["Sources", "Tests", "Tools"].flatMap { folder in
        let base = root.appendingPathComponent(folder).path + "/"
        let paths = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path -> SourceFile? in
            guard let text = try? String(contentsOfFile: base + path, encoding: .utf8) else {
                return nil
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return SourceFile(path: "\(folder)/\(path)", text: text, lines: lines)
        }
    }

    static let written = all.filter { !$0.isGenerated }
    static let sources = written.filter { $0.path.hasPrefix("Sources/") }

    static func read(_ path: String) -> String {
        (try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)) ?? ""
    }
}

extension SourceFile {
    struct Function {
        let name: String
        let line: Int
        let length: Int
    }

    /// After the formatter, a function ends at the first `}` at its own indentation.
    var functions: [Function] {
        var found: [Function] = []
        for (index, line) in lines.enumerated() {
            guard
                let match = line.firstMatch(
                    of: /^( *)([a-z@][\w@() ]* )?(func [^ (<]+|init\b|deinit\b)/
                )
            else { continue }
            let indent = match.1
            guard let end = end(ofBodyFrom: index, indent: indent) else { continue }
            found.append(Function(name: "\(match.3)", line: index + 1, length: end - index + 1))
        }
        return found
    }

    private func end(ofBodyFrom start: Int, indent: Substring) -> Int? {
        if lines[start].hasSuffix("}") { return start }
        for index in (start + 1)..<max(start + 1, lines.count) {
            let line = lines[index]
            if line == indent + "}" { return index }
            guard !line.isEmpty else { continue }
            // A requirement without a body ends where something else begins at its depth.
            let isDeeper = line.hasPrefix(indent + " ")
            let continues = line.hasPrefix(indent + ")") || line.hasPrefix(indent + "{")
            if !isDeeper && !continues { return nil }
        }
        return nil
    }
}
