internal import Environment

/// Batches that stand one behind the other, numbered without gaps.
struct BatchStretch: Sendable {
    var start: Int

    /// Where the next would begin.
    var end: Int
    var firstBatch: UInt64
}

/// A journal file that is written to no more, and where in it batches stand.
///
/// Only the journal knows that: from outside, what a crash tore off and left behind looks like rot.
public struct ColdJournalFile: Sendable {
    let path: String
    let header: FileHeader

    /// When it was last looked at; a file that was cut off has less than its header says.
    let size: Int
    let stretches: [BatchStretch]
}

extension Journal {
    /// All files but the newest; what was damaged when they were opened is left out of them.
    public var coldFiles: [ColdJournalFile] {
        files.dropLast().map { file in
            ColdJournalFile(
                path: path(file.name),
                header: file.header,
                size: file.size,
                stretches: stretches(of: file)
            )
        }
    }

    private func stretches(of file: JournalFile) -> [BatchStretch] {
        #if MARTLET_MUTANTS
        if settings.mutant == .coldFileIsReadTooFar {
            return file.stretches.map { stretch in
                var stretch = stretch
                stretch.end += BatchHeader.alignment
                return stretch
            }
        }
        #endif
        return file.stretches
    }
}
