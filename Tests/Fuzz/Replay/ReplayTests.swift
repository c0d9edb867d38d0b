import Bytes
import Foundation
import FuzzTargets
import Testing

/// Every input of the corpus through its target, without libFuzzer.
///
/// What the fuzzer ever found lies there as `found-…`, so this is where its bugs stay fixed.
@Suite struct ReplayTests {
    private static let corpus = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    private static func inputs(of target: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: corpus.appending(path: target),
            includingPropertiesForKeys: nil
        )
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func theCorpusHoldsNoFault(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Self.inputs(of: name)
        #expect(!inputs.isEmpty)
        for input in inputs {
            let bytes = ByteSlice([UInt8](try Data(contentsOf: input)))
            #expect(target.run(bytes) == [], "\(input.lastPathComponent)")
        }
    }

    /// A corpus of refusals would find little: each target must get far with some input.
    @Test(arguments: FuzzTarget.all.map(\.name))
    func theCorpusHoldsTheSamples(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let folder = Self.corpus.appending(path: name)
        if ProcessInfo.processInfo.environment["CORPUS_REWRITE"] == "1" {
            try Self.write(target.samples(), to: folder)
        }
        let inputs = try Set(Self.inputs(of: name).map { [UInt8](try Data(contentsOf: $0)) })
        let missing = target.samples().filter { !inputs.contains($0.array) }
        #expect(missing == [], "make fuzz-samples writes them")
    }

    private static func write(_ samples: [ByteSlice], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, sample) in samples.enumerated() {
            try Data(sample.array).write(to: folder.appending(path: "sample-\(number)"))
        }
    }

    /// Cut short and with single bits changed, by the thousand: what a fuzzer does first.
    @Test(arguments: FuzzTarget.all.map(\.name))
    func damagedSamplesHoldNoFault(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for sample in target.samples() where sample.count <= 512 {
            for count in 0..<sample.count { #expect(target.run(sample[0..<count]) == []) }
            for place in 0..<sample.count {
                var bytes = sample.array
                bytes[place] ^= 1 << (place % 8)
                #expect(target.run(ByteSlice(bytes)) == [], "byte \(place)")
            }
        }
    }

    @Test func everyFolderHasATarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path())
        #expect(folders.filter { FuzzTarget.named($0) == nil } == [])
    }

    /// The measures themselves: a target that breaks its promises is reported.
    @Test func aFaultIsReported() throws {
        struct Greedy: HeapGauge {
            func begin() {}
            func end() -> Int { 1 << 30 }
        }
        let target = try #require(FuzzTarget.named("command"))
        let sample = try #require(target.samples().first)
        let faults = target.run(sample, heap: Greedy())
        #expect(faults.count == 1 && faults[0].hasPrefix("decoding held 1073741824 bytes"))
    }
}
