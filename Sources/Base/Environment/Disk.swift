public import Bytes

/// An open file of a `Disk`.
public struct FileID: Hashable, Sendable {
    public let number: Int

    public init(_ number: Int) { self.number = number }
}

/// How a file is opened.
public enum OpenMode: Sendable {
    case read

    case readWrite

    /// The file must not exist yet; opened for reading and writing.
    case create
}

/// What the world's disk said no to.
public enum DiskError: Error, Equatable, Sendable {
    /// No file of that name.
    case notFound(path: String)

    /// A file to be created is there already.
    case alreadyExists(path: String)

    /// No space, quota or inode left; later writes may succeed.
    case full(path: String)

    /// Anything else; after a failed sync the file's content is unknown (fsyncgate).
    case failed(path: String, reason: String)
}

/// The disk, as far as we rely on it.
///
/// Calls block, so they run on an I/O thread. A write is durable only after `sync` of its file, a
/// created, renamed or deleted name only after `syncDirectory`. Paths are relative to the node's
/// data directory and use `/`. Real in SystemEnvironment, faulty in Simulation.
public protocol Disk: AnyObject {
    /// Names in a directory, sorted; empty if the directory does not exist.
    func list(_ directory: String) throws(DiskError) -> [String]

    /// Makes the directory and those above it; no error if it exists. Durable on return.
    func makeDirectory(_ path: String) throws(DiskError)

    func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> FileID

    func close(_ file: FileID)

    func size(of file: FileID) throws(DiskError) -> Int

    /// Up to `count` bytes from `offset`; fewer only where the file ends.
    func read(_ file: FileID, at offset: Int, count: Int) throws(DiskError) -> [UInt8]

    /// All slices, one behind the other, from `offset`.
    func write(_ file: FileID, at offset: Int, _ slices: [ByteSlice]) throws(DiskError)

    /// Fills the file with zeros up to `size`, so that later writes change no metadata.
    func zeroFill(_ file: FileID, to size: Int) throws(DiskError)

    func truncate(_ file: FileID, to size: Int) throws(DiskError)

    func sync(_ file: FileID) throws(DiskError)

    func syncDirectory(_ path: String) throws(DiskError)

    /// Replaces `target` if it exists.
    func rename(_ source: String, to target: String) throws(DiskError)

    func delete(_ path: String) throws(DiskError)
}
