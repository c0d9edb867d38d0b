/// A line of a table, with the lines that are indented below it.
struct TableNode {
    var words: [String]
    var line: Int

    /// The lines that begin with `#` above it.
    var comment: [String]

    var children: [TableNode] = []

    /// The word behind `name`.
    func value(of name: String) -> String? {
        guard let place = words.firstIndex(of: name), place + 1 < words.count else { return nil }
        return words[place + 1]
    }

    static func parse(_ source: String, file: String) throws(TableError) -> [TableNode] {
        var found: [(depth: Int, node: TableNode)] = []
        var comment: [String] = []
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            guard !text.isEmpty else {
                comment = []
                continue
            }
            if text.hasPrefix("#") {
                comment.append(String(text.dropFirst(2)))
                continue
            }
            let indent = line.count - text.count
            guard indent % 4 == 0 else {
                throw TableError(file: file, line: index + 1, reason: "indented by \(indent)")
            }
            let words = text.split(separator: " ").map(String.init)
            found.append((indent / 4, TableNode(words: words, line: index + 1, comment: comment)))
            comment = []
        }
        var rest = found[...]
        let nodes = nested(&rest, depth: 0)
        if let (_, node) = rest.first {
            throw TableError(file: file, line: node.line, reason: "indented too far")
        }
        return nodes
    }

    private static func nested(
        _ rest: inout ArraySlice<(depth: Int, node: TableNode)>,
        depth: Int
    ) -> [TableNode] {
        var nodes: [TableNode] = []
        while let (found, node) = rest.first, found == depth {
            rest.removeFirst()
            var node = node
            node.children = nested(&rest, depth: depth + 1)
            nodes.append(node)
        }
        return nodes
    }
}
