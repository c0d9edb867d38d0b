import Testing

@testable import Simulation

@Suite struct EventQueueTests {
    @Test func eventsComeByTimeThenByOrderOfScheduling() {
        var queue = EventQueue<Int>()
        var random = SeededGenerator(seed: 3, subsystem: "test")
        var expected: [(time: UInt64, number: Int)] = []
        for number in 0..<500 {
            let time = random.between(UInt64(0)...50)
            queue.schedule(number, at: time)
            expected.append((time, number))
        }
        expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
        for event in expected {
            let next = queue.next()
            #expect(next?.time == event.time)
            #expect(next?.event == event.number)
        }
        #expect(queue.next() == nil)
    }

    @Test func subsystemsDrawDifferentNumbersFromOneSeed() {
        var disk = SeededGenerator(seed: 1, subsystem: "disk")
        var network = SeededGenerator(seed: 1, subsystem: "network")
        var again = SeededGenerator(seed: 1, subsystem: "disk")
        let numbers = (0..<8).map { _ in disk.next() }
        #expect(numbers == (0..<8).map { _ in again.next() })
        #expect(numbers != (0..<8).map { _ in network.next() })
    }
}
