import Testing

@testable import Telemetry

@Suite struct ExpositionTests {
    private func text(_ body: (inout Exposition) -> Void) -> [Substring] {
        var page = Exposition()
        body(&page)
        return String(decoding: page.bytes, as: UTF8.self).split(separator: "\n")
    }

    @Test func aFamilyIsItsHelpItsTypeAndItsSample() {
        #expect(
            text { $0.write(.hasLeader, isTrue: true) } == [
                "# HELP etcd_server_has_leader \(Metric.hasLeader.help)",
                "# TYPE etcd_server_has_leader gauge", "etcd_server_has_leader 1",
            ]
        )
    }

    @Test func bucketsAreCumulatedAndInSeconds() {
        var histogram = Histogram(.nanoseconds, first: 1_000_000, count: 3)
        for nanoseconds in [1_000_000, 1_000_001, 4_000_000, 4_000_001, 9_000_000] as [UInt64] {
            histogram.observe(nanoseconds)
        }
        #expect(
            text { $0.write(.walSyncs, histogram) }.dropFirst(2) == [
                "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 1",
                "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.002\"} 2",
                "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.004\"} 3",
                "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 5",
                "etcd_disk_wal_fsync_duration_seconds_sum 0.019000002",
                "etcd_disk_wal_fsync_duration_seconds_count 5",
            ]
        )
    }

    @Test func theBucketsOfDisksAreEtcds() {
        let bounds = Histogram.diskTime.bounds
        #expect(bounds.count == 14)
        #expect(bounds.first == 1_000_000)
        #expect(bounds.last == 8_192_000_000)
    }

    @Test func labelsStandBeforeTheBound() {
        var histogram = Histogram(.one, first: 1, count: 1)
        histogram.observe(1)
        let lines = text {
            $0.write(.peerRoundTrips) { $0.add(Exposition.labels([("To", "ab")]), histogram) }
        }
        let name = "etcd_network_peer_round_trip_time_seconds"
        #expect(
            lines.dropFirst(2) == [
                "\(name)_bucket{To=\"ab\",le=\"1\"} 1", "\(name)_bucket{To=\"ab\",le=\"+Inf\"} 1",
                "\(name)_sum{To=\"ab\"} 1", "\(name)_count{To=\"ab\"} 1",
            ]
        )
    }

    @Test func labelsAreEscaped() {
        #expect(Exposition.labels([("a", "x\"y\\z\n"), ("b", "")]) == #"a="x\"y\\z\n",b="""#)
    }

    @Test func aProcessIsReadFromItsLineInProc() {
        let fields = (3...52).map { "\($0)" }.joined(separator: " ")
        let process = ProcessStatistics(
            stat: "1 (a) b) \(fields)",
            bootSeconds: 1_000,
            ticksPerSecond: 100,
            pageBytes: 4_096
        )
        #expect(process.cpuSeconds == Double(14 + 15) / 100)
        #expect(process.startSeconds == 1_000.22)
        #expect(process.virtualBytes == 23)
        #expect(process.residentBytes == 24 * 4_096)
        #expect(
            ProcessStatistics(
                stat: "",
                bootSeconds: nil,
                ticksPerSecond: 100,
                pageBytes: 1
            ).cpuSeconds == nil
        )
    }

    @Test func thisProcessHasMemoryFilesAndALimit() throws {
        let process = ProcessStatistics.read()
        #expect(try #require(process.residentBytes) > 1 << 20)
        let open = try #require(ProcessStatistics.openFileCount)
        #expect(open >= 3)
        #expect(try #require(ProcessStatistics.openFilesMax) > open)
    }
}
