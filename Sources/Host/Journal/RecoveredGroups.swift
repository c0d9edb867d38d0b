internal import Bytes
internal import Model

/// Entries are missing where batches are whole: the journal was not written by us.
struct RecoveryGap: Error {
    var description: String
}

/// All groups as the batches read so far leave them.
struct RecoveredGroups {
    private var groups: [GroupID: RecoveredGroup] = [:]

    /// The last batch that held something of each group; a broken link where that is not known.
    private(set) var lastBatches: [GroupID: UInt64] = [:]

    /// Groups of which nothing was read since the damage, and whether they were damaged before: the
    /// next link says whether it has touched them.
    private var interrupted: [GroupID: Bool] = [:]

    /// Whether something is lost of groups that were not heard of yet.
    private(set) var mayLackGroups = false

    /// Batches are lost between those read so far and those to come.
    ///
    /// They may have held entries, terms and votes of any group.
    mutating func suspend() {
        mayLackGroups = true
        for (id, group) in groups {
            if !group.isSuspended { interrupted[id] = group.isDamaged }
            groups[id]?.isDamaged = true
            groups[id]?.isSuspended = true
        }
    }

    /// The group goes on over damage if its link leads to what was read of it last.
    private mutating func resume(_ link: JournalLink, isChecked: Bool) {
        let wasDamaged = interrupted.removeValue(forKey: link.group)
        guard link.previous == lastBatches[link.group] ?? 0 || !isChecked else {
            // What is lost held all that there was of the group; the next link leads to this batch.
            if mayLackGroups, groups[link.group] == nil {
                groups[link.group] = Self.new(link.group, true)
            }
            return
        }
        if groups[link.group] == nil {
            groups[link.group] = RecoveredGroup(group: link.group)
        } else if let wasDamaged {
            groups[link.group]?.isSuspended = false
            groups[link.group]?.isDamaged = wasDamaged
        }
    }

    /// Nobody knows which batch held something of these last.
    mutating func breakLinks() {
        for id in groups.keys where groups[id]?.isSuspended ?? false {
            lastBatches[id] = Limits.brokenLink
        }
    }

    func isWhole(_ group: GroupID) -> Bool { !(groups[group]?.isDamaged ?? true) }

    /// What came before the first batch is lost, though it was needed.
    mutating func loseStart() {
        for group in groups.values where !group.isCut { groups[group.group]?.isDamaged = true }
    }

    mutating func apply(
        _ batch: JournalBatch,
        number: UInt64,
        checksLinks: Bool = true
    ) throws(RecoveryGap) {
        for link in batch.links { resume(link, isChecked: checksLinks) }
        // Without links, in a file of an older format, nothing says what damage has spared.
        for group in batch.groups where batch.links.isEmpty { interrupted[group] = nil }
        for group in batch.links.isEmpty ? batch.groups : batch.links.map(\.group) {
            lastBatches[group] = number
        }
        for state in batch.states { change(state.group) { $0.apply(state.state) } }
        for mark in batch.marks { change(mark.group) { $0.apply(mark) } }
        for cut in batch.cuts {
            let hasState = batch.states.contains { $0.group == cut.group }
            change(cut.group) { $0.apply(cut, hasState: hasState) }
        }
        for standing in batch.standings { change(standing.group) { $0.apply(standing) } }
        let isDamaged = mayLackGroups
        for entry in batch.entries {
            try groups[entry.group, default: Self.new(entry.group, isDamaged)].apply(entry)
        }
    }

    private mutating func change(_ id: GroupID, _ body: (inout RecoveredGroup) -> Void) {
        let isDamaged = mayLackGroups
        body(&groups[id, default: Self.new(id, isDamaged)])
    }

    private static func new(_ id: GroupID, _ isDamaged: Bool) -> RecoveredGroup {
        var group = RecoveredGroup(group: id)
        group.isDamaged = isDamaged
        group.isSuspended = isDamaged
        return group
    }

