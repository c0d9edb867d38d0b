#if MARTLET_MUTANTS
internal import Checkers
internal import Glibc
internal import Simulation

/// Plants each mutant and counts the seeds until it is found; prints Markdown.
struct MutantTable {
    let seedsMax: UInt64
    let firstSeed: UInt64

    func run() throws {
        print("| mutant | found by | seeds until found |")
        print("|---|---|---|")
        var found = 0
        for mutant in Mutant.all {
            if let (violation, seeds) = firstFinding(of: mutant) {
                found += 1
                print("| \(mutant.name) | \(violation) | \(seeds) |")
            } else {
                print("| \(mutant.name) | – | not in \(seedsMax) |")
            }
            fflush(nil)
        }
        print("\n\(found) of \(Mutant.all.count) mutants found")
    }

    private func firstFinding(of mutant: Mutant) -> (invariant: String, seeds: UInt64)? {
        for offset in 0..<seedsMax {
            let options = SimulationOptions(seed: firstSeed + offset).infected(by: mutant)
            guard let violation = ClusterSimulation.run(options).violation else { continue }
            return ("\(violation.invariant.rawValue) \(violation.invariant)", offset + 1)
        }
        return nil
    }
}
#endif
