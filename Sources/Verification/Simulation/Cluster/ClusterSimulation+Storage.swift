internal import Bytes
internal import Checkers
internal import Groups
internal import Journal
internal import Model
internal import RaftCore

// The storage threads: each job is written at one moment and durable at a later one, so that
// crashes fall between; and the power may fail in the middle of either.
extension ClusterSimulation {
    func submit(_ job: JournalJob, _ place: Int, _ running: RunningNode) throws(Violation) {
        running.isDiskChanged = true
        if case .append(let batch) = job {
            trace.tell(now, "node \(nodes[place].id) appends \(batch.line)")
            if !running.isAppendRetried { try observeWritten(batch, on: nodes[place].id) }
            probe(batch, running)
            running.isAppendUnderWay = true
        }
        running.journalJobs.append(job)
        guard !running.isJournalBusy else { return }
        running.isJournalBusy = true
        queue.schedule(.journalBegins(place, boot: running.boot), at: now + 5_000)
    }

    func beginJournalJob(_ place: Int, _ boot: UInt64) throws(Violation) {
        guard let running = running(place, boot), let job = running.journalJobs.first else {
            return
        }
        let completion = running.journal.begin(job)
        guard !losePowerIfDue(place), !losePowerBeforeSync(place, job) else { return }
        if let completion {
            finish(completion, place, running)
        } else {
            queue.schedule(.journalEnds(place, boot: boot), at: now + diskLatency(place))
        }
    }

    func endJournalJob(_ place: Int, _ boot: UInt64) throws(Violation) {
        guard let running = running(place, boot), let job = running.journalJobs.first else {
            return
        }
        let completion = running.journal.finish(job)
        guard !losePowerIfDue(place) else { return }
        if case .append(let batch) = job, case .appended = completion {
            observeSynced(batch, on: nodes[place].id)
        }
        finish(completion, place, running)
    }

    private func finish(_ completion: StorageCompletion?, _ place: Int, _ running: RunningNode) {
        running.journalJobs.removeFirst()
        if let completion {
            queue.schedule(.completed(completion, place, boot: running.boot), at: now + 10_000)
        }
        if !running.journalJobs.isEmpty {
            queue.schedule(.journalBegins(place, boot: running.boot), at: now + 1_000)
            return
        }
        running.isJournalBusy = false
        // Production seals the journal after a quiet while; here any while may be one.
        let isQuiet = delayRandom.happens(permille: 300)
        if let completion = running.journal.rest() ?? (isQuiet ? running.journal.seal() : nil) {
            queue.schedule(.completed(completion, place, boot: running.boot), at: now + 10_000)
        }
        _ = losePowerIfDue(place)
    }

    func submit(_ job: SnapshotJob, _ place: Int, _ running: RunningNode) {
        running.snapshotJobs.append(job)
        if running.snapshotJobs.count > 2 { mark(.snapshotsCrossed) }
        guard running.snapshotJobs.count == 1 else { return }
        queue.schedule(
            .snapshotJob(place, boot: running.boot),
            at: now + 2 * diskLatency(place)
        )
    }

    func runSnapshotJob(_ place: Int, _ boot: UInt64) throws(Violation) {
        guard let running = running(place, boot), let job = running.snapshotJobs.first else {
            return
        }
        running.snapshotJobs.removeFirst()
        let completion = running.snapshots.run(job)
        trace.tell(now, "node \(nodes[place].id) \(job.line): \(completion.line)")
        guard !losePowerIfDue(place) else { return }
        switch completion {
        case .snapshotSaved(let group, let mark, _), .snapshotReceived(let group, let mark, _):
            guard isObserved(group) else { break }
            observer.coveredDurably(mark.index, mark.term, in: group, on: nodes[place].id)
        case .snapshotUnreadable: self.mark(.snapshotUnreadable)
        case .snapshotChunkRefused: self.mark(.snapshotChunkRefused)
        case .appended, .full, .pinned, .coldFiles, .scrubbed, .groupDropped, .groupNotDropped,
            .snapshotNotSaved, .snapshotRead, .snapshotChunkReceived, .snapshotsDropped, .failed:
            break
        }
        queue.schedule(.completed(completion, place, boot: boot), at: now + 10_000)
        if !running.snapshotJobs.isEmpty {
            queue.schedule(.snapshotJob(place, boot: boot), at: now + 2 * diskLatency(place))
        }
    }

    func complete(_ completion: StorageCompletion, _ place: Int, _ boot: UInt64) {
        guard let running = running(place, boot) else { return }
        running.isDiskChanged = true
        switch completion {
        case .appended:
            running.isAppendUnderWay = false
            running.isAppendRetried = false
        case .full: running.isAppendRetried = true
        case .pinned, .coldFiles, .scrubbed, .groupDropped, .groupNotDropped, .snapshotSaved,
            .snapshotNotSaved, .snapshotRead,
            .snapshotUnreadable, .snapshotChunkReceived, .snapshotReceived,
            .snapshotChunkRefused, .snapshotsDropped, .failed:
            break
        }
        running.shard.completed(completion)
        requestTurn(place)
    }

