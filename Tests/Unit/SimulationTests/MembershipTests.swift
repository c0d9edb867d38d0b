import Simulation
import Testing

/// Members come and go while everything fails; `Simulator --membership` runs many more.
@Suite struct MembershipTests {
    @Test(arguments: UInt64(1)..<13)
    func theClusterStaysRightWhoeverBelongsToIt(seed: UInt64) {
        var options = SimulationOptions(membershipSeed: seed)
        options.faultSeconds = 5
        let report = ClusterSimulation.run(options)
        #expect(report.violation == nil, "\(options)")
    }

    /// Seeds that once failed:
    /// 48, as who joined took its leader for a former member that is not to be heard;
    /// 66, as the leader that removed itself held the only entry that said so, and did not stand for
    /// election.
    @Test(arguments: [48, 66] as [UInt64])
    func whatOnceFailedDoesNot(seed: UInt64) {
        let report = ClusterSimulation.run(SimulationOptions(membershipSeed: seed))
        #expect(report.violation == nil)
    }

    @Test func membersChangeOftenEnoughToTestIt() {
        var changes = 0
        for seed: UInt64 in 1...6 {
            var options = SimulationOptions(membershipSeed: seed)
            options.faultSeconds = 10
            changes += ClusterSimulation.run(options).configurations
        }
        #expect(changes > 40)
    }
}
