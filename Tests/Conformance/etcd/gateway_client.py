"""What PyPI's etcd3gw is told, printed for comparison; run by gateway.py."""

import sys
import threading

from etcd3gw.client import Etcd3Client
from etcd3gw.lock import Lock


def main(host, port):
    client = Etcd3Client(host=host, port=int(port), timeout=10)
    print("put", client.put("a", "1"), client.put("a/b", "2"))
    print("get", client.get("a"), client.get("nothing"))
    print("prefix", [(value, pair["key"]) for value, pair in client.get_prefix("a/")])
    print("all", len(client.get_all()))
    print("create", client.create("c", "1"), client.create("c", "2"))
    print("replace", client.replace("c", "1", "3"), client.replace("c", "1", "4"), client.get("c"))
    lease = client.lease(ttl=60)
    print("lease", lease.ttl() > 50, lease.refresh(), lease.keys())
    print("leased", client.put("leased", "1", lease=lease), lease.keys())
    print("revoke", lease.revoke(), client.get("leased"))
    lock = Lock("name", ttl=60, client=client)
    print("lock", lock.acquire(), lock.is_acquired(), Lock("name", ttl=60, client=client).acquire())
    print("release", lock.release(), lock.is_acquired())
    events, cancel = client.watch_prefix("w")
    seen = []
    reader = threading.Thread(target=lambda: seen.append(next(events)))
    reader.start()
    client.put("w/1", "x")
    reader.join(10)
    cancel()
    print("watched", [(event["kv"]["key"], event["kv"]["value"]) for event in seen])
    print("delete", client.delete("a"), client.delete_prefix("a"), client.get("a/b"))
    print("members", len(list(client.members())), bool(client.status()["leader"]))
    print("done")


main(*sys.argv[1:])
