/// What makes two runs of one seed differ, and may not stand where they must not.
///
/// Order of a `Set` or `Dictionary` has a rule of its own, in `HashWalk`. What text does not show,
/// `make audit` does: it compares the traces of seeds over builds and processes.
///
/// A word ends at a point, which is not so by Unicode's rules: hence the simple kind of boundary.
extension LineRule {
    private static let pure: Set<String> = ["Base", "Core", "Wire"]

    static let determinism: [LineRule] = [
        LineRule(
            name: "nothing waits or runs beside",
            layers: pure,
            words: ["async", "await", "Task", "Thread", "Dispatch", "Mutex", "Atomic"],
            caught: [
                "func vote() async {", "    await vote()", "    Task { vote() }",
                "    DispatchQueue.main.async { vote() }", "    let lock = Mutex(0)",
                "    let count = Atomic<Int>(0)", "    Thread.sleep(1)",
            ],
            spared: ["let asynchronous = 1", "var taskCount: Int", "let mutexes = names"]
        ) { line in
            line.contains(
                #/
                \basync\b | \bawait\b | \bTask\b\ *[.{(] | \bThread\b[.(] | \bDispatch\w+\b
                | \bMutex[<(] | \bAtomic[<(]
                /#.wordBoundaryKind(.simple)
            )
        },
        LineRule(
            name: "no clock",
            layers: pure,
            words: ["Date", "Clock", "clock_", "gettimeofday", "Timer", "time("],
            caught: [
                "let now = Date()", "let now = ContinuousClock.now",
                "let clock = SuspendingClock()",
                "clock_gettime(CLOCK_MONOTONIC, &time)", "gettimeofday(&now, nil)",
                "let deadline = Timer(5)", "let now = time(nil)",
            ],
            spared: ["mutating func advance(to time: GroupTime) {", "let update = Update(time: 4)"]
        ) { line in
            line.contains(
                #/
                \bDate[(.] | \b(Continuous|Suspending|UTC)Clock\b | \bclock_\w+\( | \bgettimeofday\(
                | \bTimer\( | \btime\(nil\)
                /#.wordBoundaryKind(.simple)
            )
        },
        LineRule(
            name: "no chance",
            layers: pure,
            words: ["random", "shuffle", "UUID", "SystemRandom", "arc4random", "rand("],
            caught: [
                "let timeout = Int.random(in: 10...20)", "members.shuffle()",
                "let first = members.randomElement()", "let order = members.shuffled()",
                "let id = UUID()", "var generator = SystemRandomNumberGenerator()",
                "getrandom(&bytes, 8, 0)", "let key = arc4random()", "let die = rand()",
            ],
            // A generator that is handed in is fine: whoever seeds it can replay it.
            spared: [
                "let timeout = Int.random(in: 10...20, using: &random)",
                "var random: SeededRandom", "let operand = brand(x)",
            ]
        ) { line in
            line.contains(
                #/
                \.random\( | \.shuffled?\( | \.randomElement\( | \bUUID\( | \bgetrandom\(
                | \bSystemRandomNumberGenerator\b | \barc4random | \brand\(
                /#.wordBoundaryKind(.simple)
            ) && !line.contains("using: &")
        },
        LineRule(
            name: "no identity and no hash as a value",
            layers: pure,
            words: ["hashValue", "Hasher(", "ObjectIdentifier", "Unmanaged"],
            caught: [
                "let order = key.hashValue", "var hasher = Hasher()",
                "let id = ObjectIdentifier(self)", "Unmanaged.passUnretained(self).toOpaque()",
            ],
            spared: ["func hash(into hasher: inout Hasher) {", "let hash = hashOfKeys"]
        ) { line in
            line.contains(
                #/\.hashValue\b|\bHasher\(|\bObjectIdentifier\b|\bUnmanaged\b/#.wordBoundaryKind(
                    .simple
                )
            )
        },
        LineRule(
            name: "no fractions",
            layers: pure,
            words: ["Double", "Float", "CGFloat"],
            caught: [
                "var load: Double", "let share = Float(count) / 2", "let x: Float64 = 1",
                "let y: CGFloat = 2", "let pi = Double.pi",
            ],
            spared: ["let doubled = 2 * count", "case Doubled", "let floating = true"]
        ) { line in
            line.contains(
                #/\b(Double|Float|Float16|Float32|Float64|CGFloat)\b/#.wordBoundaryKind(.simple)
            )
        },
        LineRule(
            name: "no errors of any type",
            layers: pure,
            words: ["any Error"],
            caught: ["func decode() throws(any Error) {", "case failed(any Error)"],
            spared: ["enum DecodeError: Error {"]
        ) { $0.contains(#/\bany Error\b/#.wordBoundaryKind(.simple)) },
        LineRule(
            name: "nothing happens when a value dies",
            layers: ["Core"],
            words: ["deinit", "weak ", "unowned"],
            caught: ["    deinit {", "weak var parent: Node?", "unowned let owner: Node"],
            spared: ["let weakest = replicas.first"]
        ) {
            $0.contains(#/^\ *deinit\b|\bweak\ (var|let)\b|\bunowned\b/#.wordBoundaryKind(.simple))
        },
        LineRule(
            name: "no way around the compiler's checks",
            layers: pure,
            words: ["@unchecked", "nonisolated(unsafe)", "@preconcurrency", "@_"],
            caught: [
                "final class Log: @unchecked Sendable {", "nonisolated(unsafe) var count = 0",
                "@preconcurrency import Glibc", "@_silgen_name(\"x\")",
            ],
            spared: ["struct Log: Sendable {", "let at_ = 1"]
        ) { line in
            line.contains(
                #/@unchecked\b|\bnonisolated\(unsafe\)|@preconcurrency\b|@_\w+/#.wordBoundaryKind(
                    .simple
                )
            )
        },
        LineRule(
            name: "nothing is forced",
            layers: pure,
            words: ["!"],
            caught: [
                "let first = entries.first!", "let value = try! decode()", "let a = table[key]!.b",
                "let node = value as! Node", "let last = (a ?? b)!",
            ],
            spared: [
                "guard a != b else {", "if !isEmpty {", "return !(a && b)", "let text = \"no!\"",
            ]
        ) { line in
            // What is in quotes is text.
            let code = line.replacing(#/"[^"]*"/#, with: "")
            return code.contains(#/[\w)\]]!(?!=)|\b(try|as)!/#.wordBoundaryKind(.simple))
        },
    ]
}
