"""A few registers: put, get, delete, compare-and-swap, and lists that grow by it."""

import etcd3.etcdrpc as rpc

from recording import end_of, equal, get, put, txn
from workloads import Workload


class Register(Workload):
    name = "register"

    def step(self, client, chance):
        key = self.key("k", chance.randrange(4))
        value = b"%d-%d" % (client.number, chance.getrandbits(40))
        kind = chance.randrange(10)
        if kind < 2:
            client.call(put(key, value, prev_kv=chance.random() < 0.5))
        elif kind < 5:
            client.call(get(key))
        elif kind < 6:
            prefix = self.key("")
            client.call(get(prefix, range_end=end_of(prefix), serializable=chance.random() < 0.3))
        elif kind < 7:
            client.call(rpc.DeleteRangeRequest(key=key, prev_kv=True))
        else:
            self.append(client, self.key("list", chance.randrange(2)), value)

    def append(self, client, key, value):
        """Adds to what is there, if nobody else has meanwhile; else looks at what it is now."""
        found = client.call(get(key))
        if found is None:
            return
        version = found.kvs[0].version if found.kvs else 0
        before = found.kvs[0].value[-200:] if found.kvs else b""
        client.call(txn([equal(key, version=version)], [put(key, before + b"," + value)], [get(key)]))
