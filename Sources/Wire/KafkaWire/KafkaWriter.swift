public import Bytes

/// Writes frames, big-endian; one serves a connection for all its life.
///
/// Records of some length are not copied: what was written comes out as slices, of which they are
/// some.
public struct KafkaWriter: Sendable {
    private var own = ByteWriter()

    /// What comes between the bytes that were written, and before which of them.
    private var inserts: [(position: Int, slice: ByteSlice)] = []
    private var insertedBytes = 0

    /// How much was taken the last time: the next one's memory is taken at once.
    private var expectedBytes = 0

    /// Whether lengths are compact and structures end in tags; messages set it as they begin.
    public var isFlexible = false

    public init() {}

    /// For what a tag holds.
    static var tag: KafkaWriter {
        var writer = KafkaWriter()
        writer.isFlexible = true
        return writer
    }

    /// Bytes that were written and not taken.
    public var count: Int { own.count + insertedBytes }

    /// All that was written, in order; the writer begins anew.
    public mutating func take() -> [ByteSlice] {
        let whole = own.slice
        var slices: [ByteSlice] = []
        slices.reserveCapacity(2 * inserts.count + 1)
        var start = 0
        for (position, slice) in inserts {
            if position > start { slices.append(whole[start..<position]) }
            slices.append(slice)
            start = position
        }
        if start < whole.count { slices.append(whole[start..<whole.count]) }
        expectedBytes = min(whole.count, Limits.reservedBytesMax)
        own = ByteWriter()
        inserts.removeAll(keepingCapacity: true)
        insertedBytes = 0
        return slices
    }

    /// The same as one slice, for what is small or must be.
    public mutating func joined() -> ByteSlice { RecordsPayload(take()).joined }

    /// Begins a frame: its length is known when it ends.
    public mutating func beginFrame() -> Frame {
        if own.count == 0 { own.reserve(expectedBytes) }
        let frame = Frame(position: own.count, start: count)
        own.integer(Int32(0))
        return frame
    }

    public mutating func end(_ frame: Frame) {
        let length = count - frame.start - 4
        precondition(length <= Int(Int32.max), "a frame of \(length) bytes")
        own.patch(Int32(length).byteSwapped, at: frame.position)
    }

    /// A frame that has begun.
    public struct Frame: Sendable {
        fileprivate let position: Int
        fileprivate let start: Int
    }

    private mutating func integer<Number: FixedWidthInteger>(_ number: Number) {
        own.integer(number.byteSwapped)
    }

    public mutating func int8(_ number: Int8) { own.byte(UInt8(bitPattern: number)) }

    public mutating func int16(_ number: Int16) { integer(number) }

    public mutating func uint16(_ number: UInt16) { integer(number) }

    public mutating func int32(_ number: Int32) { integer(number) }

    public mutating func int64(_ number: Int64) { integer(number) }

    public mutating func bool(_ flag: Bool) { own.byte(flag ? 1 : 0) }

    public mutating func error(_ code: KafkaErrorCode) { integer(code.rawValue) }

    public mutating func uuid(_ uuid: KafkaUUID) {
        integer(uuid.high)
        integer(uuid.low)
    }

    fileprivate mutating func varint(_ number: Int) { own.varint(UInt64(number)) }
}

/// Lengths: compact ones are one more than they say, with zero for null.
extension KafkaWriter {
    private mutating func length(_ length: Int, isShort: Bool) {
        if isFlexible {
            varint(length + 1)
        } else if isShort {
            integer(Int16(length))
        } else {
            integer(Int32(length))
        }
    }

    /// A text that is longer than the format allows is cut: nothing that came to us can be.
    public mutating func text(_ text: ByteSlice) {
        let count = min(text.count, Limits.textBytesMax)
        length(count, isShort: true)
        own.slice(count == text.count ? text : text[0..<count])
    }

    public mutating func optionalText(_ text: ByteSlice?, nullIf mayBeNull: Bool = true) {
        guard text != nil || !mayBeNull else { return length(-1, isShort: true) }
        self.text(text ?? .empty)
    }

