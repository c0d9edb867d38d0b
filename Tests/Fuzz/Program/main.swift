import FuzzTargets

// The program Fuzz: one target in libFuzzer's hands.
//
//     Fuzz --list    the names of all targets
//     Fuzz hpack [libFuzzer's flags] [corpus folders and files]
//
// `make fuzz` runs them all. Only builds with MARTLET_FUZZ have it; see Tools/fuzz.

switch CommandLine.arguments.dropFirst().first {
case "--list":
    for target in FuzzTarget.all { print(target.name) }
case let name:
    guard let target = FuzzTarget.named(name ?? "") else {
        print("usage: Fuzz --list | TARGET [libFuzzer's flags] [corpus]")
        break
    }
    Fuzzer(target).run()
}
