// Members that come and go.
extension SimulationOptions {
    /// The core alone, with a few founders among up to seven nodes, and changes of who belongs to them.
    ///
    /// Damage is another matter, and so are nodes that stay broken: one might be of the few that a
    /// smaller group cannot do without.
    public init(membershipSeed seed: UInt64) {
        self.init(coreSeed: seed)
        var random = SeededGenerator(seed: seed, subsystem: "membership")
        nodes = random.pick([4, 5, 6, 7])
        founders = random.pick([1, 2, 3, 3, 3])
        faults.removeAll { $0 == .bitRot }
        leavesSomeBroken = false
        faultSeconds = random.between(UInt64(10)...90)
        recordPause = random.pick([50_000_000, 300_000_000])
        memberPause = random.pick([100_000_000, 1_000_000_000, 4_000_000_000])
        // A group whose members are changed by a leader that is not the control group's.
        keyspaces = random.pick([0, 1, 1])
    }
}
