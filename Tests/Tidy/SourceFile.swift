import Foundation

/// One Swift file of the repository, as bytes: Tidy needs no more of a parser than the formatter's
/// indentation.
///
/// Regular expressions see only the few lines that hold one of a rule's words, so that all of Tidy
/// takes a moment, also in a debug build.
struct SourceFile: Sendable {
    let path: String
    private let bytes: [UInt8]
    private let starts: [Int]

    /// For each line whether it is code: not a comment, not blank, not inside a long string.
    private let isCode: [Bool]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        starts = [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
        isCode = Self.codeLines(of: bytes, starts: starts)
    }

    /// Written by a generator of ours: held by `make check`, not by taste.
    var isGenerated: Bool { path.contains("/Generated/") }

    /// The layer's folder, for files under Sources: `Core` of `Sources/Core/RaftCore/Raft.swift`.
    var layer: String { path.hasPrefix("Sources/") ? part(1) : "" }
    var module: String { path.hasPrefix("Sources/") ? part(2) : "" }

    /// What follows the last line feed is not a line.
    var lineCount: Int { starts.count - 1 }

    var commentCount: Int {
        (0..<lineCount).count { line($0).drop { $0 == " " }.hasPrefix("//") }
    }

    func line(_ index: Int) -> Substring {
        let end = index + 1 < starts.count ? starts[index + 1] - 1 : bytes.count
        return Substring(String(decoding: bytes[starts[index]..<end], as: UTF8.self))
    }

    func place(_ index: Int) -> String { "\(path):\(index + 1)" }

    /// The indices of the lines that hold one of the words, in order.
    func indices(holding words: [String]) -> [Int] {
        var found: Set<Int> = []
        for word in words {
            var from = 0
            while let hit = Self.firstIndex(of: Array(word.utf8), in: bytes, from: from) {
                let next = starts.partitioningIndex { $0 > hit }
                found.insert(next - 1)
                guard next < starts.count else { break }
                from = starts[next]
            }
        }
        return found.sorted()
    }

    /// The same for lines of code only, without the comments behind it.
    func code(holding words: [String]) -> [(index: Int, text: Substring)] {
        indices(holding: words).filter { isCode[$0] }.map { index in
            let line = line(index)
            return (index, line[..<(line.range(of: " // ")?.lowerBound ?? line.endIndex)])
        }
    }

    private static func firstIndex(of word: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var start = start
            while start + word.count <= bytes.count {
                let first = memchr(base + start, Int32(word[0]), bytes.count - start)
                guard let first else { return nil }
                start = UnsafeRawPointer(first) - base
                guard start + word.count <= bytes.count else { return nil }
                if memcmp(first, word, word.count) == 0 { return start }
                start += 1
            }
            return nil
        }
    }

    private func part(_ index: Int) -> String {
        let parts = path.split(separator: "/")
        return index < parts.count ? String(parts[index]) : ""
    }

    private static func codeLines(of bytes: [UInt8], starts: [Int]) -> [Bool] {
        var quotes: Set<Int> = []
        var from = 0
        while let hit = firstIndex(of: Array("\"\"\"".utf8), in: bytes, from: from) {
            quotes.formSymmetricDifference([starts.partitioningIndex { $0 > hit } - 1])
            from = hit + 3
        }
        var isInString = false
        return starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] - 1 : bytes.count
            let text = bytes[starts[index]..<end].drop { $0 == UInt8(ascii: " ") }
            let wasInString = isInString
            if quotes.contains(index) { isInString.toggle() }
            return !wasInString && !text.isEmpty && !text.starts(with: "//".utf8)
        }
    }
}

extension Array where Element == Int {
    /// The first index whose element satisfies the predicate, in an array that is partitioned by it.
    fileprivate func partitioningIndex(_ belongsBehind: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension SourceFile {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of Sources, Tests and Tools, sorted by path.
    static let all: [SourceFile] = ["Sources", "Tests", "Tools"].flatMap { folder in
        let base = root.appendingPathComponent(folder).path + "/"
        let paths = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path -> SourceFile? in
            guard let bytes = FileManager.default.contents(atPath: base + path) else { return nil }
            return SourceFile(path: "\(folder)/\(path)", bytes: [UInt8](bytes))
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
        let index: Int
        let length: Int
    }

    /// After the formatter, a function ends at the first `}` at its own indentation.
    var functions: [Function] {
        let head = /^( *)(?:[a-z@][\w@() ]* )?(func [^ (<]+|init\b|deinit\b)/
        return code(holding: ["func ", "init", "deinit"]).compactMap { index, text in
            guard let match = text.prefixMatch(of: head),
                let end = end(ofBodyFrom: index, indent: match.1)
            else { return nil }
            return Function(name: "\(match.2)", index: index, length: end - index + 1)
        }
    }

    private func end(ofBodyFrom start: Int, indent: Substring) -> Int? {
        if line(start).hasSuffix("}") { return start }
        let last = indent + "}"
        for index in (start + 1)..<max(start + 1, lineCount) {
            let line = line(index)
            if line == last { return index }
            guard !line.isEmpty else { continue }
            // A requirement without a body ends where something else begins at its depth.
            let isDeeper = line.hasPrefix(indent + " ")
            let continues = line.hasPrefix(indent + ")") || line.hasPrefix(indent + "{")
            if !isDeeper && !continues { return nil }
        }
        return nil
    }
}
