import Bytes
import Checkers
import KeyspaceModel
import Testing

@Suite struct LockCheckerTests {
    /// Two contend, and the first writes.
    private let contended = [
        change(2, "locks/a/1", ""), change(3, "locks/a/2", ""),
        change(4, "guarded/a", "locks/a/1@2 first"),
    ]

    private func check(_ changes: [HistoricChange]) throws -> Int {
        try LockChecker(
            History(changes: changes),
            guarded: KeyInterval(prefix: "guarded/")
        ).check()
    }

    private func violation(_ changes: [HistoricChange]) -> Invariant? {
        #expect(throws: Violation.self) { try check(changes) }?.invariant
    }

    @Test func theHolderMayWrite() throws { #expect(try check(contended) == 1) }

    @Test func theNextMayWriteOnceTheHolderHasGone() throws {
        let next = change(
            6,
            "guarded/a",
            "locks/a/2@3 second",
            createRevision: 4,
            version: 2
        )
        #expect(try check(contended + [deletion(5, "locks/a/1"), next]) == 2)
    }

    @Test func whoWaitsMayNotWrite() {
        let early = change(5, "guarded/a", "locks/a/2@3", createRevision: 4, version: 2)
        #expect(violation(contended + [early]) == .lockFencing)
    }

    @Test func whoHasLostTheLockMayNotWrite() {
        let stale = change(6, "guarded/a", "locks/a/1@2", createRevision: 4, version: 2)
        #expect(violation(contended + [deletion(5, "locks/a/1"), stale]) == .lockFencing)
    }

    @Test func aLockTakenAnewIsAnotherLock() {
        let again = [
            deletion(5, "locks/a/1", "locks/a/2"), change(6, "locks/a/1", ""),
            change(7, "guarded/a", "locks/a/1@2", createRevision: 4, version: 2),
        ]
        #expect(violation(contended + again) == .lockFencing)
    }

    @Test(arguments: ["", "locks/a/1", "@2", "locks/a/1@x"])
    func aWriteWithoutATokenIsFound(value: ByteSlice) {
        #expect(violation([change(2, "guarded/a", value)]) == .lockFencing)
    }
}
