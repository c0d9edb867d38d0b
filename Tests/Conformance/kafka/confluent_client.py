"""confluent-kafka (librdkafka 2.16): topics, records, groups with rebalances, administration."""

import os
import sys
import threading

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
    OffsetSpec, ResourceType,
)
from saying import check, equal, until

BROKERS = sys.argv[1]
admin = AdminClient({"bootstrap.servers": BROKERS})


def done(futures):
    """The outcome of each, or its error's name."""
    found = {}
    for key, future in futures.items():
        try:
            found[key] = future.result(30)
        except KafkaException as error:
            found[key] = error.args[0].name()
    return found


def topics():
    outcome = done(admin.create_topics([
        NewTopic("orders", 6, 1, config={"retention.ms": "3600000"}),
        NewTopic("bad name", 1, 1),
        NewTopic("none", 0, 1),
        NewTopic("many", 1, 100),
        NewTopic("odd", 1, 1, config={"no.such.thing": "1"}),
        NewTopic("old", 1, 1, config={"retention.ms": "soon"}),
    ]))
    equal("topics are created or refused", outcome, {
        "orders": None, "bad name": "TOPIC_EXCEPTION", "none": "INVALID_PARTITIONS",
        "many": "INVALID_REPLICATION_FACTOR", "odd": "INVALID_CONFIG", "old": "INVALID_CONFIG",
    })
    equal("a topic is created once", done(admin.create_topics([NewTopic("orders", 1, 1)])),
          {"orders": "TOPIC_ALREADY_EXISTS"})
    equal("partitions become more", done(admin.create_partitions([NewPartitions("orders", 8)])),
          {"orders": None})
    equal("and never fewer", done(admin.create_partitions([NewPartitions("orders", 2)])),
          {"orders": "INVALID_PARTITIONS"})
    described = until("all partitions have leaders", lambda: leaders("orders", 8))
    check("all partitions have leaders", described)


def leaders(topic, count):
    found = admin.list_topics(topic, 10).topics[topic].partitions
    return len(found) == count and all(one.leader >= 0 and one.error is None
                                       for one in found.values())


def settings():
    resource = ConfigResource(ResourceType.TOPIC, "orders")
    found = list(done(admin.describe_configs([resource])).values())[0]
    equal("a setting is as it was given", found["retention.ms"].value, "3600000")
    equal("others have their defaults", found["max.message.bytes"].value, "1048588")
    resource = ConfigResource(ResourceType.TOPIC, "orders", incremental_configs=[
        ConfigEntry("max.message.bytes", "100000",
                    incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE)])
    list(done(admin.incremental_alter_configs([resource])).values())
    resource = ConfigResource(ResourceType.TOPIC, "orders")
    found = list(done(admin.describe_configs([resource])).values())[0]
    equal("settings change one by one",
          (found["max.message.bytes"].value, found["retention.ms"].value), ("100000", "604800000"))


def records():
    outcomes = []
    producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True,
                         "compression.type": "lz4", "linger.ms": 5})
    for number in range(2000):
        producer.produce("orders", key=b"%d" % number, value=b"value %d" % number,
                         on_delivery=lambda error, message: outcomes.append(
                             (error, message.partition(), message.offset())))
    producer.flush(60)
    # Alone in its batch: the limit is the batch's, and all in it would be refused.
    producer.produce("orders", value=os.urandom(200_000),
                     on_delivery=lambda error, _: outcomes.append(error.name()))
    left = producer.flush(60)
    equal("an idempotent producer is told of each record",
          (left, len(outcomes), [one for one in outcomes if isinstance(one, str)],
           [one for one in outcomes if not isinstance(one, str) and one[0] is not None]),
          (0, 2001, ["MSG_SIZE_TOO_LARGE"], []))
    by_partition = {}
    for _, partition, offset in (one for one in outcomes if not isinstance(one, str)):
        by_partition.setdefault(partition, []).append(offset)
    check("offsets of each partition have no gaps",
          all(sorted(offsets) == list(range(len(offsets))) for offsets in by_partition.values()),
          by_partition)
    return {partition: len(offsets) for partition, offsets in by_partition.items()}


def consume(consumer, count, seconds=60):
    found = []

    def more():
        for message in consumer.consume(count - len(found), 0.2):
            found.append((message.error(), message.partition(), message.offset(), message.value()))
        return len(found) >= count

    until(f"{count} records come", more, seconds)
    return found


