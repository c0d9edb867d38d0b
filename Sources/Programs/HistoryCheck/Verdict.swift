internal import Bytes
internal import Checkers

/// What the checkers say of one workload.
struct Verdict {
    var workload: String
    var violation: Violation?
    var operations = 0
    var acknowledged = 0
    var unknown = 0
    var revisions = 0
    var watches = 0
    var leaseEnds = 0
    var guardedWrites = 0
    var seconds = 0.0

    init(on workload: String, of run: RecordedRun, _ changes: [HistoricChange]) {
        self.workload = workload
        let history = run.history(of: workload, changes)
        operations = history.operations.count
        acknowledged = history.operations.count { $0.response != nil }
        unknown = history.operations.count { $0.outcome == .unknown }
        revisions = changes.count
        let clock = ContinuousClock()
        let start = clock.now
        do throws(Violation) {
            try judge(history, run)
        } catch {
            violation = error
        }
        seconds = (clock.now - start) / .seconds(1)
    }

    private mutating func judge(_ history: History, _ run: RecordedRun) throws(Violation) {
        let findings = try KeyspaceChecker.check(history)
        leaseEnds = findings.leaseEnds.count
        try LeaseChecker(history, ends: findings.leaseEnds, clockFastestPermille: 1000).check()
        let guarded = KeyInterval(prefix: ByteSlice("\(workload)/guarded/"))
        guardedWrites = try LockChecker(history, guarded: guarded).check()
        let checker = WatchChecker(history)
        // What came later than any answer may not have been told before the run ended.
        let answered = history.operations.compactMap { $0.response?.revision }.max() ?? 0
        for watch in run.watches(of: workload) {
            let position = try checker.check(watch)
            watches += 1
            guard let position, !checker.isOwed(watch, from: position, upTo: answered)
            else {
                throw Violation(
                    .catchUp,
                    "\(watch.name) is owed events from \(position.map { "\($0)" } ?? "the start") on"
                )
            }
        }
        try checkAvailability(history, since: run.healed)
    }

    private func checkAvailability(
        _ history: History,
        since healed: UInt64
    ) throws(Violation) {
        let isServed = history.operations.contains { $0.invoked >= healed && $0.response != nil }
        guard isServed else {
            throw Violation(.availability, "nothing succeeded after faults had ended")
        }
    }

    /// `ok` or `FAILED`, and a line of facts.
    var line: String {
        if let violation { return "FAILED  \(workload): \(violation)" }
        let rate = Int(Double(operations) / max(seconds, 1e-6))
        return "ok      \(workload): \(operations) operations, \(acknowledged) acknowledged, "
            + "\(unknown) of unknown outcome, \(revisions) revisions, \(watches) watches, \(leaseEnds) leases ended, "
            + "\(guardedWrites) guarded writes; \(rate) operations a second"
    }
}
