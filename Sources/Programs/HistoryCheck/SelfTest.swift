internal import Checkers

/// Whether the checker can fail: a sound history passes, the same with one answer's time moved not.
enum SelfTest {
    static func run(operations: Int) -> Bool {
        let history = AtomicKeyspace.play(seed: 1, operations: operations).history
        let clock = ContinuousClock()
        let start = clock.now
        let isSound = passes(history)
        let seconds = (clock.now - start) / .seconds(1)
        let isFound = !passes(falsified(history))
        print(
            "\(history.operations.count) operations judged in \(seconds) s, "
                + "\(Int(Double(history.operations.count) / seconds)) a second"
        )
        print(
            "as it was: \(isSound ? "sound" : "VIOLATED"); falsified: \(isFound ? "found" : "MISSED")"
        )
        return isSound && isFound
    }

    private static func passes(_ history: History) -> Bool {
        do throws(Violation) {
            try KeyspaceChecker.check(history)
            return true
        } catch {
            return false
        }
    }

    /// The last answer but a few came to a call that was made after all others had returned, so it
    /// must not be as old as it is.
    private static func falsified(_ history: History) -> History {
        var history = history
        guard let last = history.operations.compactMap(\.returned).max() else { return history }
        let answered = history.operations.indices.filter {
            history.operations[$0].response != nil
        }
        guard answered.count > 1 else { return history }
        let place = answered[answered.count / 2]
        guard let response = history.operations[place].response else { return history }
        history.operations[place].invoked = last + 1
        history.operations[place].outcome = .succeeded(response, at: last + 2)
        return history
    }
}
