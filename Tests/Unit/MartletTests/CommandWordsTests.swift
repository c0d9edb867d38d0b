import Testing

@testable import Martlet

@Suite struct CommandWordsTests {
    @Test(arguments: [
        ["strt"], ["Start", "--dev"], ["kv", "gte", "a"], ["cluster", "stauts"],
    ])
    func aMistypedCommandIsToldWhatWasMeant(_ words: [String]) throws {
        let complaint = try #require(CommandWords.complaint(words, under: Martlet.self))
        let meant = [
            "strt": "martlet start", "Start": "martlet start", "kv": "martlet kv get",
            "cluster": "martlet cluster status",
        ]
        #expect(complaint.fix == meant[words[0]])
    }

    @Test func aWordLikeNoOtherIsSentToTheHelp() {
        let complaint = CommandWords.complaint(["frobnicate"], under: Martlet.self)
        #expect(complaint?.failure == "'martlet frobnicate' is no command")
        #expect(complaint?.fix == "martlet --help")
    }

    @Test(arguments: [
        [], ["--help"], ["help", "start"], ["kv"], ["kv", "get", "strt"], ["kv", "--help"],
        ["start", "--dev"], ["version"],
    ])
    func whatTheParserUnderstandsIsLeftToIt(_ words: [String]) {
        #expect(CommandWords.complaint(words, under: Martlet.self) == nil)
    }
}
