import Bytes
import Checkers
import KeyspaceModel
import Testing

@Suite struct WatchCheckerTests {
    private let played = AtomicKeyspace.play(seed: 7, operations: 200)

    @Test(arguments: UInt64(0)..<40)
    func aFaithfulWatchPasses(seed: UInt64) throws {
        let played = AtomicKeyspace.play(seed: seed, operations: 200)
        let position = try WatchChecker(played.history).check(played.watch)
        #expect(position == played.history.lastRevision + 1)
    }

    private func expectViolation(
        _ invariant: Invariant,
        _ change: (inout [WatchResponse]) -> Void
    ) {
        var watch = played.watch
        change(&watch.sessions[0].responses)
        let error = #expect(throws: Violation.self) {
            try WatchChecker(played.history).check(watch)
        }
        #expect(error?.invariant == invariant)
    }

    @Test func aMissedEventIsFound() {
        expectViolation(.watchCompleteness) { $0.remove(at: 5) }
    }

    @Test func anEventToldTwiceIsFound() {
        expectViolation(.watchOrder) { $0.insert($0[5], at: 6) }
    }

    @Test func eventsOutOfOrderAreFound() {
        expectViolation(.watchCompleteness) { $0.swapAt(5, 6) }
    }

    @Test func anEventWithAnotherValueIsFound() {
        expectViolation(.watchContent) { $0[5].events[0].kv?.value = "another" }
    }

    @Test func aWrongValueBeforeIsFound() {
        expectViolation(.watchContent) { $0[5].events[0].prevKv = KeyValue(key: "never") }
    }

    @Test func halfARevisionIsFound() throws {
        let place = try #require(
            played.watch.sessions[0].responses.firstIndex { $0.events.count > 1 }
        )
        expectViolation(.watchAtomicity) { $0[place].events.removeLast() }
    }

    @Test func progressBeforeItsEventsIsFound() {
        expectViolation(.watchCompleteness) {
            $0.insert(WatchResponse(header: ResponseHeader(revision: 9)), at: 3)
        }
    }

    @Test func progressBeforeTheRevisionThatIsDueIsFound() {
        expectViolation(.watchOrder) {
            let told = $0[5].events.last?.kv?.modRevision ?? 0
            $0.insert(WatchResponse(header: ResponseHeader(revision: told - 1)), at: 6)
        }
    }

    @Test func aWatchMayResumeWhereItWasCutOff() throws {
        var watch = played.watch
        let rest = Array(watch.sessions[0].responses[6...])
        let position = try #require(watch.sessions[0].responses[5].events.last?.kv?.modRevision) + 1
        watch.sessions[0].responses.removeSubrange(6...)
        let created = WatchResponse(header: ResponseHeader(revision: 99), created: true)
        watch.sessions.append(
            WatchSession(startRevision: position, responses: [created] + rest)
        )
        try WatchChecker(played.history).check(watch)
        watch.sessions[1].responses.remove(at: 1)
        #expect(throws: Violation.self) { try WatchChecker(played.history).check(watch) }
    }

    @Test func fragmentsOfARevisionAreOneAnswer() throws {
        var watch = played.watch
        let place = try #require(watch.sessions[0].responses.firstIndex { $0.events.count > 1 })
        var first = watch.sessions[0].responses[place]
        let second = WatchResponse(
            header: first.header,
            events: [first.events.removeLast()]
        )
        first.fragment = true
        watch.sessions[0].responses.replaceSubrange(place...place, with: [first, second])
        try WatchChecker(played.history).check(watch)
    }

    @Test func aCancellationNeedsACompaction() throws {
        var watch = played.watch
        watch.sessions[0].responses.append(WatchResponse(canceled: true, compactRevision: 3))
        #expect(throws: Violation.self) { try WatchChecker(played.history).check(watch) }
        var history = played.history
        history.operations.append(
            Operation(
                client: 1,
                request: .compact(CompactionRequest(revision: 3)),
                invoked: 1
            )
        )
        try WatchChecker(history).check(watch)
    }
}
