import Groups
import Journal
import Model
import SystemEnvironment
import Telemetry

/// A shard's two storage threads: one syncs the journal, one reads and writes snapshots.
struct ShardStorage: Sendable {
    /// Nil until it is recovered; nothing is submitted before.
    private let journal: IOThread<JournalThread<SystemDisk>?>
    private let snapshots: IOThread<SnapshotThread<SystemDisk>?>

    init(
        journal: IOThread<JournalThread<SystemDisk>?>,
        snapshots: IOThread<SnapshotThread<SystemDisk>?>
    ) {
        self.journal = journal
        self.snapshots = snapshots
    }

    func carryOut(_ jobs: [JournalJob], for mailbox: ShardMailbox) {
        journal.submit { thread in
            guard let thread else { return }
            for job in jobs {
                guard let completion = Self.run(job, on: thread, for: mailbox) else { continue }
                mailbox.post(.completion(completion))
            }
            // Nobody waits now: the file that the journal will roll to can be made ready.
            if let completion = thread.rest() { mailbox.post(.completion(completion)) }
        }
    }

    func carryOut(_ job: SnapshotJob, for mailbox: ShardMailbox) {
        snapshots.submit { thread in
            guard let thread else { return }
            let start = SystemClock().now
            let completion = thread.run(job)
            if case .snapshotSaved = completion {
                let spent = SystemClock().now.number - start.number
                mailbox.post(.timing(.snapshotSave(nanoseconds: spent)))
            }
            mailbox.post(.completion(completion))
        }
    }

    /// Runs the job; what an append took is told before its completion.
    private static func run(
        _ job: JournalJob,
        on thread: JournalThread<SystemDisk>,
        for mailbox: ShardMailbox
    ) -> StorageCompletion? {
        guard case .append(let batch) = job, !batch.isEmpty else { return thread.run(job) }
        let clock = SystemClock()
        let start = clock.now
        if let failure = thread.begin(job) { return failure }
        let written = clock.now
        let completion = thread.finish(job)
        mailbox.post(
            .timing(
                .append(
                    AppendTiming(
                        entryCount: batch.entries.count,
                        writtenBytes: thread.writtenByteCount,
                        writeNanoseconds: written.number - start.number,
                        syncNanoseconds: clock.now.number - written.number
                    )
                )
            )
        )
        return completion
    }

    /// Nobody has written for a while: from now on damage to the last batch is known as damage.
    func seal(for mailbox: ShardMailbox) {
        journal.submit { thread in
            guard let completion = thread?.seal() else { return }
            mailbox.post(.completion(completion))
        }
    }

    /// Waits for what was submitted.
    func stop() {
        // Whether it could be sealed or not, there is nobody left to tell.
        journal.submit { thread in _ = thread?.seal() }
        journal.stop()
        snapshots.stop()
    }
}
