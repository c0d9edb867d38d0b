"""Nodes are killed while an idempotent producer writes and a group reads: nothing is lost or doubled."""

import itertools
import json
import signal
import subprocess
import time
from pathlib import Path

from clients import PYTHON
from cluster import Cluster

PROGRAM = Path(__file__).resolve().with_name("kills_client.py")
KILLS = 6
SECONDS = 240


def compare(checks, _system):
    with Cluster("martlet", 3) as cluster:
        brokers = ",".join(node.kafka for node in cluster.nodes)
        client = subprocess.Popen(
            [str(PYTHON), "-B", str(PROGRAM), brokers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            # Its first line says that it writes.
            first = client.stdout.readline()
            checks.check("kills: the client has begun", first, client.poll())
            for node in itertools.islice(itertools.cycle(cluster.nodes), KILLS):
                node.end(signal.SIGKILL)
                time.sleep(1.5)
                node.start()
                cluster.wait_ready([node])
                time.sleep(0.5)
            out, err = client.communicate("stop\n", timeout=SECONDS)
        finally:
            if client.poll() is None:
                client.kill()
                client.wait()
        for line in out.splitlines():
            what, holds, detail = json.loads(line)
            checks.check(f"kills: {what}", holds, detail)
        checks.check("kills: the client ran to its end", client.returncode == 0, err[-2000:])
