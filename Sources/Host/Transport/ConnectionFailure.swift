internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
import Glibc
#endif

/// Why no connection came about, or a port could not be listened on, in the system's own words.
public enum ConnectionFailure {
    public static func sentence(of error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence(of: $0.error) }
                ?? "the name '\(error.host)' has no address"
        case SocketAddressError.unknown(let host, _): "the name '\(host)' has no address"
        case let error as SocketAddressError.UnknownHost:
            "the name '\(error.host)' has no address"
        default: "\(error)"
        }
    }
}
