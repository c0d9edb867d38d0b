/// Elements with a number of their own, which is free again once they are removed.
struct WatchSlots<Element: Sendable>: Sendable {
    /// Nil where a number is free.
    ///
    /// To be changed in place through `elements[number]?`.
    var elements: [Element?] = []

    private var free: [Int] = []

    var count: Int { elements.count - free.count }

    mutating func insert(_ element: Element) -> Int {
        if let number = free.popLast() {
            elements[number] = element
            return number
        }
        elements.append(element)
        return elements.count - 1
    }

    mutating func remove(_ number: Int) {
        guard elements[number] != nil else { return }
        elements[number] = nil
        free.append(number)
    }
}