    public mutating func string(_ string: String) {
        var copy = string
        let isShort: Void? = copy.withUTF8 { utf8 in
            guard utf8.count <= Limits.textBytesMax else { return nil }
            length(utf8.count, isShort: true)
            own.raw(UnsafeRawBufferPointer(utf8))
        }
        if isShort == nil { text(ByteSlice(string)) }
    }

    public mutating func optionalString(_ string: String?, nullIf mayBeNull: Bool = true) {
        guard string != nil || !mayBeNull else { return length(-1, isShort: true) }
        self.string(string ?? "")
    }

    public mutating func bytes(_ bytes: ByteSlice) {
        length(bytes.count, isShort: false)
        own.slice(bytes)
    }

    public mutating func optionalBytes(_ bytes: ByteSlice?, nullIf mayBeNull: Bool = true) {
        guard bytes != nil || !mayBeNull else { return length(-1, isShort: false) }
        self.bytes(bytes ?? .empty)
    }

    public mutating func optionalRecords(_ records: RecordsPayload?) {
        guard let records else { return length(-1, isShort: false) }
        length(records.count, isShort: false)
        records.forEach { insert($0) }
    }

    private mutating func insert(_ slice: ByteSlice) {
        guard slice.count >= Limits.sliceBytesMin else { return own.slice(slice) }
        inserts.append((own.count, slice))
        insertedBytes += slice.count
    }
}

extension KafkaWriter {
    private mutating func count(_ count: Int) { length(count, isShort: false) }

    public mutating func structures<Element: KafkaStructure>(
        _ elements: [Element],
        _ version: Int16
    ) {
        count(elements.count)
        for element in elements { element.encode(into: &self, version: version) }
    }

    public mutating func optionalStructures<Element: KafkaStructure>(
        _ elements: [Element]?,
        _ version: Int16,
        nullIf mayBeNull: Bool = true
    ) {
        guard elements != nil || !mayBeNull else { return count(-1) }
        structures(elements ?? [], version)
    }

    /// Behind a byte that says whether there is one.
    public mutating func optionalStructure<Element: KafkaStructure>(
        _ element: Element?,
        _ version: Int16
    ) {
        int8(element == nil ? -1 : 1)
        element?.encode(into: &self, version: version)
    }

    public mutating func int32s(_ numbers: [Int32]) {
        count(numbers.count)
        for number in numbers { int32(number) }
    }

    public mutating func optionalInt32s(_ numbers: [Int32]?, nullIf mayBeNull: Bool = true) {
        guard numbers != nil || !mayBeNull else { return count(-1) }
        int32s(numbers ?? [])
    }

    public mutating func int64s(_ numbers: [Int64]) {
        count(numbers.count)
        for number in numbers { int64(number) }
    }

    public mutating func texts(_ texts: [ByteSlice]) {
        count(texts.count)
        for text in texts { self.text(text) }
    }

    public mutating func optionalTexts(_ texts: [ByteSlice]?, nullIf mayBeNull: Bool = true) {
        guard texts != nil || !mayBeNull else { return count(-1) }
        self.texts(texts ?? [])
    }

    public mutating func strings(_ strings: [String]) {
        count(strings.count)
        for string in strings { self.string(string) }
    }

    public mutating func optionalStrings(_ strings: [String]?, nullIf mayBeNull: Bool = true) {
        guard strings != nil || !mayBeNull else { return count(-1) }
        self.strings(strings ?? [])
    }
}

/// The tagged fields of a structure that are not at their defaults: others must not be written, as
/// librdkafka before 2.2 misreads them.
public struct KafkaTags: Sendable {
    fileprivate var count = 0
    fileprivate var content = ByteWriter()

    public init() {}

    /// In ascending order of their numbers.
    public mutating func append(_ number: Int, _ field: KafkaWriter) {
        count += 1
        content.varint(UInt64(number))
        content.lengthPrefixed(field.small)
    }
}

extension KafkaWriter {
    /// What a tag holds; no tag of Kafka's holds records.
    fileprivate var small: ByteSlice {
        precondition(inserts.isEmpty, "records in a tag")
        return own.slice
    }

    public mutating func noTags() {
        if isFlexible { own.byte(0) }
    }

    public mutating func tags(_ tags: KafkaTags) {
        guard isFlexible else { return }
        varint(tags.count)
        if tags.count > 0 { own.slice(tags.content.slice) }
    }
}
