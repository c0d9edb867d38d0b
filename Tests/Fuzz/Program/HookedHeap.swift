import FuzzTargets

@_extern(c, "__sanitizer_install_malloc_and_free_hooks")
private func installHooks(
    _ allocated: @convention(c) (UnsafeRawPointer?, Int) -> Void,
    _ freed: @convention(c) (UnsafeRawPointer?) -> Void
) -> CInt

@_extern(c, "__sanitizer_get_allocated_size")
private func allocatedSize(_ pointer: UnsafeRawPointer?) -> Int

/// Counts what this process allocates, by the sanitizer's hooks.
///
/// Their functions have no context, so the counts belong to the type; the fuzzer has one thread
/// that allocates while they count.
struct HookedHeap: HeapGauge {
    nonisolated(unsafe) private static var isCounting = false
    nonisolated(unsafe) private static var held = 0
    nonisolated(unsafe) private static var heldMost = 0

    func install() {
        let hooks = installHooks(
            { _, size in
                guard HookedHeap.isCounting else { return }
                HookedHeap.held += size
                HookedHeap.heldMost = max(HookedHeap.heldMost, HookedHeap.held)
            },
            { pointer in
                guard HookedHeap.isCounting, pointer != nil else { return }
                HookedHeap.held -= allocatedSize(pointer)
            }
        )
        precondition(hooks > 0, "the sanitizer has no room for another pair of hooks")
    }

    func begin() {
        Self.held = 0
        Self.heldMost = 0
        Self.isCounting = true
    }

    func end() -> Int {
        Self.isCounting = false
        return Self.heldMost
    }
}
