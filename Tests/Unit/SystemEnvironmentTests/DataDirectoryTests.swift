import Foundation
import Model
import SystemEnvironment
import Testing

@Suite struct DataDirectoryTests {
    private let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("martlet-data-\(UUID().uuidString)/deep").path

    private func open(
        cluster: UInt64 = 1,
        node: UInt64 = 2
    ) throws(DataDirectoryError) -> DataDirectory {
        try DataDirectory.open(
            path,
            cluster: { ClusterID($0 == nil ? cluster : cluster + 100) },
            node: NodeID(node),
            name: "n \"1\""
        )
    }

    private func rewrite(_ change: (String) -> String) throws {
        let file = path + "/node.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try change(text).write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test func eachStartIsCounted() throws {
        #expect(try open().boots == 1)
        #expect(try open().boots == 2)
        #expect(try open().boots == 3)
    }

    @Test func aDirectoryKeepsItsNumberAndANewOneGetsAnother() throws {
        let first = try open().incarnation
        #expect(first != .unknown)
        #expect(try open().incarnation == first)
        try FileManager.default.removeItem(atPath: path)
        #expect(try open().incarnation != first)
    }

    @Test func aDirectoryOfBeforeGetsANumber() throws {
        _ = try open()
        try rewrite { text in
            text.split(separator: "\n").filter { !$0.contains("incarnation") }
                .joined(separator: "\n").replacingOccurrences(
                    of: "\"boots\": 1,",
                    with: "\"boots\": 1"
                )
        }
        let found = try open()
        #expect(found.boots == 2)
        #expect(found.incarnation != .unknown)
    }

    @Test func aNodeThatJoinedIsKnownByItsDirectoryAlone() throws {
        #expect(try !DataDirectory.isUsed(path))
        _ = try DataDirectory.open(
            path,
            cluster: { _ in ClusterID(7) },
            node: NodeID(9),
            name: "n9",
            peers: "1@a:2380,2@[::1]:2380"
        )
        let joined = JoinedNode(
            cluster: ClusterID(7),
            node: NodeID(9),
            name: "n9",
            peers: "1@a:2380,2@[::1]:2380"
        )
        #expect(try DataDirectory.joined(in: path) == joined)
        _ = try DataDirectory.open(
            path,
            cluster: { _ in ClusterID(7) },
            node: NodeID(9),
            name: "n9"
        )
        #expect(try DataDirectory.joined(in: path) == joined, "also after another start")
    }

    @Test func aNodeThatFoundedItsClusterHasNotJoined() throws {
        _ = try open()
        #expect(try DataDirectory.isUsed(path))
        #expect(try DataDirectory.joined(in: path) == nil)
    }

    /// On a full disk nothing new can be had, but what is there can be written over.
    @Test func aStartTakesItsSpaceFromTheOneBefore() throws {
        func number(_ name: String) throws -> UInt64 {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
            return try #require(attributes[.systemFileNumber] as? UInt64)
        }
        _ = try open()
        let reserved = try number("node.json.next")
        let size = try FileManager.default.attributesOfItem(atPath: path + "/node.json.next")[.size]
        #expect(size as? Int == 4_096)
        #expect(try open().boots == 2)
        #expect(try number("node.json") == reserved)
        #expect(try open().boots == 3)
    }

    @Test func aSecondProcessIsRefused() throws {
        let first = try open()
        #expect(throws: DataDirectoryError.locked(path)) { try open() }
        #expect(first.boots == 1)
    }

    @Test func anothersDirectoryIsRefused() throws {
        _ = try open()
        #expect(throws: DataDirectoryError.otherCluster(path)) { try open(cluster: 9) }
        #expect(throws: DataDirectoryError.otherNode(path, name: "n \"1\"")) { try open(node: 9) }
        #expect(try open().boots == 2)
    }

    @Test func aNewerFormatIsRefused() throws {
        _ = try open()
        try rewrite { $0.replacingOccurrences(of: "\"format\": 1", with: "\"format\": 7") }
        #expect(throws: DataDirectoryError.newerFormat(path, found: 7, supported: 1)) { try open() }
    }

    @Test(arguments: ["", "{", "{}", "[1]", "{\"format\": x}"])
    func whatIsNoIdentityIsRefused(text: String) throws {
        _ = try open()
        try rewrite { _ in text }
        #expect(throws: DataDirectoryError.malformed(path + "/node.json")) { try open() }
    }

    @Test func aPathThatIsAFileIsRefused() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-file-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        #expect(throws: DataDirectoryError.self) {
            try DataDirectory.open(file, cluster: { _ in ClusterID(1) }, node: NodeID(1), name: "n")
        }
    }

    private func restore(origin: String) throws {
        let directory = try NewDataDirectory.make(path)
        try directory.belong(
            to: ClusterID(101),
            node: NodeID(2),
            name: "n \"1\"",
            origin: origin
        )
    }

    @Test func aRestoredDirectoryBelongsToAnotherClusterAndRemembersWhy() throws {
        try restore(origin: "0a\"b")
        for boots: UInt64 in 1...2 {
            let directory = try open()
            #expect(directory.boots == boots)
            #expect(directory.origin == "0a\"b")
        }
        #expect(throws: DataDirectoryError.otherCluster(path)) { try open(cluster: 7) }
    }

    @Test func onlyAnEmptyDirectoryIsRestoredInto() throws {
        _ = try open()
        #expect(throws: DataDirectoryError.notEmpty(path)) { try restore(origin: "1") }
        #expect(try open().origin == nil)
    }

    @Test func aRestorationThatBrokeOffIsNoDataDirectory() throws {
        let directory = try NewDataDirectory.make(path)
        try FileManager.default.createDirectory(
            atPath: path + "/shard-0",
            withIntermediateDirectories: false
        )
        withExtendedLifetime(directory) {}
        #expect(throws: DataDirectoryError.self) { try open() }
    }

    @Test func aDirectoryThatWasUsedAndLostItsIdentityIsRefused() throws {
        _ = try open()
        try FileManager.default.createDirectory(
            atPath: path + "/shard-0",
            withIntermediateDirectories: false
        )
        try FileManager.default.removeItem(atPath: path + "/node.json")
        #expect(throws: DataDirectoryError.malformed(path + "/node.json")) { try open() }
    }
}
