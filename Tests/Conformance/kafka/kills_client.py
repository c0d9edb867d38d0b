"""Writes into six partitions and reads them in a group until told to stop; then compares."""

import sys
import threading
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from saying import check, equal

BROKERS = sys.argv[1]
PARTITIONS = 6

admin = AdminClient({"bootstrap.servers": BROKERS})
admin.create_topics([NewTopic("killed", PARTITIONS, 3)])["killed"].result(60)
stopping = threading.Event()
acknowledged = {}
failed = []
seen = []


def note(error, message):
    if error is not None:
        failed.append(str(error))
    else:
        acknowledged[int(message.value())] = (message.partition(), message.offset())


def write():
    producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True,
                         "linger.ms": 5, "message.timeout.ms": 120000})
    number = 0
    while not stopping.is_set():
        producer.produce("killed", value=b"%d" % number, partition=number % PARTITIONS,
                         on_delivery=note)
        number += 1
        producer.poll(0)
        time.sleep(0.001)
    left = producer.flush(120)
    equal("every record has an outcome", (left, failed[:3]), (0, []))
    equal("every record is acknowledged", len(acknowledged), number)


def read():
    """In a group, from the committed offsets on whenever its coordinator dies."""
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "killed",
                         "auto.offset.reset": "earliest", "session.timeout.ms": 10000})
    consumer.subscribe(["killed"])
    deadline = None
    while True:
        for message in consumer.consume(1000, 0.2):
            if message.error() is None:
                seen.append((int(message.value()), message.partition(), message.offset()))
        if not writer.is_alive():
            deadline = deadline or time.monotonic() + 90
            if len({number for number, *_ in seen}) >= len(acknowledged):
                break
            if time.monotonic() > deadline:
                break
    consumer.close()


writer = threading.Thread(target=write)
reader = threading.Thread(target=read)
writer.start()
reader.start()
print("writing", flush=True)
sys.stdin.readline()
stopping.set()
writer.join()
reader.join()

places = {}
for number, partition, offset in seen:
    places.setdefault((partition, offset), set()).add(number)
check("no place ever held two records", all(len(one) == 1 for one in places.values()))
held = {}
for (partition, offset), numbers in places.items():
    held.setdefault(next(iter(numbers)), set()).add((partition, offset))
missing = [number for number in acknowledged if number not in held]
equal("every acknowledged record was read", missing[:10], [])
check("no record is there twice", all(len(one) == 1 for one in held.values()),
      [(number, sorted(one)) for number, one in held.items() if len(one) > 1][:5])
equal("each is where it was said to be",
      [n for n, place in acknowledged.items() if held.get(n) != {place}][:10], [])
for partition in range(PARTITIONS):
    order = [number for (p, _), numbers in sorted(places.items()) for number in numbers
             if p == partition]
    check(f"partition {partition} keeps the producer's order", order == sorted(order))
check("there was something to lose", len(acknowledged) > 1000, len(acknowledged))
