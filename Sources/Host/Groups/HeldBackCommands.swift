internal import Bytes

/// Commands of this node's clients that cannot go to a leader yet, oldest first.
struct HeldBackCommands {
    struct Command {
        var sequence: UInt64
        var payload: ByteSlice
    }

    private var commands: [Command] = []
    private var bytes = 0

    var isEmpty: Bool { commands.isEmpty }

    /// False if too many wait already: an election should not cost more memory.
    mutating func append(_ command: Command) -> Bool {
        guard commands.count < Limits.proposalsHeldBackMax,
            commands.isEmpty || command.payload.count <= Limits.bytesHeldBackMax - bytes
        else { return false }
        commands.append(command)
        bytes += command.payload.count
        return true
    }

    mutating func removeAll(where isMeant: (Command) -> Bool) {
        commands.removeAll(where: isMeant)
        bytes = commands.reduce(0) { $0 + $1.payload.count }
    }

    /// Empties it; what was held back is to be proposed in this order.
    mutating func takeAll() -> [Command] {
        defer { self = HeldBackCommands() }
        return commands
    }
}
