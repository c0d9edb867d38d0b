internal import Controller

/// What a topic's settings mean, Kafka's defaults where nothing was said.
///
/// Source: Kafka's "Topic Configs". Settings that would promise what is not kept are not taken.
struct TopicSettings: Equatable {
    /// Of one batch as its producer sent it, compressed or not.
    var batchBytesMax = 1_048_588

    /// Whether records get the time at which they came, in place of their producer's.
    var stampsAppendTime = false

    /// How far a record's time may be behind now, and before it, in milliseconds.
    var timestampBeforeMax = Int64.max
    var timestampAfterMax: Int64 = 3_600_000

    /// Records older than this go, in milliseconds; nil: none does.
    var retentionMilliseconds: Int64? = 604_800_000

    /// What a partition holds beyond this goes, the oldest first; nil: nothing does.
    var retentionBytes: Int64?

    init() {}

    init(_ topic: TopicRecord) {
        for setting in topic.settings {
            guard let definition = TopicSettingDefinition.named(setting.name) else { continue }
            definition.apply(setting.value, &self)
        }
    }
}

/// One setting that topics have.
struct TopicSettingDefinition: Sendable {
    /// Kafka's numbers for kinds of values in DescribeConfigs.
    enum Kind: Int8, Sendable {
        case boolean = 1
        case string = 2
        case int = 3
        case long = 5
        case double = 6
        case list = 7
    }

    let name: String
    let kind: Kind
    let initial: String
    let documentation: String

    /// What is wrong with a value, in words; nil if nothing is.
    let objection: @Sendable (String) -> String?

    /// Puts a sound value into the settings.
    let apply: @Sendable (String, inout TopicSettings) -> Void

    static func named(_ name: String) -> TopicSettingDefinition? { all.first { $0.name == name } }

    static let all: [TopicSettingDefinition] = [
        TopicSettingDefinition(
            name: "cleanup.policy",
            kind: .list,
            initial: "delete",
            documentation: "What becomes of old records: 'delete' lets them go by time and size.",
            objection: oneOf("delete"),
            apply: { _, _ in }
        ),
        TopicSettingDefinition(
            name: "compression.type",
            kind: .string,
            initial: "producer",
            documentation: "Batches keep the compression that their producer chose.",
            objection: oneOf("producer"),
            apply: { _, _ in }
        ),
        TopicSettingDefinition(
            name: "max.message.bytes",
            kind: .int,
            initial: "1048588",
            documentation: "The largest batch that is taken, compressed as it comes.",
            objection: number(1...Int64(Limits.batchBytesMax)),
            apply: { $1.batchBytesMax = Int($0) ?? $1.batchBytesMax }
        ),
        TopicSettingDefinition(
            name: "message.timestamp.after.max.ms",
            kind: .long,
            initial: "3600000",
            documentation: "How far ahead of this node's clock a record's time may be.",
            objection: number(0...Int64.max),
            apply: { $1.timestampAfterMax = Int64($0) ?? $1.timestampAfterMax }
        ),
        TopicSettingDefinition(
            name: "message.timestamp.before.max.ms",
            kind: .long,
            initial: "9223372036854775807",
            documentation: "How far behind this node's clock a record's time may be.",
            objection: number(0...Int64.max),
            apply: { $1.timestampBeforeMax = Int64($0) ?? $1.timestampBeforeMax }
        ),
        TopicSettingDefinition(
            name: "message.timestamp.type",
            kind: .string,
            initial: "CreateTime",
            documentation: "CreateTime keeps the producer's time, LogAppendTime is when it came.",
            objection: oneOf("CreateTime", "LogAppendTime"),
            apply: { $1.stampsAppendTime = $0 == "LogAppendTime" }
        ),
        TopicSettingDefinition(
            name: "min.insync.replicas",
            kind: .int,
            initial: "1",
            documentation:
                "At most a majority, which has synced every record that is acknowledged.",
            objection: number(1...Int64(Limits.replicasMax)),
            apply: { _, _ in }
        ),
        TopicSettingDefinition(
            name: "retention.bytes",
            kind: .long,
            initial: "-1",
            documentation: "A partition that holds more lets the oldest go; -1: never.",
            objection: number(-1...Int64.max),
            apply: { $1.retentionBytes = Int64($0).flatMap { $0 < 0 ? nil : $0 } }
        ),
        TopicSettingDefinition(
            name: "retention.ms",
            kind: .long,
            initial: "604800000",
            documentation: "Records older than this go; -1: never.",
            objection: number(-1...Int64.max),
            apply: { $1.retentionMilliseconds = Int64($0).flatMap { $0 < 0 ? nil : $0 } }
        ),
    ]

    private static func oneOf(_ values: String...) -> @Sendable (String) -> String? {
        { values.contains($0) ? nil : "only \(values.joined(separator: ", ")) can be served" }
    }

    private static func number(_ range: ClosedRange<Int64>) -> @Sendable (String) -> String? {
        { text in
            guard let number = Int64(text), range.contains(number) else {
                return "a number from \(range.lowerBound) to \(range.upperBound) is wanted"
            }
            return nil
        }
    }
}
