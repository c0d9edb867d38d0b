public struct JournalSettings: Sendable {
    /// Bytes of a file; a batch that is larger gets a file of its own size.
    public var fileBytes = Limits.fileBytes

    /// Files kept to be used again.
    public var sparesMax = Limits.sparesMax

    /// Begins the checksums of new files.
    ///
    /// A random number, so that no client can put into a value
    /// what looks like a batch of ours.
    public var salt: UInt64 = 0

    /// Whether others hold what this journal holds.
    ///
    /// If so, damage is told, and what is lost can be had from them; if not, it is an error.
    public var isRepairable = false

    #if MARTLET_MUTANTS
    public var mutant: JournalMutant?
    #endif

    public init() {}
}
