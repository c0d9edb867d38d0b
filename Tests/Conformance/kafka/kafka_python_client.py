"""kafka-python 3: a client with codecs of its own, strict about what it reads."""

import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from saying import check, equal

BROKERS = sys.argv[1].split(",")

admin = KafkaAdminClient(bootstrap_servers=BROKERS)
admin.create_topics([NewTopic("events", num_partitions=3, replication_factor=1)])
check("a topic is created and listed", "events" in admin.list_topics())

producer = KafkaProducer(bootstrap_servers=BROKERS, acks="all", compression_type="gzip")
futures = [producer.send("events", key=b"%d" % n, value=b"v%d" % n, headers=[("h", b"%d" % n)])
           for n in range(300)]
producer.flush(60)
placed = [future.get(30) for future in futures]
check("offsets of each partition have no gaps", all(
    sorted(one.offset for one in placed if one.partition == p)
    == list(range(sum(one.partition == p for one in placed))) for p in range(3)))
producer.close()

consumer = KafkaConsumer("events", bootstrap_servers=BROKERS, group_id="kp",
                         auto_offset_reset="earliest", enable_auto_commit=False,
                         consumer_timeout_ms=15000)
found = []
for record in consumer:
    found.append((record.key, record.value, record.headers[0][1]))
    if len(found) == 300:
        break
equal("a group reads everything once", sorted(found),
      sorted((b"%d" % n, b"v%d" % n, b"%d" % n) for n in range(300)))
consumer.commit()
ends = consumer.end_offsets([TopicPartition("events", p) for p in range(3)])
committed = {place: consumer.committed(place) for place in ends}
equal("commits are kept", committed, ends)
begin = consumer.beginning_offsets(list(ends))
equal("logs begin at 0", set(begin.values()), {0})
times = consumer.offsets_for_times({place: 0 for place in ends})
equal("the first record is the first by time", {one.offset for one in times.values()}, {0})
consumer.close()
groups = admin.list_groups() if hasattr(admin, "list_groups") else admin.list_consumer_groups()
check("the group is listed", "kp" in str(groups), groups)
admin.delete_topics(["events"])
check("a deleted topic is gone", "events" not in admin.list_topics())
admin.close()
