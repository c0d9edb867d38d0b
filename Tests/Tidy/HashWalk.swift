/// Finds where a `Set` or a `Dictionary` of a module is gone through in its own order.
///
/// Swift seeds that order anew in each process. A sorted copy has an order, and is fine.
struct HashWalk {
    private let names: Set<Substring>

    /// Of the files of one module.
    private let files: [SourceFile]

    init(of files: [SourceFile]) {
        let declared =
            #/
            \b(?:var|let)\ (\w+)
            (?: :\ (?:Set<|\[[^\[\]]+:\ |Dictionary<)
            | (?::\ [^=]+)?\ =\ (?:Set<|Set\(|\[[^\[\],]+:\ [^\],]+\]\(|Dictionary\() )
            /#
        self.files = files
        names = Set(
            files.flatMap { file in
                file.code(holding: ["Set<", "Set(", "Dictionary<", "Dictionary(", "["])
                    .compactMap { $0.text.firstMatch(of: declared)?.1 }
            }
        )
    }

    var faults: [String] {
        // `for x in hash`, `hash.map { … }` and its kin, `Array(hash)`.
        let walk =
            #/
            \bin\ (?:self\.)?(\w+)(?:\.keys|\.values)?(?:\ where\ .*)?\ \{
            | \b(\w+)(?:\.keys|\.values)?\.(?:map|flatMap|compactMap|forEach|first|reduce|popFirst
                |enumerated|prefix|dropFirst|makeIterator|joined|description|removeFirst
                |randomElement|lazy)\b
            | \b(?:Array|ContiguousArray|zip|String)\((?:describing:\ )?(\w+)(?:\.keys|\.values)?[,)]
            /#.wordBoundaryKind(.simple)
        let words = [
            " in ", ".map", ".flatMap", ".compactMap", ".forEach", ".first", ".reduce", ".popFirst",
            ".enumerated", ".prefix", ".dropFirst", ".makeIterator", ".joined", ".description",
            ".removeFirst", ".randomElement", ".lazy", "Array(", "zip(", "String(",
        ]
        return files.flatMap { file in
            file.code(holding: words).filter { line in
                guard let walked = line.text.firstMatch(of: walk)?.output else { return false }
                return [walked.1, walked.2, walked.3].contains { $0.map(names.contains) ?? false }
            }
            .map { "\(file.place($0.index)):\($0.text)" }
        }
    }
}
