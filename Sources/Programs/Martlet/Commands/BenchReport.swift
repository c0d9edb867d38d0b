import Client

/// What a bench prints.
struct BenchReport {
    let plan: LoadPlan
    let report: LoadReport

    private static let quantiles = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999),
    ]

    func text(as format: BenchKV.Format) -> String {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var text: String {
        let latency = report.latency
        let quantiles = Self.quantiles.map { name, part in
            "\(name.replacingUnderscore()) \(Self.milliseconds(Double(latency.quantile(part))))"
        }
        let loop = plan.rate.map { "open loop, \(Self.decimal($0, 1)) a second" } ?? "closed loop"
        var lines = [
            "\(plan.operation.rawValue): \(plan.connections) connections × \(plan.outstanding)"
                + ", \(loop), \(plan.keySpace) keys of \(plan.keyBytes) B, values of"
                + " \(plan.valueBytes) B",
            "  \(report.answered) answers in \(Self.decimal(report.seconds, 3)) s:"
                + " \(Self.decimal(report.throughput, 1)) a second, \(report.errors) errors",
            "  latency ms: \(quantiles.joined(separator: "  "))"
                + "  max \(Self.milliseconds(Double(latency.max)))"
                + "  mean \(Self.milliseconds(latency.mean))",
        ]
        for code in report.refused.keys.sorted() {
            lines.append("  \(report.refused[code] ?? 0) × gRPC status \(code)")
        }
        if report.unanswered > 0 { lines.append("  \(report.unanswered) × no answer") }
        return lines.joined(separator: "\n")
    }

    private var json: String {
        let latency = report.latency
        let quantiles = Self.quantiles.map { name, part in
            "\"\(name)\": \(Self.milliseconds(Double(latency.quantile(part))))"
        }
        let refused = report.refused.keys.sorted()
            .map { "\"\($0)\": \(report.refused[$0] ?? 0)" }
        let fields = [
            "\"operation\": \"\(plan.operation.rawValue)\"",
            "\"connections\": \(plan.connections)", "\"outstanding\": \(plan.outstanding)",
            "\"rate\": \(plan.rate.map { Self.decimal($0, 3) } ?? "null")",
            "\"answered\": \(report.answered)", "\"errors\": \(report.errors)",
            "\"unanswered\": \(report.unanswered)",
            "\"refused\": {\(refused.joined(separator: ", "))}",
            "\"seconds\": \(Self.decimal(report.seconds, 6))",
            "\"throughput\": \(Self.decimal(report.throughput, 3))",
            "\"latency_ms\": {\(quantiles.joined(separator: ", "))"
                + ", \"max\": \(Self.milliseconds(Double(latency.max)))"
                + ", \"mean\": \(Self.milliseconds(latency.mean))}",
        ]
        return "{\(fields.joined(separator: ", "))}"
    }

    private static func milliseconds(_ nanoseconds: Double) -> String {
        decimal(nanoseconds / 1e6, 3)
    }

    /// A number with so many digits behind the point, without the whole of Foundation for it.
    static func decimal(_ number: Double, _ places: Int) -> String {
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((abs(number) * scale).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let digits = "\(rest)"
        return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }
}

extension String {
    /// As people write it: p99.9.
    fileprivate func replacingUnderscore() -> String {
        split(separator: "_").joined(separator: ".")
    }
}
