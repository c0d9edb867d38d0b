import Model
import Testing

@Suite struct IdentifierTests {
    @Test func identifiersAreOrderedAndCounted() {
        #expect(Term(1) < Term(2))
        #expect(LogIndex(7).next == LogIndex(8))
        #expect(LogIndex(7) + 3 == LogIndex(10))
        #expect(LogIndex(7) - LogIndex(9) == -2)
    }

    @Test func beforeTheFirstIndexIsZero() {
        #expect(LogIndex.zero.previous == .zero)
        #expect(LogIndex(1).previous == .zero)
    }
}
