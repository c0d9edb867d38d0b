import Controller
import Journal
import Model
import RaftCore
import Testing

@testable import Groups

@Suite struct JournalQueueTests {
    private let groups = [GroupID.control, .defaultKeyspace].map { id in
        Group(
            id: id,
            machine: GroupMachine(.control(MetadataImage())),
            raft: Raft(
                replica: ReplicaID(1),
                restored: RestoredReplica(
                    bootstrap: GroupConfiguration(voters: [ReplicaID(1)])
                ),
                settings: RaftSettings(),
                seed: 1
            ),
            firstSequence: 1
        )
    }

    private func persist(_ number: UInt64) -> Persist {
        let message = Message(
            source: ReplicaID(1),
            target: ReplicaID(2),
            term: Term(1),
            body: .heartbeatReply(HeartbeatReply(round: nil))
        )
        return Persist(
            hardState: nil,
            entries: [],
            messages: [message],
            receipt: PersistReceipt(number: number, lastIndex: .zero, lastTerm: .zero)
        )
    }

    /// A disk may be full for days, while heartbeats come.
    @Test func whatWaitsForADiskThatTakesNothingIsBounded() {
        var queue = JournalQueue()
        queue.gather(persist(1), of: groups[0], at: 0)
        #expect(queue.beginAppend(at: .zero) != nil)
        let count = UInt64(Limits.receiptsGatheredMax)
        for number in 2...count * 2 {
            queue.gather(persist(number), of: groups[Int(number % 2)], at: Int(number % 2))
        }
        #expect(queue.gatheredReceipts.count < Limits.receiptsGatheredMax)
        _ = queue.finishAppend()
        _ = queue.beginAppend(at: .zero)
        let receipts = queue.finishAppend()
        #expect(receipts.last { $0.place == 0 }?.receipt.number == count * 2)
        #expect(receipts.last { $0.place == 1 }?.receipt.number == count * 2 - 1)
    }
}
