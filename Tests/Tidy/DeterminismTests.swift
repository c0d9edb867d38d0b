import Testing

/// The rules that keep runs alike, on the code and on samples of their own.
struct DeterminismTests {
    @Test(arguments: LineRule.determinism)
    func theCodeKeeps(_ rule: LineRule) {
        #expect(rule.faults(in: SourceFile.sources) == [])
    }

    @Test(arguments: LineRule.determinism)
    func theRuleCatchesItsSamples(_ rule: LineRule) {
        for layer in rule.layers {
            let missed = rule.caught.filter {
                rule.faults(in: [SourceFile(layer: layer, lines: [$0])]).count != 1
            }
            #expect(missed == [])
            let mistaken = rule.spared.filter {
                !rule.faults(in: [SourceFile(layer: layer, lines: [$0])]).isEmpty
            }
            #expect(mistaken == [])
        }
        // Each word leads to a line that is caught: else the rule has a hole, or a word too many.
        let inert = rule.words.filter { word in
            !(rule.caught + rule.spared).contains { $0.contains(word) }
        }
        #expect(inert == [])
    }

    @Test func coreNeverWalksAHash() {
        for module in ModuleTable.current.modules.values where module.layer == "core" {
            let files = SourceFile.sources.filter { $0.module == module.name }
            #expect(HashWalk(of: files).faults == [])
        }
    }

    @Test(
        arguments: [
            "for vote in votes {", "for (replica, _) in progress where replica > 1 {",
            "for key in self.progress.keys {", "let first = votes.first",
            "let top = votes.first.map { $0 }",
            "return progress.values.map { $0.match }", "votes.forEach { count($0) }",
            "let list = Array(votes)", "let next = votes.popFirst()",
            "for (place, vote) in votes.enumerated() {", "let text = \"\" + votes.description",
            "let pairs = zip(progress.keys, others)", "let text = String(describing: votes)",
            "for term in terms {", "let some = seen.prefix(3)",
            "acc = counts.reduce(0) { $0 + $1.1 }",
        ]
    )
    func aWalkIsCaught(_ line: String) {
        #expect(HashWalk(of: [Self.sample(line)]).faults.count == 1)
    }

    @Test(
        arguments: [
            "if votes.contains(replica) {", "votes.insert(replica)", "let count = votes.count",
            "for vote in votes.sorted() {", "let match = progress[replica]?.match",
            "for entry in entries {", "let last = votes.max()", "// for vote in votes {",
        ]
    )
    func aLookIsSpared(_ line: String) {
        #expect(HashWalk(of: [Self.sample(line)]).faults == [])
    }

    private static func sample(_ line: String) -> SourceFile {
        SourceFile(
            layer: "Core",
            lines: [
                "var votes: Set<ReplicaID> = []", "var progress: [ReplicaID: Progress] = [:]",
                "let terms = Set(list)", "let seen = Set<Int>()", "var counts = [Int: Int]()", line,
            ]
        )
    }
}
