import Foundation
import Testing

@testable import Telemetry

@Suite struct MetricTableTests {
    private var reference: [String] {
        get throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../docs/reference/metrics.md").standardized
            return try String(contentsOf: root, encoding: .utf8)
                .split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
        }
    }

    @Test func theReferenceShowsTheTable() throws {
        let rows = Metric.all.map { metric in
            let labels = metric.labels.isEmpty ? "–" : metric.labels.joined(separator: ", ")
            return "| `\(metric.name)` | \(metric.kind) | \(labels) | \(metric.help) |"
        }
        let shown = try reference.filter { $0.split(separator: "|").count == 4 }
        #expect(shown == rows)
    }

    /// What the page says is absent is not in the table.
    @Test func whatIsSaidToBeAbsentIs() throws {
        let absent = try reference.filter { $0.split(separator: "|").count == 2 }
            .flatMap { $0.split(separator: "|")[0].matches(of: /`([^`]+)`/).map { $0.output.1 } }
        #expect(absent.count > 20)
        for name in absent {
            let prefix = name.hasSuffix("*") ? name.dropLast() : name
            let found = Metric.all.filter {
                name.hasSuffix("*") ? $0.name.hasPrefix(prefix) : $0.name == prefix
            }
            #expect(found.map(\.name) == [], "\(name)")
        }
    }

    @Test func namesAreUniqueAndHelpIsASentence() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        for metric in Metric.all {
            #expect(metric.help.hasSuffix(".") && !metric.help.contains("\n"), "\(metric.name)")
            #expect(!metric.help.contains("|") && !metric.help.contains("\\"), "\(metric.name)")
        }
    }
}
