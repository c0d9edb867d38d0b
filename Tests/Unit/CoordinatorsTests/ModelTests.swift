import Testing

@testable import Coordinators

/// What holds whatever clients, nodes and the log do.
@Suite struct ModelTests {
    @Test(arguments: [2, 5, 9])
    func groupsKeepTheirPromises(clients: Int) {
        var counts = GroupModel.Counts()
        for seed in 1...150 as ClosedRange<UInt64> {
            var model = GroupModel(seed: seed, clients: clients)
            model.rage(steps: 1_500)
            #expect(model.violations == [], "seed \(seed)")
            model.calm()
            #expect(model.violations == [], "seed \(seed)")
            counts.generations += model.counts.generations
            counts.commits += model.counts.commits
            counts.refusedCommits += model.counts.refusedCommits
            counts.leaders += model.counts.leaders
        }
        #expect(counts.generations > 1_000)
        #expect(counts.commits > 500)
        #expect(counts.refusedCommits > 200)
        #expect(counts.leaders > 300)
    }
}
