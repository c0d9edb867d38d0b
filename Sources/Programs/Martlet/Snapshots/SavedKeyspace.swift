import Bytes
import Environment
import Groups
import Journal
import Keyspace
import Model
import RaftCore
import SystemEnvironment

/// A keyspace that was saved to a file, read and checked.
struct SavedKeyspace {
    let keyspace: Keyspace
    let byteCount: Int

    /// Names the file's content, as the digest at its end.
    let origin: String

    static func read(_ path: String) throws(Complaint) -> SavedKeyspace {
        let place = FilePlace(path)
        let disk = SystemDisk(root: place.directory)
        let file: FileID
        let size: Int
        do throws(DiskError) {
            file = try disk.open(place.name, .read)
            size = try disk.size(of: file)
        } catch {
            throw Complaint(failure: "cannot read \(path)", cause: "\(error)", fix: "ls -l \(path)")
        }
        defer { disk.close(file) }
        do throws(KeyspaceFileError) {
            // What cannot be read is missing, and a file with something missing is refused.
            var reader = try KeyspaceFileReader(byteCount: size) { offset, count in
                ByteSlice((try? disk.read(file, at: offset, count: count)) ?? [])
            }
            let keyspace = try reader.keyspace()
            let origin = reader.digest.array.map { Self.hex($0) }.joined()
            return SavedKeyspace(keyspace: keyspace, byteCount: size, origin: origin)
        } catch {
            throw complaint(error, path)
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func complaint(_ error: KeyspaceFileError, _ path: String) -> Complaint {
        let cause =
            switch error {
            case .tooShort: "it is too short to be one; it may have broken off"
            case .boltFile: "it is a bbolt file, saved from etcd itself"
            case .foreign: "it was not saved by Martlet"
            case .newerFormat(let found, let supported):
                "it has format \(found); this version reads up to \(supported)"
            case .damaged: "its SHA-256 is not that of its bytes: it was changed or broke off"
            case .malformed(let reason): "its content makes no keyspace: \(reason)"
            }
        let fix =
            switch error {
            case .boltFile: "start etcd on it, and copy the keys: etcdctl make-mirror"
            case .newerFormat: "use the version that saved it"
            case .tooShort, .foreign, .damaged, .malformed:
                "use another copy of it, or save anew: martlet snapshot save FILE"
            }
        return Complaint(failure: "\(path) is no snapshot that can be used", cause: cause, fix: fix)
    }

    /// Makes the data directory of a node that starts with this keyspace.
    func restore(for configuration: NodeConfiguration) throws(Complaint) {
        let path = configuration.dataDirectory
        do throws(DataDirectoryError) {
            let directory = try NewDataDirectory.make(path)
            try writeSnapshot(for: configuration)
            try directory.belong(
                to: configuration.cluster(from: origin),
                node: configuration.id,
                name: configuration.name,
                origin: origin
            )
        } catch {
            throw error.complaint
        }
    }

    private func writeSnapshot(
        for configuration: NodeConfiguration
    ) throws(DataDirectoryError) {
        let path = configuration.dataDirectory
        do throws(JournalError) {
            let store = try SnapshotStore(
                on: SystemDisk(root: path),
                in: "shard-0/groups",
                settings: JournalSettings()
            )
            try Restoration.write(
                keyspace,
                of: .defaultKeyspace,
                voters: configuration.members.map { ReplicaID($0.id.number) },
                to: store
            )
        } catch {
            throw .unusable(path, reason: "\(error)")
        }
    }
}

/// Where a file lies: its directory, and its name there.
struct FilePlace {
    var directory: String
    var name: String

    init(_ path: String) {
        guard let slash = path.lastIndex(of: "/") else {
            (directory, name) = (".", path)
            return
        }
        directory = slash == path.startIndex ? "/" : String(path[..<slash])
        name = String(path[path.index(after: slash)...])
    }
}
