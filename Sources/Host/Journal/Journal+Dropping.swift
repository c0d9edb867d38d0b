internal import Environment
public import Model

extension Journal {
    /// The group is no more: its entries keep no file, and new files do not repeat its state.
    ///
    /// Files go in the order of their age, so the group's first entries may go before its last. A
    /// mark that replaces its log says first that what is found of it then means nothing. Whoever
    /// opens the journal finds the mark, knows that the group is no more, and drops it again.
    public func drop(_ group: GroupID) throws(JournalError) {
        states[group] = nil
        damagedGroups.remove(group)
        if holdsEntries(of: group), !dropped.contains(group) {
            var batch = JournalBatch()
            batch.marks = [mark(behindAllOf: group)]
            do throws(JournalError) {
                try append(batch)
            } catch .full {
                // Its entries stay until the next start drops the group again.
                return
            }
            try sync()
            dropped.insert(group)
        }
        try release(group, upTo: LogIndex(.max))
        forgetDropped(also: group)
    }

    /// Groups of which nothing is left need no mark any longer.
    func forgetDropped(also group: GroupID? = nil) {
        for group in dropped.sorted() + [group].compactMap(\.self) where !holdsEntries(of: group) {
            dropped.remove(group)
            marks[group] = nil
            released[group] = nil
        }
    }

    private func holdsEntries(of group: GroupID) -> Bool {
        files.contains { $0.lastIndexes[group] != nil }
    }

    private func mark(behindAllOf group: GroupID) -> JournalMark {
        let last = files.compactMap { $0.lastIndexes[group] }.max() ?? .zero
        return JournalMark(
            group: group,
            index: max(last, marks[group]?.index ?? .zero).next,
            term: marks[group]?.term ?? .zero,
            replacesLog: true
        )
    }
}

extension SnapshotStore {
    /// The groups that have files here, whether whole or not.
    public func groups() throws(JournalError) -> [GroupID] {
        let names = try attempt { (disk) throws(DiskError) in try disk.list(directory) }
        return names.compactMap { UInt64($0).map { GroupID($0) } }.sorted()
    }

    /// Deletes the files of a group that is no more.
    ///
    /// Whatever a crash leaves of them is dropped anew by the next start.
    public func drop(_ group: GroupID) throws(JournalError) {
        let folder = folder(of: group)
        try attempt { (disk) throws(DiskError) in
            for name in try disk.list(folder) { try disk.delete("\(folder)/\(name)") }
        }
    }
}
