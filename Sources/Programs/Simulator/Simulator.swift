internal import ArgumentParser
internal import Simulation

/// Runs seeds of the cluster simulation, each twice, and says which failed.
///
///     Simulator --seeds 1000              fresh seeds from 1 on
///     Simulator --seed 42 --verbose       one seed, with its story
///     Simulator --minutes 20              as many seeds as fit
///     Simulator --mutants                 the table of mutants (a build with MARTLET_MUTANTS)
@main
struct Simulator: ParsableCommand {
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

    @Flag(help: "Run each seed once instead of twice: no check of determinism.")
    var once = false

    @Option(help: "Plant the mutant of this number.")
    var mutant: Int?

    @Flag(help: "Plant every mutant in turn, and print how soon each is found.")
    var mutants = false

    mutating func run() throws {
        #if MARTLET_MUTANTS
        if mutants {
            try MutantTable(seedsMax: seeds ?? 300, firstSeed: seed).run()
            return
        }
        #else
        guard !mutants, mutant == nil else {
            throw ValidationError(
                "This build has no mutants: build with -Xswiftc -DMARTLET_MUTANTS."
            )
        }
        #endif
        var campaign = Campaign(isVerbose: verbose, isChecked: !once)
        #if MARTLET_MUTANTS
        campaign.mutant = try mutant.map(Self.mutant)
        #endif
        campaign.run(from: seed, count: seeds ?? (minutes == nil ? 1 : nil), minutes: minutes)
        if campaign.failed > 0 { throw ExitCode.failure }
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
