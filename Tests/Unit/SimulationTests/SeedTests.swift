import Simulation
import Testing

@Suite struct SeedTests {
    /// A few that stand for all others, cut short; `make simulate` runs many more, at length.
    @Test(arguments: UInt64(7_000)..<7_030)
    func theClusterStaysRightAndRecovers(seed: UInt64) {
        var options = SimulationOptions(seed: seed)
        options.faultSeconds = 2
        options.clientPause = max(options.clientPause, 20_000_000)
        let report = ClusterSimulation.run(options)
        #expect(report.violation == nil, "\(options)")
    }

    @Test(arguments: FailedSeeds.all)
    func aSeedThatFailedOncePasses(seed: UInt64) {
        let options = SimulationOptions(seed: seed)
        let report = ClusterSimulation.run(options)
        #expect(report.violation == nil, "\(options)")
    }

    @Test func aSeedReplaysExactly() {
        var options = SimulationOptions(seed: 7_001)
        options.faultSeconds = 2
        let first = ClusterSimulation.run(options)
        let second = ClusterSimulation.run(options)
        #expect(first.traceHash == second.traceHash)
        #expect(first.events == second.events)
    }

    @Test func anotherSeedIsAnotherStory() {
        var reports: [SimulationReport] = []
        for seed: UInt64 in [7_001, 7_002] {
            var options = SimulationOptions(seed: seed)
            options.faultSeconds = 1
            reports.append(ClusterSimulation.run(options))
        }
        #expect(reports[0].traceHash != reports[1].traceHash)
    }
}
