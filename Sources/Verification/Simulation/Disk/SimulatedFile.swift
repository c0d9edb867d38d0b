internal import Bytes

/// A file as programs see it, and as it would be found after a power failure.
final class SimulatedFile {
    static let sectorBytes = 512
    private static let wholeSector = 0..<sectorBytes

    /// What reaches the platter at once, at the least.
    private static let partBytes = 64

    /// What reads return.
    private(set) var content: [UInt8] = []

    /// What is on the platter.
    private(set) var durable: [UInt8] = []

    /// Sectors whose content differs, or may differ, from what is durable; each once.
    private var dirty: [Int] = []
    private var isDirty: [Bool] = []

    /// Sectors that fail to be read until they are written again, sorted.
    private var unreadable: [Int] = []

    init() {}

    /// A file that is durable as it is.
    init(holding bytes: [UInt8]) {
        content = bytes
        durable = bytes
    }

    var size: Int { content.count }

    var isClean: Bool { dirty.isEmpty && content.count == durable.count }

    func read(at offset: Int, count: Int) -> [UInt8] {
        guard offset < content.count, count > 0 else { return [] }
        return Array(content[offset..<min(content.count, offset + count)])
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard !bytes.isEmpty else { return }
        resize(max(content.count, offset + bytes.count))
        content.withUnsafeMutableBytes { content in
            UnsafeMutableRawBufferPointer(rebasing: content[offset..<offset + bytes.count])
                .copyMemory(from: bytes)
        }
        touch(offset..<offset + bytes.count)
        guard !unreadable.isEmpty else { return }
        let sectors = offset / Self.sectorBytes...(offset + bytes.count - 1) / Self.sectorBytes
        unreadable.removeAll { sectors.contains($0) }
    }

    func isReadable(at offset: Int, _ count: Int) -> Bool {
        guard !unreadable.isEmpty, count > 0 else { return true }
        let sectors = offset / Self.sectorBytes...(offset + count - 1) / Self.sectorBytes
        return !unreadable.contains { sectors.contains($0) }
    }

    func resize(_ size: Int) {
        if size > content.count {
            let start = content.count
            content.append(contentsOf: repeatElement(0, count: size - start))
            touch(start..<size)
        } else if size < content.count {
            content.removeLast(content.count - size)
        }
    }

    private func touch(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let sectors =
            range.lowerBound / Self.sectorBytes...(range.upperBound - 1) / Self.sectorBytes
        if isDirty.count <= sectors.upperBound {
            let missing = sectors.upperBound + 1 - isDirty.count
            isDirty.append(contentsOf: repeatElement(false, count: missing))
        }
        for sector in sectors where !isDirty[sector] {
            isDirty[sector] = true
            dirty.append(sector)
        }
    }

    func sync() {
        setDurableSize(content.count)
        for sector in dirty {
            store(sector, Self.wholeSector)
            isDirty[sector] = false
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// The cache forgets what was not synced, as Btrfs does after a failed sync.
    func revert() {
        content = durable
        forgetDirt()
    }

    /// The cache takes what was not synced for clean, as ext4 does after a failed sync.
    func forget() { forgetDirt() }

    /// The power fails: each unsynced sector is kept, lost, torn, or worse.
    func losePower(_ loss: PowerLoss, _ random: inout SeededGenerator) {
        if content.count < durable.count {
            if random.happens(permille: 500) { setDurableSize(content.count) }
        } else if content.count > durable.count, random.happens(permille: 700) {
            setDurableSize(content.count)
        }
        for sector in dirty.sorted() {
            switch random.below(3) {
            case 0: store(sector, Self.wholeSector)
            case 1: tear(sector, loss, &random)
            default: continue
            }
        }
        content = durable
        forgetDirt()
    }

    private func tear(_ sector: Int, _ loss: PowerLoss, _ random: inout SeededGenerator) {
        if loss.leavesGarbage, random.happens(permille: 300) {
            garble(sector, &random)
        } else if loss.tearsParts, random.happens(permille: 500) {
            for part in stride(from: 0, to: Self.sectorBytes, by: Self.partBytes)
            where random.happens(permille: 500) {
                store(sector, part..<part + Self.partBytes)
            }
        } else {
            store(sector, 0..<random.below(Self.sectorBytes))
        }
    }

    /// Of a write that was cut short anything may be left, but bytes beside it are not hurt: drives
    /// keep that promise ("powersafe overwrite"), and journals rely on it that write on in a sector.
    private func garble(_ sector: Int, _ random: inout SeededGenerator) {
        let start = sector * Self.sectorBytes
        let end = min(start + Self.sectorBytes, durable.count, content.count)
        for place in start..<max(start, end) where durable[place] != content[place] {
            durable[place] = UInt8(truncatingIfNeeded: random.next())
        }
    }

    /// One bit of what is at rest changes.
    func rot(at offset: Int, bit: Int) {
        guard durable.indices.contains(offset), content.indices.contains(offset) else { return }
        durable[offset] ^= 1 << UInt8(bit)
        content[offset] = durable[offset]
    }

    /// A sector of what is at rest becomes something else, byte by byte.
    func overwriteAtRest(sectorAt offset: Int, _ byte: (Int) -> UInt8) {
        let start = offset / Self.sectorBytes * Self.sectorBytes
        let end = min(start + Self.sectorBytes, durable.count, content.count)
        for place in start..<max(start, end) {
            durable[place] = byte(place - start)
            content[place] = durable[place]
        }
    }

    func truncateAtRest(to size: Int) {
        content = Array(content.prefix(size))
        durable = Array(durable.prefix(size))
    }

    func becomeUnreadable(sectorAt offset: Int) { unreadable.append(offset / Self.sectorBytes) }

    /// Whether there was one.
    func giveUpUnreadable() -> Bool {
        defer { unreadable = [] }
        for sector in unreadable { overwriteAtRest(sectorAt: sector * Self.sectorBytes) { _ in 0 } }
        return !unreadable.isEmpty
    }

    private func setDurableSize(_ size: Int) {
        if size > durable.count {
            durable.append(contentsOf: repeatElement(0, count: size - durable.count))
        } else {
            durable.removeLast(durable.count - size)
        }
    }

    private func store(_ sector: Int, _ part: Range<Int>) {
        let start = sector * Self.sectorBytes + part.lowerBound
        let end = min(sector * Self.sectorBytes + part.upperBound, content.count, durable.count)
        guard start < end else { return }
        content.withUnsafeBytes { content in
            durable.withUnsafeMutableBytes { durable in
                UnsafeMutableRawBufferPointer(rebasing: durable[start..<end])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: content[start..<end]))
            }
        }
    }

    private func forgetDirt() {
        for sector in dirty { isDirty[sector] = false }
        dirty.removeAll(keepingCapacity: true)
    }
}
