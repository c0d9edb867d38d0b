"""Conversations on one watch stream, spoken with both systems and compared answer by answer.

The Python stubs are older than the protocol: newer fields travel as unknown ones, in bytes.
"""

import queue
import threading
import time

import etcd3.etcdrpc as rpc
import grpc

from cluster import Cluster
from raw import Stubs, without_ids

PROGRESS = b"\x1a\x00"  # WatchRequest.progress_request
WATCH_ID = 0x38  # WatchCreateRequest.watch_id = 7
FRAGMENT = b"\x40\x01"  # WatchCreateRequest.fragment = 8
FRAGMENT_NUMBER = 7  # WatchResponse.fragment


class Conversation:
    def __init__(self, stubs):
        self.stubs = stubs
        self.requests = queue.Queue()
        self.answers = []
        self.ended = None
        self.call = stubs.watch.Watch(iter(self.requests.get, None), timeout=60)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            for response in self.call:
                self.answers.append(without_ids(response))
        except grpc.RpcError as error:
            self.ended = error.code().name

    def say(self, request, answers=1):
        """Sends, and waits for this many answers and a moment longer."""
        before = len(self.answers)
        self.requests.put(request)
        self.wait(before + answers)

    def wait(self, count):
        deadline = time.monotonic() + 5
        while len(self.answers) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.12)

    def create(self, key, extra=b"", answers=1, **fields):
        create = rpc.WatchCreateRequest(key=key, **fields).SerializeToString() + extra
        request = rpc.WatchRequest(create_request=rpc.WatchCreateRequest.FromString(create))
        self.say(request, answers)

    def cancel(self, number, answers=1):
        cancel = rpc.WatchCancelRequest(watch_id=number)
        self.say(rpc.WatchRequest(cancel_request=cancel), answers)

    def progress(self):
        self.say(rpc.WatchRequest.FromString(PROGRESS))

    def put(self, key, value=b"x"):
        return self.stubs.kv.Put(rpc.PutRequest(key=key, value=value), timeout=10).header.revision

    def close(self):
        self.call.cancel()
        self.requests.put(None)
        self.reader.join(5)


def created_and_cancelled(talk):
    talk.create(b"a")
    talk.create(b"b")
    talk.cancel(0)
    talk.cancel(99, answers=0)
    talk.put(b"a")
    talk.put(b"b")
    talk.wait(4)
    talk.create(b"c")


def chosen_ids(talk):
    talk.create(b"a", extra=bytes([WATCH_ID, 7]))
    talk.create(b"b", extra=bytes([WATCH_ID, 7]))
    talk.create(b"c")
    talk.create(b"c", extra=bytes([WATCH_ID, 0]))
    talk.put(b"a")
    talk.wait(5)


def ranges(talk):
    talk.create(b"b", range_end=b"a")
    talk.create(b"b", range_end=b"b")
    talk.create(b"")
    talk.create(b"r", range_end=b"\0")
    talk.create(b"\0", range_end=b"\0")
    talk.put(b"r")
    talk.put(b"\0")
    talk.wait(9)


def the_past(talk):
    first = talk.put(b"past", b"1")
    for number in range(5):
        talk.put(b"past", b"%d" % number)
    talk.stubs.kv.DeleteRange(rpc.DeleteRangeRequest(key=b"past"), timeout=5)
    talk.create(b"past", start_revision=first, answers=2)
    talk.create(b"past", start_revision=first + 3, prev_kv=True, answers=2)
    talk.create(b"past", start_revision=first + 8, answers=1)
    talk.put(b"past", b"early")
    talk.put(b"past", b"in time")
    talk.wait(9)
    talk.stubs.kv.Compact(rpc.CompactionRequest(revision=first + 4, physical=True), timeout=5)
    talk.create(b"past", start_revision=first + 4, prev_kv=True, answers=2)
    talk.create(b"past", start_revision=first + 3, answers=2)
    talk.create(b"past", start_revision=1, answers=2)


