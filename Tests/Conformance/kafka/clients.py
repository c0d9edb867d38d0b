"""The Python clients of Kafka's protocol, each with codecs of its own, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

from cluster import ROOT, Cluster

PYTHON = ROOT / ".build-venv-kafka" / "bin" / "python"
HERE = Path(__file__).resolve().parent
CLIENTS = {
    "confluent-kafka": HERE / "confluent_client.py",
    "kafka-python": HERE / "kafka_python_client.py",
    "aiokafka": HERE / "aiokafka_client.py",
}
SECONDS = 300


def compare(checks, _system):
    for count in (1, 3):
        for name, program in CLIENTS.items():
            title = f"{name}, {count} node" + ("s" if count > 1 else "")
            with Cluster("martlet", count) as cluster:
                brokers = ",".join(node.kafka for node in cluster.nodes)
                done = subprocess.run(
                    [str(PYTHON), "-B", str(program), brokers],
                    capture_output=True, text=True, timeout=SECONDS)
                sys.stderr.write(done.stderr[-500:])
                for line in done.stdout.splitlines():
                    what, holds, detail = json.loads(line)
                    checks.check(f"{title}: {what}", holds, detail)
                checks.check(f"{title}: ran to its end", done.returncode == 0, done.stderr[-3000:])
