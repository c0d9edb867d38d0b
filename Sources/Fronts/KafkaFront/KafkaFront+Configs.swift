internal import Bytes
internal import Controller
internal import KafkaWire

/// Kafka's numbers for where a setting comes from.
enum ConfigSource: Int8 {
    case topic = 1
    case byDefault = 5

    static func of(_ definition: TopicSettingDefinition, in topic: TopicRecord) -> ConfigSource {
        topic.setting(definition.name) == nil ? .byDefault : .topic
    }
}

/// Kafka's numbers for what has settings.
private enum ConfigResource: Int8 {
    case topic = 2
    case broker = 4
}

// Settings of topics, read and changed. Nodes have theirs from `martlet start`, and no client changes
// them.
extension KafkaFront {
    func describeConfigs(_ request: DescribeConfigsRequest, _ call: Call) {
        refreshIndexes()
        let resources = request.resources.map { describe($0, request) }
        reply(DescribeConfigsResponse(resources: resources), to: call)
    }

    private func describe(
        _ wanted: DescribeConfigsRequest.Resource,
        _ request: DescribeConfigsRequest
    ) -> DescribeConfigsResponse.Resource {
        var answer = DescribeConfigsResponse.Resource(
            errorMessage: nil,
            resourceType: wanted.resourceType,
            resourceName: wanted.resourceName
        )
        switch ConfigResource(rawValue: wanted.resourceType) {
        case .topic:
            guard let entry = topics[ByteSlice(wanted.resourceName)] else {
                answer.errorCode = .unknownTopicOrPartition
                answer.errorMessage = "there is no topic '\(wanted.resourceName)'"
                break
            }
            answer.configs = TopicSettingDefinition.all
                .filter { wanted.configurationKeys?.contains($0.name) ?? true }
                .map { describe($0, of: entry.topic, request) }
        case .broker: break
        case nil:
            answer.errorCode = .invalidRequest
            answer.errorMessage = "only topics (2) and brokers (4) have settings"
        }
        return answer
    }

    private func describe(
        _ definition: TopicSettingDefinition,
        of topic: TopicRecord,
        _ request: DescribeConfigsRequest
    ) -> DescribeConfigsResponse.Config {
        let own = topic.setting(definition.name)
        let initial = DescribeConfigsResponse.Synonym(
            name: definition.name,
            value: definition.initial,
            source: ConfigSource.byDefault.rawValue
        )
        let synonyms =
            own.map {
                [
                    DescribeConfigsResponse.Synonym(
                        name: definition.name,
                        value: $0,
                        source: ConfigSource.topic.rawValue
                    ), initial,
                ]
            } ?? [initial]
        return DescribeConfigsResponse.Config(
            name: definition.name,
            value: own ?? definition.initial,
            configSource: ConfigSource.of(definition, in: topic).rawValue,
            synonyms: request.includeSynonyms ? synonyms : [],
            configType: definition.kind.rawValue,
            documentation: request.includeDocumentation ? definition.documentation : nil
        )
    }

    /// A setting that a topic may have.
    func sound(_ name: String, _ value: String?) -> Result<TopicSetting, TopicRefusal> {
        guard let definition = TopicSettingDefinition.named(name) else {
            return .failure(
                TopicRefusal(
                    .invalidConfig,
                    "'\(name)' is no setting of topics here; these are: "
                        + TopicSettingDefinition.all.map(\.name).joined(separator: ", ")
                )
            )
        }
        let value = value ?? definition.initial
        if let objection = definition.objection(value) {
            return .failure(TopicRefusal(.invalidConfig, "\(name)=\(value): \(objection)"))
        }
        return .success(TopicSetting(name: name, value: value))
    }

