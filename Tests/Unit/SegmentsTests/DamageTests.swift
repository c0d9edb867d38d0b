import Bytes
import Environment
import Model
import Segments
import Streams
import Testing

/// Torn, rotten, missing and foreign files.
struct DamageTests {
    private let disk = MemoryDisk()
    private var source = BatchSource()

    private static let folder = "groups/2000/segments"

    /// Three sealed segments and one that is written to.
    private mutating func written() throws -> SegmentManifest {
        let segments = try opened(on: disk)
        while segments.manifest.segments.count < 4 {
            try segments.append([try source.next()], at: .zero)
        }
        return try segments.sync()
    }

    private func path(_ state: SegmentState, _ suffix: String = "log") -> String {
        let digits = String(state.baseOffset.number, radix: 16)
        return
            "\(Self.folder)/\(String(repeating: "0", count: 16 - digits.count) + digits).\(suffix)"
    }

    private func isDamage(_ body: () throws(SegmentError) -> Void) -> Bool {
        do throws(SegmentError) {
            try body()
            return false
        } catch .damaged {
            return true
        } catch {
            return false
        }
    }

    @Test mutating func aTornTailIsCutOff() throws {
        let manifest = try written()
        let last = manifest.segments[3]
        disk.change(path(last)) { $0 += [1, 2, 3, 4] }
        let segments = try opened(on: disk, manifest: manifest)
        #expect(disk.files[path(last)]?.bytes.count == last.byteCount)
        #expect(try segments.all(from: 0).count == source.batches.count)
        try segments.append([try source.next()], at: .zero)
        #expect(try segments.all(from: 0).map(\.stamped) == source.batches.map(\.stamped))
    }

    @Test mutating func whatTheSnapshotDoesNotKnowIsDeleted() throws {
        let first = try opened(on: disk)
        for _ in 0..<5 { try first.append([try source.next()], at: .zero) }
        let manifest = try first.sync()
        let known = source.batches.count
        for _ in 0..<80 { try first.append([try source.next()], at: .zero) }
        _ = try first.sync()
        let segments = try opened(on: disk, manifest: manifest)
        #expect(segments.endOffset == Offset(Int64(known)))
        #expect(try disk.list(Self.folder).count == 1)
        // What the journal brings again is written again.
        try segments.append(Array(source.batches[known...]), at: .zero)
        #expect(try segments.all(from: 0).map(\.stamped) == source.batches.map(\.stamped))
    }

    @Test mutating func everyByteOfTheLastSegmentIsChecked() throws {
        let manifest = try written()
        let last = manifest.segments[3]
        for place in 0..<last.byteCount where !(36..<64).contains(place) {
            disk.change(path(last)) { $0[place] ^= 0x10 }
            #expect(
                isDamage { () throws(SegmentError) in _ = try opened(on: disk, manifest: manifest)
                },
                "byte \(place)"
            )
            disk.change(path(last)) { $0[place] ^= 0x10 }
        }
        #expect(throws: Never.self) { try opened(on: disk, manifest: manifest) }
    }

    @Test mutating func everyByteOfASealedSegmentIsChecked() throws {
        let manifest = try written()
        let sealed = manifest.segments[1]
        for place in 64..<sealed.byteCount {
            disk.change(path(sealed)) { $0[place] ^= 0x01 }
            let segments = try opened(on: disk, manifest: manifest)
            #expect(isDamage { () throws(SegmentError) in _ = try segments.verify(1) })
            #expect(
                isDamage { () throws(SegmentError) in
                    _ = try segments.range(
                        from: sealed.baseOffset,
                        bytesMax: 9_000,
                        before: sealed.endOffset
                    )
                },
                "byte \(place)"
            )
            disk.change(path(sealed)) { $0[place] ^= 0x01 }
        }
        let segments = try opened(on: disk, manifest: manifest)
        for number in 0..<4 {
            #expect(try segments.verify(number) == manifest.segments[number].byteCount)
        }
        #expect(try segments.verify(4) == nil)
    }

    @Test mutating func missingAndShortFilesAreDamage() throws {
        let manifest = try written()
        for number in [0, 3] {
            let path = path(manifest.segments[number])
            let bytes = try #require(disk.files[path]).bytes
            disk.change(path) { $0.removeLast() }
            #expect(
                isDamage { () throws(SegmentError) in _ = try opened(on: disk, manifest: manifest) }
            )
            try disk.delete(path)
            #expect(
                isDamage { () throws(SegmentError) in _ = try opened(on: disk, manifest: manifest) }
            )
            let file = try disk.open(path, .create)
            try disk.write(file, at: 0, [ByteSlice(bytes)])
        }
        #expect(throws: Never.self) { try opened(on: disk, manifest: manifest) }
    }

    @Test mutating func anIndexIsMadeAnewIfItIsMissingOrWrong() throws {
        let manifest = try written()
        let path = path(manifest.segments[1], "index")
        let sound = try #require(disk.files[path]).bytes
        for place in sound.indices {
            disk.change(path) { $0[place] ^= 0x04 }
            let segments = try opened(on: disk, manifest: manifest)
            #expect(try segments.all(from: 0).count == source.batches.count)
            #expect(disk.files[path]?.bytes == sound, "byte \(place)")
        }
        disk.change(path) { $0.removeLast(7) }
        #expect(try opened(on: disk, manifest: manifest).all(from: 0).count == source.batches.count)
        try disk.delete(path)
        #expect(try opened(on: disk, manifest: manifest).all(from: 0).count == source.batches.count)
        #expect(disk.files[path]?.bytes == sound)
    }

    @Test mutating func aNewerFormatIsNotTouched() throws {
        let manifest = try written()
        let path = path(manifest.segments[0])
        disk.change(path) { bytes in
            bytes[8] = 2
            var writer = ByteWriter()
            writer.integer(CRC32C.of(Array(bytes[0..<32])))
            bytes.replaceSubrange(32..<36, with: writer.bytes)
        }
        #expect(throws: SegmentError.newerFormat(path: path, found: 2, supported: 1)) {
            try opened(on: disk, manifest: manifest)
        }
    }

    @Test mutating func anotherPartitionsSegmentIsDamage() throws {
        let manifest = try written()
        for number in 0..<4 {
            let source = path(manifest.segments[number])
            let target = source.replacing("2000", with: "2001")
            try disk.rename(source, to: target)
        }
        #expect(
            isDamage { () throws(SegmentError) in
                _ = try Segments(on: disk, in: "groups", of: GroupID(2_001), manifest: manifest)
            }
        )
    }

    @Test(arguments: 0..<10)
    func aManifestOfGarbageIsRefusedOrSound(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var test = DamageTests()
        let sound = try test.written().encoded
        #expect(try SegmentManifest(decoding: sound).encoded == sound)
        for _ in 0..<300 {
            var bytes = sound.array
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255,
                    using: &random
                )
            }
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 0..<40, using: &random))
            }
            guard let manifest = try? SegmentManifest(decoding: ByteSlice(bytes)) else { continue }
            // Whatever was believed, the files have the last word.
            _ = try? opened(on: test.disk, manifest: manifest)
        }
    }
}
