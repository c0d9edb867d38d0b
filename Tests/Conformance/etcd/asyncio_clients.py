"""The Python clients aetcd and etcd-client-py: the same calls to both systems, compared.

They need another protobuf than etcd3, so each runs in a process of a second environment, which
`Tools/setup` makes beside the first.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import observed
from cluster import ROOT, Cluster

PYTHON = ROOT / ".build-venv-asyncio" / "bin" / "python"
CLIENTS = {
    "aetcd": Path(__file__).with_name("aetcd_client.py"),
    "etcd-client-py": Path(__file__).with_name("etcd_client_py.py"),
}


def exercise(program, cluster):
    """What the client saw at the last node of a cluster."""
    done = subprocess.run(
        [str(PYTHON), str(program), cluster.endpoints[-1]],
        capture_output=True, text=True, timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    sys.stderr.write(done.stderr[-500:])
    return [tuple(one) for one in json.loads(done.stdout)]


def compare(checks, system):
    for name, program in CLIENTS.items():
        with Cluster("etcd") as theirs, Cluster(system) as one, Cluster(system, 3) as three:
            with ThreadPoolExecutor(3) as at_once:
                seen = at_once.map(lambda cluster: exercise(program, cluster), (theirs, one, three))
                by_etcd, by_one, by_three = seen
        observed.compare(checks, f"python {name}, 1 node", by_one, by_etcd)
        observed.compare(checks, f"python {name}, 3 nodes", by_three, by_etcd)
