"""Many keys, read page by page at one revision while others write, and a compaction now and then:
what is compacted is refused, what is not is there."""

import time

import etcd3.etcdrpc as rpc

from recording import end_of, get, put
from workloads import Workload

KEYS = 150
PAGE = 20
COMPACT_SECONDS = 1.5


class Pages(Workload):
    name = "pages"
    clients = 4
    compacted_at = 0.0

    def step(self, client, chance):
        if client.number == 0:
            self.compact(client, chance)
        if client.number <= 1:
            key = self.key(f"{chance.randrange(KEYS):04}")
            client.call(put(key, b"%d" % chance.getrandbits(60)))
        elif chance.random() < 0.8:
            self.read_all(client, chance)
        else:
            self.read_past(client, chance)

    def compact(self, client, chance):
        """Only what the watch on everything has been told: the checkers need every revision."""
        if time.monotonic() < self.compacted_at + COMPACT_SECONDS:
            return
        self.compacted_at = time.monotonic()
        revision = self.recorder.next_revision - 1 - chance.randrange(50)
        if revision > 1:
            client.call(rpc.CompactionRequest(revision=revision, physical=False))

    def read_all(self, client, chance):
        start, end, revision = self.key(""), end_of(self.key("")), 0
        order = rpc.RangeRequest.NONE
        while True:
            page = client.call(get(
                start, range_end=end, limit=PAGE, revision=revision, sort_order=order))
            if page is None or not page.more or self.is_ended.is_set():
                return
            revision = revision or page.header.revision
            start = page.kvs[-1].key + b"\0"
            if chance.random() < 0.1:
                time.sleep(0.2)

    def read_past(self, client, chance):
        """At a revision that may be compacted."""
        revision = max(2, self.recorder.next_revision - 1 - chance.randrange(100))
        start = self.key(f"{chance.randrange(KEYS):04}")
        client.call(get(start, range_end=end_of(self.key("")), limit=5, revision=revision,
                        keys_only=chance.random() < 0.3))
