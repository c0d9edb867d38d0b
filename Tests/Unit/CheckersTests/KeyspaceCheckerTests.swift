import Bytes
import Checkers
import KeyspaceModel
import Testing

@Suite struct KeyspaceCheckerTests {
    @Test func aTransactionThatReadsTheFutureMayChangeNothing() {
        let request = TxnRequest(
            success: [
                RequestOp(request: .requestPut(PutRequest(key: "k", value: "v"))),
                RequestOp(request: .requestRange(RangeRequest(key: "k", revision: 99))),
            ]
        )
        var model = ReferenceKeyspace()
        let effect = model.apply(.txn(request))
        #expect(effect == nil)
        #expect(model.value(of: "k") == nil)
        let history = History(
            operations: [Operation(client: 1, request: .txn(request), invoked: 1)],
            changes: [change(2, "k", "v")]
        )
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test(arguments: UInt64(0)..<60)
    func whatAnAtomicKeyspaceDidPasses(seed: UInt64) throws {
        let played = AtomicKeyspace.play(seed: seed, operations: 300)
        try KeyspaceChecker.check(played.history)
    }

    @Test(arguments: UInt64(0)..<60)
    func oneChangedAnswerIsFound(seed: UInt64) {
        var history = AtomicKeyspace.play(seed: seed, operations: 300).history
        var random = SeededNumbers(state: seed ^ 0xabc)
        let answered = history.operations.indices.filter {
            history.operations[$0].response != nil
        }
        let place = answered[Int(random.next() % UInt64(answered.count))]
        history.operations[place].changeAnswer()
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test(arguments: UInt64(0)..<40)
    func oneChangedEventIsFound(seed: UInt64) {
        var history = AtomicKeyspace.play(seed: seed, operations: 200).history
        var random = SeededNumbers(state: seed ^ 0xdef)
        let place = Int(random.next() % UInt64(history.changes.count))
        history.changes[place].events[0].kv?.key = "another"
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func aReadThatIsOlderThanAFinishedWriteIsFound() throws {
        var history = History(changes: [change(2, "a", "1")])
        history.operations = [
            answered(put("a", "1"), .put(PutResponse()), at: 1...2, revision: 2),
            answered(get("a"), .range(RangeResponse()), at: 2...3, revision: 1),
        ]
        try KeyspaceChecker.check(history)
        history.operations[1].invoked = 3
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func aSerializableReadMayBeOld() throws {
        let read = OperationRequest.range(RangeRequest(key: "a", serializable: true))
        try KeyspaceChecker.check(
            History(
                operations: [
                    answered(put("a", "1"), .put(PutResponse()), at: 1...2, revision: 2),
                    answered(read, .range(RangeResponse()), at: 5...6, revision: 1),
                ],
                changes: [change(2, "a", "1")]
            )
        )
    }

    @Test func aWriteThatWasSeenBeforeItWasCalledIsFound() {
        let seen = RangeResponse(
            kvs: [change(2, "a", "1").events[0].kv].compactMap(\.self),
            count: 1
        )
        let history = History(
            operations: [
                answered(get("a"), .range(seen), at: 1...2, revision: 2),
                Operation(client: 2, request: put("a", "1"), invoked: 3),
            ],
            changes: [change(2, "a", "1")]
        )
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func aCallWithoutAnswerExplainsOneRevisionOnly() throws {
        var history = History(
            operations: [Operation(client: 1, request: put("a", "1"), invoked: 1)],
            changes: [change(2, "a", "1")]
        )
        try KeyspaceChecker.check(history)
        history.changes.append(change(3, "a", "1", createRevision: 2, version: 2))
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func callsWithoutAnswerAreMatchedWhateverTheirOrder() throws {
        // The deletion of both keys could have made revision 3 or 4 only if the other's is spared.
        let deleteA = OperationRequest.deleteRange(DeleteRangeRequest(key: "a"))
        let deleteAll = OperationRequest.deleteRange(DeleteRangeRequest(key: "a", rangeEnd: "c"))
        let history = History(
            operations: [
                answered(put("a", "1"), .put(PutResponse()), at: 1...2, revision: 2),
                Operation(client: 1, request: deleteAll, invoked: 3),
                Operation(client: 2, request: deleteA, invoked: 3),
                answered(put("a", "2"), .put(PutResponse()), at: 7...8, revision: 4),
                answered(put("b", "2"), .put(PutResponse()), at: 9...10, revision: 5),
            ],
            changes: [
                change(2, "a", "1"), deletion(3, "a"), change(4, "a", "2"), change(5, "b", "2"),
                deletion(6, "a", "b"),
            ]
        )
        try KeyspaceChecker.check(history)
    }

    @Test func whatWasNotAppliedExplainsNothing() {
        let history = History(
            operations: [
                Operation(
                    client: 1,
                    request: put("a", "1"),
                    invoked: 1,
                    outcome: .notApplied(at: 2)
                )
            ],
            changes: [change(2, "a", "1")]
        )
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func aGapInTheRevisionsIsFound() {
        let history = History(
            operations: [Operation(client: 1, request: put("a", "1"), invoked: 1)],
            changes: [change(3, "a", "1")]
        )
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }

    @Test func aReadBelowAFinishedCompactionIsFound() throws {
        var history = History(changes: [change(2, "a", "1"), change(3, "b", "1")])
        let header = ResponseHeader(revision: 3)
        history.operations = [
            Operation(client: 1, request: put("a", "1"), invoked: 1),
            Operation(client: 1, request: put("b", "1"), invoked: 1),
            Operation(
                client: 1,
                request: .compact(CompactionRequest(revision: 3)),
                invoked: 3,
                outcome: .succeeded(.compact(CompactionResponse(header: header)), at: 4)
            ),
            answered(get("c", at: 2), .range(RangeResponse()), at: 4...5, revision: 3),
        ]
        try KeyspaceChecker.check(history)
        history.operations[3].invoked = 5
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
        history.operations[3].outcome = .rejected(.compacted, at: 6)
        try KeyspaceChecker.check(history)
        history.operations.remove(at: 2)
        #expect(throws: Violation.self) { try KeyspaceChecker.check(history) }
    }
}

extension Operation {
    /// Changes one value of the answer, so that no order can make it right.
    mutating func changeAnswer() {
        guard case .succeeded(let response, let time) = outcome else { return }
        switch response {
        case .put(var response):
            response.prevKv = KeyValue(key: "never", value: "written")
            outcome = .succeeded(.put(response), at: time)
        case .range(var response):
            response.kvs.append(KeyValue(key: "never", value: "written"))
            outcome = .succeeded(.range(response), at: time)
        case .deleteRange(var response):
            response.deleted += 1
            outcome = .succeeded(.deleteRange(response), at: time)
        case .txn(var response):
            response.succeeded.toggle()
            outcome = .succeeded(.txn(response), at: time)
        case .compact, .leaseGrant, .leaseRevoke, .leaseKeepAlive: break
        }
    }
}
