internal import Model

/// The way from a version of a key to those before it: the one it superseded, and one farther back.
///
/// Versions are named by position, not referred to: a compaction drops them from the log, and a way
/// that leads there just ends. The farther one is chosen as in Myers' skew-binary lists (An Applicative
/// Random-Access Stack, 1983), so that a search among n versions takes about log n steps, though
/// each version knows but two.
struct KeyAncestry: Sendable {
    /// The version that this one superseded.
    let previous: PackedPosition

    /// The farther one, and how many versions it lies back.
    let jump: PackedPosition
    let jumpLength: UInt32

    /// Of a key's first version.
    static let none = KeyAncestry(previous: .none, jump: .none, jumpLength: 0)

    /// Of the version that supersedes `version`, in a log that holds it.
    init(following version: KeyVersion, in log: OrderedTree<ChangePosition, KeyVersion>) {
        let ancestry = version.ancestry
        previous = version.packedPosition
        let target = ancestry.hasPrevious ? log.value(of: ancestry.jump.position) : nil
        if let target, target.ancestry.jumpLength == ancestry.jumpLength {
            jump = target.ancestry.jump
            jumpLength = 2 * ancestry.jumpLength + 1
        } else {
            jump = previous
            jumpLength = 1
        }
    }

    private init(previous: PackedPosition, jump: PackedPosition, jumpLength: UInt32) {
        self.previous = previous
        self.jump = jump
        self.jumpLength = jumpLength
    }

    /// Whether there was a version before; a compaction may have dropped it.
    var hasPrevious: Bool { jumpLength > 0 }

    /// The farthest known version that is still later than `position`; the one before otherwise.
    func step(towards position: ChangePosition) -> ChangePosition {
        let far = jump.position
        return far > position ? far : previous.position
    }
}

/// A position in twelve bytes: versions are many, and hold three.
struct PackedPosition: Sendable {
    let revision: Revision
    let sub: UInt32

    static let none = PackedPosition(ChangePosition())

    /// `position` is one of a change: see `Limits.changesPerRevisionMax`.
    init(_ position: ChangePosition) {
        revision = position.revision
        sub = UInt32(position.sub)
    }

    var position: ChangePosition { ChangePosition(revision: revision, sub: Int64(sub)) }
}
