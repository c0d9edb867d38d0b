internal import Glibc
internal import Simulation

/// A number of seeds, as many at once as there are processors.
struct Campaign: Sendable {
    var isVerbose = false

    /// Each so-manieth seed is run twice and the two compared; zero: none.
    var repeatEvery: UInt64 = 1
    var jobs = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var options: @Sendable (UInt64) -> SimulationOptions = { SimulationOptions(seed: $0) }

    /// Until `count` seeds or `minutes` are over, whichever is given.
    func run(from first: UInt64, count: UInt64?, minutes: Double?) async -> (Tally, Cost) {
        let clock = ContinuousClock()
        let start = clock.now
        let cpuStart = Self.cpuSeconds
        var tally = Tally()
        await withTaskGroup(of: SeedOutcome.self) { group in
            var seed = first
            func startNext() {
                if let count, seed >= first + count { return }
                if let minutes, clock.now - start >= .seconds(minutes * 60) { return }
                let next = seed
                group.addTask { run(next) }
                seed += 1
            }
            for _ in 0..<(isVerbose ? 1 : jobs) { startNext() }
            for await outcome in group {
                tally.add(outcome)
                tell(outcome)
                startNext()
            }
        }
        let cost = Cost(
            seconds: (clock.now - start) / .seconds(1),
            cpuSeconds: max(Self.cpuSeconds - cpuStart, 0.001)
        )
        return (tally, cost)
    }

    private func run(_ seed: UInt64) -> SeedOutcome {
        let options = options(seed)
        let report = ClusterSimulation.run(options, narrate: isVerbose ? { narrate($0) } : nil)
        var outcome = SeedOutcome(report: report, isRepeated: false)
        if let violation = report.violation { outcome.complaint = "\(violation)" }
        guard outcome.complaint == nil, repeatEvery > 0, seed % repeatEvery == 0 else {
            return outcome
        }
        outcome.isRepeated = true
        let second = ClusterSimulation.run(options)
        if second.traceHash != report.traceHash {
            outcome.complaint = "two runs differ: \(report.traceHash) and \(second.traceHash)"
        }
        return outcome
    }

    /// At once, so that a run that ends in a trap has told what came before.
    private func narrate(_ line: String) {
        print(line)
        fflush(nil)
    }

    private func tell(_ outcome: SeedOutcome) {
        guard let complaint = outcome.complaint else { return }
        print("FAILED \(options(outcome.report.seed))")
        print("  after \(outcome.report.simulatedNanoseconds / 1_000_000) ms: \(complaint)")
        print("  again: Simulator --seed \(outcome.report.seed) --verbose")
        // Whoever ends a long run early wants to know.
        fflush(nil)
    }

    /// What all threads of this process have used.
    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
