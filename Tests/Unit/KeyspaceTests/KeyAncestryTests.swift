import Bytes
import Model
import Testing

@testable import Keyspace

/// A key's versions know the way to those before them; reads of the past depend on it.
struct KeyAncestryTests {
    private static let versions = 5_000

    private static func revision(_ number: Int) -> Revision { Revision(Int64(number)) }

    /// One key, written at each revision from 1 on, between writes to another.
    private static func history() -> KeyHistory {
        var history = KeyHistory()
        for number in 1...versions {
            for (sub, key) in ["hot", "other"].enumerated() {
                let position = ChangePosition(revision: revision(number), sub: Int64(sub))
                _ = history.add(ByteSlice(key)) { newest, ancestry in
                    KeyVersion(
                        key: ByteSlice(key),
                        value: ByteSlice("\(number)"),
                        position: position,
                        createRevision: revision(1),
                        version: (newest?.version ?? 0) + 1,
                        lease: .none,
                        ancestry: ancestry
                    )
                }
            }
        }
        return history
    }

    @Test func everyVersionIsFoundByItsRevision() {
        let history = Self.history()
        for number in 1...Self.versions {
            let found = history.version(of: "hot", at: Self.revision(number))
            #expect(found?.value == ByteSlice("\(number)"))
        }
        #expect(history.version(of: "hot", at: .zero) == nil)
    }

    @Test func neighboursAreFound() throws {
        let history = Self.history()
        var next = try #require(history.newest.value(of: "hot"))
        #expect(history.successor(of: next) == nil)
        for _ in 1..<Self.versions {
            let version = try #require(history.predecessor(of: next))
            #expect(version.version == next.version - 1)
            #expect(history.successor(of: version) === next)
            next = version
        }
        #expect(history.predecessor(of: next) == nil)
    }

    @Test func aSearchTakesAboutTheLogarithmOfSteps() throws {
        let history = Self.history()
        let newest = try #require(history.newest.value(of: "hot"))
        var most = 0
        for number in stride(from: 1, to: Self.versions, by: 7) {
            let end = ChangePosition.end(of: Self.revision(number))
            var version = newest
            var steps = 0
            while version.position > end {
                version = try #require(history.log.value(of: version.ancestry.step(towards: end)))
                steps += 1
            }
            most = max(most, steps)
        }
        #expect(most <= 36, "two or three times the logarithm of 5,000")
    }

    @Test func theWayEndsWhereACompactionHasBeen() throws {
        var history = Self.history()
        for number in 1..<3_000 {
            let doomed = try #require(history.version(of: "hot", at: Self.revision(number)))
            history.dropSuperseded(doomed)
        }
        #expect(history.version(of: "hot", at: Self.revision(2_999)) == nil)
        for number in 3_000...Self.versions {
            let found = history.version(of: "hot", at: Self.revision(number))
            #expect(found?.value == ByteSlice("\(number)"))
        }
        let oldest = try #require(history.version(of: "hot", at: Self.revision(3_000)))
        #expect(history.predecessor(of: oldest) == nil)
        #expect(history.successor(of: oldest)?.version == 3_001)
    }
}
