import Keyspace
import Testing

@Suite struct WatchModelTests {
    @Test func everyWatchGetsItsPartOfTheHistory() {
        var delivered = 0
        var ended = 0
        var progress = 0
        for seed: UInt64 in 1...60 {
            var model = WatchModel(seed: seed)
            model.run(steps: 400)
            #expect(model.violations.isEmpty, "seed \(seed): \(model.violations.prefix(3))")
            delivered += model.deliveredEvents
            ended += model.endedByCompaction
            progress += model.toldProgress
        }
        #expect(delivered > 10_000)
        #expect(ended > 10)
        #expect(progress > 100)
    }

    #if MARTLET_MUTANTS
    @Test(arguments: WatchMutant.allCases)
    func everyPlantedBugIsFound(_ mutant: WatchMutant) {
        var isFound = false
        for seed: UInt64 in 1...60 where !isFound {
            var model = WatchModel(seed: seed)
            model.plant(mutant)
            model.run(steps: 400)
            isFound = !model.violations.isEmpty
        }
        #expect(isFound)
    }
    #endif
}