def together(talk):
    """All events of one transaction come in one response, for each watch."""
    talk.create(b"tx/", range_end=b"tx0", prev_kv=True)
    talk.create(b"tx/1")
    talk.create(b"tx/", range_end=b"tx0", filters=[rpc.WatchCreateRequest.NOPUT])
    talk.create(b"tx/", range_end=b"tx0", filters=[rpc.WatchCreateRequest.NODELETE])
    writes = [
        rpc.RequestOp(request_put=rpc.PutRequest(key=b"tx/%d" % number, value=b"v"))
        for number in range(50)
    ]
    talk.stubs.kv.Txn(rpc.TxnRequest(success=writes), timeout=5)
    talk.wait(7)
    deletes = [
        rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=b"tx/1", range_end=b"tx/3")),
        rpc.RequestOp(request_put=rpc.PutRequest(key=b"tx/0", value=b"again")),
    ]
    talk.stubs.kv.Txn(rpc.TxnRequest(success=deletes), timeout=5)
    talk.wait(11)


def progress(talk):
    talk.create(b"p")
    talk.progress()
    talk.put(b"p")
    talk.wait(3)
    talk.put(b"elsewhere")
    talk.progress()


def empty_request(talk):
    talk.say(rpc.WatchRequest(), answers=0)
    talk.create(b"still here")


CONVERSATIONS = [
    created_and_cancelled, chosen_ids, ranges, the_past, together, progress, empty_request,
]


def by_watch(answers):
    """Answers of different watches may come in any order; those of one watch may not."""
    found = {}
    for answer in answers:
        found.setdefault(answer.watch_id, []).append(answer.SerializeToString(deterministic=True))
    return found


def is_fragment(answer):
    return any(field.field_number == FRAGMENT_NUMBER for field in answer.UnknownFields())


def fragments(checks, name, stubs):
    """Large responses are split on request; put together again they are whole revisions."""
    pairs = [rpc.PutRequest(key=b"large/%d" % number, value=b"v" * 700_000) for number in (0, 1)]
    for _ in range(2):
        # Two puts in one revision; with the values before, more than a response may hold.
        revision = stubs.kv.Txn(
            rpc.TxnRequest(success=[rpc.RequestOp(request_put=pair) for pair in pairs]), timeout=10
        ).header.revision
    talk = Conversation(stubs)
    talk.create(
        b"large/", range_end=b"large0", start_revision=revision, prev_kv=True, extra=FRAGMENT,
        answers=3)
    parts = talk.answers[1:]
    events = [event.kv.key for part in parts for event in part.events]
    checks.equal(f"{name}: fragments hold every event", events, [pair.key for pair in pairs])
    flags = [is_fragment(part) for part in parts]
    checks.check(f"{name}: all but the last are marked", flags == [True, False], flags)
    sizes = [part.ByteSize() for part in parts]
    checks.check(f"{name}: a fragment is of bounded size", max(sizes) < 2_200_000, sizes)
    talk.close()


def timely(checks, system):
    """Watches that want it are told how far they are, as often as the operator says."""
    flag = "watch-progress-notify-interval=200ms"
    for each in (system, "etcd"):
        name = f"--experimental-{flag}" if each == "etcd" else f"--{flag}"
        with Cluster(each, flags=[name]) as cluster:
            stubs = Stubs(cluster.endpoints[0])
            revision = stubs.kv.Put(rpc.PutRequest(key=b"noisy"), timeout=10).header.revision
            talk = Conversation(stubs)
            talk.create(b"quiet", progress_notify=True, answers=4)
            told = [(len(answer.events), answer.header.revision) for answer in talk.answers[1:4]]
            checks.equal(f"{each}: progress is told on time", told, [(0, revision)] * 3)
            talk.close()
            stubs.close()


def compare(checks, system):
    timely(checks, system)
    with Cluster(system) as ours, Cluster("etcd") as theirs:
        stubs = Stubs(ours.endpoints[0]), Stubs(theirs.endpoints[0])
        for conversation in CONVERSATIONS:
            talks = [Conversation(one) for one in stubs]
            for talk in talks:
                conversation(talk)
                talk.close()
            name = f"watch: {conversation.__name__.replace('_', ' ')}"
            ours_said, theirs_said = (by_watch(talk.answers) for talk in talks)
            checks.check(
                f"{name}, {len(talks[1].answers)} answers",
                ours_said == theirs_said and talks[0].ended == talks[1].ended,
                f"ours: {talks[0].answers} {talks[0].ended}\n"
                f"theirs: {talks[1].answers} {talks[1].ended}",
            )
        fragments(checks, "watch", stubs[0])
        for one in stubs:
            one.close()
