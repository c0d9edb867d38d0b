import Bytes
import FuzzTargets

/// libFuzzer's main function, but for the name.
@_extern(c, "LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ attack: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Hands a target to libFuzzer.
struct Fuzzer {
    /// For libFuzzer, whose function has no context.
    nonisolated(unsafe) private static var attacked: FuzzTarget?
    private static let heap = HookedHeap()

    init(_ target: FuzzTarget) {
        Self.attacked = target
        // Tables that are made at their first use are no input's fault.
        for sample in target.samples() { _ = target.run(sample) }
    }

    /// Ends the process when libFuzzer's flags say so, or at the first fault.
    func run() {
        Self.heap.install()
        var arguments = CommandLine.unsafeArgv
        // The target's name is ours.
        arguments[1] = arguments[0]
        arguments += 1
        var count = CommandLine.argc - 1
        _ = runDriver(&count, &arguments) { bytes, count in
            let input = ByteSlice(
                copying: UnsafeRawBufferPointer(start: UnsafeRawPointer(bytes), count: count)
            )
            let faults = Fuzzer.attacked?.run(input, heap: Fuzzer.heap) ?? []
            if let fault = faults.first { fatalError(fault) }
            return 0
        }
    }
}
