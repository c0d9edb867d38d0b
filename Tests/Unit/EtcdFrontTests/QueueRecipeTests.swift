import Bytes
import HTTP2Wire
import KeyspaceModel
import Testing

@testable import EtcdFront

/// Conversations with the recipe of Lock and Campaign: what comes in, what it asks for.
@Suite struct QueueRecipeTests {
    private let lockKey: ByteSlice = "a/1f"
    private let look = RecipeEffect.lookForPredecessor(
        QueueLook(prefix: "a/", key: "a/1f", createRevision: 9)
    )
    private let leave = RecipeEffect.propose(.leave("a/1f", createRevision: 9))
    private let noLeader = GRPCStatus(.unknown, "etcdserver: no leader")

    private func lock(lease: Int64 = 0x1f) -> QueueRecipe {
        QueueRecipe(LockRequest(name: "a", lease: lease))
    }

    private func entered(_ succeeded: Bool = true, at revision: Int64 = 9) -> RecipeInput {
        .applied(TxnResponse(header: ResponseHeader(revision: revision), succeeded: succeeded))
    }

    private func found(_ earlier: KeyValue, at revision: Int64) -> RecipeInput {
        let range = ResponseOp(response: .responseRange(RangeResponse(kvs: [earlier])))
        return .applied(
            TxnResponse(header: ResponseHeader(revision: revision), responses: [range])
        )
    }

    private func queue(
        _ predecessor: ByteSlice?,
        at revision: Int64,
        isMine: Bool = true
    )
        -> RecipeInput
    {
        .queue(QueueView(revision: revision, predecessor: predecessor, holdsPlace: isMine))
    }

    private let gone = RecipeInput.happened([Event(type: .delete, kv: KeyValue(key: "a/1"))])

    /// A lock that has entered at revision 9 behind `a/1`.
    private func waiting() -> QueueRecipe {
        var recipe = lock()
        _ = recipe.start()
        _ = recipe.step(entered())
        _ = recipe.step(queue("a/1", at: 11))
        return recipe
    }

    @Test func aFreeLockIsHadAtOnce() {
        var recipe = lock()
        #expect(recipe.start() == [.propose(.enter(lockKey, value: .empty, lease: 0x1f))])
        #expect(recipe.step(entered()) == [look])
        #expect(recipe.step(queue(nil, at: 12)) == [.answer(.lock(key: lockKey, revision: 9))])
        #expect(recipe.isDone)
    }

