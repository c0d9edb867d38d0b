import Bytes
import Model
import Testing

@testable import Keyspace

/// A value that counts or not.
struct Mark: TreeValue, Equatable {
    var number: Int
    var isLive: Bool
}

/// The tree is internal, and everything rests on it: these tests look inside.
struct OrderedTreeTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func theTreeAgreesWithASortedArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = OrderedTree<ByteSlice, Mark>()
        var model: [ByteSlice: Mark] = [:]
        for step in 0..<12_000 {
            // Grows, then shrinks, then grows again.
            let isGrowing = step / 3000 % 2 == 0
            let key = Self.key(&random)
            if UInt64.random(in: 0..<10, using: &random) < (isGrowing ? 8 : 2) {
                let mark = Mark(number: step, isLive: random.next() % 4 != 0)
                let old = tree.set(key, to: mark)
                if old != model[key] { Issue.record("set of \(key) saw another value") }
                model[key] = mark
            } else if tree.remove(key) != model.removeValue(forKey: key) {
                Issue.record("remove of \(key) gave another value")
            }
            if step % 1_000 == 0 { check(tree, model, &random) }
        }
        check(tree, model, &random)
        let removed = model.keys.sorted().map { tree.remove($0) }
        #expect(removed.allSatisfy { $0 != nil })
        let isCleared = tree.isEmpty && tree.isWellFormed && tree.liveCount == 0
        #expect(isCleared)
    }

    private static func key(_ random: inout SeededGenerator) -> ByteSlice {
        let prefixes = ["", "/registry/pods/", "/registry/pods/default/", "a", "a\0", "zzzzzzzz"]
        let prefix = prefixes[Int(random.next() % 6)]
        return ByteSlice(prefix + String(random.next() % 700, radix: 3))
    }

    private func check(
        _ tree: OrderedTree<ByteSlice, Mark>,
        _ model: [ByteSlice: Mark],
        _ random: inout SeededGenerator
    ) {
        let isWellFormed = tree.isWellFormed
        #expect(isWellFormed)
        let sorted = model.sorted { $0.key < $1.key }
        for _ in 0..<5 {
            let lower = Self.key(&random)
            let upper = Self.key(&random)
            let expected = sorted.filter { $0.key >= lower && $0.key < upper }
            var visited: [ByteSlice] = []
            var values: [Mark] = []
            tree.visit(from: lower, to: upper) { key, value in
                visited.append(key)
                values.append(value)
                return true
            }
            #expect(visited == expected.map(\.key))
            #expect(values == expected.map(\.value))
            #expect(
                tree.liveCount(from: lower, to: upper) == expected.count { $0.value.isLive }
            )
            #expect(tree.value(of: lower) == model[lower])
            #expect(tree.last(upTo: lower)?.key == sorted.last { $0.key <= lower }?.key)
            #expect(tree.first(from: lower)?.key == sorted.first { $0.key >= lower }?.key)
        }
        #expect(tree.first?.key == sorted.first?.key && tree.last?.key == sorted.last?.key)
        #expect(tree.count == model.count)
    }

    @Test func aCopyNeverChanges() {
        var random = SeededGenerator(seed: 9)
        var tree = OrderedTree<ByteSlice, Mark>()
        for step in 0..<2_000 { tree.set(Self.key(&random), to: Mark(number: step, isLive: true)) }
        let copy = tree
        let before = entries(of: copy)
        for step in 0..<2_000 {
            let key = Self.key(&random)
            if step % 2 == 0 {
                tree.remove(key)
            } else {
                tree.set(key, to: Mark(number: -step, isLive: false))
            }
            tree.modify(Self.key(&random)) { $0.number = 0 }
        }
        #expect(entries(of: copy) == before)
        #expect(entries(of: tree) != before)
        let areWellFormed = copy.isWellFormed && tree.isWellFormed
        #expect(areWellFormed)
    }

    private func entries(of tree: OrderedTree<ByteSlice, Mark>) -> [ByteSlice: Mark] {
        var entries: [ByteSlice: Mark] = [:]
        tree.visit(from: nil, to: nil) { key, value in
            entries[key] = value
            return true
        }
        return entries
    }

    @Test func numbersInOrderFillTheTreeAndAreTrimmedFromItsFront() {
        var tree = OrderedTree<ChangePosition, Mark>()
        for number in 0..<5_000 {
            let position = ChangePosition(
                revision: Revision(Int64(number / 3)),
                sub: Int64(number % 3)
            )
            tree.set(position, to: Mark(number: number, isLive: true))
            if number > 1_000 {
                let first = number - 1_001
                tree.remove(
                    ChangePosition(revision: Revision(Int64(first / 3)), sub: Int64(first % 3))
                )
            }
        }
        let isWellFormed = tree.isWellFormed
        #expect(isWellFormed)
        #expect(tree.count == 1_001)
        #expect(tree.first?.value.number == 3_999)
    }

    @Test func appendedKeysFillTheTree() {
        var tree = OrderedTree<ChangePosition, Mark>()
        var grown = OrderedTree<ChangePosition, Mark>()
        for number in 0..<9_000 {
            let position = ChangePosition(revision: Revision(Int64(number)))
            let mark = Mark(number: number, isLive: number % 3 != 0)
            if number == 5_000 { grown = tree }
            tree.append(position, mark)
        }
        let areWellFormed = tree.isWellFormed && grown.isWellFormed
        #expect(areWellFormed)
        #expect(tree.count == 9_000 && tree.liveCount == 6_000)
        #expect(grown.count == 5_000 && grown.last?.value.number == 4_999)
        #expect(tree.value(of: ChangePosition(revision: Revision(7_321)))?.number == 7_321)
    }

    @Test func keysThatDifferOnlyInZerosAreTold() {
        var tree = OrderedTree<ByteSlice, Mark>()
        let keys = (0..<200).map { ByteSlice([UInt8](repeating: 0, count: $0 + 1)) }
        for (number, key) in keys.reversed().enumerated() {
            tree.set(key, to: Mark(number: number, isLive: true))
        }
        let isWellFormed = tree.isWellFormed
        #expect(isWellFormed)
        #expect(keys.allSatisfy { tree.contains($0) })
    }
}
