public struct JournalSettings: Sendable {
    /// Bytes of a file; a batch that is larger gets a file of its own size.
    public var fileBytes = Limits.fileBytes

    /// Files kept to be used again.
    public var sparesMax = Limits.sparesMax

    #if MARTLET_MUTANTS
    public var mutant: JournalMutant?
    #endif

    public init() {}
}
