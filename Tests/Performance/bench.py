"""Martlet beside etcd 3.5.1, both as real processes: see docs/performance.md.

One system runs at a time, and rounds take turns, so that a slow minute of the machine hits both; the
medians of the rounds are reported. What counts is CPU per operation: the load generator shares the
machine. `--quick` is a short look and writes nothing; `--only` picks parts.
"""

import argparse
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import footprint  # noqa: E402
import long_reads  # noqa: E402
import throughput  # noqa: E402
import watch_fanout  # noqa: E402
from load import PUT, ROOT, median  # noqa: E402

PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


class Amounts:
    """How much of everything."""

    def __init__(self, is_quick):
        self.rounds = 1 if is_quick else 3
        self.scale = 0.1 if is_quick else 1.0
        self.offered_seconds = 2 if is_quick else throughput.OFFERED_SECONDS
        self.list_keys = 10_000 if is_quick else 100_000
        self.list_seconds = 2 if is_quick else 6
        self.full_keys = 20_000 if is_quick else 1_000_000
        self.watchers = 100 if is_quick else 1000
        self.watched_puts = 20 if is_quick else 100
        self.start_rounds = 2 if is_quick else 5
        self.rest_seconds = 2 if is_quick else 10


def saturated(amounts):
    """One node each, then three nodes each, and then three at the same offered load."""
    lines = []
    for nodes in (1, 3):
        results = throughput.measure(nodes, amounts.rounds, amounts.scale)
        lines += throughput.table(results, nodes) + [""]
    rate = median(results[PUT.name, 100, "etcd"], "rate") * throughput.OFFERED_SHARE
    rate = max(100, round(rate, -2))
    found = throughput.offered(rate, amounts.rounds, amounts.offered_seconds)
    return lines + throughput.offered_table(found, rate)


def generators(amounts):
    return throughput.generators(amounts.rounds, amounts.scale)


def reads(amounts):
    found = long_reads.measure(amounts.list_keys, amounts.list_seconds)
    return long_reads.table(found, amounts.list_keys)


def footprints(amounts):
    found = footprint.measure(amounts.full_keys, amounts.start_rounds, amounts.rest_seconds)
    return footprint.table(found)


def fanout(amounts):
    found = watch_fanout.run(amounts.watchers, amounts.watched_puts, amounts.rounds)
    return watch_fanout.table(found, amounts.watchers)


PARTS = {
    "saturated": saturated, "generators": generators, "reads": reads, "fanout": fanout,
    "footprint": footprints,
}


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    cores = subprocess.run(["nproc"], capture_output=True, text=True).stdout.strip()
    folder = subprocess.run(
        ["df", "--output=fstype", tempfile.gettempdir()], capture_output=True, text=True
    ).stdout.split()[-1]
    return (f"{cpu.group(1) if cpu else platform.machine()}, {cores} cores,"
            f" Linux {platform.release()}, data on {folder}")


def write(sections, rounds):
    """Puts the tables between the page's markers; the prose around them is people's."""
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    lines = [f"Medians of {rounds} rounds, one system at a time. {machine()}.", ""]
    for section in sections:
        lines += [*section, ""]
    PAGE.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"{END}{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round, nothing written")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="a part; nothing written")
    options = parser.parse_args()
    amounts = Amounts(options.quick)
    sections = []
    for name in options.only or PARTS:
        began = time.monotonic()
        sections.append(PARTS[name](amounts))
        print("\n".join(sections[-1]), flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    if not options.quick and not options.only:
        write(sections, amounts.rounds)
        print(f"written to {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
