internal import Glibc
internal import Simulation

/// A number of seeds, one after the other, and what they add up to.
struct Campaign {
    let isVerbose: Bool

    /// Whether each seed is run twice and compared.
    let isChecked: Bool
    private(set) var passed = 0
    private(set) var failed = 0
    private var events: UInt64 = 0
    private var simulatedNanoseconds: UInt64 = 0
    private var operations = 0
    private var faults = 0
    private var marks: [Mark: Int] = [:]

    #if MARTLET_MUTANTS
    var mutant: Mutant?
    #endif

    init(isVerbose: Bool, isChecked: Bool) {
        self.isVerbose = isVerbose
        self.isChecked = isChecked
    }

    /// Until `count` seeds or `minutes` are over, whichever is given.
    mutating func run(from first: UInt64, count: UInt64?, minutes: Double?) {
        let clock = ContinuousClock()
        let start = clock.now
        var seed = first
        while true {
            if let count, seed >= first + count { break }
            if let minutes, clock.now - start >= .seconds(minutes * 60) { break }
            run(seed)
            seed += 1
        }
        summarize(clock.now - start)
    }

    private mutating func run(_ seed: UInt64) {
        let options = options(seed)
        let report = ClusterSimulation.run(options, narrate: isVerbose ? { print($0) } : nil)
        var complaint = report.violation.map { "\($0)" }
        if isChecked, complaint == nil {
            let second = ClusterSimulation.run(options)
            if second.traceHash != report.traceHash {
                complaint = "two runs differ: \(report.traceHash) and \(second.traceHash)"
            }
        }
        add(report)
        guard let complaint else {
            passed += 1
            return
        }
        failed += 1
        print("FAILED \(options)")
        print("  after \(report.simulatedNanoseconds / 1_000_000) ms: \(complaint)")
        print("  again: Simulator --seed \(seed) --verbose")
        // Whoever ends a long run early wants to know.
        fflush(nil)
    }

    private func options(_ seed: UInt64) -> SimulationOptions {
        let options = SimulationOptions(seed: seed)
        #if MARTLET_MUTANTS
        return mutant.map(options.infected) ?? options
        #else
        return options
        #endif
    }

    private mutating func add(_ report: SimulationReport) {
        events += report.events
        simulatedNanoseconds += report.simulatedNanoseconds
        operations += report.operations
        faults += report.faults
        for (mark, count) in report.marks { marks[mark, default: 0] += count }
    }

    private func summarize(_ duration: Duration) {
        let seconds = max(duration / .seconds(1), 0.001)
        let runs = isChecked ? 2.0 : 1.0
        let eventsPerSecond = Int(Double(events) * runs / seconds)
        let hours = Double(simulatedNanoseconds) / 3.6e12
        let hoursPerHour = Int(hours * runs * 3_600 / seconds)
        for mark in Mark.allCases {
            print("  \(mark.rawValue): \(marks[mark, default: 0])")
        }
        let missed = Mark.allCases.filter { marks[$0, default: 0] == 0 }.map(\.rawValue)
        print("never reached: \(missed.isEmpty ? "nothing" : missed.joined(separator: ", "))")
        print(
            "\(events) events, \(eventsPerSecond) a second; \(Int(hours * 100) / 100) hours "
                + "simulated, \(hoursPerHour) an hour; \(operations) operations, \(faults) faults"
        )
        print("\(passed) passed, \(failed) failed")
    }
}
