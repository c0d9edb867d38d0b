"""aiokafka 0.14: asyncio, older versions of each request, read by its own codecs."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from saying import check, equal

BROKERS = sys.argv[1]


async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers=BROKERS)
    await admin.start()
    await admin.create_topics([NewTopic("async", 2, 1)])
    check("a topic is created and listed", "async" in await admin.list_topics())

    producer = AIOKafkaProducer(bootstrap_servers=BROKERS, enable_idempotence=True)
    await producer.start()
    placed = [await producer.send_and_wait("async", b"v%d" % n, partition=n % 2)
              for n in range(100)]
    await producer.stop()
    equal("an idempotent producer's offsets have no gaps",
          [one.offset for one in placed], [n // 2 for n in range(100)])

    consumer = AIOKafkaConsumer("async", bootstrap_servers=BROKERS, group_id="aio",
                                auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    found = [await asyncio.wait_for(consumer.getone(), 60) for _ in range(100)]
    equal("a group reads everything once", sorted(one.value for one in found),
          sorted(b"v%d" % n for n in range(100)))
    await consumer.commit()
    for partition in range(2):
        place = TopicPartition("async", partition)
        equal(f"the commit of partition {partition} is kept", await consumer.committed(place), 50)
    late = asyncio.ensure_future(consumer.getone())
    await asyncio.sleep(0.5)
    check("a fetch waits for records", not late.done())
    producer = AIOKafkaProducer(bootstrap_servers=BROKERS, compression_type="gzip")
    await producer.start()
    await producer.send_and_wait("async", b"late", partition=1)
    await producer.stop()
    equal("and is told of them", (await asyncio.wait_for(late, 60)).value, b"late")
    await consumer.stop()
    await admin.delete_topics(["async"])
    await admin.close()


asyncio.run(main())
