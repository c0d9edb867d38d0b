import NIOSSL

@testable import Transport

/// Certificates made for these tests only, valid until 2126: two authorities, and of each a node's
/// certificate for 127.0.0.1 and localhost.
enum Certificates {
    case ours
    case others

    /// What a node configures that has this authority's certificate, and trusts it.
    func configuration() throws -> TLSConfiguration {
        let authority = Array((self == .ours ? Self.ourAuthority : Self.othersAuthority).utf8)
        let certificate = Array((self == .ours ? Self.ourNode : Self.othersNode).utf8)
        let key = Array((self == .ours ? Self.ourKey : Self.othersKey).utf8)
        return PeerTLS.configuration(
            chain: try NIOSSLCertificate.fromPEMBytes(certificate),
            key: try NIOSSLPrivateKey(bytes: key, format: .pem),
            authorities: try NIOSSLCertificate.fromPEMBytes(authority)
        )
    }

    private static let ourAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBnzCCAUWgAwIBAgIUbx9DAoNrHmuxPCTs9HvdBRMP1X4wCgYIKoZIzj0EAwIw
        JDEiMCAGA1UEAwwZTWFydGxldCB0ZXN0IGF1dGhvcml0eSBjYTAgFw0yNjExMjMw
        MTMyMzFaGA8yMTI2MTAzMDAxMzIzMVowJDEiMCAGA1UEAwwZTWFydGxldCB0ZXN0
        IGF1dGhvcml0eSBjYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMmvm4cJ10eR
        pWOSCFFn6AZTFoQt0GQG0zCgCqvKq0KvokdAM6Pq9EUsSxqBSIQfTFh21SczsuDU
        jotMndipAOKjUzBRMB0GA1UdDgQWBBSg8CNseKrJI+FsM9gFiMIHOCuveTAfBgNV
        HSMEGDAWgBSg8CNseKrJI+FsM9gFiMIHOCuveTAPBgNVHRMBAf8EBTADAQH/MAoG
        CCqGSM49BAMCA0gAMEUCIQCE8FpBBAmrrOtoXBf2vobz+uT1Bq66swjJx4/wYUvR
        IgIgPEiwMyAWS/4NN3F+x/WFrMpzzLQ35xdvwcxThM/SmNQ=
        -----END CERTIFICATE-----
        """

    private static let ourNode = """
        -----BEGIN CERTIFICATE-----
        MIIBszCCAVqgAwIBAgIUCxa1mTXy7nkUsuMzST5Dq9I+128wCgYIKoZIzj0EAwIw
        JDEiMCAGA1UEAwwZTWFydGxldCB0ZXN0IGF1dGhvcml0eSBjYTAgFw0yNjExMjMw
        MTMyMzFaGA8yMTI2MTAzMDAxMzIzMVowDzENMAsGA1UEAwwEbm9kZTBZMBMGByqG
        SM49AgEGCCqGSM49AwEHA0IABBGsqmJXffk3MpnnADXGfAcJ++oUaV65UXrR0FAd
        9Iuu7cc2ru6jIJBSSEzCPIXbKdQLnmZOTE9OGKt256xP19KjfTB7MBoGA1UdEQQT
        MBGHBH8AAAGCCWxvY2FsaG9zdDAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUH
        AwIwHQYDVR0OBBYEFBtCbTyWWI/tTIezhh3E5uJe0ZaLMB8GA1UdIwQYMBaAFKDw
        I2x4qskj4Wwz2AWIwgc4K695MAoGCCqGSM49BAMCA0cAMEQCIEjrYm4TnuOhsZtG
        ustALLUZGz5TWxM7FO0OXencXg2kAiBnzgyfPQeAVn4eiB+VZ/oXnPcOfqrI1Q+t
        H1iWjsEjYQ==
        -----END CERTIFICATE-----
        """

    private static let ourKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5T5n9KqI/0G1VsRS
        mgpsTOGr+z4CLtszhRHH6iS+62ChRANCAAQRrKpiV335NzKZ5wA1xnwHCfvqFGle
        uVF60dBQHfSLru3HNq7uoyCQUkhMwjyF2ynUC55mTkxPThirduesT9fS
        -----END PRIVATE KEY-----
        """

    private static let othersAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBpTCCAUugAwIBAgIUU4q+XqNmc7Q/D1Ifoyq0GPgZu8cwCgYIKoZIzj0EAwIw
        JzElMCMGA1UEAwwcTWFydGxldCB0ZXN0IGF1dGhvcml0eSBvdGhlcjAgFw0yNjEx
        MjMwMTMyMzFaGA8yMTI2MTAzMDAxMzIzMVowJzElMCMGA1UEAwwcTWFydGxldCB0
        ZXN0IGF1dGhvcml0eSBvdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABErJ
        9EeBUwjgbPh96tC7QQBwW5nnuT7ZtFFVwoukevltFqwmha1WpIoEjwNELuZtMUzT
        QvgSsaNMUCjBSrMgxbqjUzBRMB0GA1UdDgQWBBSlE6vNAgfFH/cJduhE5tSgrt1O
        fTAfBgNVHSMEGDAWgBSlE6vNAgfFH/cJduhE5tSgrt1OfTAPBgNVHRMBAf8EBTAD
        AQH/MAoGCCqGSM49BAMCA0gAMEUCIQChoAZg7olrLcJDdlyu/kofdsWDeDt7FWcp
        z87HipIPKwIgEiXrRewMjueVCu9qBGfKqKqIveTIWeVhymo0OHcKIFc=
        -----END CERTIFICATE-----
        """

    private static let othersNode = """
        -----BEGIN CERTIFICATE-----
        MIIBtzCCAV2gAwIBAgIUL6zZ3iYDGKrKraynQdTWn6BJGRYwCgYIKoZIzj0EAwIw
        JzElMCMGA1UEAwwcTWFydGxldCB0ZXN0IGF1dGhvcml0eSBvdGhlcjAgFw0yNjEx
        MjMwMTMyMzFaGA8yMTI2MTAzMDAxMzIzMVowDzENMAsGA1UEAwwEbm9kZTBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABOrcCxO9gBG3depGT0Gb4mW+YeW6GHzdcjgd
        1oSIJWCcrBcYWto0dZVBlJiwUMdp2D/Xsp4RemijXIgB/OdigeijfTB7MBoGA1Ud
        EQQTMBGHBH8AAAGCCWxvY2FsaG9zdDAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYB
        BQUHAwIwHQYDVR0OBBYEFAl5DFqjWFr7ix0uDkkotEw4ZZBOMB8GA1UdIwQYMBaA
        FKUTq80CB8Uf9wl26ETm1KCu3U59MAoGCCqGSM49BAMCA0gAMEUCIFSRQdzk0DsJ
        soSyN1DK8AQ8ArCyiRdNUB3+GmUtHFIxAiEAsHYhEOuzypICXW/GLTIC8c04JeTj
        1hyrxXjSMH3reCY=
        -----END CERTIFICATE-----
        """

    private static let othersKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgamelrQC6t/8Q2VG3
        BmIjYckGgjP/b0EP+gY885e1NbehRANCAATq3AsTvYARt3XqRk9Bm+JlvmHluhh8
        3XI4HdaEiCVgnKwXGFraNHWVQZSYsFDHadg/17KeEXpoo1yIAfznYoHo
        -----END PRIVATE KEY-----
        """
}
