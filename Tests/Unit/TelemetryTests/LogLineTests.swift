import Groups
import Model
import Testing
import Transport

@testable import Telemetry

@Suite struct LogLineTests {
    private func line(_ record: LogRecord, _ format: LogFormat = .text) -> String {
        let bytes = LogLine(format: format).encode(record, node: "n1", time: "T")
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func plainValuesStandAsTheyAreAndOthersInQuotes() {
        let record = LogRecord(
            .warn,
            "snapshot failed",
            [.number("group", 1), .text("reason", "a=\"b\" c"), .text("path", "/var/lib")]
        )
        #expect(
            line(record) == "time=T level=warn node=n1 msg=\"snapshot failed\" group=1 "
                + "reason=\"a=\\\"b\\\" c\" path=/var/lib\n"
        )
        #expect(
            line(record, .json) == "{\"time\":\"T\",\"level\":\"warn\",\"node\":\"n1\","
                + "\"msg\":\"snapshot failed\",\"group\":1,\"reason\":\"a=\\\"b\\\" c\","
                + "\"path\":\"/var/lib\"}\n"
        )
    }

    /// A peer may have sent what a reason quotes.
    @Test(arguments: [LogFormat.text, .json])
    func aValueCannotBeginALineOfItsOwn(_ format: LogFormat) {
        let text = line(
            LogRecord(.info, "x", [.text("reason", "a\nlevel=error\r\u{1b}[2J\u{0}")]),
            format
        )
        #expect(text.utf8.filter { $0 < 0x20 } == [0x0a])
        #expect(text.hasSuffix(format == .json ? "}\n" : "\n"))
        #expect(text.contains("a\\nlevel=error\\r\\u001b[2J\\u0000"))
    }

    @Test func anEmptyValueIsSeenToBeEmpty() {
        #expect(line(LogRecord(.info, "x", [.text("a", "")])).hasSuffix("a=\"\"\n"))
    }

    @Test func aLongValueIsCut() {
        let long = String(repeating: "x", count: Limits.logValueBytesMax + 1)
        let text = line(LogRecord(.info, "x", [.text("a", long)]))
        #expect(text.utf8.count < Limits.logValueBytesMax + 100)
        #expect(text.hasSuffix("x…\"\n"))
    }

    @Test func levelsAreOrdered() {
        #expect(LogLevel.allCases.sorted() == [.debug, .info, .warn, .error])
    }

    @Test func factsBecomeRecordsWithoutWordsThatChange() {
        let fact = Fact.followsLeader(GroupID(1), NodeID(0xabc), Term(7))
        #expect(
            fact.record
                == LogRecord(
                    .info,
                    "follows a leader",
                    [.number("group", 1), .text("leader", "abc"), .number("term", 7)]
                )
        )
        #expect(Fact.storageFailed("x").record.level == .error)
        #expect(PeerFact.connected(to: NodeID(16)).record?.fields == [.text("peer", "10")])
        #expect(PeerFact.roundTrip(to: NodeID(16), 5).record == nil)
    }
}
