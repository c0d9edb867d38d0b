import Testing

@testable import Martlet

struct BenchReportTests {
    @Test(
        arguments: [
            (0.0, 3, "0.000"), (1.0004, 3, "1.000"), (12.3456, 2, "12.35"), (0.999_6, 3, "1.000"),
            (3_000, 0, "3000"), (7.05, 1, "7.1"),
        ]
    )
    func numbersHaveTheirDigits(number: Double, places: Int, text: String) {
        #expect(BenchReport.decimal(number, places) == text)
    }
}
