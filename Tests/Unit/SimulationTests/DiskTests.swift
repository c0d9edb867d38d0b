import Bytes
import Environment
import Testing

@testable import Simulation

@Suite struct SimulatedDiskTests {
    private func disk(seed: UInt64) -> SimulatedDisk {
        SimulatedDisk(random: SeededGenerator(seed: seed, subsystem: "test"))
    }

    private func content(_ disk: SimulatedDisk, _ path: String) throws -> [UInt8]? {
        guard try disk.list("d").contains(path.split(separator: "/").last.map(String.init) ?? "")
        else { return nil }
        let file = try disk.open(path, .read)
        defer { disk.close(file) }
        return try disk.read(file, at: 0, count: try disk.size(of: file))
    }

    @Test(arguments: UInt64(0)..<40)
    func whatWasSyncedSurvivesAPowerFailure(seed: UInt64) throws {
        let disk = disk(seed: seed)
        let file = try disk.open("d/a", .create)
        try disk.write(file, at: 0, ["kept"])
        try disk.sync(file)
        try disk.syncDirectory("d")
        disk.losePower()
        #expect(try content(disk, "d/a") == Array("kept".utf8))
    }

    @Test func whatWasNotSyncedMayBeKeptLostOrTorn() throws {
        var outcomes: [String] = []
        for seed in UInt64(0)..<200 {
            let disk = disk(seed: seed)
            let file = try disk.open("d/a", .create)
            try disk.write(file, at: 0, [ByteSlice([UInt8](repeating: 1, count: 512))])
            try disk.sync(file)
            try disk.syncDirectory("d")
            try disk.write(file, at: 0, [ByteSlice([UInt8](repeating: 2, count: 512))])
            disk.losePower()
            let found = try #require(try content(disk, "d/a"))
            let isTorn = found.contains(1) && found.contains(2)
            outcomes.append(isTorn ? "torn" : found[0] == 1 ? "lost" : "kept")
        }
        #expect(outcomes.contains("torn"))
        #expect(outcomes.contains("lost"))
        #expect(outcomes.contains("kept"))
    }

    @Test func aNameIsLostUnlessItsDirectoryWasSynced() throws {
        var isLost = false
        for seed in UInt64(0)..<20 {
            let disk = disk(seed: seed)
            let file = try disk.open("d/a", .create)
            try disk.write(file, at: 0, ["content"])
            try disk.sync(file)
            disk.losePower()
            if try content(disk, "d/a") == nil { isLost = true }
        }
        #expect(isLost)
    }

    @Test(arguments: UInt64(0)..<20)
    func aRenameIsWholeOrNotAtAll(seed: UInt64) throws {
        let disk = disk(seed: seed)
        for (path, text) in [("d/old", "old"), ("d/new", "new")] {
            let file = try disk.open(path, .create)
            try disk.write(file, at: 0, [ByteSlice(text)])
            try disk.sync(file)
        }
        try disk.syncDirectory("d")
        try disk.rename("d/new", to: "d/old")
        disk.losePower()
        let names = try disk.list("d")
        #expect(names == ["new", "old"] || names == ["old"])
        let expected = names.count == 1 ? "new" : "old"
        #expect(try content(disk, "d/old") == Array(expected.utf8))
    }

    @Test func aKilledProcessLosesNothing() throws {
        let disk = disk(seed: 1)
        let file = try disk.open("d/a", .create)
        try disk.write(file, at: 0, ["cached"])
        disk.restart()
        #expect(try content(disk, "d/a") == Array("cached".utf8))
    }

    @Test func aFullDiskRefusesWhatGrows() throws {
        let disk = disk(seed: 1)
        let file = try disk.open("d/a", .create)
        try disk.zeroFill(file, to: 1_000)
        disk.faults.capacity = 1_000
        try disk.write(file, at: 0, ["fits"])
        #expect(throws: DiskError.full(path: "d/a")) {
            try disk.write(file, at: 999, ["grows"])
        }
    }

    @Test func aFailedSyncMayDropWhatWasWritten() throws {
        let disk = disk(seed: 1)
        let file = try disk.open("d/a", .create)
        try disk.write(file, at: 0, ["one"])
        try disk.sync(file)
        try disk.write(file, at: 0, ["two"])
        disk.faults.syncFault = .reverts
        #expect(throws: DiskError.self) { try disk.sync(file) }
        try disk.sync(file)
        #expect(try content(disk, "d/a") == Array("one".utf8))
    }

    @Test func thePowerFailsInTheMiddleOfWhatIsUnderWay() throws {
        let disk = disk(seed: 1)
        let file = try disk.open("d/a", .create)
        disk.changesUntilPowerFails = 1
        try disk.write(file, at: 0, ["one"])
        #expect(throws: DiskError.self) { try disk.sync(file) }
        #expect(disk.isOff)
        #expect(throws: DiskError.self) { try disk.list("d") }
        disk.losePower()
        #expect(!disk.isOff)
    }
}
