public import Bytes
public import Keyspace

/// Why a file is not restored.
public enum KeyspaceFileError: Error, Sendable, Equatable {
    /// It ends before it could say anything.
    case tooShort

    /// The file of etcd's own snapshots, which only etcd's tools read.
    case boltFile

    /// Neither that nor one of ours.
    case foreign

    case newerFormat(found: UInt32, supported: UInt32)

    /// Some of its bytes are not those that were saved.
    case damaged

    /// The bytes are those that were saved, and make no keyspace.
    case malformed(String)
}

/// Reads a keyspace's file back: first all of it for its digest, then chunk by chunk.
public struct KeyspaceFileReader {
    /// Up to so many bytes from an offset; fewer only where the file ends.
    public typealias Read = (_ offset: Int, _ count: Int) -> ByteSlice

    private let byteCount: Int
    private let read: Read
    private var position = KeyspaceFile.headByteCount

    /// What was saved with the file: the same for the same bytes.
    public let digest: ByteSlice

    /// Nothing of the content counts before the digest is right.
    public init(byteCount: Int, read: @escaping Read) throws(KeyspaceFileError) {
        self.byteCount = byteCount
        self.read = read
        try Self.checkHead(read(0, KeyspaceFile.headByteCount + 4))
        let end = byteCount - SHA256.byteCount
        guard end > KeyspaceFile.headByteCount else { throw .tooShort }
        digest = read(end, SHA256.byteCount)
        var hash = SHA256()
        var offset = 0
        while offset < end {
            let bytes = read(offset, min(Limits.fileBytesReadAtOnce, end - offset))
            guard !bytes.isEmpty else { throw .damaged }
            hash.add(bytes)
            offset += bytes.count
        }
        guard hash.digest == digest else { throw .damaged }
    }

    private static func checkHead(_ bytes: ByteSlice) throws(KeyspaceFileError) {
        guard bytes.count >= KeyspaceFile.headByteCount else { throw .tooShort }
        guard bytes[0..<8] == KeyspaceFile.magic else {
            // bbolt's first page: its head of 16 bytes, then the magic number.
            let bolt = ByteSlice([0xed, 0xda, 0x0c, 0xed])
            throw bytes.count >= 20 && bytes[16..<20] == bolt ? .boltFile : .foreign
        }
        var reader = ByteReader(bytes[8..<bytes.count])
        let format = (try? reader.integer(UInt32.self)) ?? 0
        guard format <= KeyspaceFile.format else {
            throw .newerFormat(found: format, supported: KeyspaceFile.format)
        }
    }

    public mutating func keyspace() throws(KeyspaceFileError) -> Keyspace {
        var assembler = KeyspaceAssembler()
        while let chunk = try chunk() {
            do throws(DecodeError) {
                var reader = ByteReader(chunk)
                let number = try reader.byte()
                guard let kind = SnapshotChunkKind(rawValue: number) else {
                    throw .malformed("a chunk of kind \(number)")
                }
                try assembler.receive(kind, &reader)
            } catch {
                throw .malformed("\(error)")
            }
        }
        guard let keyspace = assembler.keyspace else { throw .malformed("no header") }
        return keyspace
    }

    /// Nil at the end.
    private mutating func chunk() throws(KeyspaceFileError) -> ByteSlice? {
        var reader = ByteReader(read(position, 4))
        guard let length = try? reader.integer(UInt32.self) else { throw .malformed("no end") }
        position += 4
        guard length != KeyspaceFile.endSign else { return nil }
        guard Int(length) <= byteCount - SHA256.byteCount - position else {
            throw .malformed("a chunk that goes on behind the end")
        }
        defer { position += Int(length) }
        return read(position, Int(length))
    }
}
