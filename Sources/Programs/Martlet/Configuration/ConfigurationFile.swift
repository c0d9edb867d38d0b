/// The configuration file: lines of `key = value`, `#` begins a comment, keys are the flags' names.
enum ConfigurationFile {
    static func parse(_ text: String, path: String) throws(Complaint) -> StartOptions {
        var options = StartOptions()
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let content = trimmed(line.prefix { $0 != "#" })
            guard !content.isEmpty else { continue }
            guard let equals = content.firstIndex(of: "=") else {
                throw Complaint(
                    failure: "\(path):\(number + 1): '\(content)' is not a setting",
                    cause: "a setting is written 'key = value'",
                    fix: "name = n1"
                )
            }
            let key = trimmed(content[..<equals])
            let value = unquoted(trimmed(content[content.index(after: equals)...]))
            try set(key, to: value, in: &options, at: "\(path):\(number + 1)")
        }
        return options
    }

    private static func set(
        _ key: String,
        to value: String,
        in options: inout StartOptions,
        at place: String
    ) throws(Complaint) {
        guard let known = StartOptions.keys.first(where: { $0.name == key }) else {
            let nearest = Suggestion.nearest(to: key, among: StartOptions.keys.map(\.name))
            throw Complaint(
                failure: "\(place): unknown key '\(key)'",
                cause: "the keys are \(StartOptions.keys.map(\.name).joined(separator: ", "))",
                fix: nearest.map { "did you mean '\($0)'?" } ?? "remove the line"
            )
        }
        guard options[keyPath: known.path] == nil else {
            throw Complaint(
                failure: "\(place): '\(key)' is set twice",
                cause: "each key has one value",
                fix: "remove one of the lines"
            )
        }
        options[keyPath: known.path] = value
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0.isWhitespace }
        let blanks = start.reversed().prefix { $0.isWhitespace }.count
        return String(start.dropLast(blanks))
    }

    private static func trimmed(_ text: String) -> String { trimmed(Substring(text)) }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }
}

/// Finds what a mistyped word was meant to be.
enum Suggestion {
    /// The candidate with the fewest differing letters, if that is few enough to be a slip.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (distance(word.lowercased(), $0), $0) }.min { $0 < $1 }
        guard let (distance, candidate) = ranked, distance <= max(2, word.count / 3) else {
            return nil
        }
        return candidate
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (line, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
