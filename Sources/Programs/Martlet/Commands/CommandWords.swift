import ArgumentParser

/// Finds a command that was mistyped, before the parser takes the word for an argument.
enum CommandWords {
    /// Why the words before the first flag name no command; nil if they do.
    static func complaint(
        _ words: [String],
        under root: any ParsableCommand.Type
    ) -> Complaint? {
        var command = root
        var path = "martlet"
        for word in words {
            let known = command.configuration.subcommands
            guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            guard let next = known.first(where: { name(of: $0) == word }) else {
                let names = known.map(name)
                let meant = Suggestion.nearest(to: word, among: names)
                return Complaint(
                    failure: "'\(path) \(word)' is no command",
                    cause: "\(path) has \(names.joined(separator: ", "))",
                    fix: meant.map { "\(path) \($0)" } ?? "\(path) --help"
                )
            }
            command = next
            path += " \(word)"
        }
        return nil
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }
}
