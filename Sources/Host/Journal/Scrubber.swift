internal import Bytes
public import Environment
public import Model

// Bits rot while nobody looks. What a running node has on disk it reads only when it starts, and by
// then a second disk may have lost the same. So cold data, journal files that are written to no more and
// snapshots, are read again and again, a little at a time, and held against their checksums.
//
// It reads beside the threads that own these files: a file that is renamed or deleted meanwhile is not
// damaged but gone. What the kernel has in its cache it may take from there.

/// Something on the disk is not what was written.
public enum ScrubFinding: Sendable, Equatable {
    case journal(JournalError)
    case snapshot(GroupID, JournalError)

    public var damage: JournalError {
        switch self {
        case .journal(let damage), .snapshot(_, let damage): damage
        }
    }
}

/// What one step of a scrubber has read.
public struct ScrubReport: Sendable, Equatable {
    public var byteCount = 0
    public var finding: ScrubFinding?

    /// Whether it has been through everything, and begins anew with the next step.
    public var isPassDone = false

    public init() {}
}

/// Reads cold journal files and snapshots again, step by step; for one thread.
public final class Scrubber<Storage: Disk> {
    private let disk: Storage
    private let directory: String
    private let snapshots: SnapshotStore<Storage>
    private var targets: [Target]?

    private enum Target {
        case journal(JournalFileScan)
        case snapshot(GroupID, SnapshotScan)
    }

    /// Of the journal in `directory`, and of the snapshots in `snapshots`, on the thread of those.
    public init(journal directory: String, snapshots: SnapshotStore<Storage>) {
        disk = snapshots.disk
        self.directory = directory
        self.snapshots = snapshots
    }

    /// Reads about so many bytes: at least one batch or chunk, and at most one beyond.
    public func advance(byteCount: Int) -> ScrubReport {
        var report = ScrubReport()
        var remaining = targets ?? findTargets()
        while report.finding == nil, report.byteCount < byteCount, let target = remaining.last {
            remaining.removeLast()
            switch target {
            case .journal(var scan):
                if scrub(&scan, &report, upTo: byteCount) { remaining.append(.journal(scan)) }
            case .snapshot(let group, var scan):
                if scrub(&scan, of: group, &report, upTo: byteCount) {
                    remaining.append(.snapshot(group, scan))
                }
            }
        }
        report.isPassDone = remaining.isEmpty
        targets = remaining.isEmpty ? nil : remaining
        return report
    }

    /// Whether the file is to be gone on with.
    private func scrub(
        _ scan: inout JournalFileScan,
        _ report: inout ScrubReport,
        upTo byteCount: Int
    ) -> Bool {
        do throws(DiskError) {
            while report.byteCount < byteCount {
                switch try scan.advance(on: disk) {
                case .read(let count): report.byteCount += count
                case .ended: return false
                case .damaged(let damage):
                    // It may have been let go of, and be used again, since it was found.
                    if try scan.isStillThere(on: disk) { report.finding = .journal(damage) }
                    return false
                }
            }
            return true
        } catch {
            report.finding = finding(error, at: scan.path).map { .journal($0) }
            return false
        }
    }

    private func scrub(
        _ scan: inout SnapshotScan,
        of group: GroupID,
        _ report: inout ScrubReport,
        upTo byteCount: Int
    ) -> Bool {
        do throws(JournalError) {
            while report.byteCount < byteCount {
                guard let count = try scan.advance(in: snapshots) else { return false }
                report.byteCount += count
            }
            return true
        } catch .failed(let error) {
            report.finding = finding(error, at: scan.path).map { .snapshot(group, $0) }
        } catch {
            report.finding = .snapshot(group, error)
        }
        return false
    }

    /// A file that is gone is none; one that cannot be read is damaged.
    private func finding(_ error: DiskError, at path: String) -> JournalError? {
        if case .notFound = error { return nil }
        return .damaged(path: path, offset: 0, reason: "it cannot be read: \(error)")
    }

    /// The last to be read comes first.
    ///
    /// A disk that cannot be listed is tried again with the next pass.
    private func findTargets() -> [Target] {
        var found = (try? snapshotTargets()) ?? []
        found += (try? journalTargets()) ?? []
        return found
    }

    /// All files but the newest; whether one is written to its scan finds out.
    private func journalTargets() throws(DiskError) -> [Target] {
        let names = try disk.list(directory).filter { $0.hasPrefix(Journal<Storage>.filePrefix) }
        let paths = names.sorted().map { "\(directory)/\($0)" }
        return zip(paths.indices, paths.dropFirst()).map { place, next in
            let previous = place > 0 ? paths[place - 1] : nil
            return .journal(JournalFileScan(path: paths[place], previous: previous, next: next))
        }
    }

    private func snapshotTargets() throws(JournalError) -> [Target] {
        try snapshots.paths().map { .snapshot($0.group, SnapshotScan(path: $0.path)) }
    }
}
