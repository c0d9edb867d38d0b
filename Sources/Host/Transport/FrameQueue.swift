internal import Bytes

/// Frames that wait for one peer, bounded; filled by any thread, emptied by the link's loop.
struct FrameQueue {
    private var frames: [ByteSlice] = []
    private var head = 0
    private var byteCount = 0
    private var isOpen = false

    /// Whether the loop will look into the queue without being woken.
    private var isAwake = false

    private(set) var droppedCount: UInt64 = 0

    /// Whether to wake the loop.
    ///
    /// A frame beyond the bound is dropped, and so is one for a peer without a connection: by the
    /// time there is one, it would be stale.
    mutating func append(_ frame: ByteSlice) -> Bool {
        let fits = byteCount == 0 || byteCount + frame.count <= Limits.queuedBytesMax
        guard isOpen, fits, !frame.isEmpty else {
            droppedCount += 1
            return false
        }
        byteCount += frame.count
        frames.append(frame)
        defer { isAwake = true }
        return !isAwake
    }

    /// The oldest frames, at least one and up to `limit` bytes; if there are none, the next frame
    /// wakes the loop.
    mutating func take(upTo limit: Int) -> ArraySlice<ByteSlice> {
        var end = head
        var taken = 0
        while end < frames.count, end == head || taken + frames[end].count <= limit {
            taken += frames[end].count
            end += 1
        }
        let batch = frames[head..<end]
        byteCount -= taken
        head = end
        if head == frames.count {
            frames = []
            head = 0
        }
        if batch.isEmpty { isAwake = false }
        return batch
    }

    mutating func open() { isOpen = true }

    mutating func close() {
        droppedCount += UInt64(frames.count - head)
        frames = []
        head = 0
        byteCount = 0
        isOpen = false
        isAwake = false
    }
}