    /// All settings at once: those that are not named have their defaults again.
    func alterConfigs(_ request: AlterConfigsRequest, _ call: Call) {
        refreshIndexes()
        let parts = request.resources.map { resource in
            change(of: resource.resourceType, resource.resourceName, request.validateOnly) {
                (topic) throws(TopicRefusal) in
                var change = SettingsChange()
                change.removed = topic.settings.map(\.name)
                for config in resource.configs {
                    try change.set(sound(config.name, config.value).get())
                }
                return change
            }
        }
        propose(parts, call) { front, refusals in
            let resources = zip(request.resources, refusals).map { resource, refusal in
                AlterConfigsResponse.Resource(
                    errorCode: refusal?.code ?? .none,
                    errorMessage: refusal.flatMap { $0.code == .none ? nil : $0.message },
                    resourceType: resource.resourceType,
                    resourceName: resource.resourceName
                )
            }
            front.reply(AlterConfigsResponse(resources: resources), to: call)
        }
    }

    /// One setting at a time is set, or has its default again (KIP-339).
    func alterIncrementally(_ request: IncrementalAlterConfigsRequest, _ call: Call) {
        refreshIndexes()
        let parts = request.resources.map { resource in
            change(of: resource.resourceType, resource.resourceName, request.validateOnly) {
                (topic) throws(TopicRefusal) in
                var change = SettingsChange()
                for config in resource.configs { try apply(config, of: topic, to: &change) }
                return change
            }
        }
        propose(parts, call) { front, refusals in
            let resources = zip(request.resources, refusals).map { resource, refusal in
                IncrementalAlterConfigsResponse.Resource(
                    errorCode: refusal?.code ?? .none,
                    errorMessage: refusal.flatMap { $0.code == .none ? nil : $0.message },
                    resourceType: resource.resourceType,
                    resourceName: resource.resourceName
                )
            }
            front.reply(IncrementalAlterConfigsResponse(resources: resources), to: call)
        }
    }

    private func apply(
        _ config: IncrementalAlterConfigsRequest.Config,
        of topic: TopicRecord,
        to change: inout SettingsChange
    ) throws(TopicRefusal) {
        switch config.configOperation {
        case 0: change.set(try sound(config.name, config.value).get())
        case 1:
            _ = try sound(config.name, nil).get()
            change.removed.append(config.name)
        case 2, 3:
            guard let definition = TopicSettingDefinition.named(config.name),
                definition.kind == .list
            else {
                throw TopicRefusal(
                    .invalidConfig,
                    "'\(config.name)' is no list: set it, or delete it"
                )
            }
            let present = (topic.setting(config.name) ?? definition.initial).split(separator: ",")
            let given = (config.value ?? "").split(separator: ",")
            let list =
                config.configOperation == 2
                ? present + given.filter { !present.contains($0) }
                : present.filter { !given.contains($0) }
            change.set(try sound(config.name, list.joined(separator: ",")).get())
        default:
            throw TopicRefusal(
                .invalidRequest,
                "operation \(config.configOperation): 0 sets, 1 deletes, 2 appends, 3 subtracts"
            )
        }
    }

    private func change(
        of type: Int8,
        _ name: String,
        _ isDryRun: Bool,
        _ make: (TopicRecord) throws(TopicRefusal) -> SettingsChange
    ) -> Result<ClusterRecord, TopicRefusal> {
        guard ConfigResource(rawValue: type) == .topic else {
            return .failure(
                TopicRefusal(.invalidRequest, "only settings of topics (2) can be changed")
            )
        }
        guard let entry = topics[ByteSlice(name)] else {
            return .failure(TopicRefusal(.topicNotFound(name)))
        }
        do throws(TopicRefusal) {
            let change = try make(entry.topic)
            guard !isDryRun else { return .failure(TopicRefusal(.none, "")) }
            return .success(
                .topicConfigured(
                    topic: entry.topic.name,
                    settings: change.settings,
                    removed: change.removed
                )
            )
        } catch {
            return .failure(error)
        }
    }
}

/// What becomes of a topic's settings.
private struct SettingsChange {
    var settings: [TopicSetting] = []
    var removed: [String] = []

    mutating func set(_ setting: TopicSetting) { settings.append(setting) }
}
