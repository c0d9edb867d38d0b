public import Bytes
internal import CPosix
public import Environment
internal import Glibc

/// The real disk, below one data directory.
///
/// For one thread at a time: open files are in a table of its own. Several may stand on the same
/// directory, one a thread.
public final class SystemDisk: Disk {
    private let root: String
    private var descriptors: [Int: Int32] = [:]
    private var names: [Int: String] = [:]
    private var nextNumber = 0

    public init(root: String) { self.root = root }

    deinit {
        for descriptor in descriptors.values { Glibc.close(descriptor) }
    }

    public func list(_ directory: String) throws(DiskError) -> [String] {
        guard let stream = opendir(absolute(directory)) else {
            if errno == ENOENT { return [] }
            throw failure(directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    public func makeDirectory(_ path: String) throws(DiskError) {
        var made = ""
        for part in path.split(separator: "/") {
            let parent = made
            made = made.isEmpty ? String(part) : "\(made)/\(part)"
            guard mkdir(absolute(made), 0o700) != 0 else {
                try syncDirectory(parent)
                continue
            }
            guard errno == EEXIST else { throw failure(made) }
        }
    }

    public func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> FileID {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = martlet_open(absolute(path), flags, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        if case .readWrite = mode { forgetCache(of: descriptor) }
        nextNumber += 1
        descriptors[nextNumber] = descriptor
        names[nextNumber] = path
        return FileID(nextNumber)
    }

    /// Clean pages are read anew, from the disk.
    ///
    /// After a failed sync the kernel may keep pages as clean that never reached the disk; a program
    /// that restarts would recover from them what is lost (Rebello et al., ATC '20). An advice only:
    /// there is nothing to do if it is not taken.
    private func forgetCache(of descriptor: Int32) {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    public func close(_ file: FileID) {
        names[file.number] = nil
        guard let descriptor = descriptors.removeValue(forKey: file.number) else { return }
        Glibc.close(descriptor)
    }

    public func size(of file: FileID) throws(DiskError) -> Int {
        var status = stat()
        guard fstat(try descriptor(file), &status) == 0 else { throw failure(name(file)) }
        return Int(status.st_size)
    }

    public func read(
        _ file: FileID,
        at offset: Int,
        count: Int
    ) throws(DiskError) -> [UInt8] {
        let descriptor = try descriptor(file)
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let length = pread(
                    descriptor,
                    buffer.baseAddress.map { $0 + filled },
                    count - filled,
                    offset + filled
                )
                if length == 0 { return }
                if length > 0 {
                    filled += length
                } else if errno != EINTR {
                    failed = true
                    return
                }
            }
        }
        guard !failed else { throw failure(name(file)) }
        return bytes
    }

    public func write(
        _ file: FileID,
        at offset: Int,
        _ slices: [ByteSlice]
    ) throws(DiskError) {
        let descriptor = try descriptor(file)
        var writer = VectorWriter(descriptor: descriptor, offset: offset)
        guard writer.write(slices) else { throw failure(name(file)) }
    }

    /// Writes zeros, and does not only reserve space.
    ///
    /// Overwriting them later changes no metadata, which makes a sync a third cheaper. The
    /// reservation comes first, so that a full disk is found at once.
    public func zeroFill(_ file: FileID, to size: Int) throws(DiskError) {
        let start = try self.size(of: file)
        guard start < size else { return }
        let code = posix_fallocate(try descriptor(file), start, size - start)
        guard code == 0 || code == EOPNOTSUPP || code == EINVAL else {
            errno = code
            throw failure(name(file))
        }
        var offset = start
        while offset < size {
            let count = min(Limits.zeroBytesPerWrite, size - offset)
            let (wholes, rest) = count.quotientAndRemainder(dividingBy: Self.zeros.count)
            var slices = [ByteSlice](repeating: Self.zeros, count: wholes)
            if rest > 0 { slices.append(Self.zeros[0..<rest]) }
            try write(file, at: offset, slices)
            offset += count
        }
    }

    /// One block of zeros, written again and again: as many as a file takes would be memory to fill.
    private static let zeros = ByteSlice([UInt8](repeating: 0, count: Limits.zeroBlockBytes))

    public func truncate(_ file: FileID, to size: Int) throws(DiskError) {
        guard ftruncate(try descriptor(file), size) == 0 else { throw failure(name(file)) }
    }

    public func sync(_ file: FileID) throws(DiskError) {
        guard fdatasync(try descriptor(file)) == 0 else { throw failure(name(file)) }
    }

    public func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = martlet_open(absolute(path), O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { throw failure(path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    public func rename(_ source: String, to target: String) throws(DiskError) {
        guard Glibc.rename(absolute(source), absolute(target)) == 0 else { throw failure(source) }
    }

    public func delete(_ path: String) throws(DiskError) {
        guard unlink(absolute(path)) == 0 else { throw failure(path) }
    }

    private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    private func name(_ file: FileID) -> String { names[file.number] ?? "a closed file" }

    private func descriptor(_ file: FileID) throws(DiskError) -> Int32 {
        guard let descriptor = descriptors[file.number] else {
            throw .failed(path: "a closed file", reason: "it is not open")
        }
        return descriptor
    }

    /// What errno says of the call that has just failed.
    private func failure(_ path: String) -> DiskError {
        switch errno {
        case ENOENT: .notFound(path: path)
        case EEXIST: .alreadyExists(path: path)
        case ENOSPC, EDQUOT: .full(path: path)
        default: .failed(path: path, reason: String(cString: strerror(errno)))
        }
    }
}
