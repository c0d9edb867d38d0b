internal import EtcdFront

extension NodeConfiguration {
    /// What the front is told; its own defaults where nothing was said.
    var frontSettings: EtcdFrontSettings {
        var settings = EtcdFrontSettings()
        if let progressNanoseconds { settings.progressNanoseconds = progressNanoseconds }
        return settings
    }
}
