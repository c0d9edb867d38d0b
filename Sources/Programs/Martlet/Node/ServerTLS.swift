import NIOSSL

/// TLS for clients, from PEM files.
enum ServerTLS {
    static func context(
        _ files: NodeConfiguration.TLSFiles
    ) throws(Complaint) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate)
                    .map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
            )
            configuration.minimumTLSVersion = .tlsv12
            // gRPC clients offer HTTP/2 alone. Who offers both, as curl does, wants the plain pages,
            // which are served by HTTP/1.1.
            configuration.applicationProtocols = ["http/1.1", "h2"]
            if let authority = files.clientAuthority {
                configuration.trustRoots = .certificates(
                    try NIOSSLCertificate.fromPEMFile(authority)
                )
                configuration.certificateVerification = .noHostnameVerification
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Complaint(
                failure: "cannot use \(files.certificate) and \(files.key) for TLS",
                cause: "\(error)",
                fix: "openssl x509 -in \(files.certificate) -noout -text"
            )
        }
    }
}