    private func diskLatency(_ place: Int) -> UInt64 {
        guard phase == .faulty else { return min(options.diskLatency, 200_000) }
        let stall = nodes[place].diskStall
        nodes[place].diskStall = 0
        let latency =
            delayRandom.heavyTailed(options.diskLatency) * nodes[place].diskSlowness + stall
        return min(latency, SimulationOptions.diskLatencyMax)
    }

    /// The disk went off in the middle of a job: so does the node.
    private func losePowerIfDue(_ place: Int) -> Bool {
        guard nodes[place].disk.isOff else { return false }
        if let struck = nodes[place].disk.struck {
            strikeAt(struck, place)
            return true
        }
        mark(.poweredOffWithinWrite)
        crash(place, losesPower: true)
        scheduleRestart(place)
        return true
    }

    /// Votes and terms are what a crash must not undo, so it strikes there more often.
    private func losePowerBeforeSync(_ place: Int, _ job: JournalJob) -> Bool {
        guard phase == .faulty, options.has(.powerLossBeforeSync), case .append(let batch) = job,
            faultRandom.happens(permille: batch.states.isEmpty ? 3 : 40), mayLose(place)
        else { return false }
        mark(.poweredOffBeforeSync)
        crash(place, losesPower: true)
        scheduleRestart(place)
        return true
    }

    private func observeWritten(_ batch: JournalBatch, on node: NodeID) throws(Violation) {
        for mark in batch.marks where isObserved(mark.group) {
            observer.covered(mark.index, mark.term, in: mark.group, on: node)
        }
        for state in batch.states where isObserved(state.group) {
            try observer.voted(
                state.state.votedFor,
                in: state.state.term,
                of: state.group,
                on: node
            )
        }
        try observeConfigurations(batch, on: node)
        let runs = batch.runs.filter { isObserved($0.group) }
        for (place, run) in runs.enumerated() {
            let later = runs[(place + 1)...].filter { $0.group == run.group }
            try observer.wrote(
                run.entries,
                from: run.first,
                replacedFrom: later.map(\.first).min(),
                in: run.group,
                on: node
            )
        }
    }

    private func observeSynced(_ batch: JournalBatch, on node: NodeID) {
        for mark in batch.marks where isObserved(mark.group) {
            observer.coveredDurably(mark.index, mark.term, in: mark.group, on: node)
        }
        for state in batch.states where isObserved(state.group) {
            observer.syncedVote(
                state.state.votedFor,
                in: state.state.term,
                of: state.group,
                on: node
            )
        }
        for run in batch.runs where isObserved(run.group) {
            observer.synced(run.entries, from: run.first, in: run.group, on: node)
        }
    }
}

extension SnapshotJob {
    fileprivate var line: String {
        switch self {
        case .scrub(let byteCount, nil): "scrubs \(byteCount) bytes"
        case .scrub(let byteCount, let files?):
            "scrubs \(byteCount) bytes of \(files.count) files and its snapshots"
        case .save(let group, let mark, _): "saves snapshot \(mark.index) of group \(group)"
        case .read(let group, let mark, let offset, let target):
            "reads snapshot \(mark.index) of group \(group) at \(offset) for node \(target)"
        case .receive(let group, let mark, let offset, let total, let bytes):
            "writes snapshot \(mark.index) of group \(group) at \(offset) \(bytes.count) of \(total)"
        case .drop(let group): "drops group \(group)"
        }
    }
}

extension StorageCompletion {
    fileprivate var line: String {
        switch self {
        case .snapshotNotSaved(_, _, let reason), .snapshotUnreadable(_, _, _, let reason),
            .snapshotChunkRefused(_, _, let reason), .failed(let reason):
            reason
        case .full, .groupNotDropped: "no space"
        case .snapshotReceived: "whole"
        case .appended, .pinned, .snapshotSaved, .snapshotRead, .snapshotChunkReceived,
            .snapshotsDropped, .groupDropped:
            "ok"
        case .coldFiles(let files): "\(files.count) files"
        case .scrubbed(let report):
            report.finding.map { "\($0.damage)" } ?? "\(report.byteCount) bytes are sound"
        }
    }
}

extension JournalBatch {
    fileprivate var line: String {
        let states = states.map {
            "[\($0.group) term \($0.state.term) vote \($0.state.votedFor)]"
        }
        let marks = marks.map { "[\($0.group) snapshot \($0.index)]" }
        let entries = runs.map { run in
            "[\(run.group) \(run.first)…\(run.first + (run.entries.count - 1))]"
        }
        return (states + marks + entries).joined(separator: " ")
    }

    /// The entries, split into stretches of one group and consecutive indexes.
    fileprivate var runs: [(group: GroupID, first: LogIndex, entries: [ObservedEntry])] {
        var runs: [(group: GroupID, first: LogIndex, entries: [ObservedEntry])] = []
        for entry in entries {
            let observed = ObservedEntry(
                term: entry.term,
                payloadHash: UInt64(CRC32C.of(entry.payload)) << 8 | UInt64(entry.kind)
            )
            if let last = runs.last, last.group == entry.group,
                entry.index == last.first + last.entries.count
            {
                runs[runs.count - 1].entries.append(observed)
            } else {
                runs.append((entry.group, entry.index, [observed]))
            }
        }
        return runs
    }
}