    /// Sorted by group, each checked to begin where its mark ends, or before; one that does not has
    /// lost its beginning.
    func checked(
        in directory: String,
        toleratesDamage: Bool
    ) throws(JournalError) -> [RecoveredGroup] {
        var sorted = groups.values.sorted { $0.group < $1.group }
        for place in sorted.indices {
            sorted[place].joinLog()
            let group = sorted[place]
            guard let first = group.entries.first else { continue }
            let covered = group.mark?.index ?? .zero
            guard first.index.number <= covered.number + 1 else {
                if toleratesDamage {
                    sorted[place].isDamaged = true
                    sorted[place].entries = []
                    continue
                }
                throw .damaged(
                    path: directory,
                    offset: 0,
                    reason: "group \(group.group) has entries from \(first.index) on and a "
                        + "snapshot up to \(covered)"
                )
            }
        }
        return sorted
    }
}

extension RecoveredGroup {
    fileprivate mutating func apply(_ mark: JournalMark) {
        // Each file repeats the marks of its time: only a newer one says something.
        if let old = self.mark, old.index >= mark.index { return }
        self.mark = mark
        if let detached, mark.replacesLog || mark.index.next >= startOfLog(behind: detached) {
            self.detached = nil
        }
        if mark.replacesLog { entries = [] }
        guard let first = entries.first, let last = entries.last else { return }
        let isAgreed =
            first.index <= mark.index && mark.index <= last.index
            && entries[mark.index - first.index].term == mark.term
        // Behind a snapshot that was installed over it, a log that differs means nothing. A mark
        // before the first entry is an older one, and a newer one has let the entries between go.
        if !isAgreed, mark.index >= first.index { entries = [] }
    }

    /// Behind damage it speaks of a log that is not read: entries before the damage may have been
    /// replaced by such as are lost, so no more of them are known to be committed than before.
    fileprivate mutating func apply(_ state: JournalState) {
        let committed = self.state?.commitIndex ?? .zero
        self.state = state
        if isSuspended { self.state?.commitIndex = min(committed, state.commitIndex) }
    }

    /// Behind damage the last term and vote may be lost, so a cut counts there only if they are said
    /// anew with it.
    ///
    /// A cut need not lead to what was read before it: the file with its entry goes as soon as a later
    /// snapshot covers it. The mark of that snapshot stands behind the cut.
    fileprivate mutating func apply(_ cut: JournalCut, hasState: Bool) {
        isCut = true
        isDamaged = true
        guard hasState || !isSuspended else { return }
        isSuspended = false
        let covered = mark?.index ?? .zero
        if cut.index < covered || cut.index == .zero {
            mark = cut.mark
            entries = []
            detached = nil
        } else if cut.index == covered || Self.holds(entries, cut) {
            entries.removeAll { $0.index > cut.index }
        } else if let before = detached?.entries, Self.holds(before, cut) {
            entries = before.filter { $0.index <= cut.index }
            detached = nil
        } else {
            let committed = state?.commitIndex ?? .zero
            detached = DetachedLog(
                end: cut.index,
                entries: detached?.entries ?? entries,
                commitIndex: min(committed, detached?.commitIndex ?? committed)
            )
            entries = []
        }
    }

    private static func holds(_ log: [JournalEntry], _ cut: JournalCut) -> Bool {
        log.contains { $0.index == cut.index && $0.term == cut.term }
    }

    /// The first entry, or where it would be.
    private func startOfLog(behind before: DetachedLog) -> LogIndex {
        entries.first?.index ?? before.end.next
    }

    /// No mark covers what lies between the log and what it was cut from: that is lost.
    fileprivate mutating func joinLog() {
        guard let detached else { return }
        self.detached = nil
        guard (mark?.index ?? .zero).next < startOfLog(behind: detached) else { return }
        entries = detached.entries
        state?.commitIndex = detached.commitIndex
        isSuspended = true
        isDamaged = true
    }

    fileprivate mutating func apply(_ standing: JournalStanding) {
        isDamaged = isSuspended || !standing.isWhole
    }

    fileprivate mutating func apply(_ entry: JournalEntry) throws(RecoveryGap) {
        guard !isSuspended else { return }
        guard let first = entries.first, let last = entries.last else {
            entries = [entry]
            return
        }
        if entry.index == last.index.next {
            entries.append(entry)
        } else if entry.index <= last.index, entry.index >= first.index {
            entries.removeLast(last.index - entry.index + 1)
            entries.append(entry)
        } else if entry.index < first.index {
            entries = [entry]
        } else {
            throw RecoveryGap(
                description: "group \(group) goes from entry \(last.index) to \(entry.index)"
            )
        }
    }
}
