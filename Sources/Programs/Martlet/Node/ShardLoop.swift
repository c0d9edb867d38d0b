import Bytes
import Environment
import EtcdFront
import Groups
import Journal
import KafkaFront
import Model
import NIOCore
import SystemEnvironment
import Telemetry
import Transport

/// Drives one shard on its event loop: gathers inputs, takes turns, carries out effects.
///
/// A turn is asked for by whoever touches the shard and runs once, after all that is ready on the
/// loop has been read; so one turn, one flush and one sync serve many requests.
///
/// The loop reads its sockets again only when no task is left. Turns that leave work behind, as a
/// long backlog does, therefore pause after a while.
final class ShardLoop {
    let shard: Shard
    let front: EtcdFront
    let kafka: KafkaFront
    private let loop: any EventLoop
    private let clock = SystemClock()
    private let registration: NodeRegistration
    private let directory: PeerDirectory
    private let storage: ShardStorage
    private let transport: PeerTransport?
    private let telemetry: NodeTelemetry
    private var effects = ShardEffects()
    private var isTurnScheduled = false
    private var mailbox: ShardMailbox?
    private var ticker: RepeatedTask?
    private var quietTicks = 0

    /// How long turns have followed one another without a look at the sockets.
    private var heldNanoseconds: UInt64 = 0
    private var retirement: Retirement?

    private static let quietTicksBeforeSeal = 20

    /// After so much the next turn waits until the sockets have been read.
    private static let heldNanosecondsMax: UInt64 = 500_000

    /// Long enough that the task is not ready when the loop looks for further ones.
    private static let pause = TimeAmount.microseconds(10)

    init(
        _ shard: Shard,
        configuration: NodeConfiguration,
        loop: any EventLoop,
        storage: ShardStorage,
        transport: PeerTransport?,
        workers: WorkerPool,
        telemetry: NodeTelemetry
    ) {
        self.shard = shard
        self.loop = loop
        self.storage = storage
        self.transport = transport
        self.telemetry = telemetry
        registration = NodeRegistration(configuration)
        directory = PeerDirectory(configuration, transport)
        front = EtcdFront(
            shard: shard,
            cluster: registration.view(of: shard.metadata),
            settings: configuration.frontSettings,
            random: SystemRandomSource(),
            workers: workers
        )
        kafka = KafkaFront(
            shard: shard,
            cluster: configuration.cluster,
            random: SystemRandomSource(),
            wallClock: SystemWallClock()
        )
    }

    /// Begins to tick.
    ///
    /// Storage and peers reach the shard through `mailbox`.
    func start(mailbox: ShardMailbox) {
        self.mailbox = mailbox
        mailbox.belong(to: self)
        let bound = NIOLoopBound(self, eventLoop: loop)
        front.requestTurn = { bound.value.requestTurn() }
        kafka.requestTurn = { bound.value.requestTurn() }
        front.refreshCluster = { bound.value.showMembers() }
        front.isConnected = { bound.value.directory.isConnected($0) }
        front.writeMetrics = { bound.value.writeMetrics(into: &$0) }
        ticker = loop.scheduleRepeatedTask(
            initialDelay: .zero,
            delay: .nanoseconds(Int64(shard.tickNanoseconds))
        ) { _ in
            bound.value.passTime()
        }
    }

    /// Takes its leave in good order; done when nobody needs this shard any longer, or time is up.
    func retire(handsOver: Bool) -> EventLoopFuture<Void> {
        let retirement = retirement ?? Retirement(on: loop, handsOver: handsOver)
        self.retirement = retirement
        return retirement.done
    }

    private func passTimeRetiring() {
        guard let retirement, retirement.passTick(of: shard, front, kafka) else { return }
        ticker?.cancel()
        ticker = nil
        self.retirement = nil
        retirement.finish()
    }

    /// There are letters; a turn that is asked for anyway reads them, or has read them already.
    func open(_ mailbox: ShardMailbox) {
        guard !isTurnScheduled else { return }
        shard.advance(to: clock.now)
        if readLetters() { turn() }
    }

    /// Whether there were any.
    private func readLetters() -> Bool {
        guard let letters = mailbox?.empty(), !letters.isEmpty else { return false }
        for letter in letters {
            switch letter {
            case .frame(let frame, let node):
                telemetry.noteReceived(frame.count, from: node)
                shard.receive(frame, from: node)
            case .completion(let completion): shard.completed(completion)
            case .timing(let timing): telemetry.note(timing)
            case .peerFact(let fact):
                directory.note(fact)
                telemetry.tell(fact)
            }
        }
        return true
    }

    private func passTime() {
        let now = clock.now
        shard.advance(to: now)
        front.advance(to: now)
        kafka.advance(to: now)
        registration.passTick(of: shard, front)
        if directory.passTick(of: shard) { telemetry.follow(shard.peers) }
        sealIfQuiet()
        passTimeRetiring()
        turn()
    }

    private func showMembers() { registration.show(shard.metadata, on: front) }

    /// A turn follows once everything that is ready on the loop has been read.
    func requestTurn() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.scheduledTurn() }
    }

    /// The next turn, but the sockets first.
    private func requestTurnAfterReading() {
        guard !isTurnScheduled else { return }
        isTurnScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.pause) { bound.value.scheduledTurn() }
    }

    private func scheduledTurn() {
        isTurnScheduled = false
        shard.advance(to: clock.now)
        _ = readLetters()
        turn()
    }

    private func turn() {
        let start = clock.now
        // A front may answer a completion with the next request; what that touches waits for the
        // next turn, so that nobody holds the loop.
        shard.turn(into: &effects)
        carryOut()
        let nanoseconds = clock.now.number - start.number
        telemetry.noteTurn(nanoseconds: nanoseconds)
        heldNanoseconds += nanoseconds
        guard shard.hasWork, heldNanoseconds >= Self.heldNanosecondsMax else {
            if shard.hasWork { requestTurn() } else { heldNanoseconds = 0 }
            return
        }
        heldNanoseconds = 0
        requestTurnAfterReading()
    }

    private func writeMetrics(into page: inout Exposition) {
        telemetry.write(of: shard, into: &page)
        kafka.write(into: &page)
    }

    /// After about a second without a write the journal says that all of it is durable.
    private func sealIfQuiet() {
        quietTicks += 1
        if quietTicks == Self.quietTicksBeforeSeal, let mailbox { storage.seal(for: mailbox) }
    }

    private func carryOut() {
        for frame in effects.frames {
            telemetry.noteSent(frame)
            transport?.send(frame.bytes, to: frame.target)
        }
        if let mailbox {
            if !effects.journalJobs.isEmpty {
                quietTicks = 0
                storage.carryOut(effects.journalJobs, for: mailbox)
            }
            for job in effects.snapshotJobs { storage.carryOut(job, for: mailbox) }
        }
        if !effects.completions.isEmpty || !effects.watches.isEmpty {
            front.deliver(effects.completions, effects.watches)
        }
        if !effects.streamCompletions.isEmpty || !effects.advancedGroups.isEmpty {
            kafka.deliver(effects.streamCompletions, advanced: effects.advancedGroups)
        }
        if !effects.droppedGroups.isEmpty { front.end(effects.droppedGroups) }
        for fact in effects.facts { telemetry.tell(fact) }
    }
}
