import Bytes
import Environment
import SystemEnvironment

/// The file that a snapshot is saved to: under another name until it is whole and durable.
final class SnapshotTarget {
    private let disk: SystemDisk
    private let path: String
    private let place: FilePlace
    private let file: FileID
    private var position = 0
    private var digest = SHA256()

    /// The last bytes so far: at the end these are the digest.
    private var tail: ByteSlice = .empty

    init(_ path: String) throws(Complaint) {
        self.path = path
        place = FilePlace(path)
        disk = SystemDisk(root: place.directory)
        do throws(DiskError) {
            guard try !disk.list(".").contains(place.name) else {
                throw .alreadyExists(path: path)
            }
            file = try disk.open(Self.partial(place), .create)
        } catch {
            throw Self.complaint(path, error)
        }
    }

    private static func partial(_ place: FilePlace) -> String { "\(place.name).part" }

    /// Takes the next message's bytes; those of the last one are the digest of all others.
    func append(_ bytes: ByteSlice) throws(Complaint) {
        do throws(DiskError) {
            try disk.write(file, at: position, [bytes])
        } catch {
            throw Self.complaint(path, error)
        }
        position += bytes.count
        digest.add(tail)
        tail = bytes
    }

    /// Checks the digest, and gives the file its name; how many bytes it has.
    func finish() throws(Complaint) -> Int {
        guard tail == digest.digest else {
            throw Complaint(
                failure: "\(path) was not saved",
                cause: "what arrived does not have the SHA-256 that the node sent",
                fix: "try again"
            )
        }
        do throws(DiskError) {
            try disk.sync(file)
            try disk.rename(Self.partial(place), to: place.name)
            try disk.syncDirectory(".")
        } catch {
            throw Self.complaint(path, error)
        }
        disk.close(file)
        return position
    }

    /// Leaves nothing behind.
    func abandon() {
        disk.close(file)
        // What is gone already is as good.
        _ = try? disk.delete(Self.partial(place))
    }

    private static func complaint(_ path: String, _ error: DiskError) -> Complaint {
        Complaint(
            failure: "cannot write \(path)",
            cause: "\(error)",
            fix: "choose another file; \(path).part is one that broke off"
        )
    }
}
