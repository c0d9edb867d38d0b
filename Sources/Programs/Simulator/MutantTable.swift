#if MARTLET_MUTANTS
internal import Checkers
internal import Glibc
internal import Simulation

/// Plants each mutant and counts the seeds until it is found; prints Markdown.
struct MutantTable {
    let seedsMax: UInt64
    let firstSeed: UInt64

    private struct Finding {
        var invariant: Invariant
        var seed: UInt64

        /// How many seeds it took, this one included.
        var seeds: UInt64
    }

    func run() throws {
        print("| mutant | found by | seed | seeds until found |")
        print("|---|---|---|---|")
        var findings: [Finding] = []
        for mutant in Mutant.all {
            if let finding = firstFinding(of: mutant) {
                findings.append(finding)
                let invariant = "\(finding.invariant.rawValue) \(finding.invariant)"
                print("| \(mutant.name) | \(invariant) | \(finding.seed) | \(finding.seeds) |")
            } else {
                print("| \(mutant.name) | – | – | not in \(seedsMax) |")
            }
            fflush(nil)
        }
        summarize(findings)
    }

    private func summarize(_ findings: [Finding]) {
        let seeds = findings.map(\.seeds).sorted()
        let median = seeds.isEmpty ? "–" : "\(seeds[seeds.count / 2])"
        let worst = seeds.last.map { "\($0)" } ?? "–"
        print(
            "\nmutants: \(Mutant.all.count) planted, \(findings.count) killed, "
                + "median seeds \(median), worst \(worst)"
        )
    }

    private func firstFinding(of mutant: Mutant) -> Finding? {
        for offset in 0..<seedsMax {
            let seed = firstSeed + offset
            let options = SimulationOptions(seed: seed).infected(by: mutant)
            guard let violation = ClusterSimulation.run(options).violation else { continue }
            return Finding(invariant: violation.invariant, seed: seed, seeds: offset + 1)
        }
        return nil
    }
}
#endif
