internal import Bytes
internal import EtcdWire
internal import HTTP2Wire
internal import KeyspaceModel

/// gRPC's server reflection: clients that have no `.proto` files ask for them.
extension EtcdConnection {
    func serveReflection(_ key: CallKey, _ message: UnsafeRawBufferPointer) {
        guard let request: ServerReflectionRequest = decode(key, message) else { return }
        guard let question = request.messageRequest else {
            return fail(key, GRPCStatus(.invalidArgument, "invalid MessageRequest"))
        }
        send(
            key,
            ServerReflectionResponse(
                validHost: request.host,
                originalRequest: request,
                messageResponse: Self.answer(to: question)
            )
        )
    }

    private static func answer(
        to question: ServerReflectionRequest.MessageRequest
    ) -> ServerReflectionResponse.MessageResponse {
        switch question {
        case .fileByFilename(let name):
            answer(ProtoFile.named(name), or: "File not found: \(name)")
        case .fileContainingSymbol(let symbol):
            answer(ProtoFile.defining(symbol), or: "Symbol not found: \(symbol)")
        case .fileContainingExtension(let wanted):
            // proto3 has extensions of options only, and these files have none.
            notFound("Extension not found: \(wanted.containingType)")
        case .allExtensionNumbersOfType(let type):
            ProtoFile.defining(type) == nil
                ? notFound("Type not found: \(type)")
                : .allExtensionNumbersResponse(ExtensionNumberResponse(baseTypeName: type))
        case .listServices:
            .listServicesResponse(
                ListServiceResponse(
                    service: EtcdMethod.services.sorted().map { ServiceResponse(name: $0) }
                )
            )
        }
    }

    private static func answer(
        _ file: ProtoFile?,
        or failure: String
    ) -> ServerReflectionResponse.MessageResponse {
        guard let file else { return notFound(failure) }
        let descriptors = file.withImports.map(\.descriptor)
        return .fileDescriptorResponse(FileDescriptorResponse(fileDescriptorProto: descriptors))
    }

    private static func notFound(_ text: String) -> ServerReflectionResponse.MessageResponse {
        let code = Int32(GRPCStatusCode.notFound.rawValue)
        return .errorResponse(ErrorResponse(errorCode: code, errorMessage: text))
    }
}
