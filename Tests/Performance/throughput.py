"""What each system can take, how long that takes, and what it costs: h2load in a closed loop, and
puts at a fixed rate by `martlet bench kv`. One system runs at a time; rounds take turns."""

import tempfile
from pathlib import Path

from load import LINEARIZABLE, PUT, SERIALIZABLE, SYSTEMS, WORKS, Subject, bench, h2load, median

# Connections, streams on each, and how many puts a round.
SHAPES = [(1, 1, 2_000), (10, 10, 40_000), (100, 10, 40_000)]

# Of etcd's own throughput with 100 clients: what it sustains without falling behind.
OFFERED_SHARE = 0.5
OFFERED_SECONDS = 8


def in_turn(rounds):
    """Each round both systems, the one that begins changing."""
    for turn in range(rounds):
        yield from (SYSTEMS if turn % 2 == 0 else reversed(SYSTEMS))


def measure(nodes, rounds, scale):
    """By work, clients and system, a result a round."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for system in in_turn(rounds):
            with Subject(system, nodes) as subject:
                warm_up(subject, folder, scale)
                for work in WORKS:
                    for connections, streams, puts in SHAPES:
                        total = max(connections * streams, int(puts * work.factor * scale))
                        result = h2load(subject, work, connections, streams, total, folder)
                        key = work.name, connections * streams, system
                        results.setdefault(key, []).append(result)
                        print(f"{nodes} node(s), {work.name}, {connections * streams} clients,"
                              f" {system:8} {result.rate:9,.0f}/s  p50 {result.p50:8.2f}"
                              f"  p99 {result.p99:8.2f}  p99.9 {result.p999:8.2f} ms"
                              f"  CPU {result.cpu:7.1f} µs", flush=True)
    return results


def warm_up(subject, folder, scale):
    for work in WORKS:
        h2load(subject, work, 10, 10, max(100, int(10_000 * scale)), folder)


def cells(results):
    return (f"{median(results, 'rate'):,.0f} | {median(results, 'p50'):.2f} / {median(results, 'p99'):.1f}"
            f" / {median(results, 'p999'):.1f} | {median(results, 'cpu'):.1f}")


def table(results, nodes):
    lines = [
        f"### {'One node' if nodes == 1 else 'Three nodes'}", "",
        "| work | clients | etcd /s | p50 / p99 / p99.9 ms | CPU µs | Martlet /s"
        " | p50 / p99 / p99.9 ms | CPU µs | throughput | CPU |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for work in WORKS:
        for connections, streams, _ in SHAPES:
            clients = connections * streams
            theirs, ours = (results[work.name, clients, system] for system in SYSTEMS)
            faster = median(ours, "rate") / median(theirs, "rate")
            cheaper = median(theirs, "cpu") / max(median(ours, "cpu"), 0.01)
            lines.append(f"| {work.name} | {clients:,} | {cells(theirs)} | {cells(ours)}"
                         f" | ×{faster:.1f} | ÷{cheaper:.1f} |")
    return lines


def offered(rate, rounds, seconds):
    """Puts on three nodes at the same rate for both, latencies from the times meant."""
    results = {}
    for system in in_turn(rounds):
        with Subject(system, 3) as subject:
            options = ["--connections", 9, "--outstanding", 500, "--rate", rate]
            bench(subject, PUT, *options, "--duration", min(2, seconds))
            result = bench(subject, PUT, *options, "--duration", seconds)
            if result.rate < 0.97 * rate:
                print(f"{system} fell behind: {result.rate:,.0f}/s of {rate:,.0f}", flush=True)
            results.setdefault(system, []).append(result)
    return results


def offered_table(results, rate):
    theirs, ours = (results[system] for system in SYSTEMS)
    lines = [
        "### At the same offered load", "",
        f"Puts of 256 B on three nodes, {rate:,.0f} a second whatever is answered; latencies count from"
        " when a put was meant to be sent.", "",
        "| | etcd | Martlet | |", "|---|---|---|---|",
    ]
    for name, title in (("rate", "answered /s"), ("p50", "p50 ms"), ("p99", "p99 ms"),
                        ("p999", "p99.9 ms"), ("cpu", "CPU µs a put")):
        left, right = median(theirs, name), median(ours, name)
        ratio = "" if name == "rate" else f"÷{left / max(right, 0.001):.1f}"
        digits = 0 if name == "rate" else 2
        lines.append(f"| {title} | {left:,.{digits}f} | {right:,.{digits}f} | {ratio} |")
    return lines


def generators(rounds, scale):
    """The two load generators side by side, on one node of each system."""
    lines = [
        "### The load generators", "",
        "`martlet bench kv` and h2load with 100 clients on one node, in a closed loop; requests a second.",
        "", "| work | etcd, h2load | etcd, martlet bench | | Martlet, h2load | Martlet, martlet bench | |",
        "|---|---|---|---|---|---|---|",
    ]
    results = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for system in in_turn(rounds):
            with Subject(system, 1) as subject:
                warm_up(subject, Path(name), scale)
                for work in (PUT, LINEARIZABLE, SERIALIZABLE):
                    total = int(40_000 * work.factor * scale)
                    pair = results.setdefault((work.name, system), ([], []))
                    pair[0].append(h2load(subject, work, 10, 10, total, Path(name)))
                    pair[1].append(bench(subject, work, "--connections", 10, "--outstanding", 10,
                                         "--count", total))
    for work in WORKS:
        row = []
        for system in SYSTEMS:
            theirs, ours = (median(found, "rate") for found in results[work.name, system])
            row.append(f"{theirs:,.0f} | {ours:,.0f} | {100 * (ours / theirs - 1):+.0f} %")
        lines.append(f"| {work.name} | {' | '.join(row)} |")
    return lines
