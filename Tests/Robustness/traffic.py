"""Traffic of all workloads side by side, in a process of its own, until it is told to end.

On SIGTERM the clients stop, and it says so; on its standard input it is then told a revision, and ends
with code 0 once all watchers have been told everything up to it.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Conformance")]
sys.dont_write_bytecode = True

from recording import History  # noqa: E402
from watching import Watcher, wait_for  # noqa: E402
from workloads.elements import Elements  # noqa: E402
from workloads.fan_out import FanOut  # noqa: E402
from workloads.locks import Locks  # noqa: E402
from workloads.pages import Pages  # noqa: E402
from workloads.register import Register  # noqa: E402

WORKLOADS = {kind.name: kind for kind in (Register, FanOut, Locks, Elements, Pages)}

# What is judged of all workloads together, and the name of the watch on everything.
WHOLE = "cluster"

CATCH_UP_SECONDS_MAX = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where histories are written")
    parser.add_argument("--endpoints", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--workloads", required=True)
    options = parser.parse_args()
    endpoints = options.endpoints.split(",")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    whole = History(options.folder / f"{WHOLE}.history")
    recorder = Watcher(whole, WHOLE, "recorder", endpoints, options.seed, start=2,
                       key=b"\0", range_end=b"\0", prev_kv=True)
    recorder.start()
    running = [
        WORKLOADS[name](History(options.folder / f"{name}.history"), endpoints, options.seed,
                        recorder)
        for name in options.workloads.split(",")
    ]
    for workload in running:
        workload.start()
    print("started", flush=True)
    watchers = [recorder, *(watcher for workload in running for watcher in workload.watchers)]
    while not ended.wait(0.5):
        for watcher in watchers:
            watcher.wake()
    for workload in running:
        workload.is_ended.set()
    for workload in running:
        workload.end()
    print("quiet", flush=True)
    wait_for(watchers, int(sys.stdin.readline()), CATCH_UP_SECONDS_MAX)
    for watcher in watchers:
        watcher.end()
    # Threads of gRPC may still wait for nodes that do not answer.
    sys.stdout.flush()


if __name__ == "__main__":
    main()
