/// A `.proto` file cut into words, punctuation and comments.
enum Token: Equatable {
    case word(String)
    case text(String)
    case symbol(Character)
    case comment(String)
    case chapter(String)
}

/// The file says something this generator does not understand.
struct ProtoError: Error, CustomStringConvertible {
    var file: String
    var line: Int
    var reason: String

    var description: String { "\(file):\(line): \(reason)" }
}

func cutTokens(of source: String, file: String) throws(ProtoError) -> [(token: Token, line: Int)] {
    var found: [(Token, Int)] = []
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
    {
        try cut(line, file: file, line: index + 1, into: &found)
    }
    return found
}

private func cut(
    _ text: Substring,
    file: String,
    line: Int,
    into found: inout [(Token, Int)]
) throws(ProtoError) {
    var rest = text
    while let first = rest.first {
        if first.isWhitespace {
            rest.removeFirst()
        } else if rest.hasPrefix("//#") {
            found.append((.chapter(String(rest.dropFirst(4))), line))
            return
        } else if rest.hasPrefix("//") {
            found.append((.comment(String(rest.dropFirst(3))), line))
            return
        } else if first == "\"" {
            let inner = rest.dropFirst().prefix { $0 != "\"" }
            found.append((.text(String(inner)), line))
            rest = rest.dropFirst(inner.count + 2)
        } else if first.isLetter || first.isNumber {
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
            found.append((.word(String(word)), line))
            rest = rest.dropFirst(word.count)
        } else if "{}()=;".contains(first) {
            found.append((.symbol(first), line))
            rest.removeFirst()
        } else {
            throw ProtoError(file: file, line: line, reason: "what is \"\(first)\"?")
        }
    }
}
