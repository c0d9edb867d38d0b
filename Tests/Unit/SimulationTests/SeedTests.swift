import Simulation
import Testing

@Suite struct SeedTests {
    /// Fresh in the sense that they stand for all others; `make simulate` runs many more.
    static let seeds: [UInt64] = (0..<30).map { 7_000 + $0 } + FailedSeeds.all

    @Test(arguments: Self.seeds)
    func theClusterStaysRightAndRecovers(seed: UInt64) {
        let options = SimulationOptions(seed: seed)
        let report = ClusterSimulation.run(options)
        #expect(report.violation == nil, "\(options)")
    }

    @Test func aSeedReplaysExactly() {
        let options = SimulationOptions(seed: 7_001)
        let first = ClusterSimulation.run(options)
        let second = ClusterSimulation.run(options)
        #expect(first.traceHash == second.traceHash)
        #expect(first.events == second.events)
    }

    @Test func anotherSeedIsAnotherStory() {
        let first = ClusterSimulation.run(SimulationOptions(seed: 7_001))
        let second = ClusterSimulation.run(SimulationOptions(seed: 7_002))
        #expect(first.traceHash != second.traceHash)
    }
}
