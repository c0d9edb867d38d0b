internal import Journal
internal import Model
internal import RaftCore

// Cold data on disk is read again at a bounded rate, off the shard. What a running node finds damaged
// it has in memory as it should be: it writes a snapshot of that, and the damaged file goes.
extension Shard {
    func passTickForScrub() {
        guard settings.scrubBytesPerSecond > 0, !isScrubbing, tick >= scrubsAt else { return }
        isScrubbing = true
        effects.snapshotJobs.append(.scrub(byteCount: settings.scrubBytesPerSecond))
    }

    func accept(_ report: ScrubReport) {
        isScrubbing = false
        scrubsAt = tick + (report.isPassDone ? settings.scrubPauseTicks : ticksPerSecond)
        counters.scrubbedBytes += UInt64(report.byteCount)
        guard let finding = report.finding else { return }
        counters.scrubDamages += 1
        effects.facts.append(.rotFound("\(finding.damage)"))
        switch finding {
        case .snapshot(let group, _): replace(group)
        case .journal:
            // Whichever groups have entries in the file, none needs it once they have snapshots.
            for group in groups where group.raft.appliedIndex > group.raft.snapshot.index {
                replace(group.id)
            }
        }
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
