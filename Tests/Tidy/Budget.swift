import Testing

/// Prints the numbers that STYLE.md gives targets for.
///
/// A number that grows is a conversation, not a failure; the hard limits are in `Tidy`.
struct Budget {
    @Test func numbers() {
        let sources = SourceFile.sources
        let functions = sources.flatMap { $0.functions.map(\.length) }.sorted()
        let files = sources.map(\.lineCount).sorted()
        let lines = files.reduce(0, +)
        let comments = sources.map(\.commentCount).reduce(0, +)
        print("budget: \(sources.count) files, \(functions.count) functions, \(lines) lines")
        print("budget: function \(spread(of: functions)) (targets 8, 30, 70)")
        print("budget: file \(spread(of: files)) (targets 150, 400, 600)")
        print("budget: comments \(comments * 100 / max(lines, 1)) % (target 12–25)")
        let core = size { $0.layer == "Core" }
        let tests = size { file in
            ModuleTable.current.modules.values.contains {
                $0.layer == "core" && file.path.hasPrefix("Tests/Unit/\($0.name)Tests/")
            }
        }
        print("budget: tests of Core : Core is \(tests) : \(core) lines (target 1.5)")
        #expect(!sources.isEmpty)
    }

    private func size(of isCounted: (SourceFile) -> Bool) -> Int {
        SourceFile.written.filter(isCounted).map(\.lineCount).reduce(0, +)
    }

    private func spread(of sorted: [Int]) -> String {
        guard let largest = sorted.last else { return "none" }
        return
            "median \(sorted[sorted.count / 2]), p90 \(sorted[sorted.count * 9 / 10]), max \(largest)"
    }
}
