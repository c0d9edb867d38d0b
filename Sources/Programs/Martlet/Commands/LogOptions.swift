import ArgumentParser

/// The flags of a node's log, which goes to standard error.
struct LogOptions: ParsableArguments {
    @Option(help: "How much is logged: debug, info, warn or error. (default: info)")
    var logLevel: String?

    @Option(help: "How: text (key=value) or json. (default: text)")
    var logFormat: String?
}
