#if MARTLET_MUTANTS
internal import Checkers
internal import Glibc
internal import Simulation

/// Plants each mutant and counts the seeds until it is found, from ten different seeds on; prints
/// Markdown.
struct MutantTable {
    let seedsMax: UInt64
    let firstSeed: UInt64
    let jobs: Int

    /// Which are planted, as `Mutant.all` numbers them.
    let places: [Int]

    /// Ranges begin so far apart that none meets the next.
    private static let ranges: UInt64 = 10
    private static let rangePause: UInt64 = 100_000

    private struct Finding: Sendable {
        var invariant: Invariant

        /// How many seeds it took, this one included.
        var seeds: UInt64
    }

    /// What the ten ranges of one mutant came to; nil where it was not found.
    private struct Row: Sendable {
        var place: Int
        var findings: [Finding?]

        var killed: [Finding] { findings.compactMap { $0 } }
        var seeds: [UInt64] { killed.map(\.seeds).sorted() }
        var isKilledEverywhere: Bool { killed.count == findings.count }

        /// Most often first, each once.
        var invariants: [Invariant] {
            Invariant.allCases
                .map { invariant in (invariant, killed.count { $0.invariant == invariant }) }
                .filter { $0.1 > 0 }
                .sorted { ($1.1, $0.0.rawValue) < ($0.1, $1.0.rawValue) }
                .map(\.0)
        }
    }

    func run() async throws {
        print("| mutant | found by | seeds until found, median | worst of \(Self.ranges) ranges |")
        print("|---|---|---|---|")
        var rows: [Row] = []
        await withTaskGroup(of: Row.self) { group in
            var next = 0
            func startNext() {
                guard next < places.count else { return }
                let place = places[next]
                group.addTask { row(place) }
                next += 1
            }
            for _ in 0..<jobs { startNext() }
            for await row in group {
                rows.append(row)
                // What is done is told in order, for whoever waits.
                print(line(row))
                fflush(nil)
                startNext()
            }
        }
        rows.sort { $0.place < $1.place }
        tellInvariants(rows)
        summarize(rows)
    }

    private func line(_ row: Row) -> String {
        let names = row.invariants.map { "\($0.rawValue) \($0)" }.joined(separator: ", ")
        let median = row.seeds.isEmpty ? "–" : "\(row.seeds[row.seeds.count / 2])"
        let worst =
            row.isKilledEverywhere
            ? "\(row.seeds.last ?? 0)"
            : "not in \(seedsMax), \(row.killed.count) of \(row.findings.count) ranges"
        return "| \(Mutant.all[row.place].name) | \(names) | \(median) | \(worst) |"
    }

    private func tellInvariants(_ rows: [Row]) {
        print("\n| invariant | mutants that it found |")
        print("|---|---|")
        for invariant in Invariant.allCases {
            let found = rows.filter { $0.invariants.contains(invariant) }
                .map { Mutant.all[$0.place].name }
            print("| \(invariant.rawValue) \(invariant) | \(found.joined(separator: ", ")) |")
        }
    }

    private func summarize(_ rows: [Row]) {
        let killed = rows.filter { !$0.killed.isEmpty }
        let medians = killed.map { $0.seeds[$0.seeds.count / 2] }.sorted()
        let median = medians.isEmpty ? "–" : "\(medians[medians.count / 2])"
        let worst = killed.compactMap(\.seeds.last).max().map { "\($0)" } ?? "–"
        print(
            "\nmutants: \(rows.count) planted, \(killed.count) killed, "
                + "median seeds \(median), worst \(worst)"
        )
    }

    private func row(_ place: Int) -> Row {
        let findings = (0..<Self.ranges).map { range in
            firstFinding(of: Mutant.all[place], from: firstSeed + range * Self.rangePause)
        }
        return Row(place: place, findings: findings)
    }

    private func firstFinding(of mutant: Mutant, from first: UInt64) -> Finding? {
        for offset in 0..<seedsMax {
            let options = mutant.options(seed: first + offset)
            guard let violation = ClusterSimulation.run(options).violation else { continue }
            return Finding(invariant: violation.invariant, seeds: offset + 1)
        }
        return nil
    }
}
#endif
