/// Swift source in the making, with its indentation.
struct Lines {
    private(set) var text = ""
    private var depth = 0

    init(imports: [String]) {
        add(Self.heading)
        add("")
        imports.forEach { add($0) }
    }

    mutating func add(_ line: String) {
        text += line.isEmpty ? "\n" : String(repeating: "    ", count: depth) + line + "\n"
    }

    mutating func comment(_ lines: [String]) {
        lines.forEach { add($0.isEmpty ? "///" : "/// " + $0) }
    }

    mutating func block(_ opening: String, _ body: (inout Lines) -> Void) {
        add(opening + " {")
        depth += 1
        body(&self)
        depth -= 1
        add("}")
    }

    /// What a case of a `switch` gives, on a line of its own if both are too long for one.
    mutating func result(of opening: String, _ value: String) {
        if depth * 4 + opening.count + 1 + value.count <= 100 {
            add(opening + " " + value)
        } else {
            add(opening)
            add("    " + value)
        }
    }

    /// A statement that runs under a condition, if there is one.
    mutating func add(_ statement: String, if condition: String?) {
        guard let condition else { return add(statement) }
        let whole = "if \(condition) { \(statement) }"
        if depth * 4 + whole.count <= 100 {
            add(whole)
        } else {
            block("if \(condition)") { $0.add(statement) }
        }
    }

    /// A call or declaration with arguments in parentheses, each on its own line if too long.
    mutating func list(_ opening: String, _ elements: [String], closing: String) {
        let whole = opening + "(" + elements.joined(separator: ", ") + ")" + closing
        if depth * 4 + whole.count <= 100 {
            add(whole)
            return
        }
        add(opening + "(")
        depth += 1
        for (index, element) in elements.enumerated() {
            add(element + (index + 1 < elements.count ? "," : ""))
        }
        depth -= 1
        add(")" + closing)
    }
}
