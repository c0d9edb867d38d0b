internal import EtcdWire
internal import HTTP2Wire
internal import Model
internal import Telemetry

extension EtcdFront {
    /// The page of `/metrics`: what the front counts, and what its driver adds.
    func metricsPage() -> String {
        var page = Exposition()
        page.write(.serverVersion, labelled: ServerVersion.etcd)
        page.write(.clusterVersion, labelled: String(ServerVersion.cluster.dropLast(2)))
        page.write(.serverID, labelled: String(node.number, radix: 16))
        page.write(.healthSuccesses, counters.healthSuccesses)
        page.write(.healthFailures, counters.healthFailures)
        page.write(.events, counters.events)
        page.write(.connections, UInt64(connectionCount))
        page.write(.clientReceivedBytes, counters.receivedBytes)
        page.write(.clientSentBytes, counters.sentBytes)
        writeCalls(into: &page)
        writeMetrics(&page)
        return String(decoding: page.bytes, as: UTF8.self)
    }

    /// Every served method is shown from the start, with every code, as etcd does: a rate can only
    /// be taken of what was there before.
    private func writeCalls(into page: inout Exposition) {
        let counters = counters
        page.write(.callsStarted) { samples in
            for call in Self.callLabels {
                samples.add(call.labels, counters.started[Int(call.method.rawValue)])
            }
        }
        page.write(.messagesReceived) { samples in
            for call in Self.callLabels {
                samples.add(call.labels, counters.messagesReceived[Int(call.method.rawValue)])
            }
        }
        page.write(.messagesSent) { samples in
            for call in Self.callLabels {
                samples.add(call.labels, counters.messagesSent[Int(call.method.rawValue)])
            }
        }
        page.write(.callsEnded) { samples in
            for call in Self.callLabels {
                for (number, name) in Self.codeNames.enumerated() {
                    let code = GRPCStatusCode(rawValue: Int32(number))
                    samples.add(
                        "grpc_code=\"\(name)\",\(call.labels)",
                        counters.ended(call.method, code)
                    )
                }
            }
        }
    }

    private struct CallLabels {
        var method: EtcdMethod
        var labels: String
    }

    private static let callLabels: [CallLabels] = EtcdMethod.allCases
        .map { method in
            let words = method.path.split(separator: "/").map(String.init)
            let labels = Exposition.labels([
                ("grpc_method", words.last ?? ""),
                ("grpc_service", words.first ?? ""),
                ("grpc_type", type(of: method)),
            ])
            return CallLabels(method: method, labels: labels)
        }

    private static func type(of method: EtcdMethod) -> String {
        switch (method.streamsRequests, method.streamsResponses) {
        case (false, false): "unary"
        case (true, false): "client_stream"
        case (false, true): "server_stream"
        case (true, true): "bidi_stream"
        }
    }

    /// As grpc-go spells them, in the order of their numbers.
    private static let codeNames = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
        "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]
}
