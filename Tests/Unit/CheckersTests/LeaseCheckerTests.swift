import Bytes
import Checkers
import KeyspaceModel
import Testing

@Suite struct LeaseCheckerTests {
    private let second: UInt64 = 1_000_000_000

    /// A lease of two seconds with two keys, granted at 10 s, that ends at the given time.
    private func history(endingAt time: UInt64) -> History {
        let header = ResponseHeader(revision: 1)
        let grant = Operation(
            client: 1,
            request: .leaseGrant(LeaseGrantRequest(ttl: 2, id: 5)),
            invoked: 10 * second,
            outcome: .succeeded(
                .leaseGrant(LeaseGrantResponse(header: header, id: 5, ttl: 2)),
                at: 10 * second + 1
            )
        )
        let puts = [put("a", "1", lease: 5), put("b", "1", lease: 5)].enumerated().map {
            answered(
                $1,
                .put(PutResponse()),
                at: 10 * second + 2...10 * second + 3,
                revision: Int64($0) + 2
            )
        }
        return History(
            operations: [grant] + puts,
            changes: [
                change(2, "a", "1", lease: 5), change(3, "b", "1", lease: 5),
                deletion(4, "a", "b", seenAt: time),
            ]
        )
    }

    private func check(_ history: History, clockFastestPermille: UInt64 = 1000) throws {
        let ends = try KeyspaceChecker.check(history).leaseEnds
        try LeaseChecker(history, ends: ends, clockFastestPermille: clockFastestPermille).check()
    }

    @Test func aLeaseMayEndAfterItsTime() throws { try check(history(endingAt: 12 * second)) }

    @Test func aLeaseThatEndsEarlyIsFound() {
        #expect(throws: Violation.self) { try check(history(endingAt: 11 * second)) }
    }

    @Test func aFastClockMayEndALeaseEarlyByItsDrift() throws {
        let end = 10 * second + 1_900_000_000
        #expect(throws: Violation.self) { try check(history(endingAt: end)) }
        try check(history(endingAt: end), clockFastestPermille: 1100)
    }

    @Test func aRenewalProlongsALease() throws {
        var history = history(endingAt: 12 * second)
        let response = LeaseKeepAliveResponse(
            header: ResponseHeader(revision: 3),
            id: 5,
            ttl: 2
        )
        history.operations.append(
            Operation(
                client: 1,
                request: .leaseKeepAlive(LeaseKeepAliveRequest(id: 5)),
                invoked: 11 * second,
                outcome: .succeeded(.leaseKeepAlive(response), at: 11 * second + 1)
            )
        )
        #expect(throws: Violation.self) { try check(history) }
        history.changes[2].seenAt = 13 * second
        try check(history)
    }

    @Test func aRenewalAtALowerRevisionCameBeforeTheEndWheneverItsAnswerCame() throws {
        var history = history(endingAt: 12 * second)
        let response = LeaseKeepAliveResponse(
            header: ResponseHeader(revision: 3),
            id: 5,
            ttl: 2
        )
        history.operations.append(
            Operation(
                client: 1,
                request: .leaseKeepAlive(LeaseKeepAliveRequest(id: 5)),
                invoked: 11 * second,
                outcome: .succeeded(.leaseKeepAlive(response), at: 13 * second)
            )
        )
        #expect(throws: Violation.self) { try check(history) }
    }

    @Test func aLeaseThatLeavesAKeyBehindIsFound() {
        var history = history(endingAt: 12 * second)
        history.changes[2].events.removeLast()
        let error = #expect(throws: Violation.self) { try check(history) }
        #expect(error?.invariant == .leaseAtomicity)
    }

    @Test func aRevocationThatLeavesAKeyBehindIsFound() {
        var history = history(endingAt: 12 * second)
        history.changes.removeLast()
        let response = LeaseRevokeResponse(header: ResponseHeader(revision: 3))
        history.operations.append(
            Operation(
                client: 1,
                request: .leaseRevoke(LeaseRevokeRequest(id: 5)),
                invoked: 11 * second,
                outcome: .succeeded(.leaseRevoke(response), at: 11 * second + 1)
            )
        )
        let error = #expect(throws: Violation.self) { try check(history) }
        #expect(error?.invariant == .leaseAtomicity)
    }

    @Test func aLeaseThatComesBackIsFound() {
        var history = history(endingAt: 12 * second)
        history.changes.append(change(5, "c", "1", lease: 5))
        history.operations.append(
            answered(
                put("c", "1", lease: 5),
                .put(PutResponse()),
                at: 13 * second...14 * second,
                revision: 5
            )
        )
        #expect(throws: Violation.self) { try check(history) }
    }

    @Test func aLeaseDeniedWhileItLivesIsFound() {
        var history = history(endingAt: 13 * second)
        history.operations.append(
            Operation(
                client: 1,
                request: put("c", "1", lease: 5),
                invoked: 11 * second,
                outcome: .rejected(.leaseNotFound, at: 11 * second + 1)
            )
        )
        #expect(throws: Violation.self) { try check(history) }
    }
}
