import ArgumentParser
import Client
import Testing

@testable import Martlet

@Suite struct EndpointsTests {
    private func endpoints(_ text: String, timeout: Int = 5) throws -> [String] {
        var endpoints = try Endpoints.parse([])
        endpoints.endpoints = text
        endpoints.timeout = timeout
        return try endpoints.addresses().map { "\($0.host) \($0.port)" }
    }

    @Test func endpointsMayBeWrittenAsURLs() throws {
        #expect(
            try endpoints("http://10.0.0.1:2379/,[::1]:1,:2379")
                == ["10.0.0.1 2379", "::1 1", "127.0.0.1 2379"]
        )
    }

    @Test(arguments: [
        ("", "'' is not an address"), ("a", "'a' is not an address"),
        ("a:0", "'a:0' is not an address"), ("a:65536", "'a:65536' is not an address"),
        ("a:+1", "'a:+1' is not an address"), ("http://a:1/b", "'a:1/b' is not an address"),
        ("https://a:1", "'https://a:1' asks for TLS"),
    ])
    func whatIsNoEndpointIsRefused(_ text: String, failure: String) {
        let complaint = #expect(throws: Complaint.self) { try endpoints(text) }
        #expect(complaint?.failure == failure)
    }

    @Test func aTimeoutIsSomeTime() {
        let complaint = #expect(throws: Complaint.self) { try endpoints("a:1", timeout: 0) }
        #expect(complaint?.failure == "--timeout 0")
    }
}
