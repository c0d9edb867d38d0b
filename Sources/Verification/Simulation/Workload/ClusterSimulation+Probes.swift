internal import Checkers
internal import Groups
internal import KeyspaceModel
internal import Model
internal import RaftCore

// What clients met: counted, for a campaign to say what it never came to.
extension ClusterSimulation {
    func count(_ outcome: OperationOutcome, _ place: Int) throws(Violation) {
        switch outcome {
        case .succeeded:
            mark(.operationSucceeded)
            clients[place].successesSinceHeal += 1
        case .rejected(.other(let reason), _):
            throw Violation(.strictSerializability, "a sound request was rejected: \(reason)")
        case .rejected(.noSpace, _), .rejected(.corrupt, _):
            guard mayBeAlarmed else {
                throw Violation(.strictSerializability, "refused for an alarm that nobody raised")
            }
            mark(outcome.isForSpace ? .outOfSpace : .corruptionAlarmed)
        case .rejected(.compacted, _):
            mark(.compactedRead)
            mark(.rejected)
        case .rejected(.futureRevision, _):
            mark(.futureRevisionRefused)
            mark(.rejected)
        case .rejected: mark(.rejected)
        case .notApplied: mark(.notApplied)
        case .unknown: mark(.outcomeUnknown)
        }
    }

    /// What is noteworthy of an operation that was answered.
    func probe(_ operation: Operation, _ call: SimulatedClient.Call, in number: Int) {
        guard case .succeeded(let response, _) = operation.outcome else { return }
        if now - operation.invoked > 5_000_000_000 { mark(.answeredLate) }
        if call.elections < elections.count { mark(.answeredAfterElection) }
        switch (operation.request, response) {
        case (.range, _): return
        case (.txn(let request), .txn(let response)):
            mark(response.succeeded ? .transactionSucceeded : .transactionFailed)
            LockUser.mark(of: request, response).map { mark($0) }
        case (.leaseKeepAlive, .leaseKeepAlive(let response)):
            mark(response.ttl > 0 ? .leaseRenewed : .leaseRenewedTooLate)
        case (.leaseRevoke, _): mark(.leaseRevoked)
        case (.compact(let request), _):
            let changes = keyspaces[number].history.changes
            let change = changes.first { $0.revision == request.revision }
            if change?.events.allSatisfy({ $0.type == .delete }) ?? false {
                mark(.compactedAtDeletion)
            }
        default: break
        }
        let status = nodes[call.node].running?.shard.status(keyspaces[number].group)
        if status?.isLeader == false { mark(.writeForwarded) }
    }

    /// What a node found on its disk.
    func probe(_ recovered: [RecoveredReplica], boots: UInt64) {
        for replica in recovered {
            let snapshot = replica.restored.snapshot.index
            if snapshot > .zero, replica.restored.entries.isEmpty { mark(.recoveredBehindSnapshot) }
            if boots > 1, snapshot == .zero, replica.restored.entries.isEmpty {
                mark(.recoveredInFullyNewJournal)
            }
        }
    }

    /// What the whole run came to, as its observer and checkers found.
    func probeObserver() {
        mark(.electionUndecided, observer.electionsUndecided)
        mark(.leadersOverlapped, observer.leadersOverlapped)
        mark(.suffixTruncated, observer.suffixesCut)
        mark(.snapshotReplacedConflict, observer.suffixesLostToSnapshots)
        mark(.snapshotKeptSuffix, observer.suffixesKeptBehindSnapshots)
    }

    func probe(_ findings: KeyspaceChecker.Findings, in number: Int) {
        mark(.leaseEnded, findings.leaseEnds.count)
        mark(.unansweredWriteApplied, findings.unansweredWrites)
        for (end, next) in zip(findings.leaseEnds, findings.leaseEnds.dropFirst())
        where next.revision == end.revision + 1 && next.seenAt == end.seenAt {
            mark(.leasesEndedTogether)
        }
        for end in findings.leaseEnds {
            let hasOutlived = end.leases.contains { hasSeenElection($0, until: end, in: number) }
            if hasOutlived { mark(.leaseOutlivedLeader) }
        }
    }

    /// Whether a leader was elected between the lease's grant and its end.
    private func hasSeenElection(_ lease: Int64, until end: LeaseEnd, in number: Int) -> Bool {
        let grant = keyspaces[number].history.operations.first {
            if case .leaseGrant(let request) = $0.request { request.id == lease } else { false }
        }
        guard let granted = grant?.returned else { return false }
        return elections.contains {
            $0.group == keyspaces[number].group && $0.time > granted && $0.time < end.seenAt
        }
    }
}

extension OperationOutcome {
    fileprivate var isForSpace: Bool {
        if case .rejected(.noSpace, _) = self { true } else { false }
    }
}
