struct FrameFlags: OptionSet {
    var rawValue: UInt8

    static let endStream = FrameFlags(rawValue: 0x1)
    static let acknowledge = FrameFlags(rawValue: 0x1)
    static let endHeaders = FrameFlags(rawValue: 0x4)
    static let padded = FrameFlags(rawValue: 0x8)
    static let priority = FrameFlags(rawValue: 0x20)
}
