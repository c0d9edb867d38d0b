import Foundation
import Testing

/// The code about the code: what STYLE.md forbids and the formatter cannot see.
///
/// Each test gathers every place that breaks its rule, so that one run names them all.
struct Tidy {
    /// What a place outside the rules may use, and why.
    ///
    /// An entry without a use is refused too.
    private let allowed: [(path: String, words: String, reason: String)] = [
        (
            "Sources/Host/SystemEnvironment/BlockingQueue.swift", "@unchecked Sendable",
            "what waits for a thread: Swift has no condition variable of its own"
        )
    ]

    // What each layer may import from outside, besides the packages in its line of the table.
    private let systemModules: [String: Set<String>] = [
        "Base": ["Darwin", "Glibc"],  // memcmp and memcpy
        "Core": [], "Wire": [],
        "Host": ["Glibc", "Synchronization"],
        "Fronts": ["Synchronization"],
        "Client": ["Glibc", "Synchronization"],
        "Verification": ["Synchronization"],
        "Programs": ["Dispatch", "FoundationEssentials", "Glibc", "Synchronization"],
    ]

    @Test func importsAreThoseOfTheTable() {
        let statement =
            #/
            ^(?:@\w+\ )?(?:(?:public|internal|private|fileprivate)\ )?
            import\ (?:(?:struct|class|enum|func)\ )?(\w+)
            /#
        var faults: [String] = []
        for file in SourceFile.all where file.path.hasPrefix("Sources/") {
            guard let module = ModuleTable.current.modules[file.module] else {
                faults.append("\(file.path): \(file.module) is not in Package.swift's table")
                continue
            }
            let may = module.uses.union(module.products)
                .union(systemModules[file.layer, default: []])
            for (index, line) in file.code(holding: ["import "]) {
                guard let name = line.prefixMatch(of: statement)?.1, !may.contains(String(name))
                else { continue }
                faults.append(
                    "\(file.place(index)): \(file.module) (\(file.layer)) must not import \(name)"
                )
            }
        }
        #expect(faults == [])
    }

    @Test func eachModuleLiesInItsLayersFolder() {
        let lying = Set(
            SourceFile.all.filter { $0.layer != "" }.map { "Sources/\($0.layer)/\($0.module)" }
        )
        let stated = ModuleTable.current.modules.values
            .filter { !$0.isC && !$0.name.hasPrefix("Generate") }.map(\.folder)
        #expect(lying.subtracting(stated).sorted() == [])
    }

    @Test func functionsFitAScreenAndFilesHaveOneSubject() {
        let files = SourceFile.written.filter { $0.lineCount > 600 }
        #expect(files.map { "\($0.path): \($0.lineCount) lines" } == [])
        let functions = SourceFile.written.flatMap { file in
            file.functions.filter { $0.length > 70 }
                .map { "\(file.place($0.index)): \($0.name) has \($0.length) lines" }
        }
        #expect(functions == [])
    }

    @Test func namesSayTheFieldsWords() {
        let type = /\b(?:class|struct|enum|protocol|actor|typealias) ([A-Z]\w*)/
        let function = /\bfunc (\w+)/
        let nio = /Channel(Inbound|Outbound|Duplex)Handler|ByteToMessage/
        let words = ["class ", "struct ", "enum ", "protocol ", "actor ", "typealias ", "func "]
        expectNone(in: SourceFile.written, holding: words) { line in
            if let name = line.firstMatch(of: type)?.1 {
                let words = Self.words(of: name)
                let isNIOs = words.last == "Handler" && line.contains(nio)
                let isEmpty = words.last.map(Self.bannedAtTheEnd.contains) ?? false
                return !isNIOs && (isEmpty || !Self.bannedAnywhere.isDisjoint(with: words))
            }
            guard let name = line.firstMatch(of: function)?.1 else { return false }
            return Self.words(of: name).first.map(Self.bannedVerbs.contains) ?? false
        }
    }

    private static let bannedAnywhere: Set<String> = [
        "Manager", "Helper", "Helpers", "Util", "Utils",
    ]
    private static let bannedAtTheEnd: Set<String> = ["Base", "Data", "Handler", "Impl", "Info"]
    private static let bannedVerbs: Set<String> = ["process", "handle", "do"]

