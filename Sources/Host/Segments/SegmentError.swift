public import Environment

/// Why segments cannot do what was asked.
public enum SegmentError: Error, Sendable, Equatable {
    /// No space; nothing of what was asked counts, and it may be tried again.
    case full(path: String)

    /// The disk failed; what was not synced is unknown, the node must stop and recover.
    case failed(DiskError)

    /// Something that was synced is not there any more: the partition needs it from its peers.
    case damaged(path: String, offset: Int, reason: String)

    /// Written by a newer version; start that one.
    case newerFormat(path: String, found: UInt32, supported: UInt32)
}

extension SegmentError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full(let path): "no space left for \(path)"
        case .failed(let error): "the disk failed: \(error)"
        case .damaged(let path, let offset, let reason):
            "\(path) is damaged at byte \(offset): \(reason)"
        case .newerFormat(let path, let found, let supported):
            "\(path) has format \(found), this version reads up to \(supported): "
                + "start the newer version that wrote it"
        }
    }
}
