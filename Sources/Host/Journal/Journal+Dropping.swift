internal import Environment
public import Model

extension Journal {
    /// The group is no more: its entries keep no file, and new files do not repeat its state.
    ///
    /// Files go in the order of their age, so the group's first entries may go before its last. A
    /// mark behind all indexes that replaces its log says first that what is found of it then means
    /// nothing: whoever opens the journal finds `isDropped`, and drops the group again. Returns whether
    /// the disk knows it now; if it is full it does not, and the group is to be dropped again later.
    public func drop(_ group: GroupID) throws(JournalError) -> Bool {
        states[group] = nil
        damagedGroups.remove(group)
        if holdsEntries(of: group) || marks[group] != nil, !dropped.contains(group) {
            var batch = JournalBatch()
            batch.marks = [JournalMark(ofDropped: group)]
            do throws(JournalError) {
                try append(batch)
            } catch .full {
                return false
            }
            try sync()
            dropped.insert(group)
        }
        try release(group, upTo: LogIndex(.max))
        forgetDropped(also: group)
        return true
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
}

extension JournalMark {
    /// Behind every index that a log can reach.
    static let indexOfDropped = LogIndex(.max - 1)

    init(ofDropped group: GroupID) {
        self.init(group: group, index: Self.indexOfDropped, term: .zero, replacesLog: true)
    }
}

extension RecoveredGroup {
    /// Whether the group was dropped: its snapshots mean nothing, and may be gone.
    public var isDropped: Bool { mark?.index == JournalMark.indexOfDropped }
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
