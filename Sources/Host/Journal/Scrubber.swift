internal import Bytes
public import Environment
public import Model

// Bits rot while nobody looks. What a running node has on disk it reads only when it starts, and by
// then a second disk may have lost the same. So cold data, journal files that are written to no more and
// snapshots, are read again and again, a little at a time, and held against their checksums.
//
// It reads beside the threads that own these files. The journal says at the start of each pass what
// stands where; a file that it lets go of meanwhile is not damaged but gone, and so is a snapshot that
// another has replaced. What the kernel has in its cache it may take from there.

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

    /// Whether it has been through everything; nothing is read until `begin`.
    public var isPassDone = false

    public init() {}
}

/// Reads cold journal files and snapshots again, step by step; for one thread.
public final class Scrubber<Storage: Disk> {
    private let disk: Storage
    private let snapshots: SnapshotStore<Storage>

    /// What is still to be read in this pass; the last comes first.
    private var targets: [Target] = []

    private enum Target {
        case journal(JournalFileScan)
        case snapshot(GroupID, SnapshotScan)
    }

    /// Of the files that `begin` names and of these snapshots, on the thread of those.
    public init(_ snapshots: SnapshotStore<Storage>) {
        disk = snapshots.disk
        self.snapshots = snapshots
    }

    /// Begins a pass through these files of the journal, and all snapshots.
    ///
    /// A disk whose snapshots cannot be listed is tried again with the next pass.
    public func begin(_ files: [ColdJournalFile]) {
        let found = (try? snapshots.paths()) ?? []
        targets = found.map { .snapshot($0.group, SnapshotScan(path: $0.path)) }
        targets += files.map { .journal(JournalFileScan($0)) }
    }

    /// Reads about so many bytes: at least one batch or chunk, and at most one beyond.
    public func advance(byteCount: Int) -> ScrubReport {
        var report = ScrubReport()
        var ended = 0
        // Small files cost what it takes to open them.
        while report.finding == nil,
            report.byteCount + ended * Limits.scrubFileOverheadBytes < byteCount,
            let target = targets.popLast()
        {
            switch target {
            case .journal(var scan):
                guard scrub(&scan, &report, upTo: byteCount) else { break }
                targets.append(.journal(scan))
                continue
            case .snapshot(let group, var scan):
                guard scrub(&scan, of: group, &report, upTo: byteCount) else { break }
                targets.append(.snapshot(group, scan))
                continue
            }
            ended += 1
        }
        report.isPassDone = targets.isEmpty
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
                let limit = byteCount - report.byteCount
                switch try scan.advance(on: disk, upTo: limit) {
                case .read(let count): report.byteCount += count
                case .ended: return false
                case .damaged(let damage):
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
                guard let count = try scan.advance(in: snapshots, of: group) else { return false }
                report.byteCount += count
            }
            return true
        } catch  where scan.isReplaced(in: snapshots, of: group) {
            // Another has its name: it is read in the next pass.
            return false
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
}
