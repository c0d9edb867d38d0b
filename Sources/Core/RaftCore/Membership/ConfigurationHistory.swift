internal import Model

/// The configurations that the log holds, and the one that it begins with.
///
/// A configuration is in force from the moment its entry is in the log (§4.1), committed or not. So an
/// entry that is cut off takes its configuration with it, and a snapshot at an index needs the one
/// that was in force there, not the latest.
struct ConfigurationHistory: Sendable {
    struct Change: Sendable, Equatable {
        let index: LogIndex
        let configuration: GroupConfiguration
    }

    /// Oldest first, never empty; the first is what the snapshot says, or an entry below the base.
    private var changes: [Change]

    init(_ mark: SnapshotMark) {
        changes = [Change(index: mark.index, configuration: mark.configuration)]
    }

    /// In force now.
    var latest: Change { changes[changes.count - 1] }

    /// In force once the log is applied up to `index`.
    func configuration(at index: LogIndex) -> GroupConfiguration {
        (changes.last { $0.index <= index } ?? changes[0]).configuration
    }

    /// An entry was appended; one that says nothing sensible changes nothing, on all replicas alike.
    mutating func append(_ entry: Entry) {
        guard entry.kind == .configuration,
            let configuration = try? GroupConfiguration(decoding: entry.payload),
            !configuration.voters.isEmpty
        else { return }
        changes.append(Change(index: entry.index, configuration: configuration))
    }

    /// Entries from `index` on are gone; what is committed never is.
    mutating func truncate(from index: LogIndex) {
        while changes.count > 1, latest.index >= index { changes.removeLast() }
    }

    /// Nobody will ask for what was in force before `index`.
    mutating func forget(before index: LogIndex) {
        while changes.count > 1, changes[1].index <= index { changes.removeFirst() }
    }

    mutating func reset(to mark: SnapshotMark) { self = ConfigurationHistory(mark) }
}
