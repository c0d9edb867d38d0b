internal import ArgumentParser
internal import Checkers
internal import Glibc

/// Judges what clients of real processes saw, by the checkers of the simulation.
///
///     HistoryCheck FILE…              a line for each workload; fails if one is violated
///     HistoryCheck --narrate FILE…    and every operation in words before
///     HistoryCheck --itself 200000    whether the checker can fail, and how fast it is
@main
struct HistoryCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judges recorded histories of an etcd keyspace."
    )

    @Flag(help: "Tell every operation in words.")
    var narrate = false

    @Option(help: "Judge so many operations of an atomic keyspace, as they are and falsified.")
    var itself: Int?

    @Argument(help: "Files of records, a JSON object a line.")
    var files: [String] = []

    mutating func run() throws {
        if let itself {
            guard SelfTest.run(operations: itself) else { throw ExitCode.failure }
            return
        }
        guard !files.isEmpty else { throw ValidationError("Name the files of a history.") }
        let run: RecordedRun
        do throws(HistoryFile.Fault) {
            run = try HistoryFile.read(files)
        } catch {
            let complaint =
                "error: \(error.place) is no history\ncause: \(error.cause)\n"
                + "fix:   record the run again\n"
            _ = complaint.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            throw ExitCode(2)
        }
        guard judge(run) else { throw ExitCode.failure }
    }

    private func judge(_ run: RecordedRun) -> Bool {
        let changes = run.changes()
        let names = run.workloads.filter { $0 != RecordedRun.whole }.sorted() + [RecordedRun.whole]
        if narrate { tell(run.history(of: RecordedRun.whole, changes)) }
        var isSound = true
        for name in names {
            let verdict = Verdict(on: name, of: run, changes)
            print(verdict.line)
            isSound = isSound && verdict.violation == nil
        }
        return isSound
    }

    private func tell(_ history: History) {
        for operation in history.operations.sorted(by: { $0.invoked < $1.invoked }) {
            print(operation.line)
        }
        for change in history.changes {
            print("\(change.revision) [\(change.seenAt)] \(change.events.map(\.line))")
        }
    }
}
