"""The Python client etcd-client-py (the Rust client etcd-client inside): prints what it saw.

Usage: etcd_client_py.py HOST:PORT. `asyncio_clients.py` compares what it prints for both systems.
"""

import asyncio
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

import etcd_client  # noqa: E402
from etcd_client import Compare, CompareOp, CondVar, EtcdLockOption, Txn, TxnOp  # noqa: E402

from observed import AsyncObserved  # noqa: E402

FAILURES = (
    etcd_client.ClientError, etcd_client.GRPCStatusError, etcd_client.InvalidArgsError,
    etcd_client.LeaseKeepAliveError, etcd_client.WatchError,
)


def value(found):
    return None if found is None else bytes(found)


def pairs(found):
    return [(bytes(key), bytes(held)) for key, held in found]


async def keys_and_values(client, seen):
    await client.put(b"k", b"1")
    seen.note("get", value(await client.get(b"k")))
    await client.put(b"k", b"2")
    seen.note("get again", value(await client.get(b"k")))
    seen.note("get of nothing", value(await client.get(b"nothing")))
    for number in range(7):
        await client.put(b"range/%d" % number, b"%d" % (9 - number))
    seen.note("prefix", pairs(await client.get_prefix(b"range/")))
    seen.note("keys of a prefix", [bytes(key) for key in await client.keys_prefix(b"range/")])
    seen.note("all", pairs(await client.get_prefix(b"")))
    await client.delete(b"range/3")
    seen.note("one deleted", pairs(await client.get_prefix(b"range/")))
    await client.delete(b"range/3")
    await client.delete_prefix(b"range/")
    seen.note("all deleted", pairs(await client.get_prefix(b"range/")))
    await client.put(b"\x00\xff", bytes(range(256)))
    seen.note("binary", value(await client.get(b"\x00\xff")))
    await client.put(b"big", b"z" * 1_000_000)
    seen.note("a value of 1 MB", len(await client.get(b"big")))
    await seen.attempt("an empty key", client.put(b"", b"x"))
    await seen.attempt("too large", client.put(b"large", b"x" * 1_600_000))


async def transactions(client, seen):
    await client.put(b"t", b"5")
    compares = {
        "value equal": Compare.value(b"t", CompareOp.EQUAL, b"5"),
        "value not equal": Compare.value(b"t", CompareOp.NOT_EQUAL, b"5"),
        "value less": Compare.value(b"t", CompareOp.LESS, b"6"),
        "value of nothing": Compare.value(b"absent", CompareOp.EQUAL, b""),
        "version greater": Compare.version(b"t", CompareOp.GREATER, 0),
        "version of nothing": Compare.version(b"absent", CompareOp.EQUAL, 0),
        "created": Compare.create_revision(b"t", CompareOp.GREATER, 1),
        "modified": Compare.mod_revision(b"t", CompareOp.LESS, 100_000),
        "lease": Compare.lease(b"t", CompareOp.EQUAL, 0),
        "of a prefix": Compare.version(b"t", CompareOp.GREATER, 0).with_prefix(),
        "of a range": Compare.version(b"a", CompareOp.GREATER, 1).with_range(b"z"),
    }
    for name, compare in compares.items():
        done = await client.txn(
            Txn().when([compare])
            .and_then([TxnOp.put(b"t/yes", name.encode()), TxnOp.get(b"t/yes")])
            .or_else([TxnOp.put(b"t/no", name.encode()), TxnOp.delete(b"t/yes")]))
        seen.note(name, (done.succeeded(), pairs(await client.get_prefix(b"t/"))))
    nested = Txn().when([compares["value equal"]]).and_then([TxnOp.put(b"t/nested", b"1")])
    done = await client.txn(Txn().and_then([TxnOp.txn(nested)]))
    seen.note("nested", (done.succeeded(), value(await client.get(b"t/nested"))))
    twice = Txn().and_then([TxnOp.put(b"t", b"1"), TxnOp.put(b"t", b"2")])
    await seen.attempt("a key twice", client.txn(twice))
    many = Txn().and_then([TxnOp.put(b"m%d" % number, b"") for number in range(129)])
    await seen.attempt("129 operations", client.txn(many))


async def watched(client, make, write, wanted):
    """The first events of a watch that is known to be there before anything is written."""
    ready, got = CondVar(), []

    async def collect():
        async for one in make(ready):
            prev = value(one.prev_value)
            got.append((str(one.event), bytes(one.key), value(one.value), prev))
            if len(got) == wanted:
                return

    reader = asyncio.create_task(collect())
    await asyncio.wait_for(ready.wait(), 10)
    await write()
    try:
        await asyncio.wait_for(reader, 10)
    except asyncio.TimeoutError:
        got.append("and no more")
    return got


async def watches(client, seen):
    async def write():
        for number in range(50):
            await client.put(b"w/%d" % (number % 7), b"%d" % number)
        await client.delete(b"w/0")
        await client.delete_prefix(b"w/")

    seen.note("a prefix", await watched(
        client, lambda ready: client.watch_prefix(b"w/", ready_event=ready), write, 57))
    seen.note("a key", await watched(
        client, lambda ready: client.watch(b"w/1", ready_event=ready), write, 9))
    seen.note("once", await watched(
        client, lambda ready: client.watch(b"w/2", once=True, ready_event=ready), write, 1))


async def leases(client, seen):
    """The client hides the id of what it was granted, so only unknown leases can be named."""
    await seen.attempt("granted", client.lease_grant(120))
    await seen.attempt("too long", client.lease_grant(9_000_000_001))
    await seen.attempt("an unknown one revoked", client.lease_revoke(4711))
    await seen.attempt("an unknown one kept alive", client.lease_keep_alive(4711))
    await seen.attempt("an unknown one's time to live", client.lease_time_to_live(4711))


async def locks(endpoint, seen):
    """Two in a row under one name; the client uses etcd's own Lock service."""
    etcd = etcd_client.Client([f"http://{endpoint}"])
    order = []
    has_first = asyncio.Event()

    async def first():
        async with etcd.with_lock(EtcdLockOption(lock_name=b"lock", timeout=10.0)) as held:
            has_first.set()
            await held.put(b"locked", b"by the first")
            while len(await held.keys_prefix(b"lock/")) < 2:
                await asyncio.sleep(0.01)  # until the second is in line
            order.append(("first", value(await held.get(b"locked"))))

    async def second():
        await has_first.wait()
        async with etcd.with_lock(EtcdLockOption(lock_name=b"lock", timeout=10.0)) as held:
            order.append(("second", value(await held.get(b"locked"))))
            await held.put(b"locked", b"by the second")

    await asyncio.gather(first(), second())
    seen.note("in a row", order)
    async with etcd.connect() as client:
        seen.note("written by both", value(await client.get(b"locked")))
        await client.lock(b"by hand")
        held = [bytes(key) for key in await client.keys_prefix(b"by hand/")]
        seen.note("by hand", [re.sub(rb"/[0-9a-f]+$", b"/LEASE", key) for key in held])
        await client.unlock(held[0])
        seen.note("unlocked", pairs(await client.get_prefix(b"by hand")))


async def main(endpoint):
    seen = AsyncObserved(FAILURES)
    async with etcd_client.Client([f"http://{endpoint}"]).connect() as client:
        for part in (keys_and_values, transactions, watches, leases):
            await seen.part(part.__name__, part(client, seen))
    await seen.part("locks", locks(endpoint, seen))
    seen.print()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
