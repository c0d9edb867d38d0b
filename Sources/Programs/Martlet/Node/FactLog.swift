import Groups
import Model
import Synchronization
import Transport

#if canImport(Glibc)
import Glibc
#endif

/// Facts as lines on standard error, for people and log collectors.
final class FactLog: Sendable {
    private let node: String
    private let onFailure: @Sendable (String) -> Void

    /// `onFailure` is told once the node can no longer trust its storage.
    init(node: String, onFailure: @escaping @Sendable (String) -> Void) {
        self.node = node
        self.onFailure = onFailure
    }

    func tell(_ fact: Fact) {
        switch fact {
        case .becameLeader(let group, let term): info("leads group \(group) in term \(term)")
        case .lostLeadership(let group, let term):
            info("no longer leads group \(group), since term \(term)")
        case .followsLeader(let group, let leader, let term):
            info("follows node \(hex(leader.number)) in group \(group), term \(term)")
        case .snapshotTaken(let group, let index): info("group \(group): snapshot at \(index)")
        case .snapshotInstalled(let group, let index):
            info("group \(group): installed the leader's snapshot at \(index)")
        case .storageIsFull(let path):
            warn("no space for \(path): writes are refused, reads are served")
        case .storageHasSpaceAgain: info("the disk has space again: writes are served")
        case .malformedFrame(let node, let reason):
            warn("a frame from node \(hex(node.number)) was dropped: \(reason)")
        case .snapshotFailed(let group, let reason): warn("group \(group): snapshot: \(reason)")
        case .storageFailed(let reason):
            warn("storage failed, the node stops: \(reason)")
            onFailure(reason)
        }
    }

    func info(_ text: String) { write("info", text) }

    func warn(_ text: String) { write("warn", text) }

    private func write(_ level: String, _ text: String) {
        let line = "\(Self.timestamp()) \(level) \(node): \(text)\n"
        line.withCString { bytes in
            // A log that cannot be written is no reason to stop serving.
            _ = Glibc.write(STDERR_FILENO, bytes, strlen(bytes))
        }
    }

    private func hex(_ number: UInt64) -> String { String(number, radix: 16) }

    /// UTC, to the millisecond, as RFC 3339 writes it.
    private static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func pad(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-"
            + "\(pad(Int(parts.tm_mday), 2))T\(pad(Int(parts.tm_hour), 2)):"
            + "\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))."
            + "\(pad(time.tv_nsec / 1_000_000, 3))Z"
    }
}
