"""Many watchers, of all keys and of one, on every node, with and without the values before."""

import etcd3.etcdrpc as rpc

from recording import end_of, put, txn
from watching import Watcher
from workloads import Workload


class FanOut(Workload):
    name = "watch"
    clients = 2
    watchers_per_node = 4

    def __init__(self, *arguments):
        super().__init__(*arguments)
        prefix = self.key("")
        for number in range(len(self.endpoints) * self.watchers_per_node):
            kind = number // len(self.endpoints)
            fields = dict(key=prefix, range_end=end_of(prefix), prev_kv=kind % 2 == 0)
            if kind == 1:
                fields = dict(key=self.key("k", number % 5))
            if kind == 2:
                fields["filters"] = [rpc.WatchCreateRequest.NOPUT]
            self.watchers.append(
                Watcher(self.history, self.name, f"w{number}", self.endpoints, number, **fields))

    def step(self, client, chance):
        key = self.key("k", chance.randrange(5))
        value = b"%d-%d" % (client.number, chance.getrandbits(40))
        kind = chance.randrange(6)
        if kind < 3:
            client.call(put(key, value))
        elif kind < 5:
            other = self.key("pair", chance.randrange(5))
            client.call(txn([], [put(key, value), put(other, value)]))
        else:
            client.call(rpc.DeleteRangeRequest(key=key))
