import Bytes
import Controller
import Groups
import Model
import PeerWire
import RaftCore
import Testing

/// A node whose disk has forgotten promises is told so by the others before it can make new ones.
@Suite struct DiskRecognitionTests {
    private static let lives = (1...3).map { NodeLife(incarnation: Incarnation($0 * 11), batch: 5) }
    private let cluster = TestCluster(nodes: 3, lives: lives)
    private let patience = RaftSettings().electionTicks

    /// What a node has said of groups.
    private func promises(of node: UInt64) throws -> Int {
        var count = 0
        for frame in cluster[node].sent {
            var reader = try PeerFrameReader(frame.bytes)
            while let item = try reader.next() {
                if case .greeting = item { continue }
                count += 1
            }
        }
        return count
    }

    private func refusals(of node: UInt64) -> Int {
        cluster[node].facts.count { if case .diskRefused = $0 { true } else { false } }
    }

    private func write(_ request: UInt64, at node: UInt64) -> String? {
        cluster.put("k", "v", at: node, as: request)
        cluster.tick(30)
        return cluster.answer(at: node, to: request)
    }

    /// A cluster that has written, and a follower of it.
    private func follower() -> UInt64 {
        let leader = cluster.electLeader()
        for request: UInt64 in 1...5 { _ = write(request, at: leader) }
        return cluster.follower(of: leader)
    }

    @Test func nodesWithTheirOwnDisksTakePart() {
        let node = follower()
        #expect((1...3).allSatisfy { cluster[$0].shard.isProven })
        let life = cluster[node].shard.life
        cluster.restart(node, life: life)
        cluster.tick(3)
        #expect(cluster[node].shard.isProven)
        #expect(refusals(of: node) == 0)
    }

    @Test func aNodeWithAWipedDiskIsRefused() throws {
        let node = follower()
        cluster.restart(node, life: NodeLife(incarnation: Incarnation(99), batch: 0))
        cluster.tick(100)
        #expect(refusals(of: node) == 1)
        #expect(try promises(of: node) == 0)
        #expect(cluster[node].shard.isStopped)
        let other = cluster.electLeader()
        #expect(write(9, at: other) == "revision 7")
    }

    @Test func aNodeWithAnOlderCopyOfItsDiskIsRefused() throws {
        let node = follower()
        let life = cluster[node].shard.life
        cluster.restart(node, life: NodeLife(incarnation: life.incarnation, batch: life.batch - 1))
        cluster.tick(100)
        #expect(refusals(of: node) == 1)
        #expect(try promises(of: node) == 0)
    }

    @Test func untilTheOthersAnswerANodeOnlyGreets() throws {
        let node = follower()
        cluster.restart(node, life: cluster[node].shard.life)
        cluster[node].isCutOff = true
        cluster.tick(100)
        #expect(!cluster[node].shard.isProven)
        #expect(try promises(of: node) == 0)
        cluster[node].isCutOff = false
        cluster.tick(3)
        #expect(cluster[node].shard.isProven)
    }

    @Test func afterAWhileAMajorityIsEnough() {
        let node = follower()
        let away = (1...3).first {
            $0 != node && cluster[$0].shard.status(.control)?.isLeader == false
        }
        guard let away else {
            Issue.record("two leaders")
            return
        }
        cluster[away].isCutOff = true
        cluster.restart(node, life: cluster[node].shard.life)
        cluster.tick(patience / 2)
        #expect(!cluster[node].shard.isProven)
        cluster.tick(patience)
        #expect(cluster[node].shard.isProven)
    }

    /// What a node has said before is said again late: it is no answer to this start.
    @Test func anAnswerToAnEarlierStartProvesNothing() {
        let node = follower()
        let others = (1...3).filter { $0 != node }
        let life = cluster[node].shard.life
        cluster.restart(node, life: life)
        cluster[node].isCutOff = true
        for other in others {
            var writer = PeerFrameWriter(source: NodeID(other))
            let heard = HeardLife(start: 12_345, life: life)
            writer.append(.greeting(PeerGreeting(boots: 1, life: Self.lives[0], heard: heard)))
            cluster[node].shard.receive(writer.finish(), from: NodeID(other))
        }
        cluster.tick(3 * patience)
        #expect(!cluster[node].shard.isProven)
    }

    /// The frame may be begun before a batch is durable that it promises to hold.
    @Test func aPromiseStandsBehindWhatItRestsOn() throws {
        let node = follower()
        let member = cluster[node]
        member.isDiskHanging = true
        cluster.put("k", "v", at: cluster.follower(of: node), as: 9)
        cluster.settle()
        let life = member.shard.life
        member.sent = []
        // A greeting that is answered: the frame says how far the journal is as yet.
        let other = NodeID(cluster.follower(of: node))
        var writer = PeerFrameWriter(source: other)
        let itself = NodeLife(incarnation: Incarnation(other.number * 11), batch: 5)
        writer.append(.greeting(PeerGreeting(boots: 1, start: 4_711, life: itself)))
        member.shard.receive(writer.finish(), from: other)
        member.shard.completed(.appended(upTo: life.batch + 1))
        cluster.settle()
        var acknowledgements = 0
        for frame in member.sent {
            var said: UInt64 = 0
            var reader = try PeerFrameReader(frame.bytes)
            while let item = try reader.next() {
                if case .greeting(let greeting) = item { said = greeting.life.batch }
                if case .promise(let life) = item { said = life.batch }
                guard case .raft(_, let message) = item, case .appendReply = message.body else {
                    continue
                }
                acknowledgements += 1
                #expect(said == life.batch + 1)
            }
        }
        #expect(acknowledgements > 0)
    }

    /// All have restarted, and only the cluster's metadata knows the disk that was.
    @Test func theControlGroupRemembersADisk() {
        let nodes = (1...3).map { number in
            NodeRecord(
                id: NodeID(number),
                name: "n\(number)",
                peerAddress: "",
                clientURLs: [],
                life: NodeLife(incarnation: Incarnation(number == 3 ? 77 : number * 11), batch: 2)
            )
        }
        let voters = GroupConfiguration(voters: (1...3).map { ReplicaID($0) })
        var seeds = GroupSeed.ofNewCluster(voters)
        seeds[0].source = .control(MetadataImage(nodes: nodes))
        let cluster = TestCluster(nodes: 3, seeds: seeds, lives: Self.lives)
        cluster.tick(3)
        #expect((1...3).map { cluster[$0].shard.isProven } == [true, true, false])
        #expect(cluster[3].shard.isStopped)
    }
}
