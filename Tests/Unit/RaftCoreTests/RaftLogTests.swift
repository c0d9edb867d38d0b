import Bytes
import Model
import Testing

@testable import RaftCore

@Suite struct RaftLogTests {
    @Test func writesWithoutEntriesTakeNoMemoryHoweverManyWait() {
        var log = RaftLog(baseIndex: .zero, baseTerm: .zero, entries: [])
        log.append(entry(1, term: 1))
        var last = log.beginWrite()
        for _ in 0..<1_000 { last = log.beginWrite() }
        #expect(log.writes.count == 1)
        #expect(log.durableIndex == .zero)
        log.completeWrite(last)
        #expect(log.durableIndex == LogIndex(1))
        #expect(log.writes.isEmpty)
    }

    @Test func compactionKeepsIndexesAndTerms() {
        var log = RaftLog(baseIndex: .zero, baseTerm: .zero, entries: [])
        for index in 1...1_000 as ClosedRange<UInt64> {
            log.append(entry(index, term: index / 10, "x"))
            if index % 7 == 0 && index > 20 { log.compact(to: LogIndex(index - 20)) }
            #expect(log.lastIndex == LogIndex(index))
            #expect(log.term(at: log.lastIndex) == Term(index / 10))
            #expect(log.term(at: log.baseIndex) == Term(log.baseIndex.number / 10))
        }
        #expect(log.count == 26)
        #expect(log.entries(from: LogIndex(999), through: LogIndex(1_000)).count == 2)
    }

    @Test func aLogThatIsCutBackToItsBaseHasTheBasesTerm() {
        var log = RaftLog(
            baseIndex: .zero,
            baseTerm: .zero,
            entries: (1...10).map { entry($0, term: $0 < 5 ? 3 : 4) }
        )
        log.compact(to: LogIndex(4))
        log.truncate(from: LogIndex(5))
        #expect(log.lastIndex == LogIndex(4))
        #expect(log.lastTerm == Term(3))
    }

    @Test(
        arguments: [
            (9, 9, 9, 5), (9, 4, 6, 4), (9, 3, 4, 2), (5, 5, 5, 4), (9, 1, 1, 0), (1, 9, 1, 0),
            (0, 9, 0, 0), (9, 0, 1, 0),
        ] as [(UInt64, UInt64, UInt64, UInt64)]
    )
    func theHintIsTheLastEntryOfNoLaterTerm(
        index: UInt64,
        term: UInt64,
        agreed: UInt64,
        agreedTerm: UInt64
    ) {
        let terms: [UInt64] = [2, 2, 2, 4, 4, 5, 5, 5]
        let log = RaftLog(
            baseIndex: LogIndex(1),
            baseTerm: .zero,
            entries: terms.enumerated().map { entry(UInt64($0.offset + 2), term: $0.element) }
        )
        let found = log.lastPossibleAgreement(at: LogIndex(index), term: Term(term))
        #expect(found.index == LogIndex(agreed))
        #expect(found.term == Term(agreedTerm))
    }

    @Test func aBatchHasAtLeastOneEntry() {
        let log = RaftLog(
            baseIndex: .zero,
            baseTerm: .zero,
            entries: (1...5).map { entry($0, term: 1) }
        )
        let batch = { (bytes: Int) in
            log.batch(from: LogIndex(2), through: LogIndex(4), upTo: bytes).entries.count
        }
        #expect(batch(0) == 1)
        #expect(batch(2 * Limits.entryOverheadBytes) == 2)
        #expect(batch(.max / 2) == 3)
        #expect(log.batch(from: LogIndex(6), through: LogIndex(5), upTo: 9).entries.isEmpty)
    }

    @Test func aWindowIsFullByNumberOrByBytes() {
        var window = InflightWindow(countMax: 3, weightMax: 100)
        for index in 1...3 as ClosedRange<UInt64> {
            #expect(!window.isFull)
            window.add(upTo: LogIndex(index), weight: 10)
        }
        #expect(window.isFull)
        window.free(upTo: LogIndex(2))
        #expect(window.count == 1)
        window.add(upTo: LogIndex(4), weight: 200)
        #expect(window.isFull)
        window.free(upTo: LogIndex(9))
        #expect(window.count == 0 && !window.isFull)
    }
}
