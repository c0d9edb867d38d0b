"""A set by etcdctl, a process a call: elements are added, some or all are read, ranges are deleted."""
import json
import subprocess
import time

import etcd3.etcdrpc as rpc
from google.protobuf import json_format

from recording import CALL_SECONDS_MAX, RETRY_SECONDS, end_of, get, put
from workloads import Workload


class Elements(Workload):
    name = "etcdctl"
    clients = 2

    def step(self, client, chance):
        kind = chance.randrange(8)
        prefix = self.key("")
        if kind < 4:
            key = self.key(f"{chance.getrandbits(40):010x}")
            value = f"{client.number}"
            self.run(client, put(key, value.encode()), rpc.PutResponse, "put", key.decode(), value)
        elif kind < 6:
            self.run(client, get(prefix, range_end=end_of(prefix)), rpc.RangeResponse,
                     "get", "--prefix", prefix.decode())
        elif kind < 7:
            middle = self.key("8")
            self.run(client, get(prefix, range_end=middle, limit=3), rpc.RangeResponse,
                     "get", prefix.decode(), middle.decode(), "--limit", "3")
        else:
            first = self.key(f"{chance.randrange(16):x}")
            last = end_of(first)
            request = rpc.DeleteRangeRequest(key=first, range_end=last, prev_kv=True)
            self.run(client, request, rpc.DeleteRangeResponse,
                     "del", "--prev-kv", first.decode(), last.decode())

    def run(self, client, request, kind, *words):
        """One process, which asks all nodes in turn; what it prints is the answer."""
        command = [
            "/usr/bin/etcdctl", "--endpoints", ",".join(client.endpoints), "-w", "json",
            "--command-timeout", f"{CALL_SECONDS_MAX}s", "--dial-timeout", "1s", *words,
        ]
        invoked = time.monotonic_ns()
        record = (self.name, client.number, request, invoked)
        try:
            done = subprocess.run(command, capture_output=True, timeout=2 * CALL_SECONDS_MAX,
                                  env={"ETCDCTL_API": "3"}, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            self.history.call(*record)
            return
        returned = time.monotonic_ns()
        if done.returncode == 0:
            self.history.call(*record, returned, response=message(done.stdout, kind))
        elif b"context deadline exceeded" in done.stderr or not done.stderr:
            self.history.call(*record)
        else:
            # The last line is the error; warnings of the client's own may precede it.
            error = done.stderr.decode().strip().splitlines()[-1]
            self.history.call(*record, returned, code=2, error=error)
            time.sleep(RETRY_SECONDS)


def message(text, kind):
    """etcdctl prints the fields as Go names them: as the .proto file does."""
    return json_format.ParseDict(json.loads(text), kind(), ignore_unknown_fields=True)