    /// `InflightWindow` is `Inflight` and `Window`; `handleIt` is `handle` and `It`.
    private static func words(of name: Substring) -> [String] {
        name.matches(of: /[A-Z]*[a-z0-9]+|[A-Z]+/).map { String($0.0) }
    }

    @Test func coreNamesEveryCase() {
        expectNone(in: SourceFile.sources.filter { $0.layer == "Core" }, holding: ["default:"]) {
            $0.contains(/^ *default:/)
        }
    }

    @Test func failuresAreTyped() {
        let banned = [
            "as!", "try!", "fatalError(", "@unchecked Sendable", "nonisolated(unsafe)",
            "Task.detached", "preconditionFailure()",
        ]
        var used: Set<String> = []
        let shipped = SourceFile.written.filter { !$0.path.hasPrefix("Tests/") }
        expectNone(in: shipped, holding: banned + ["catch"]) { line, file in
            if line.contains(/catch *\{ *\}/) { return true }
            guard let word = banned.first(where: line.contains) else { return false }
            let entry = allowed.first { file.path.hasPrefix($0.path) && $0.words == word }
            if let entry { used.insert(entry.path + entry.words) }
            return entry == nil
        }
        let stale = allowed.filter { !used.contains($0.path + $0.words) }
        #expect(stale.map { "\($0.path) no longer uses \($0.words)" } == [])
    }

    @Test func commentsGiveReasons() {
        let banners = /\/\/ MARK|\bFIXME\b|\bXXX\b/
        let todo = /\bTODO\b/
        let dead =
            #/
            ^\ *//\ *(
            (let|var)\ \w+(:\ \S+)?\ =\  | func\ \w+\( | guard\ let\  | return\ \w+\(
            | import\ \w+$ | \}$
            )
            /#
        let words = [
            "MARK", "FIXME", "XXX", "TODO", "// let ", "// var ", "// func ", "// guard ",
            "// return ", "// import ", "// }",
        ]
        var faults: [String] = []
        for file in SourceFile.written where !file.path.hasPrefix("Tests/Tidy/") {
            for index in file.indices(holding: words) {
                let line = file.line(index)
                let isStale = line.contains(todo) && !line.contains(/TODO[^#]*#\d+/)
                if line.contains(banners) || line.contains(dead) || isStale {
                    faults.append("\(file.place(index)):\(line)")
                }
            }
        }
        #expect(faults == [])
    }

    @Test func testsDoNotSleep() {
        let folders = ["Tests/Robustness/", "Tests/Conformance/", "Tests/Tidy/"]
        let tests = SourceFile.written.filter { file in
            file.path.hasPrefix("Tests/") && !folders.contains(where: file.path.hasPrefix)
        }
        expectNone(in: tests, holding: ["sleep("]) {
            $0.contains(/\b(sleep|usleep|nanosleep)\(/.wordBoundaryKind(.simple))
        }
    }

    @Test func eachModuleNamesItsLimits() {
        let layers = ["core", "host", "fronts"]
        let folders = ModuleTable.current.modules.values
            .filter { layers.contains($0.layer) && !$0.isC }.map(\.folder)
        let paths = Set(SourceFile.all.map(\.path))
        let missing = folders.filter { !paths.contains("\($0)/Limits.swift") }
        #expect(missing.sorted() == [])
    }
}

extension Tidy {
    private func expectNone(
        in files: [SourceFile],
        holding words: [String],
        sourceLocation: SourceLocation = #_sourceLocation,
        _ breaksRule: (Substring) -> Bool
    ) {
        expectNone(in: files, holding: words, sourceLocation: sourceLocation) { line, _ in
            breaksRule(line)
        }
    }

    private func expectNone(
        in files: [SourceFile],
        holding words: [String],
        sourceLocation: SourceLocation = #_sourceLocation,
        _ breaksRule: (Substring, SourceFile) -> Bool
    ) {
        var faults: [String] = []
        for file in files where !file.path.hasPrefix("Tests/Tidy/") {
            for (index, line) in file.code(holding: words) where breaksRule(line, file) {
                faults.append("\(file.place(index)):\(line)")
            }
        }
        #expect(faults == [], sourceLocation: sourceLocation)
    }
}
