internal import Bytes
public import Environment
public import Journal
internal import Model
internal import RaftCore

/// Carries out the journal's jobs, on the journal's thread or in the simulator.
public final class JournalThread<Storage: Disk> {
    private let journal: Journal<Storage>
    private var releasesBeforeTold = 0

    public init(_ journal: Journal<Storage>) { self.journal = journal }

    /// What the journal has written since it was opened.
    public var writtenByteCount: UInt64 { journal.writtenByteCount }

    /// The last batch that the disk is known to hold; the shard may not have heard of it yet.
    public var durableBatchNumber: UInt64 { journal.durableBatchNumber }

    /// The first half of a job: what a crash may still undo.
    ///
    /// Nil means: go on with `finish`.
    public func begin(_ job: JournalJob) -> StorageCompletion? {
        switch job {
        case .append(let batch):
            guard !batch.isEmpty else { return nil }
            do throws(JournalError) {
                try journal.append(batch)
                return nil
            } catch {
                return completion(for: error)
            }
        case .release, .drop, .listColdFiles: return nil
        }
    }

    /// The second half: durable when it returns.
    ///
    /// Nil means: nobody waits for it.
    public func finish(_ job: JournalJob) -> StorageCompletion? {
        do throws(JournalError) {
            switch job {
            case .append(let batch):
                if !batch.isEmpty { try journal.sync() }
                return .appended(upTo: journal.durableBatchNumber)
            case .release(let group, let index):
                try journal.release(group, upTo: index)
                return pinned(but: group)
            case .drop(let group):
                return try journal.drop(group) ? .groupDropped(group) : .groupNotDropped(group)
            case .listColdFiles: return .coldFiles(journal.coldFiles)
            }
        } catch {
            return completion(for: error)
        }
    }

    /// Told again only when as many have been released as were told of: each of thousands of groups
    /// would else tell of all the others.
    private func pinned(but group: GroupID) -> StorageCompletion? {
        releasesBeforeTold -= 1
        guard releasesBeforeTold <= 0 else { return nil }
        let pinning = journal.oldestPinning.filter { $0 != group }
        releasesBeforeTold = pinning.count
        return pinning.isEmpty ? nil : .pinned(pinning, bytes: journal.byteCount)
    }

    /// Both halves at once.
    public func run(_ job: JournalJob) -> StorageCompletion? { begin(job) ?? finish(job) }

    /// What is better done while nobody waits.
    public func rest() -> StorageCompletion? {
        do throws(JournalError) {
            try journal.prepareNextFile()
            return nil
        } catch .full {
            // The next append will say so, if there is still no space by then.
            return nil
        } catch {
            return completion(for: error)
        }
    }

    /// Says on disk that all so far is durable; for a quiet moment and for the end.
    public func seal() -> StorageCompletion? {
        do throws(JournalError) {
            try journal.seal()
            return nil
        } catch .full {
            // No append failed, so there is none to be tried again.
            return nil
        } catch {
            return completion(for: error)
        }
    }

    private func completion(for error: JournalError) -> StorageCompletion {
        switch error {
        case .full(let path): .full(path)
        default: .failed("\(error)")
        }
    }
}

/// Carries out the jobs of snapshots, on a thread where they delay nobody or in the simulator.
public final class SnapshotThread<Storage: Disk> {
    private let snapshots: SnapshotStore<Storage>
    private let chunkBytes: Int
    private let scrubber: Scrubber<Storage>
    private var receivers: [GroupID: Receiving] = [:]

    private struct Receiving {
        var mark: SnapshotMark
        var receiver: SnapshotReceiver<Storage>
        var received: UInt64
    }

    /// `chunkBytes` of a snapshot go to a peer at a time.
    public init(
        _ snapshots: SnapshotStore<Storage>,
        chunkBytes: Int = Limits.snapshotChunkBytes
    ) {
        scrubber = Scrubber(snapshots)
        self.snapshots = snapshots
        self.chunkBytes = chunkBytes
    }

    public func run(_ job: SnapshotJob) -> StorageCompletion {
        switch job {
        case .scrub(let byteCount, let files): scrub(byteCount, files)
        case .save(let group, let mark, let source): save(group, mark, source)
        case .read(let group, let mark, let offset, let target):
            read(group, mark, offset: offset, target: target)
        case .receive(let group, let mark, let offset, let totalBytes, let bytes):
            receive(group, mark, offset: offset, totalBytes: totalBytes, bytes: bytes)
        case .drop(let group): drop(group)
        }
    }

