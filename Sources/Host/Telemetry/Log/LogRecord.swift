/// One line of the log, before it is written: what happened, and to what.
///
/// The message is one of few sentences that never change, so that it can be searched for; what
/// changes is in the fields. Neither holds keys, values or credentials.
public struct LogRecord: Sendable, Equatable {
    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: Value

        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    public enum Value: Sendable, Equatable {
        case text(String)
        case number(UInt64)
    }

    public var level: LogLevel
    public var message: String
    public var fields: [Field]

    public init(_ level: LogLevel, _ message: String, _ fields: [Field] = []) {
        self.level = level
        self.message = message
        self.fields = fields
    }
}

extension LogRecord.Field {
    public static func text(_ name: String, _ value: String) -> LogRecord.Field {
        LogRecord.Field(name, .text(value))
    }

    public static func number(_ name: String, _ value: UInt64) -> LogRecord.Field {
        LogRecord.Field(name, .number(value))
    }
}
