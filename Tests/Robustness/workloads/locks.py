"""Leases and locks by etcd's recipe, and what they guard, written by a transaction that asks whether
the lock's key is still there. Some holders sleep longer than their lease lives, and write all the
same: that must be refused."""

import time

import etcd3.etcdrpc as rpc

from recording import end_of, equal, get, put, txn
from workloads import Workload

TTL = 2
WAIT_SECONDS_MAX = 6


class Locks(Workload):
    name = "locks"
    clients = 5

    def step(self, client, chance):
        lease = chance.getrandbits(62) | 1
        granted = client.call(rpc.LeaseGrantRequest(TTL=TTL, ID=lease))
        if granted is None:
            return
        lock = str(chance.randrange(2))
        key = self.key("lock", lock, f"{lease:x}")
        created = self.enter(client, key, lease)
        if created and self.wait(client, lock, key, lease):
            self.write(client, chance, lock, key, created, lease)
        self.leave(client, chance, key, lease)

    def enter(self, client, key, lease):
        """Puts the contender's key; the revision of that, if it is there."""
        is_new = equal(key, create_revision=0)
        entered = client.call(txn([is_new], [put(key, b"", lease=lease)], [get(key)]))
        if entered is None:
            return None
        if entered.succeeded:
            return entered.header.revision
        kvs = entered.responses[0].response_range.kvs
        return kvs[0].create_revision if kvs else None

    def wait(self, client, lock, key, lease):
        """Until nobody older contends; the lease is kept alive meanwhile."""
        prefix = self.key("lock", lock, "")
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < deadline and not self.is_ended.is_set():
            found = client.call(get(
                prefix, range_end=end_of(prefix), serializable=False))
            if found is not None:
                oldest = min(found.kvs, key=lambda pair: pair.create_revision, default=None)
                if oldest is None or all(pair.key != key for pair in found.kvs):
                    return False
                if oldest.key == key:
                    return True
            client.call(rpc.LeaseKeepAliveRequest(ID=lease))
            time.sleep(0.1)
        return False

    def write(self, client, chance, lock, key, created, lease):
        oversleeps = chance.random() < 0.1
        for number in range(3):
            if oversleeps and number == 1:
                self.is_ended.wait(TTL * 1.5)
            holds = equal(key, create_revision=created)
            value = b"%s@%d %d" % (key, created, number)
            client.call(txn([holds], [put(self.key("guarded", lock), value)], [get(key)]))
            if not oversleeps:
                client.call(rpc.LeaseKeepAliveRequest(ID=lease))
            time.sleep(0.03)

    def leave(self, client, chance, key, lease):
        """By deleting the key, by revoking the lease, or by falling silent."""
        kind = chance.randrange(4)
        if kind < 2:
            client.call(rpc.DeleteRangeRequest(key=key))
        if kind != 3:
            client.call(rpc.LeaseRevokeRequest(ID=lease))
