import Controller
import Model
import Testing

@Suite struct ControllerTests {
    private func node(_ number: UInt64, at address: String = "127.0.0.1:2380") -> NodeRecord {
        NodeRecord(
            id: NodeID(number),
            name: "n\(number)",
            peerAddress: address,
            clientURLs: ["http://127.0.0.1:2379"]
        )
    }

    @Test func nodesAreSortedWhateverTheOrderOfTheirStart() {
        var controller = Controller()
        for number: UInt64 in [3, 1, 2] { _ = controller.apply(.nodeRegistered(node(number))) }
        #expect(controller.image.nodes.map(\.name) == ["n1", "n2", "n3"])
    }

    @Test func aNodeThatMovedReplacesItsRecord() {
        var controller = Controller()
        _ = controller.apply(.nodeRegistered(node(1)))
        var moved = node(1, at: "127.0.0.1:12380")
        moved.broker = BrokerID(1)
        #expect(controller.apply(.nodeRegistered(moved)) == .node(moved))
        #expect(controller.image.nodes == [moved])
    }

    @Test func aRecordThatSaysNothingNewChangesNothing() {
        var controller = Controller()
        _ = controller.apply(.nodeRegistered(node(1)))
        #expect(controller.apply(.nodeRegistered(node(1))) == .unchanged)
    }
}
