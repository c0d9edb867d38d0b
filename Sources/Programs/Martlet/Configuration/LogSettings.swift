import Model
import Telemetry

/// How a node's log is written.
struct LogSettings: Sendable, Equatable {
    var level = LogLevel.info
    var format = LogFormat.text

    init() {}

    /// From the words of flags or a file; nil stands for what is usual.
    init(level: String?, format: String?) throws(Complaint) {
        if let level { self.level = try Self.word(level, option: "--log-level") }
        if let format { self.format = try Self.word(format, option: "--log-format") }
    }

    func open(node: String) -> Log { Log(node: node, level: level, format: format) }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        option: String
    ) throws(Complaint) -> Word {
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        throw Complaint(
            failure: "\(option) \(text)",
            cause: "it takes one of \(known.joined(separator: ", "))",
            fix: "\(option) \(Suggestion.nearest(to: text, among: known) ?? known[0])"
        )
    }
}
