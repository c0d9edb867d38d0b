import Bytes
import Model
import RaftCore

// How messages and writes look in scenarios.

extension Message {
    var text: String { "\(source)→\(target) term=\(term) \(body.text)" }
}

extension Message.Body {
    fileprivate var text: String {
        switch self {
        case .requestVote(let request):
            "\(request.isPreVote ? "pre-vote?" : "vote?") last=\(request.lastIndex)"
                + "@\(request.lastTerm)" + (request.isTransfer ? " for the leader" : "")
        case .voteReply(let reply):
            "\(reply.isPreVote ? "pre-vote" : "vote") \(reply.isGranted ? "granted" : "refused")"
        case .append(let append):
            "append after=\(append.previousIndex)@\(append.previousTerm)"
                + " [\(append.entries.text)] commit=\(append.commitIndex)"
        case .appendReply(.accepted(let matchIndex)):
            "accepted match=\(matchIndex)"
        case .appendReply(.rejected(let previousIndex, let hintIndex, let hintTerm)):
            "rejected after=\(previousIndex) hint=\(hintIndex)@\(hintTerm)"
        case .heartbeat(let heartbeat):
            "\(heartbeat.isLast ? "last " : "")heartbeat commit=\(heartbeat.commitIndex)"
                + heartbeat.round.text
        case .heartbeatReply(let reply):
            "heartbeat heard" + reply.round.text
        case .installSnapshot(let mark):
            "snapshot \(mark.index)@\(mark.term)"
        case .timeoutNow:
            "take over"
        case .repairing(let progress):
            "repairing \(progress.repair) holds=\(progress.heldIndex)"
        case .repairPoint(let point):
            "repair \(point.repair) ends at \(point.index)"
        }
    }
}

extension ReadRound? {
    fileprivate var text: String { map { " round=\($0)" } ?? "" }
}

extension [Entry] {
    var text: String {
        map { "\($0.index)@\($0.term)" + ($0.payload.isEmpty ? "" : ":\($0.said)") }
            .joined(separator: " ")
    }
}

extension Entry {
    /// A command as it is, a configuration as `1,2,3&1,2,4+5`: voters, outgoing voters, learners.
    fileprivate var said: String {
        guard kind == .configuration, let members = try? GroupConfiguration(decoding: payload)
        else { return "\(payload)" }
        func list(_ mark: String, _ replicas: [ReplicaID]) -> String {
            replicas.isEmpty
                ? "" : mark + replicas.map(\.description).joined(separator: ",")
        }
        return list("", members.voters) + list("&", members.outgoingVoters)
            + list("+", members.learners)
    }
}

extension Persist {
    var text: String {
        var parts = ["writes"]
        if let hardState {
            let vote = hardState.votedFor?.description ?? "-"
            parts.append("term=\(hardState.term) vote=\(vote) commit=\(hardState.commitIndex)")
        }
        if !entries.isEmpty { parts.append("[\(entries.text)]") }
        if !messages.isEmpty { parts.append("then sends \(messages.count)") }
        return parts.joined(separator: " ")
    }
}
