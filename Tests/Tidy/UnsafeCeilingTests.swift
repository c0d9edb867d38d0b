import Testing

/// How many lines of a layer handle memory or threads by hand: a ceiling that only falls.
///
/// Who removes such lines lowers the number; who needs a new one finds another to remove, or says in
/// the commit why not.
struct UnsafeCeilingTests {
    private static let ceilings: [(layer: String, lines: Int)] = [
        ("Base", 40), ("Core", 19), ("Wire", 140), ("Host", 19), ("Fronts", 62), ("Client", 4),
        ("Verification", 10), ("Programs", 2),
    ]

    @Test(arguments: ceilings)
    func unsafeCodeStaysBelow(_ layer: String, _ ceiling: Int) {
        let count = Self.unsafeLines(in: SourceFile.sources.filter { $0.layer == layer })
        #expect(count <= ceiling)
        #expect(count * 10 >= ceiling * 9, "\(layer) has \(count): lower its ceiling of \(ceiling)")
    }

    @Test func everyLayerHasACeiling() {
        let layers = Set(SourceFile.sources.map(\.layer))
        #expect(layers.symmetricDifference(Self.ceilings.map(\.layer)) == [])
    }

    @Test func whatIsUnsafeIsCounted() {
        let file = SourceFile(
            layer: "Core",
            lines: [
                "let pointer: UnsafeRawPointer", "bytes.withUnsafeBytes { $0.count }",
                "nonisolated(unsafe) var x = 0", "final class A: @unchecked Sendable {",
                "let y = unsafeBitCast(x, to: Int.self)", "// Unsafe", "let safe = true",
            ]
        )
        #expect(Self.unsafeLines(in: [file]) == 5)
    }

    private static func unsafeLines(in files: [SourceFile]) -> Int {
        files.map { $0.code(holding: ["Unsafe", "unsafe", "@unchecked"]).count }.reduce(0, +)
    }
}
