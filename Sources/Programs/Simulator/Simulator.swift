internal import ArgumentParser
internal import Simulation

/// Runs seeds of the cluster simulation, and says which failed.
///
///     Simulator --seeds 1000              fresh seeds from 1 on, each twice
///     Simulator --seed 42 --verbose       one seed, with its story
///     Simulator --minutes 20              as many seeds as fit
///     Simulator --core                    many nodes, no clients: elections, journals and disks
///     Simulator --seeds 100 --traces      the hash of each seed's trace, for `make audit`
///     Simulator --mutants                 the table of mutants (a build with MARTLET_MUTANTS)
@main
struct Simulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs Martlet's cluster in simulation, seed by seed."
    )

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds, counting up.")
    var seeds: UInt64?

    @Option(help: "For how many minutes, if the number of seeds is not given.")
    var minutes: Double?

    @Flag(help: "Tell the story of each run.")
    var verbose = false

    @Flag(help: "Simulate the core alone: no clients, no watchers, more nodes.")
    var core = false

    @Flag(help: "The core alone, with changes of who belongs to the cluster.")
    var membership = false

    @Option(help: "Run each so-manieth seed twice, to check that it replays; 0: none.")
    var twice: UInt64 = 1

    @Flag(help: "Run each seed once: the same as --twice 0.")
    var once = false

    @Option(help: "How many seeds at once; as many as processors if not given.")
    var jobs: Int?

    @Option(help: "Plant the mutant of this number.")
    var mutant: Int?

    @Flag(help: "Plant every mutant in turn, or that of --mutant, and print how soon it is found.")
    var mutants = false

    @Flag(help: "Print only each seed and the hash of its trace; each is run once.")
    var traces = false

    mutating func run() async throws {
        var campaign = Campaign()
        campaign.isVerbose = verbose
        campaign.repeatEvery = once ? 0 : twice
        if let jobs { campaign.jobs = max(1, jobs) }
        if core { campaign.options = { SimulationOptions(coreSeed: $0) } }
        if membership { campaign.options = { SimulationOptions(membershipSeed: $0) } }
        #if MARTLET_MUTANTS
        if mutants {
            let table = MutantTable(
                seedsMax: seeds ?? 300,
                firstSeed: seed,
                jobs: campaign.jobs,
                places: mutant.map { [$0] } ?? Array(Mutant.all.indices)
            )
            return try await table.run()
        }
        if let mutant = try mutant.map(Self.mutant) {
            campaign.options = { mutant.options(seed: $0) }
        }
        #else
        guard !mutants, mutant == nil else {
            throw ValidationError(
                "This build has no mutants: build with -Xswiftc -DMARTLET_MUTANTS."
            )
        }
        #endif
        if traces { return campaign.printTraces(from: seed, count: seeds ?? 1) }
        let count = seeds ?? (minutes == nil ? 1 : nil)
        let (tally, cost) = await campaign.run(from: seed, count: count, minutes: minutes)
        print(tally.report(cost))
        if tally.failed > 0 { throw ExitCode.failure }
    }

    #if MARTLET_MUTANTS
    private static func mutant(_ number: Int) throws -> Mutant {
        guard Mutant.all.indices.contains(number) else {
            throw ValidationError("Mutants are numbered 0 to \(Mutant.all.count - 1).")
        }
        return Mutant.all[number]
    }
    #endif
}
