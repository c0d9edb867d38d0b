import Testing

/// A rule that one line of code can break, with lines that must break it and lines that must not.
struct LineRule: Sendable, CustomTestStringConvertible {
    let name: String

    /// The folders under Sources whose code it binds.
    let layers: Set<String>

    /// A line that breaks the rule holds one of them.
    let words: [String]

    let caught: [String]
    let spared: [String]
    let breaks: @Sendable (Substring) -> Bool

    var testDescription: String { name }

    /// The places in `files` that break it.
    func faults(in files: [SourceFile]) -> [String] {
        files.filter { layers.contains($0.layer) }.flatMap { file in
            file.code(holding: words).filter { breaks($0.text) }
                .map { "\(name): \(file.place($0.index)):\($0.text)" }
        }
    }
}

extension SourceFile {
    /// A file that is not there, to try rules on.
    init(layer: String, lines: [String]) {
        let text = lines.map { $0 + "\n" }.joined()
        self.init(path: "Sources/\(layer)/Sample/Sample.swift", bytes: Array(text.utf8))
    }
}
