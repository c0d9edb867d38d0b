"""Robustness: three real nodes under faults, traffic by clients that we did not write, and histories
that go through the checkers of the simulation.

Prints a matrix of faults and workloads. Fails if a cell does, and keeps the cell's histories, logs
and verdicts. `--system etcd` puts real etcd 3.5.1 in Martlet's place: what fails then is a fault of
the rig, or one of etcd's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "Tests" / "Conformance")]
sys.dont_write_bytecode = True
# Where threads and forks meet, as here, gRPC's own fork support only gets in the way.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import isolation  # noqa: E402

KEPT = ROOT / ".build-robustness"


def all_nemeses():
    from nemeses import networks, processes, storage

    kinds = [
        processes.Nothing, processes.Kill, processes.KillLeader, processes.KillAll,
        processes.Freeze, networks.Isolate, networks.OneWay, networks.Loss, networks.SlowPeers,
        networks.BrokenClients, processes.ClockJumps, storage.FullDisk, storage.FailingSync,
        storage.SmallDevice, storage.SlowDisk, storage.PowerLoss, storage.BitFlips,
    ]
    return {kind.name: kind for kind in kinds}


def chosen(words, nemeses, workloads):
    """What cells like `kill:register,freeze:watch` or `kill,freeze` name: workloads by nemesis."""
    cells = {}
    for word in filter(None, words.split(",")):
        nemesis, _, workload = word.partition(":")
        if nemesis not in nemeses or (workload and workload not in workloads):
            raise SystemExit(
                f"error: '{word}' is no cell\ncause: faults are {', '.join(nemeses)}; workloads are "
                f"{', '.join(workloads)}\nfix:   name FAULT or FAULT:WORKLOAD, with commas between")
        names = cells.setdefault(nemesis, [])
        names += [workload] if workload else workloads
    return cells or {nemesis: list(workloads) for nemesis in nemeses}


def show(rows, workloads):
    columns = [*workloads, "cluster"]
    print("| fault | " + " | ".join(columns) + " | operations |")
    print("|---" * (len(columns) + 2) + "|")
    for name, verdicts, operations in rows:
        cells = [
            "" if column not in verdicts else "ok" if verdicts[column] is None else "FAILED"
            for column in columns
        ]
        print(f"| {name} | " + " | ".join(cells) + f" | {operations:,} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    parser.add_argument("--checker", required=True, help="the program HistoryCheck")
    parser.add_argument("--cells", default="", help="FAULT or FAULT:WORKLOAD, with commas between")
    parser.add_argument("--seconds", type=float, default=10, help="how long each kind of faults lasts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="each with the next seed")
    options = parser.parse_args()
    options.checker = str(Path(options.checker).resolve())

    folder = isolation.enter()
    tempfile.tempdir = str(folder)
    from matrix import Row
    from shim import compile_library
    from traffic import WORKLOADS

    nemeses = all_nemeses()
    cells = chosen(options.cells, nemeses, list(WORKLOADS))
    options.library = compile_library(folder)
    print("--- the checker itself", flush=True)
    subprocess.run([options.checker, "--itself", "200000"], check=True)
    rows, failed = [], []
    for number in range(options.rounds):
        for name, workloads in cells.items():
            started = time.monotonic()
            row = Row(nemeses[name], workloads, options, _folder(folder, number))
            verdicts = row.run()
            operations = row.operations()
            rows.append((name, verdicts, operations))
            bad = {cell: why for cell, why in verdicts.items() if why is not None}
            print(f"--- {name}: {len(verdicts) - len(bad)} passed, {len(bad)} failed; {operations} "
                  f"operations, {len(row.nemesis.facts)} faults, {row.nemesis.effects:.0f} effects, {time.monotonic() - started:.0f} s",
                  flush=True)
            if bad:
                print(f"kept: {row.keep(KEPT)}")
            for cell, why in bad.items():
                failed.append((name, cell))
                print(f"FAILED  {name}:{cell}: {why[:1000]}", flush=True)
        options.seed += 1
    show(rows, list(WORKLOADS))
    count = sum(len(verdicts) for _, verdicts, _ in rows)
    print(f"{count - len(failed)} passed, {len(failed)} failed")
    print(f"cells: {count - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed or not count else 0


def _folder(folder, number):
    path = folder / f"round-{number}"
    path.mkdir(exist_ok=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
