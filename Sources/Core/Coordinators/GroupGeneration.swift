public import Model

/// A group's count of rebalances, by which requests of an earlier membership are known.
public struct GroupGeneration: Identifier {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }

    /// Of who is in no group: Kafka's −1.
    public static let none = GroupGeneration(-1)

    /// Of a group that nobody has joined yet.
    public static let zero = GroupGeneration(0)

    /// The one after it; starts again after the last, as a group never has two billion members.
    var successor: GroupGeneration { GroupGeneration(number == .max ? 1 : number + 1) }
}