    @Test func whoComesLaterWatchesTheOneBefore() {
        var recipe = lock()
        _ = recipe.start()
        #expect(recipe.step(entered()) == [look])
        #expect(
            recipe.step(queue("a/1", at: 11)) == [
                .watch(WatchCreateRequest(key: "a/1", startRevision: 12, filters: [.noPut]))
            ]
        )
        #expect(recipe.step(gone) == [look])
        // Somebody else was between: on with him.
        #expect(
            recipe.step(queue("a/0", at: 13)) == [
                .watch(WatchCreateRequest(key: "a/0", startRevision: 14, filters: [.noPut]))
            ]
        )
        #expect(recipe.step(gone) == [look])
        // Only after a wait may its own key be gone without its knowing.
        #expect(recipe.step(queue(nil, at: 15)) == [.confirm])
        #expect(recipe.step(.readable) == [look])
        #expect(recipe.step(queue(nil, at: 17)) == [.answer(.lock(key: lockKey, revision: 17))])
        #expect(recipe.isDone)
    }

    @Test func whoseLeaseRanOutMeanwhileIsToldSo() {
        var recipe = waiting()
        _ = recipe.step(gone)
        _ = recipe.step(queue(nil, at: 15))
        _ = recipe.step(.readable)
        #expect(
            recipe.step(queue(nil, at: 15, isMine: false))
                == [.fail(GRPCStatus(.unknown, "mutex: session is expired"))]
        )
        #expect(recipe.isDone)
    }

    @Test func aLockWithoutALeaseGetsOneFirst() {
        var recipe = lock(lease: 0)
        #expect(recipe.start() == [.grant(seconds: 60)])
        #expect(
            recipe.step(.granted(lease: 0x1f))
                == [.propose(.enter(lockKey, value: .empty, lease: 0x1f))]
        )
    }

    @Test func aLeaseThatIsInTheQueueKeepsItsPlace() {
        var recipe = lock()
        _ = recipe.start()
        let earlier = KeyValue(key: lockKey, createRevision: 9, modRevision: 9, version: 1)
        #expect(recipe.step(found(earlier, at: 20)) == [look])
        #expect(recipe.step(queue(nil, at: 20)) == [.answer(.lock(key: lockKey, revision: 20))])
    }

    @Test func whatTheKeyspaceOrTheClusterRefusesIsToldToTheCaller() {
        for refusal in [RecipeInput.rejected(noLeader), .refused(noLeader)] {
            var recipe = lock()
            _ = recipe.start()
            #expect(recipe.step(refusal) == [.fail(noLeader)])
            #expect(recipe.isDone)
        }
    }

    @Test func whoGivesUpWhileWaitingLeavesTheQueue() {
        var recipe = waiting()
        #expect(recipe.step(.cancelled) == [leave])
        #expect(!recipe.isDone)
        // The one before goes only now; nobody is to be told.
        #expect(recipe.step(gone) == [])
        #expect(recipe.step(entered(at: 21)) == [])
        #expect(recipe.isDone)
    }

    @Test func whoGivesUpBeforeTheKeyIsThereTakesItBackOnceItIs() {
        var recipe = lock()
        _ = recipe.start()
        #expect(recipe.step(.cancelled) == [])
        #expect(!recipe.isDone)
        #expect(recipe.step(entered()) == [leave])
        #expect(recipe.step(entered(at: 10)) == [])
        #expect(recipe.isDone)
    }

    @Test func aRefusedLeavingIsTriedAgainUntilItIsDone() {
        var recipe = waiting()
        _ = recipe.step(.cancelled)
        for _ in 0..<3 {
            #expect(recipe.step(.refused(noLeader)) == [.rest])
            #expect(recipe.step(.retry) == [leave])
        }
        #expect(recipe.step(entered(at: 30)) == [])
        #expect(recipe.isDone)
    }

    @Test func aRefusedReadIsTriedAgainAndThePlaceIsKept() {
        var recipe = waiting()
        _ = recipe.step(gone)
        _ = recipe.step(queue(nil, at: 15))
        #expect(recipe.step(.refused(noLeader)) == [.rest])
        #expect(recipe.step(.retry) == [.confirm])
        #expect(recipe.step(.readable) == [look])
        #expect(recipe.step(queue(nil, at: 17)) == [.answer(.lock(key: lockKey, revision: 17))])
    }

    @Test func theReadOfOneWhoHasGivenUpIsNotTakenForTheLeaving() {
        var recipe = waiting()
        _ = recipe.step(gone)
        _ = recipe.step(queue(nil, at: 15))
        #expect(recipe.step(.cancelled) == [leave])
        #expect(recipe.step(.readable) == [])
        #expect(!recipe.isDone)
    }

    @Test func aWatchThatEndsMeansToLookAgain() {
        var recipe = waiting()
        #expect(recipe.step(.watchEnded) == [look])
    }

    @Test func aQueueTooLongToLookThroughIsLeftWithAReason() {
        let tooMany = GRPCStatus(.unknown, "etcdserver: too many requests")
        for refusal in [RecipeInput.queueTooLong, .watchRefused] {
            var recipe = waiting()
            if refusal == .queueTooLong { _ = recipe.step(.watchEnded) }
            #expect(recipe.step(refusal) == [leave])
            #expect(recipe.step(entered(at: 30)) == [.fail(tooMany)])
            #expect(recipe.isDone)
        }
    }

    @Test func aPutOfTheOneBeforeChangesNothing() {
        var recipe = waiting()
        let proclaimed = Event(type: .put, kv: KeyValue(key: "a/1", value: "b"))
        #expect(recipe.step(.happened([proclaimed])) == [])
    }

    private func campaign(_ value: ByteSlice) -> QueueRecipe {
        QueueRecipe(CampaignRequest(name: "a", lease: 0x1f, value: value))
    }

    private let leader = LeaderKey(name: "a", key: "a/1f", rev: 9, lease: 0x1f)

    @Test func aCampaignAnswersWithTheRevisionItBeganAt() {
        var recipe = campaign("v")
        #expect(recipe.start() == [.propose(.enter(lockKey, value: "v", lease: 0x1f))])
        _ = recipe.step(entered())
        _ = recipe.step(queue("a/1", at: 11))
        _ = recipe.step(gone)
        _ = recipe.step(queue(nil, at: 15))
        _ = recipe.step(.readable)
        #expect(recipe.step(queue(nil, at: 17)) == [.answer(.campaign(leader, revision: 9))])
    }

    @Test func aSecondCampaignOfALeaseProclaimsItsOtherValue() {
        let earlier = KeyValue(key: lockKey, createRevision: 9, value: "v")
        var recipe = campaign("w")
        _ = recipe.start()
        #expect(
            recipe.step(found(earlier, at: 20)) == [
                .propose(.proclaim(lockKey, createRevision: 9, value: "w", lease: 0x1f))
            ]
        )
        #expect(recipe.step(entered(at: 21)) == [look])
        #expect(recipe.step(queue(nil, at: 21)) == [.answer(.campaign(leader, revision: 20))])

        var same = campaign("v")
        _ = same.start()
        #expect(same.step(found(earlier, at: 20)) == [look])
    }

    @Test func aSecondCampaignWhoseKeyGoesMeanwhileDoesNotLead() {
        var recipe = campaign("w")
        _ = recipe.start()
        _ = recipe.step(found(KeyValue(key: lockKey, createRevision: 9, value: "v"), at: 20))
        #expect(recipe.step(entered(false, at: 21)) == [.fail(.notLeader)])
        #expect(recipe.isDone)
    }

    @Test func theOutcomeOfAProclamationIsNotTakenForTheLeaving() {
        var recipe = campaign("w")
        _ = recipe.start()
        _ = recipe.step(found(KeyValue(key: lockKey, createRevision: 9, value: "v"), at: 20))
        #expect(recipe.step(.cancelled) == [])
        #expect(recipe.step(entered(at: 21)) == [leave])
        #expect(!recipe.isDone)
        #expect(recipe.step(entered(at: 22)) == [])
        #expect(recipe.isDone)
    }

    @Test func aCandidateWhoseKeyWentDoesNotLead() {
        var recipe = campaign("v")
        _ = recipe.start()
        _ = recipe.step(entered())
        _ = recipe.step(queue("a/1", at: 11))
        _ = recipe.step(gone)
        _ = recipe.step(queue(nil, at: 15))
        _ = recipe.step(.readable)
        #expect(recipe.step(queue(nil, at: 17, isMine: false)) == [.fail(.notLeader)])
    }
}
