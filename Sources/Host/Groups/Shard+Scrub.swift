internal import Journal
internal import Model
internal import RaftCore

// Cold data on disk is read again at a bounded rate, off the shard. What a running node finds damaged
// it has in memory as it should be: it writes a snapshot of that, and the damaged file goes.

/// How far the scrubber is.
enum ScrubState {
    /// Between two passes; becomes `listing` at the tick.
    case resting(until: Tick)

    /// The journal is to say which of its files are cold; becomes `reading`.
    case listing

    /// Becomes `pausing`, or `resting` at the end of the pass.
    case reading

    /// Between two steps of a pass; becomes `reading` at the tick.
    case pausing(until: Tick)
}

extension Shard {
    func passTickForScrub() {
        guard settings.scrubBytesPerSecond > 0 else { return }
        #if MARTLET_MUTANTS
        if settings.mutant == .scrubberSleeps { return }
        #endif
        switch scrub {
        case .resting(let until) where tick >= until:
            scrub = .listing
            effects.journalJobs.append(.listColdFiles)
        case .pausing(let until) where tick >= until: read(nil)
        case .resting, .listing, .reading, .pausing: return
        }
    }

    /// The journal has said which files are cold, and where their batches stand.
    func beginScrub(of files: [ColdJournalFile]) { read(files) }

    private func read(_ files: [ColdJournalFile]?) {
        scrub = .reading
        effects.snapshotJobs.append(
            .scrub(byteCount: settings.scrubBytesPerSecond, files: files)
        )
    }

    func accept(_ report: ScrubReport) {
        scrub =
            report.isPassDone
            ? .resting(until: tick + settings.scrubPauseTicks)
            : .pausing(until: tick + ticksPerSecond)
        counters.scrubbedBytes += UInt64(report.byteCount)
        guard let finding = report.finding else { return }
        counters.scrubDamages += 1
        effects.facts.append(.rotFound(finding.damage))
        #if MARTLET_MUTANTS
        if settings.mutant == .rotIsNotReplaced { return }
        #endif
        switch finding {
        case .snapshot(let group, _): replace(group)
        case .journal: replaceJournalFiles()
        }
    }

    /// Whichever groups have entries in the file, none needs it once they have snapshots.
    private func replaceJournalFiles() {
        var isCovered = true
        for group in groups
        where !group.isVacant && group.raft.appliedIndex > group.raft.snapshot.index {
            replace(group.id)
            isCovered = false
        }
        // Nothing is to come that would let go of it.
        if isCovered { effects.journalJobs.append(.release(.control, upTo: .zero)) }
    }

    private func replace(_ id: GroupID) {
        guard let place = place(of: id) else { return }
        groups[place].snapshots.isWanted = true
        touch(place)
    }

    private var ticksPerSecond: Int {
        max(1, Int(clamping: 1_000_000_000 / settings.tickNanoseconds))
    }
}
