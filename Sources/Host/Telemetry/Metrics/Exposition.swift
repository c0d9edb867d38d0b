/// A page of metrics in Prometheus' text format, version 0.0.4, family after family.
public struct Exposition {
    public private(set) var bytes: [UInt8] = []

    /// Families that were written, in order.
    public private(set) var families: [Metric] = []

    public init() { bytes.reserveCapacity(128 * 1024) }

    /// A family of one sample without labels.
    public mutating func write(_ metric: Metric, _ value: UInt64) {
        begin(metric)
        sample(metric.name, "", value)
    }

    public mutating func write(_ metric: Metric, _ value: Double) {
        begin(metric)
        append(metric.name)
        append(" \(value)\n")
    }

    public mutating func write(_ metric: Metric, isTrue: Bool) {
        write(metric, UInt64(isTrue ? 1 : 0))
    }

    /// A family whose one sample is 1 and says something by its label.
    public mutating func write(_ metric: Metric, labelled value: String) {
        begin(metric)
        sample(metric.name, Self.labels([(metric.labels.first ?? "", value)]), 1)
    }

    public mutating func write(_ metric: Metric, _ histogram: Histogram) {
        begin(metric)
        sample(metric.name, "", histogram)
    }

    /// A family of several samples, which `body` adds.
    public mutating func write(_ metric: Metric, _ body: (inout Samples) -> Void) {
        begin(metric)
        var samples = Samples(page: self, name: metric.name)
        bytes = []
        body(&samples)
        self = samples.page
    }

    /// The samples of a family that has labels.
    public struct Samples {
        fileprivate var page: Exposition
        fileprivate let name: String

        /// `labels` as `Exposition.labels` writes them.
        public mutating func add(_ labels: String, _ value: UInt64) {
            page.sample(name, labels, value)
        }

        public mutating func add(_ labels: String, _ histogram: Histogram) {
            page.sample(name, labels, histogram)
        }
    }

    /// `name="value"` pairs, escaped; a place that writes the same ones often keeps them.
    public static func labels(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }

    private mutating func begin(_ metric: Metric) {
        families.append(metric)
        append("# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind)\n")
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: UInt64) {
        append(name)
        if !labels.isEmpty {
            append("{")
            append(labels)
            append("}")
        }
        append(" \(value)\n")
    }

    private mutating func sample(_ name: String, _ labels: String, _ histogram: Histogram) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulated: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            cumulated += count
            let bound = histogram.unit.text(bound)
            sample(name + "_bucket", prefix + "le=\"\(bound)\"", cumulated)
        }
        sample(name + "_bucket", prefix + "le=\"+Inf\"", histogram.total)
        append(name + "_sum")
        if !labels.isEmpty { append("{\(labels)}") }
        append(" \(histogram.unit.text(histogram.sum))\n")
        sample(name + "_count", labels, histogram.total)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

extension Histogram.Unit {
    /// Seconds where time is counted, as Prometheus wants base units.
    fileprivate func text(_ value: UInt64) -> String {
        switch self {
        case .nanoseconds: "\(Double(value) / 1e9)"
        case .one: "\(value)"
        }
    }
}
