extension EtcdMethod {
    /// Itself if the bytes are its path.
    func ifNamed(_ bytes: UnsafeRawBufferPointer) -> EtcdMethod? {
        Self.matches(bytes, path) ? self : nil
    }

    /// Whether requests name a service that there is, if perhaps not its method.
    public static func hasService(_ name: UnsafeRawBufferPointer) -> Bool {
        services.contains { matches(name, $0) }
    }

    private static func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes.elementsEqual($0) }
    }
}
