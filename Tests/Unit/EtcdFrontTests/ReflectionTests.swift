import Bytes
import EtcdFront
import EtcdWire
import HTTP2Wire
import KeyspaceModel
import Testing

@Suite struct ReflectionTests {
    private typealias Question = ServerReflectionRequest.MessageRequest
    private typealias Answer = ServerReflectionResponse.MessageResponse

    private func ask(
        _ questions: [Question],
        by method: EtcdMethod = .serverReflectionInfo
    ) throws -> [Answer?] {
        let client = try TestClient(Node())
        let stream = client.open(method)
        for question in questions {
            let request = ServerReflectionRequest(host: "h", messageRequest: question)
            client.http.sendMessage(stream, request.encoded)
        }
        client.http.finishRequest(stream)
        let responses = try client.take(stream, as: ServerReflectionResponse.self)
        #expect(client.reply(stream).status == .ok)
        #expect(responses.map(\.originalRequest?.messageRequest) == questions)
        #expect(responses.allSatisfy { $0.validHost == "h" })
        return responses.map(\.messageResponse)
    }

    @Test(arguments: [EtcdMethod.serverReflectionInfo, .serverReflectionInfoAlpha])
    func theServicesAreListed(_ method: EtcdMethod) throws {
        let services = EtcdMethod.services.sorted().map { ServiceResponse(name: $0) }
        #expect(
            try ask([.listServices("*")], by: method)
                == [.listServicesResponse(ListServiceResponse(service: services))]
        )
    }

    @Test func filesComeByNameAndBySymbolWithWhatTheyImport() throws {
        let names = ["v3lock.proto", "rpc.proto", "kv.proto"]
        let lock = Answer.fileDescriptorResponse(
            FileDescriptorResponse(
                fileDescriptorProto: names.compactMap { ProtoFile.named($0)?.descriptor }
            )
        )
        let answers = try ask([
            .fileByFilename("v3lock.proto"), .fileContainingSymbol("v3lockpb.Lock.Lock"),
        ])
        #expect(answers == [lock, lock])
    }

    @Test func whatIsNotThereIsNotFoundAndTheStreamGoesOn() throws {
        let extended = ExtensionRequest(containingType: "mvccpb.Event", extensionNumber: 5)
        let answers = try ask([
            .fileByFilename("auth.proto"), .fileContainingSymbol("authpb.User"),
            .fileContainingExtension(extended), .allExtensionNumbersOfType("authpb.User"),
            .allExtensionNumbersOfType("mvccpb.Event"),
        ])
        for answer in answers.prefix(4) {
            guard case .errorResponse(let error)? = answer else {
                Issue.record("no error: \(String(describing: answer))")
                continue
            }
            #expect(error.errorCode == GRPCStatusCode.notFound.rawValue)
        }
        #expect(
            answers.last
                == .allExtensionNumbersResponse(
                    ExtensionNumberResponse(baseTypeName: "mvccpb.Event")
                )
        )
    }

    @Test func aQuestionWithoutContentEndsTheStream() throws {
        let client = try TestClient(Node())
        let stream = client.open(.serverReflectionInfo)
        try client.say(ServerReflectionRequest(host: "h"), on: stream)
        #expect(client.reply(stream).status == .invalidArgument)
    }

    @Test func aStoppedFrontEndsTheStream() throws {
        let node = Node()
        let client = try TestClient(node)
        let stream = client.open(.serverReflectionInfo)
        try client.exchange()
        node.front.stop()
        try client.exchange()
        #expect(client.reply(stream).status == .unavailable)
    }
}
