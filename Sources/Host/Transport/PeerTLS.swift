public import NIOSSL

/// Mutual TLS between nodes: both sides show a certificate that the cluster's authority has signed.
public enum PeerTLS {
    /// Reads PEM files.
    ///
    /// The peers' names or addresses must be in their certificates, as those who dial check them.
    public static func configuration(
        certificateFile: String,
        keyFile: String,
        authoritiesFile: String
    ) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
        let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
        let authorities = try NIOSSLCertificate.fromPEMFile(authoritiesFile)
        return configuration(chain: chain, key: key, authorities: authorities)
    }

    /// One configuration for both roles: a node dials and accepts with the same identity.
    static func configuration(
        chain: [NIOSSLCertificate],
        key: NIOSSLPrivateKey,
        authorities: [NIOSSLCertificate]
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        configuration.trustRoots = .certificates(authorities)
        // On the accepting side it demands a certificate, whose name nobody can know beforehand.
        configuration.certificateVerification = .fullVerification
        return configuration
    }
}