def groups(counts):
    everything = sum(counts.values())
    settings = {"bootstrap.servers": BROKERS, "group.id": "g1", "auto.offset.reset": "earliest",
                "enable.auto.commit": False, "session.timeout.ms": 6000}
    one = Consumer(settings)
    one.subscribe(["orders"])
    found = consume(one, everything)
    equal("a group of one reads everything once",
          (len(found), len({(p, o) for _, p, o, _ in found}), {e for e, *_ in found}),
          (everything, everything, {None}))
    one.commit(asynchronous=False)
    committed = one.committed([TopicPartition("orders", p) for p in counts], 30)
    equal("commits are kept", {each.partition: each.offset for each in committed}, counts)

    two = Consumer(settings)
    two.subscribe(["orders"])

    def shared():
        one.poll(0.1)
        two.poll(0.1)
        mine, theirs = one.assignment(), two.assignment()
        return len(mine) == 4 and len(theirs) == 4 and not {
            each.partition for each in mine} & {each.partition for each in theirs}

    check("two members share the partitions", until("a rebalance ends", shared))
    two.close()
    check("who is left has them all", until(
        "a second rebalance ends", lambda: one.poll(0.1) or len(one.assignment()) == 8))
    described = done(admin.describe_consumer_groups(["g1"]))["g1"]
    equal("the group is described",
          (described.state.name, len(described.members), described.partition_assignor),
          ("STABLE", 1, "range"))
    listed = admin.list_consumer_groups().result(30)
    equal("and listed", [each.group_id for each in listed.valid], ["g1"])
    equal("a group with members is not deleted", done(admin.delete_consumer_groups(["g1"])),
          {"g1": "NON_EMPTY_GROUP"})
    one.close()
    equal("one without is", done(admin.delete_consumer_groups(["g1"])), {"g1": None})


def static_members():
    settings = {"bootstrap.servers": BROKERS, "group.id": "static",
                "auto.offset.reset": "earliest", "group.instance.id": "i1",
                "session.timeout.ms": 30000}
    def has_all(member):
        member.poll(0.1)
        return len(member.assignment()) == 8

    first = Consumer(settings)
    first.subscribe(["orders"])
    check("a static member joins", until("it has partitions", lambda: has_all(first)))
    first.close()
    second = Consumer(settings)
    second.subscribe(["orders"])
    check("and has its partitions again at once",
          until("it has partitions again", lambda: has_all(second), 20))
    described = done(admin.describe_consumer_groups(["static"]))["static"]
    equal("it is one member", [each.group_instance_id for each in described.members], ["i1"])
    second.close()


def cooperative():
    settings = {"bootstrap.servers": BROKERS, "group.id": "cooperative",
                "auto.offset.reset": "earliest", "session.timeout.ms": 6000,
                "partition.assignment.strategy": "cooperative-sticky"}
    members = [Consumer(settings) for _ in range(3)]
    for member in members:
        member.subscribe(["orders"])

    def shared():
        for member in members:
            member.poll(0.1)
        found = [each.partition for member in members for each in member.assignment()]
        return sorted(found) == list(range(8)) and all(member.assignment() for member in members)

    check("three cooperative members share the partitions", until("they settle", shared))
    for member in members:
        member.close()


def offsets(counts):
    latest = done(admin.list_offsets(
        {TopicPartition("orders", p): OffsetSpec.latest() for p in counts}))
    equal("logs end where the records do",
          {place.partition: found.offset for place, found in latest.items()}, counts)
    deleted = done(admin.delete_records([TopicPartition("orders", p, 3) for p in counts]))
    equal("records are deleted",
          {found.low_watermark for found in deleted.values()}, {3})
    earliest = done(admin.list_offsets(
        {TopicPartition("orders", p): OffsetSpec.earliest() for p in counts}))
    equal("and logs begin behind them", {found.offset for found in earliest.values()}, {3})


def many_producers():
    """Several at once, each of which keeps its order."""
    admin.create_topics([NewTopic("busy", 1, 1)])["busy"].result(30)
    until("it has a leader", lambda: leaders("busy", 1))

    def run(name):
        producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True})
        for number in range(500):
            producer.produce("busy", value=b"%s %d" % (name, number))
            producer.poll(0)
        producer.flush(60)

    threads = [threading.Thread(target=run, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "busy",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe(["busy"])
    found = [value.split() for _, _, _, value in consume(consumer, 1500)]
    consumer.close()
    check("each producer's records are in its order", all(
        [int(number) for owner, number in found if owner == name] == list(range(500))
        for name in (b"a", b"b", b"c")))


def deletion():
    equal("topics are deleted or unknown", done(admin.delete_topics(["orders", "nothing"])),
          {"orders": None, "nothing": "UNKNOWN_TOPIC_OR_PART"})
    check("a deleted topic is gone", until(
        "it goes", lambda: "orders" not in admin.list_topics(timeout=10).topics))


def cluster():
    described = admin.describe_cluster().result(30)
    check("the cluster has a controller among its brokers",
          described.controller.id in {node.id for node in described.nodes})


topics()
settings()
counts = records()
groups(counts)
static_members()
cooperative()
offsets(counts)
many_producers()
cluster()
deletion()
