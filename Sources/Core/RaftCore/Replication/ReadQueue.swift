internal import Model

/// A leader's reads on their way through rounds of ReadIndex (thesis §6.4).
///
/// All reads that came since the last round share the next. Rounds are open side by side, and
/// a majority's answer to one confirms those before it: the leader was still leader later.
struct ReadQueue: Sendable {
    private struct Round {
        let number: UInt64
        var reads: ReadableRound
    }

    /// Not in a round yet: gathered since the last turn, or waiting for the term's first commit.
    private(set) var waiting: [ReadRequest] = []

    private var open: [Round] = []

    /// The last round's number; counts from 1 in each term.
    private(set) var lastNumber: UInt64 = 0

    #if MARTLET_MUTANTS
    var joinsOpenRound = false
    #endif

    var canOpenRound: Bool { !waiting.isEmpty && open.count < Limits.readRoundsMax }

    var isIdle: Bool { waiting.isEmpty && open.isEmpty }

    /// The newest round that waits for answers.
    var openRound: ReadRound? { open.last.map { ReadRound($0.number) } }

    mutating func add(_ request: ReadRequest) { waiting.append(request) }

    /// The waiting reads may be served at `index`, once a majority confirms this round.
    mutating func beginRound(at index: LogIndex) {
        #if MARTLET_MUTANTS
        if joinsOpenRound, !open.isEmpty { lastNumber -= 1 }
        #endif
        lastNumber += 1
        open.append(
            Round(number: lastNumber, reads: ReadableRound(index: index, requests: waiting))
        )
        waiting.removeAll(keepingCapacity: true)
    }

    /// A majority has confirmed all rounds up to `number`.
    mutating func confirm(upTo number: UInt64, into readable: inout [ReadableRound]) {
        var done = 0
        while done < open.count, open[done].number <= number {
            readable.append(open[done].reads)
            done += 1
        }
        open.removeFirst(done)
    }

    /// All reads that have not been answered, oldest first.
    var unanswered: [ReadRequest] { open.flatMap(\.reads.requests) + waiting }
}
