internal import Bytes

/// A file as programs see it, and as it would be found after a power failure.
final class SimulatedFile {
    static let sectorBytes = 512

    /// What reads return.
    private(set) var content: [UInt8] = []

    /// What is on the platter.
    private(set) var durable: [UInt8] = []

    /// Sectors whose content differs, or may differ, from what is durable; each once.
    private var dirty: [Int] = []
    private var isDirty: [Bool] = []

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
            store(sector, prefix: Self.sectorBytes)
            isDirty[sector] = false
        }
        dirty.removeAll(keepingCapacity: true)
    }

    /// The cache forgets what was not synced, as Btrfs does after a failed sync.
    func revert() {
        content = durable
        forgetDirt()
    }

    /// The power fails: each unsynced sector is kept, lost, or torn.
    func losePower(_ random: inout SeededGenerator) {
        if content.count < durable.count {
            if random.happens(permille: 500) { setDurableSize(content.count) }
        } else if content.count > durable.count, random.happens(permille: 700) {
            setDurableSize(content.count)
        }
        for sector in dirty.sorted() {
            switch random.below(3) {
            case 0: store(sector, prefix: Self.sectorBytes)
            case 1: store(sector, prefix: random.below(Self.sectorBytes))
            default: continue
            }
        }
        content = durable
        forgetDirt()
    }

    /// One bit of what is at rest changes.
    func rot(at offset: Int, bit: Int) {
        guard durable.indices.contains(offset), content.indices.contains(offset) else { return }
        durable[offset] ^= 1 << UInt8(bit)
        content[offset] = durable[offset]
    }

    private func setDurableSize(_ size: Int) {
        if size > durable.count {
            durable.append(contentsOf: repeatElement(0, count: size - durable.count))
        } else {
            durable.removeLast(durable.count - size)
        }
    }

    private func store(_ sector: Int, prefix: Int) {
        let start = sector * Self.sectorBytes
        let end = min(start + prefix, content.count, durable.count)
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
