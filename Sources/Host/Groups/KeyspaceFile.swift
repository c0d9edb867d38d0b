public import Bytes
public import Keyspace

// A keyspace in a file of its own: what `Maintenance.Snapshot` streams, and `martlet snapshot
// restore` reads.
//
//     head     MRTLKEYS · format: UInt32 · zero: UInt32
//     chunk    length: UInt32 · bytes, as in the chunks of a snapshot file
//     end      0xffffffff: UInt32, then zeros up to a multiple of 512
//     digest   SHA-256 of all before: 32 bytes
//
// Little-endian. It is no bbolt file, but has that file's outer shape, as etcdctl keeps what it is
// sent only if the length is 32 above a multiple of 512. Alarms are left out: they are of members
// that will not be those of the cluster into which the file is restored.

enum KeyspaceFile {
    static let magic: ByteSlice = "MRTLKEYS"
    static let format: UInt32 = 1
    static let headByteCount = 16
    static let endSign = UInt32.max

    /// Before the digest, the length is a multiple of it.
    static let alignment = 512

    static var head: ByteSlice {
        var writer = ByteWriter(capacity: headByteCount)
        writer.slice(magic)
        writer.integer(format)
        writer.integer(UInt32(0))
        return writer.slice
    }
}

/// A keyspace as the bytes of its file, made block by block from a copy.
///
/// What it holds at a time is one chunk, however large the keyspace.
public struct KeyspaceFileWriter: Sendable {
    /// Bytes that are still to come, without the digest.
    public private(set) var remaining: Int

    private var chunks: KeyspaceChunks
    private var digest = SHA256()
    private var isDigestTaken = false

    /// Bytes on their way, the next ones first.
    private var pending: [ByteSlice] = [KeyspaceFile.head]
    private var isEnded = false

    /// Goes through the whole keyspace, to tell the length beforehand: not for an event loop.
    public init(_ keyspace: Keyspace) {
        chunks = KeyspaceChunks(keyspace, withAlarms: false)
        var measured = chunks
        var count = KeyspaceFile.headByteCount + 4
        while let chunk = measured.next() { count += 4 + chunk.count }
        remaining = count + Self.padding(after: count)
    }

    private static func padding(after count: Int) -> Int {
        (KeyspaceFile.alignment - count % KeyspaceFile.alignment) % KeyspaceFile.alignment
    }

    /// The next `count` bytes, fewer only at the end; then the digest; then nil.
    public mutating func next(_ count: Int) -> ByteSlice? {
        guard remaining > 0 else {
            guard !isDigestTaken else { return nil }
            isDigestTaken = true
            return digest.digest
        }
        let wanted = min(count, remaining)
        var block = ByteWriter(capacity: wanted)
        while block.count < wanted {
            if pending.isEmpty { refill() }
            let taken = min(wanted - block.count, pending[0].count)
            block.slice(pending[0][0..<taken])
            if taken == pending[0].count {
                pending.removeFirst()
            } else {
                pending[0] = pending[0][taken..<pending[0].count]
            }
        }
        remaining -= wanted
        digest.add(block.slice)
        return block.slice
    }

    private mutating func refill() {
        precondition(!isEnded, "a keyspace's file is longer than it was measured")
        var head = ByteWriter(capacity: 4)
        if let chunk = chunks.next() {
            head.integer(UInt32(chunk.count))
            pending = [head.slice, chunk]
        } else {
            isEnded = true
            head.integer(KeyspaceFile.endSign)
            let zeros = [UInt8](repeating: 0, count: KeyspaceFile.alignment)
            pending = [head.slice, ByteSlice(zeros)]
        }
    }
}
