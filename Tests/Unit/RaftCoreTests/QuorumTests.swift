import Model
import RaftCore
import Testing

@Suite struct QuorumTests {
    @Test(
        arguments: [
            ([5], 5), ([5, 3], 3), ([5, 3, 9], 5), ([5, 3, 9, 0], 3), ([1, 2, 3, 4, 5], 3),
            ([7, 7, 0, 0, 7], 7), ([0, 0, 0, 8, 9], 0),
        ] as [([UInt64], UInt64)]
    )
    func aMajorityHasReachedTheMedian(numbers: [UInt64], reached: UInt64) {
        let quorum = MajorityQuorum(voters: numbers.indices.map { ReplicaID(UInt64($0)) })
        #expect(quorum.reached { numbers[Int($0.number)] } == reached)
    }

    @Test func aMajorityDecidesAsSoonAsItIsCertain() {
        let quorum = MajorityQuorum(voters: [one, two, three, four])
        #expect(quorum.size == 3)
        #expect(quorum.outcome { $0 == one || $0 == two ? true : nil } == .open)
        #expect(quorum.outcome { $0 == four ? nil : true } == .won)
        #expect(quorum.outcome { $0 == one || $0 == two ? false : nil } == .lost)
    }

    @Test func noVotersAgreeToEverything() {
        let quorum = MajorityQuorum(voters: [])
        #expect(quorum.reached { _ in 0 } == .max)
        #expect(quorum.outcome { _ in nil } == .won)
    }

    @Test func aJointQuorumTakesBothMajorities() {
        let quorum = JointQuorum(
            GroupConfiguration(voters: [one, two, three], outgoingVoters: [three, four, five])
        )
        let numbers: [ReplicaID: UInt64] = [one: 9, two: 8, three: 7, four: 2, five: 1]
        #expect(quorum.reached { numbers[$0] ?? 0 } == 2)
        #expect(quorum.outcome { [one, two, three].contains($0) ? true : nil } == .open)
        #expect(quorum.outcome { [one, three, four].contains($0) ? true : nil } == .won)
        #expect(quorum.outcome { [four, five].contains($0) ? false : nil } == .lost)
    }

    @Test func aVotersFirstAnswerCounts() {
        var tally = VoteTally()
        tally.record(false, by: two)
        tally.record(true, by: two)
        tally.record(true, by: one)
        #expect(tally.granted == [one])
        #expect(tally.answer(of: two) == false)
        #expect(tally.answer(of: three) == nil)
        let quorum = JointQuorum(GroupConfiguration(voters: [one, two, three]))
        #expect(tally.outcome(in: quorum) == .open)
    }
}
