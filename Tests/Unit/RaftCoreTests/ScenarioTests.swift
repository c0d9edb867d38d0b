import Foundation
import Testing

/// Runs `Tests/Scenarios/raft/*.txt`.
///
/// `SCENARIOS_REWRITE=1` accepts what happens as what should.
@Suite struct ScenarioTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../Scenarios/raft").standardized

    private static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".txt") }.sorted()
    }()

    @Test func thereAreScenarios() {
        #expect(Self.names.count >= 8)
    }

    @Test(arguments: names)
    func whatHappensIsWhatTheScenarioSays(name: String) throws {
        let file = Self.folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        var scenario = Scenario()
        var told: [String] = []
        for paragraph in text.components(separatedBy: "\n\n") {
            let lines = paragraph.split(separator: "\n").map(String.init)
            let commands = lines.prefix { $0 != "---" }
            guard commands.contains(where: { !$0.hasPrefix("#") }) else {
                told.append(paragraph.trimmingCharacters(in: .newlines))
                continue
            }
            let happened = scenario.run(Array(commands))
            told.append((commands + ["---"] + happened).joined(separator: "\n"))
        }
        let actual = told.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
        if ProcessInfo.processInfo.environment["SCENARIOS_REWRITE"] == "1" {
            try actual.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(actual == text)
        }
    }
}
