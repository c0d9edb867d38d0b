"""Conformance: clients that we did not write, against Martlet and against real etcd 3.5.1; those of
Kafka against Martlet alone.

`--system etcd` puts real etcd in Martlet's place: what fails then is a fault of the tests.
"""

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "etcd"), str(HERE / "kafka")]
sys.dont_write_bytecode = True

from cluster import Checks  # noqa: E402


def module(name):
    """A part of that name in `etcd/` or `kafka/`, which compares Martlet with others."""

    def run(checks, options):
        importlib.import_module(name).compare(checks, options.system)

    return run


def differential(checks, options):
    import differential

    differential.compare(checks, options.system, options.seed, options.operations)


def load(checks, options):
    import demo_load

    code = demo_load.run(options.system, options.count, kills=2)
    checks.check(f"{options.count} packages through kills of the leader", code == 0)


PARTS = {
    "etcdctl": module("etcdctl"),
    "etcdctl-sessions": module("etcdctl_sessions"),
    "etcdctl-check": module("etcdctl_check"),
    "python": module("python_client"),
    "python-asyncio": module("asyncio_clients"),
    "differential": differential,
    "watches": module("watches"),
    "recipes": module("recipes"),
    "alarms": module("alarms"),
    "maintenance": module("maintenance"),
    "reflection": module("reflection"),
    "gateway": module("gateway"),
    "apiserver": module("apiserver"),
    "bad-input": module("bad_input"),
    "tls": module("tls"),
    "rolling-restart": module("rolling_restart"),
    "membership": module("membership"),
    "keyspaces": module("keyspaces"),
    "damage": module("damage"),
    "metrics": module("metrics"),
    "kafka-wire": module("kafka_wire"),
    "kcat": module("kcat"),
    "kafka-clients": module("clients"),
    "kafka-kills": module("kills"),
    "command-line": module("command_line"),
    "load": load,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="run only this part")
    parser.add_argument("--seed", type=int, default=1, help="of the random operations")
    parser.add_argument(
        "--operations", type=int, default=3000, help="how many of them in each of four runs")
    parser.add_argument("--count", type=int, default=3000, help="packages of the load part")
    options = parser.parse_args()
    checks = Checks()
    for name in options.only or PARTS:
        print(f"--- {name}", flush=True)
        started = time.monotonic()
        try:
            PARTS[name](checks, options)
        except Exception as error:  # a part that breaks off is a failure, and the rest still runs
            traceback.print_exc(limit=-8)
            checks.check(f"{name} ran to its end", False, error)
        print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
