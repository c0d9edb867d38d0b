internal import Glibc
internal import Simulation

extension Campaign {
    /// Prints a line `seed hash` for each seed, one after the other: `make audit` compares what
    /// several builds and processes print.
    func printTraces(from first: UInt64, count: UInt64) {
        for seed in first..<first + count {
            let report = ClusterSimulation.run(options(seed))
            print("\(seed) \(String(report.traceHash, radix: 16))")
        }
        fflush(nil)
    }
}
