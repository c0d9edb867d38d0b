import Bytes
import Environment
import Foundation
import Synchronization
import SystemEnvironment
import Testing

/// Runs `body` on a disk in a directory that goes afterwards.
private func withDisk(_ body: (SystemDisk) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory
        .appendingPathComponent("martlet-disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    try body(SystemDisk(root: root.path))
}

@Suite struct SystemDiskTests {
    @Test func slicesAreWrittenOneBehindTheOther() throws {
        try withDisk { disk in
            try disk.makeDirectory("a/b")
            let file = try disk.open("a/b/f", .create)
            let slices = (0..<2_000).map { ByteSlice("\($0),") } + [.empty]
            try disk.write(file, at: 3, slices)
            let expected = [0, 0, 0] + slices.flatMap(\.array)
            #expect(try disk.size(of: file) == expected.count)
            #expect(try disk.read(file, at: 0, count: expected.count + 9) == expected)
            try disk.sync(file)
        }
    }

    @Test func zeroFillLeavesWhatIsThereAndReadsAsZeros() throws {
        try withDisk { disk in
            let file = try disk.open("f", .create)
            try disk.write(file, at: 0, ["abc"])
            try disk.zeroFill(file, to: 3_000_000)
            #expect(try disk.size(of: file) == 3_000_000)
            #expect(try disk.read(file, at: 0, count: 5) == [97, 98, 99, 0, 0])
            #expect(try disk.read(file, at: 2_999_999, count: 5) == [0])
        }
    }

    @Test func namesAreSortedMovedAndRemoved() throws {
        try withDisk { disk in
            for name in ["c", "a", "b"] { disk.close(try disk.open(name, .create)) }
            #expect(try disk.list("") == ["a", "b", "c"])
            try disk.rename("c", to: "a")
            try disk.delete("b")
            try disk.syncDirectory("")
            #expect(try disk.list("") == ["a"])
            #expect(try disk.list("nowhere") == [])
        }
    }

    @Test func whatIsMissingOrThereAlreadyIsToldByName() throws {
        try withDisk { disk in
            #expect(throws: DiskError.notFound(path: "f")) { try disk.open("f", .read) }
            disk.close(try disk.open("f", .create))
            #expect(throws: DiskError.alreadyExists(path: "f")) { try disk.open("f", .create) }
        }
    }
}

@Suite struct IOThreadTests {
    @Test func jobsRunInOrderOnTheStateAndStopWaitsForThem() {
        let seen = Mutex<[Int]>([])
        let thread = IOThread(name: "test") { 0 }
        for number in 0..<1_000 {
            thread.submit { state in
                state += 1
                #expect(state == number + 1)
                seen.withLock { $0.append(number) }
            }
        }
        thread.stop()
        #expect(seen.withLock { $0 } == Array(0..<1_000))
    }
}
