internal import Bytes
internal import Coordinators
internal import Model

/// A coordinator's replicated state on this node.
final class CoordinatorMachine {
    private(set) var state: CoordinatorState

    init(_ state: CoordinatorState) { self.state = state }

    /// Applies a committed command; false if it does not decode, on every node alike.
    func apply(_ body: ByteSlice, at time: GroupTime) -> Bool {
        guard let command = try? CoordinatorCommand(decoding: body) else { return false }
        state.apply(command, at: time)
        return true
    }

    func replace(_ state: CoordinatorState) { self.state = state }
}
