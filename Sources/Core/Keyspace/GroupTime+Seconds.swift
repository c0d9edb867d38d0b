internal import Model

extension GroupTime {
    /// The time `seconds` from here, or the end of time.
    func adding(seconds: Int64) -> GroupTime {
        let (milliseconds, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooFar) = number.addingReportingOverflow(milliseconds)
        return GroupTime(isTooLong || isTooFar ? .max : sum)
    }

    /// Whole seconds until `deadline`; zero once it has passed.
    func wholeSeconds(until deadline: GroupTime) -> Int64 {
        guard deadline > self else { return 0 }
        let (milliseconds, isTooLong) = deadline.number.subtractingReportingOverflow(number)
        return (isTooLong ? .max : milliseconds) / 1000
    }
}
