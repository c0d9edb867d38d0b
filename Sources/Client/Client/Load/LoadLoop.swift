internal import NIOCore

/// The sessions of one event loop, and in an open loop the times at which they are to send.
final class LoadLoop {
    private let plan: LoadPlan
    private let loop: any EventLoop
    private(set) var sessions: [LoadSession] = []
    private var running = 0
    private var whenEnded: EventLoopPromise<Void>?

    // An open loop's schedule.
    private var begunAt: UInt64 = 0
    private var interval: Double = 0
    private var offered = 0
    private var offerMax = Int.max
    private var endsAt: UInt64 = .max

    /// Waking up more often would cost more than the times would gain.
    private static let pauseNanosecondsMin: UInt64 = 50_000

    /// How often it is seen whether answers come.
    private static let watchPause = TimeAmount.milliseconds(250)

    init(_ plan: LoadPlan, on loop: any EventLoop) {
        self.plan = plan
        self.loop = loop
    }

    /// A session for the connection of that number; on the loop.
    func makeSession(connection: Int, authority: String) -> LoadSession {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let session = LoadSession(plan, connection: connection, authority: authority) {
            bound.value.sessionEnded()
        }
        sessions.append(session)
        return session
    }

    /// Runs this loop's part of the plan; the future succeeds when all is answered or given up.
    func run(numbers: [Int]) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        whenEnded = promise
        running = sessions.count
        begunAt = LoadSession.uptime
        if case .nanoseconds(let length) = plan.end { endsAt = begunAt + length }
        if running == 0 { promise.succeed() }
        watch(answeredSoFar: 0, since: begunAt)
        if let rate = plan.rate {
            interval = 1e9 * Double(plan.connections) / (rate * Double(max(1, running)))
            offerMax = count(of: numbers)
            pace()
        } else {
            for (session, number) in zip(sessions, numbers) {
                session.runClosed(count: count(of: [number]), until: endsAt)
            }
        }
        return promise.futureResult
    }

    /// How many requests fall to the connections of these numbers.
    private func count(of numbers: [Int]) -> Int {
        guard case .count(let all) = plan.end else { return .max }
        let (each, more) = all.quotientAndRemainder(dividingBy: plan.connections)
        return numbers.reduce(0) { $0 + each + ($1 < more ? 1 : 0) }
    }

    /// Offers all that is due, and comes back when the next is.
    private func pace() {
        let now = LoadSession.uptime
        var due = self.due(offered)
        while due <= now, offered < offerMax, due < endsAt, !sessions.isEmpty {
            sessions[offered % sessions.count].offer(at: due)
            offered += 1
            due = self.due(offered)
        }
        for session in sessions { session.flush() }
        guard offered < offerMax, due < endsAt, running > 0 else {
            for session in sessions { session.finish() }
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let next = max(due, now + Self.pauseNanosecondsMin)
        loop.scheduleTask(deadline: .uptimeNanoseconds(next)) { bound.value.pace() }
    }

    private func due(_ number: Int) -> UInt64 { begunAt + UInt64(Double(number) * interval) }

    /// Gives up when answers are due and none has come for too long.
    private func watch(answeredSoFar: Int, since: UInt64) {
        guard running > 0 else { return }
        let now = LoadSession.uptime
        let answered = sessions.reduce(0) { $0 + $1.report.answered + $1.report.errors }
        let isMoving = answered > answeredSoFar || !sessions.contains { $0.isWaiting }
        let since = isMoving ? now : since
        guard now - since < plan.patienceNanoseconds else {
            for session in sessions { session.giveUp() }
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.watchPause) {
            bound.value.watch(answeredSoFar: answered, since: since)
        }
    }

    private func sessionEnded() {
        running -= 1
        guard running == 0 else { return }
        whenEnded?.succeed()
        whenEnded = nil
    }

    /// What all its sessions measured.
    func report() -> LoadReport {
        var report = LoadReport()
        var last = begunAt
        for session in sessions {
            report.add(session.report)
            last = max(last, session.lastAnswerAt)
        }
        report.seconds = Double(last - begunAt) / 1e9
        return report
    }
}
