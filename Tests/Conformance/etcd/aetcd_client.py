"""The Python client aetcd, on a virtual environment of its own: prints what it saw, as JSON.

Usage: aetcd_client.py HOST:PORT. `asyncio_clients.py` compares what it prints for both systems.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

import aetcd  # noqa: E402

from observed import AsyncObserved  # noqa: E402

EventKind = aetcd.rtypes.EventKind


def pair(found):
    if found is None:
        return None
    return found.key, found.value, found.create_revision, found.mod_revision, found.version


def pairs(found):
    return [pair(one) for one in found], found.more, found.count, found.header.revision


def event(seen):
    prev = pair(seen.prev_kv) if seen.prev_kv is not None and seen.prev_kv.key else None
    return seen.kind, pair(seen.kv), prev


async def keys_and_values(client, seen):
    put = await client.put(b"k", b"1")
    seen.note("put's revision", put.header.revision)
    seen.note("put with prev_kv", pair((await client.put(b"k", b"2", prev_kv=True)).prev_kv))
    seen.note("get", pair(await client.get(b"k")))
    seen.note("get, serializable", pair(await client.get(b"k", serializable=True)))
    seen.note("get of nothing", pair(await client.get(b"nothing")))
    for number in range(7):
        await client.put(b"range/%d" % number, b"%d" % (9 - number))
    seen.note("prefix", pairs(await client.get_prefix(b"range/")))
    for order in ("ascend", "descend"):
        for target in ("key", "version", "create", "mod", "value"):
            found = await client.get_prefix(b"range/", sort_order=order, sort_target=target)
            in_order = [one.key for one in found] if target != "version" else len(found)
            seen.note(f"prefix, by {target}, {order}", in_order)
    seen.note("range", pairs(await client.get_range(b"range/2", b"range/5")))
    seen.note("keys only", pairs(await client.get_prefix(b"range/", keys_only=True)))
    seen.note("all", pairs(await client.get_all(sort_order="ascend", sort_target="mod")))
    seen.note("replace", await client.replace(b"k", b"2", b"3"))
    seen.note("replace of another value", await client.replace(b"k", b"2", b"4"))
    seen.note("delete with prev_kv", pair((await client.delete(b"k", prev_kv=True)).prev_kv))
    seen.note("delete of nothing", await client.delete(b"k"))
    removed = await client.delete_range(b"range/1", b"range/3", prev_kv=True)
    seen.note("delete range", ([pair(one) for one in removed], removed.deleted))
    seen.note("delete prefix", (await client.delete_prefix(b"range/")).deleted)
    await client.put(b"\x00\xff", bytes(range(256)))
    seen.note("binary", pair(await client.get(b"\x00\xff")))
    await client.put(b"big", b"z" * 1_000_000)
    seen.note("a value of 1 MB", len((await client.get(b"big")).value))
    await seen.attempt("an empty key", client.put(b"", b"x"))
    await seen.attempt("too large", client.put(b"large", b"x" * 1_600_000))


async def transactions(client, seen):
    await client.put(b"t", b"1")
    change = client.transactions
    for compare in (
        [change.value(b"t") == b"1"],
        [change.value(b"t") != b"1"],
        [change.version(b"t") > 0, change.create(b"t") > 0, change.mod(b"t") < 100_000],
        [change.version(b"absent") == 0],
        [change.value(b"absent") == b""],
    ):
        done, responses = await client.transaction(
            compare=compare,
            success=[change.put(b"t/yes", b"1"), change.get(b"t/yes"), change.delete(b"t/no")],
            failure=[change.put(b"t/no", b"1"), change.get(b"t/no"), change.delete(b"t/yes")],
        )
        seen.note("transaction", (done, [pair(found) for _, found in responses[1]]))
    nested = change.txn(
        compare=[change.value(b"t") == b"1"], success=[change.put(b"t/nested", b"1")], failure=[])
    done, responses = await client.transaction(compare=[], success=[nested], failure=[])
    seen.note("nested", (done, len(responses), pair(await client.get(b"t/nested"))))
    twice = [change.put(b"t", b"1"), change.put(b"t", b"2")]
    await seen.attempt("a key twice", client.transaction(compare=[], success=twice, failure=[]))
    many = [change.put(b"m%d" % number, b"") for number in range(129)]
    await seen.attempt("129 operations", client.transaction(compare=[], success=many, failure=[]))


async def leases(client, seen):
    lease = await client.lease(120)
    await client.put(b"leased/1", b"a", lease=lease)
    await client.put(b"leased/2", b"b", lease=lease)
    seen.note("granted", (lease.ttl, await lease.granted_ttl()))
    seen.note("remaining", 110 < await lease.remaining_ttl() <= 120)
    seen.note("keys", sorted(await lease.keys()))
    seen.note("refreshed", (await lease.refresh()).TTL)
    await lease.revoke()
    seen.note("revoked", pairs(await client.get_prefix(b"leased/")))
    await seen.attempt("revoked again", lease.revoke())
    seen.note("unknown", (await client.get_lease_info(4711)).TTL)
    await seen.attempt("of an unknown lease", client.put(b"leased/3", b"c", lease=4711))
    chosen = await client.lease(60, lease_id=12345)
    seen.note("a chosen id", chosen.id)
    await seen.attempt("the same id again", client.lease(60, lease_id=12345))
    await chosen.revoke()
    await seen.attempt("too long", client.lease(9_000_000_001))
    brief = await client.lease(1)
    await client.put(b"brief", b"x", lease=brief)
    gone = await client.watch_once(b"brief", timeout=15, kind=EventKind.DELETE)
    seen.note("ended by itself", (gone.kind, gone.kv.key))


async def locks(client, seen):
    first, second = client.lock(b"one", ttl=30), client.lock(b"one", ttl=30)
    seen.note("acquired", (await first.acquire(timeout=5), await first.is_acquired()))
    seen.note("not by the second", await second.acquire(timeout=1))
    waiting = asyncio.create_task(second.acquire(timeout=10))
    seen.note("refreshed", (await first.refresh()).TTL)
    seen.note("released", await first.release())
    seen.note("after release", await waiting)
    seen.note("released too", (await second.release(), await second.is_acquired()))
    async with client.lock(b"two", ttl=30) as held:
        seen.note("held in a block", await held.is_acquired())
    seen.note("let go after it", pair(await client.get(b"two")))


async def first_events(watch, count):
    """The first events of a watch, or those that came within ten seconds."""
    got = []

    async def collect():
        async for one in watch:
            got.append(event(one))
            if len(got) == count:
                return

    try:
        await asyncio.wait_for(collect(), 10)
    except asyncio.TimeoutError:
        got.append("and no more")
    await watch.cancel()
    return got


async def watches(client, seen):
    live = {
        "all": await client.watch_prefix(b"w/", prev_kv=True),
        "puts": await client.watch_prefix(b"w/", kind=EventKind.PUT),
        "deletes": await client.watch_prefix(b"w/", kind=EventKind.DELETE, prev_kv=True),
        "one key": await client.watch(b"w/3"),
        "a range": await client.watch(b"w/2", range_end=b"w/5"),
    }
    start = (await client.put(b"w/0", b"a")).header.revision
    for number in range(200):
        await client.put(b"w/%d" % (number % 7), b"%d" % number)
    await client.delete(b"w/0")
    await client.delete_prefix(b"w/")
    counts = {"all": 208, "puts": 201, "deletes": 7, "one key": 30, "a range": 89}
    for name, watch in live.items():
        seen.note(f"live, {name}", await first_events(watch, counts[name]))
    past = await client.watch_prefix(b"w/", start_revision=start)
    seen.note("the past", await first_events(past, 100))
    once = asyncio.create_task(client.watch_prefix_once(b"once/", timeout=10))
    while not once.done():  # until the watch is there and sees one of them
        await client.put(b"once/a", b"x")
        await asyncio.sleep(0.05)
    seen.note("once", (await once).kv.key)
    await seen.attempt("once, in vain", client.watch_once(b"quiet", timeout=1))


async def maintenance(client, seen):
    revision = (await client.put(b"c", b"1")).header.revision
    await client.put(b"c", b"2")
    await client.compact(revision, physical=True)
    await seen.attempt("compacted", client.compact(revision))
    await seen.attempt("a future revision", client.compact(revision + 100_000))
    # The client hands the refusal over in place of an event. Its revision depends on how often
    # the watch before had to be written to.
    refusal = await client.watch_once(b"c", timeout=5, start_revision=1)
    seen.note("a watch below it", getattr(refusal, "compacted_revision", None) == revision)
    status = await client.status()
    seen.note("status", (status.leader is not None, status.raft_term > 0, status.db_size > 0))
    seen.note("members", len([member async for member in client.members()]) in (1, 3))
    seen.note("alarms", [alarm async for alarm in client.list_alarms()])


PARTS = (keys_and_values, transactions, leases, locks, watches, maintenance)


async def main(endpoint):
    host, port = endpoint.split(":")
    seen = AsyncObserved(aetcd.ClientError)
    async with aetcd.Client(host=host, port=int(port), timeout=10) as client:
        for part in PARTS:
            await seen.part(part.__name__, part(client, seen))
    seen.print()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
