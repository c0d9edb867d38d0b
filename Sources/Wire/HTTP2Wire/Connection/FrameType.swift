/// RFC 9113, section 6; frames of any other type are ignored.
enum FrameType: UInt8 {
    case data, headers, priority, resetStream, settings
    case pushPromise, ping, goAway, windowUpdate, continuation
}
