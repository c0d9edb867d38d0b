import Bytes
import HTTP2Wire
import KeyspaceModel
import Testing

@testable import EtcdFront

@Suite struct ObserveRecipeTests {
    private let look = RecipeEffect.lookForFirst(prefix: "e/")

    private func leader(_ key: ByteSlice, _ value: ByteSlice, at revision: Int64) -> KeyValue {
        KeyValue(key: key, createRevision: 5, modRevision: revision, value: value)
    }

    private func put(_ key: ByteSlice, _ value: ByteSlice, at revision: Int64) -> Event {
        Event(type: .put, kv: leader(key, value, at: revision))
    }

    private func follow(_ key: ByteSlice, from revision: Int64) -> RecipeEffect {
        .watch(WatchCreateRequest(key: key, startRevision: revision))
    }

    private func looking() -> ObserveRecipe {
        var recipe = ObserveRecipe(LeaderRequest(name: "e"))
        _ = recipe.start()
        _ = recipe.step(.readable)
        return recipe
    }

    @Test func whoLeadsIsToldAndWhatItProclaims() {
        var recipe = ObserveRecipe(LeaderRequest(name: "e"))
        #expect(recipe.start() == [.confirm])
        #expect(recipe.step(.readable) == [look])
        let first = leader("e/1", "a", at: 5)
        #expect(
            recipe.step(.first(first, revision: 8))
                == [.tell(first, revision: 8), follow("e/1", from: 9)]
        )
        #expect(
            recipe.step(.happened([put("e/1", "b", at: 9), put("e/1", "c", at: 11)])) == [
                .tell(leader("e/1", "b", at: 9), revision: 9),
                .tell(leader("e/1", "c", at: 11), revision: 11),
            ]
        )
    }

    @Test func theNextLeaderIsLookedForWhenOneIsGone() {
        var recipe = looking()
        _ = recipe.step(.first(leader("e/1", "a", at: 5), revision: 8))
        let gone = Event(type: .delete, kv: KeyValue(key: "e/1", modRevision: 12))
        #expect(
            recipe.step(.happened([put("e/1", "b", at: 9), gone, put("e/1", "x", at: 13)]))
                == [.tell(leader("e/1", "b", at: 9), revision: 9), look]
        )
        let next = leader("e/2", "n", at: 6)
        #expect(
            recipe.step(.first(next, revision: 14))
                == [.tell(next, revision: 14), follow("e/2", from: 15)]
        )
    }

    @Test func whereNobodyLeadsTheFirstKeyIsAwaited() {
        var recipe = looking()
        #expect(
            recipe.step(.first(nil, revision: 8)) == [
                .watch(
                    WatchCreateRequest(
                        key: "e/",
                        rangeEnd: "e0",
                        startRevision: 9,
                        filters: [.noDelete]
                    )
                )
            ]
        )
        // The second put comes again with the watch of the key.
        #expect(
            recipe.step(.happened([put("e/1", "a", at: 9), put("e/1", "b", at: 10)])) == [
                .tell(leader("e/1", "a", at: 9), revision: 9), follow("e/1", from: 10),
            ]
        )
    }

    @Test func aWatchThatBeginsAnewTellsNothingTwice() {
        var recipe = looking()
        let first = leader("e/1", "a", at: 5)
        _ = recipe.step(.first(first, revision: 8))
        #expect(recipe.step(.watchEnded) == [look])
        #expect(recipe.step(.first(first, revision: 20)) == [follow("e/1", from: 21)])
    }

    @Test func itEndsWithItsCallerOrWithAReason() {
        var recipe = looking()
        #expect(recipe.step(.cancelled) == [])
        #expect(recipe.isDone)
        var refused = ObserveRecipe(LeaderRequest(name: "e"))
        _ = refused.start()
        let noLeader = GRPCStatus(.unknown, "etcdserver: no leader")
        #expect(refused.step(.refused(noLeader)) == [.fail(noLeader)])
        #expect(refused.isDone)
        var long = looking()
        #expect(
            long.step(.queueTooLong)
                == [.fail(GRPCStatus(.unknown, "etcdserver: too many requests"))]
        )
    }

    @Test func aProclamationWithoutALeaseGetsOneAndMayFail() {
        let key = LeaderKey(name: "e", key: "e/1", rev: 5)
        var recipe = ProclaimRecipe(key, value: "v")
        #expect(recipe.start() == [.grant(seconds: 60)])
        #expect(
            recipe.step(.granted(lease: 7))
                == [.propose(.proclaim("e/1", createRevision: 5, value: "v", lease: 7))]
        )
        var other = recipe
        let header = ResponseHeader(revision: 9)
        #expect(
            recipe.step(.applied(TxnResponse(header: header, succeeded: true)))
                == [.answer(.proclaim(revision: 9))]
        )
        #expect(other.step(.applied(TxnResponse(header: header))) == [.fail(.notLeader)])
        #expect(recipe.isDone && other.isDone)
    }
}
