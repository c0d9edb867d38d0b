internal import Simulation

/// What the runs of a campaign add up to.
struct Tally {
    private(set) var passed = 0
    private(set) var failed = 0

    /// How many seeds were run a second time, to be compared.
    private var repeated = 0
    private var events: UInt64 = 0
    private(set) var simulatedNanoseconds: UInt64 = 0
    private var operations = 0
    private var faults = 0
    private var marks = [Int](repeating: 0, count: Mark.allCases.count)

    mutating func add(_ outcome: SeedOutcome) {
        if outcome.complaint == nil { passed += 1 } else { failed += 1 }
        let runs: UInt64 = outcome.isRepeated ? 2 : 1
        if outcome.isRepeated { repeated += 1 }
        events += runs * outcome.report.events
        simulatedNanoseconds += runs * outcome.report.simulatedNanoseconds
        operations += outcome.report.operations
        faults += outcome.report.faults
        for (mark, count) in outcome.report.marks { marks[mark.rawValue] += count }
    }

    var missed: [Mark] { Mark.allCases.filter { marks[$0.rawValue] == 0 && !$0.isOff } }

    /// How often each probe was reached, the rare ones among them, and what it cost.
    func report(_ cost: Cost) -> String {
        var lines = Mark.allCases.map { "  \($0): \(marks[$0.rawValue])" }
        let missed = missed.map { "\($0)" }
        lines.append(
            "never reached: \(missed.isEmpty ? "nothing" : missed.joined(separator: ", "))"
        )
        let hours = Double(simulatedNanoseconds) / 3.6e12
        let cpuHours = cost.cpuSeconds / 3_600
        lines.append(
            "\(events) events, \(Int(Double(events) / cost.cpuSeconds)) a CPU-second; \(operations) "
                + "operations, \(faults) faults; \(repeated) seeds twice"
        )
        lines.append(
            "\(hours.rounded(toPlaces: 2)) hours simulated in \(cpuHours.rounded(toPlaces: 4)) "
                + "CPU-hours: \(Int(hours / cpuHours)) for one; \(Int(cost.seconds)) s"
        )
        lines.append("\(passed) passed, \(failed) failed")
        return lines.joined(separator: "\n")
    }
}

/// What a campaign took.
struct Cost {
    var seconds: Double
    var cpuSeconds: Double
}

/// What came of one seed, run once or twice.
struct SeedOutcome: Sendable {
    var report: SimulationReport
    var isRepeated: Bool

    /// Why it failed; nil if it did not.
    var complaint: String?
}

extension Double {
    func rounded(toPlaces places: Int) -> Double {
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        return (self * factor).rounded() / factor
    }
}