    private func scrub(_ byteCount: Int, _ files: [ColdJournalFile]?) -> StorageCompletion {
        if let files { scrubber.begin(files) }
        return .scrubbed(scrubber.advance(byteCount: byteCount))
    }

    private func drop(_ group: GroupID) -> StorageCompletion {
        receivers[group]?.receiver.abandon()
        receivers[group] = nil
        do throws(JournalError) {
            try snapshots.drop(group)
            return .snapshotsDropped(group)
        } catch {
            return .failed("\(error)")
        }
    }

    private func save(
        _ group: GroupID,
        _ mark: SnapshotMark,
        _ source: SnapshotSource
    ) -> StorageCompletion {
        do throws(JournalError) {
            let writer = try snapshots.begin(
                group: group,
                index: mark.index,
                term: mark.term,
                metadata: mark.configuration.encoded
            )
            do throws(JournalError) {
                try SnapshotCodec.save(source, to: writer)
                try writer.finish()
            } catch {
                writer.abandon()
                throw error
            }
            let latest = try snapshots.latest(of: group)
            if let latest { try snapshots.removeOlder(than: latest) }
            return .snapshotSaved(group, mark, byteCount: latest?.byteCount ?? 0)
        } catch {
            return .snapshotNotSaved(group, mark, "\(error)")
        }
    }

    private func read(
        _ group: GroupID,
        _ mark: SnapshotMark,
        offset: UInt64,
        target: ReplicaID
    ) -> StorageCompletion {
        do throws(JournalError) {
            guard let latest = try snapshots.latest(of: group), latest.index == mark.index else {
                return .snapshotUnreadable(
                    group,
                    mark,
                    target: target,
                    "a newer snapshot has replaced it"
                )
            }
            let bytes = try snapshots.read(
                latest,
                at: Int(offset),
                count: chunkBytes
            )
            return .snapshotRead(
                group,
                mark,
                offset: offset,
                totalBytes: UInt64(latest.byteCount),
                bytes: bytes,
                target: target
            )
        } catch {
            return .snapshotUnreadable(group, mark, target: target, "\(error)")
        }
    }

    private func receive(
        _ group: GroupID,
        _ mark: SnapshotMark,
        offset: UInt64,
        totalBytes: UInt64,
        bytes: ByteSlice
    ) -> StorageCompletion {
        do throws(JournalError) {
            if offset == 0 {
                receivers.removeValue(forKey: group)?.receiver.abandon()
                receivers[group] = Receiving(
                    mark: mark,
                    receiver: try snapshots.receive(
                        group: group,
                        index: mark.index,
                        term: mark.term
                    ),
                    received: 0
                )
            }
            guard var receiving = receivers[group], receiving.mark == mark,
                receiving.received == offset
            else { return .snapshotChunkRefused(group, mark, "a chunk out of order") }
            try receiving.receiver.append(bytes)
            receiving.received += UInt64(bytes.count)
            receivers[group] = receiving
            guard receiving.received >= totalBytes else {
                return .snapshotChunkReceived(group, mark, received: receiving.received)
            }
            receivers.removeValue(forKey: group)
            do throws(JournalError) {
                return try load(group, mark, receiving.receiver)
            } catch {
                receiving.receiver.abandon()
                throw error
            }
        } catch {
            receivers.removeValue(forKey: group)?.receiver.abandon()
            return .snapshotChunkRefused(group, mark, "\(error)")
        }
    }

    /// Its own name is for a snapshot that this node can read: with one that a newer version has
    /// written it could not start again.
    private func load(
        _ group: GroupID,
        _ mark: SnapshotMark,
        _ receiver: SnapshotReceiver<Storage>
    ) throws(JournalError) -> StorageCompletion {
        let source: SnapshotSource
        let received = try receiver.whole()
        do throws(RecoveryError) {
            source = try SnapshotCodec.source(of: received, of: group, from: snapshots)
        } catch {
            receiver.abandon()
            return .snapshotChunkRefused(group, mark, "\(error)")
        }
        try receiver.publish()
        return .snapshotReceived(group, mark, source)
    }
}
