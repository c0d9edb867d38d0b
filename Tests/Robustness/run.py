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
PAGE = ROOT / "docs/verification.md"
BEGIN, END = "<!-- robustness: begin -->", "<!-- robustness: end -->"


def all_nemeses():
    from nemeses import networks, processes, storage

    kinds = [
        processes.Nothing, processes.Kill, processes.KillLeader, processes.KillAll,
        processes.Freeze, networks.Isolate, networks.Partition, networks.OneWay, networks.Loss, networks.SlowPeers,
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


def table(rows, workloads):
    columns = [*workloads, "cluster"]
    lines = ["| fault | " + " | ".join(columns) + " | seen | operations |",
             "|---" * (len(columns) + 3) + "|"]
    for name, verdicts, seen, operations in rows:
        cells = [
            "" if column not in verdicts else "ok" if verdicts[column] is None else "FAILED"
            for column in columns
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {seen:,.0f} | {operations:,} |")
    return lines


def rewrite(lines):
    head, rest = PAGE.read_text().split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", choices=["martlet", "etcd"], default="martlet")
    parser.add_argument("--checker", required=True, help="the program HistoryCheck")
    parser.add_argument("--cells", default="", help="FAULT or FAULT:WORKLOAD, with commas between")
    parser.add_argument("--seconds", type=float, default=10, help="how long each kind of faults lasts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rewrite", action="store_true", help=f"put the table into {PAGE.name}")
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
    rows, failed = [], 0
    for number in range(options.rounds):
        for name, workloads in cells.items():
            row = Row(nemeses[name], workloads, options, _folder(folder, number))
            rows.append(attack(row))
            failed += sum(why is not None for why in rows[-1][1].values())
        options.seed += 1
    count = sum(len(verdicts) for _, verdicts, _, _ in rows)
    lines = table(rows, list(WORKLOADS))
    if not options.cells:
        count += 1
        verdict, is_found = plant(folder, list(WORKLOADS), options)
        failed += not is_found
        lines += ["", verdict]
    passed = count - failed
    lines += ["", f"cells: {passed} passed, {failed} failed"]
    print(f"{passed} passed, {failed} failed")
    print("\n".join(lines), flush=True)
    if options.rewrite:
        rewrite(lines)
    return 1 if failed or not count else 0


def attack(row):
    """A line of the table; what failed is told and kept."""
    started = time.monotonic()
    verdicts = row.run()
    name, nemesis = row.faults.name, row.nemesis
    bad = {cell: why for cell, why in verdicts.items() if why is not None}
    print(f"--- {name}: {len(verdicts) - len(bad)} passed, {len(bad)} failed; {row.operations()} "
          f"operations, {len(nemesis.facts)} faults, {nemesis.effects:.0f} seen, "
          f"{time.monotonic() - started:.0f} s", flush=True)
    if bad:
        print(f"kept: {row.keep(KEPT)}")
    for cell, why in bad.items():
        print(f"FAILED  {name}:{cell}: {why[:1000]}", flush=True)
    return name, verdicts, nemesis.effects, row.operations()


def plant(folder, workloads, options):
    """One cell more: writes are lost on purpose, on real nodes, and the checkers must find it.

    What is to be said of it, and whether they did.
    """
    from matrix import Row
    from nemeses.storage import LyingSync

    row = Row(LyingSync, workloads, options, _folder(folder, "planted"))
    row.run()
    if row.violations and row.nemesis.effects:
        found = sorted({why.partition(":")[0] for why in row.violations.values()})
        return (f"planted: {row.nemesis.effects:,.0f} syncs that did nothing, then no power; found by "
                f"{', '.join(found)} in {', '.join(row.violations)}"), True
    row.keep(KEPT)
    return (f"FAILED  planted: {row.nemesis.effects} syncs that did nothing, then no power, and "
            f"nothing was found; {row.complaints}"), False


def _folder(folder, number):
    path = folder / f"round-{number}"
    path.mkdir(exist_ok=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
