internal import Bytes
internal import Model

// Deadlines: IDs that nobody uses, sessions, rebalances, assignments that nobody asks for.
extension ClassicGroup {
    mutating func passTime(_ turn: inout GroupTurn) {
        wakeAt = nil
        for id in expected.keys.sorted() where expected[id, default: turn.now] <= turn.now {
            expected[id] = nil
        }
        let silent = ordered.filter { $0.isWatched && $0.sessionDeadline <= turn.now }
        for member in silent { remove(member.id, &turn) }
        if !silent.isEmpty { followRemoval(&turn) }
        completeIfAllJoined(&turn)
        passPhase(&turn)
        retryEmptiness(&turn)
        wakeAtNextDeadline()
    }

    private mutating func passPhase(_ turn: inout GroupTurn) {
        switch phase {
        case .preparing(let preparation):
            if preparation.deadline <= turn.now { passDeadline(of: preparation, &turn) }
        case .completing(let deadline, _), .stable(let deadline):
            guard deadline <= turn.now else { return }
            let owing = ordered.filter(\.owesSync)
            for member in owing { remove(member.id, &turn) }
            if !owing.isEmpty { followRemoval(&turn) }
        case .empty, .dead: return
        }
    }

    private mutating func wakeAtNextDeadline() {
        for id in expected.keys.sorted() { if let time = expected[id] { wake(at: time) } }
        for member in ordered where member.isWatched { wake(at: member.sessionDeadline) }
        switch phase {
        case .preparing(let preparation): wake(at: preparation.deadline)
        case .completing(let deadline, _), .stable(let deadline):
            if members.values.contains(where: \.owesSync) { wake(at: deadline) }
        case .empty, .dead: return
        }
    }
}
