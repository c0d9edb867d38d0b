"""Watchers that go on where they were, at another node, whenever one falls silent."""

import queue
import threading
import time

import etcd3.etcdrpc as rpc
import grpc

from recording import CHANNEL_OPTIONS, RETRY_SECONDS

# Nodes tell their progress every second.
SILENCE_SECONDS_MAX = 4


class Watcher(threading.Thread):
    """One watch, over as many streams as it takes; everything it is told is recorded."""

    def __init__(self, history, workload, name, endpoints, turn, start=0, **fields):
        super().__init__(name=name, daemon=True)
        self.history = history
        self.workload = workload
        self.label = name
        self.endpoints = endpoints
        self.turn = turn
        self.fields = fields
        self.next_revision = start
        self.sessions = 0
        self.is_ended = False
        self.call = None
        self.heard = time.monotonic()

    def run(self):
        while not self.is_ended:
            endpoint = self.endpoints[self.turn % len(self.endpoints)]
            with grpc.insecure_channel(endpoint, options=CHANNEL_OPTIONS) as channel:
                try:
                    self._listen(channel)
                except grpc.RpcError:
                    pass  # whatever broke the stream: the next node has what is missing
            self.turn += 1
            if not self.is_ended:
                time.sleep(RETRY_SECONDS)

    def _listen(self, channel):
        requests = queue.SimpleQueue()
        create = rpc.WatchCreateRequest(
            start_revision=self.next_revision, progress_notify=True, **self.fields)
        requests.put(rpc.WatchRequest(create_request=create))
        self.sessions += 1
        self._record(request=create.SerializeToString().hex())
        self.heard = time.monotonic()
        self.call = rpc.WatchStub(channel).Watch(iter(requests.get, None))
        try:
            for response in self.call:
                self.heard = time.monotonic()
                self._record(response=response.SerializeToString().hex())
                if not self._accept(response):
                    return
        finally:
            requests.put(None)

    def _record(self, **message):
        self.history.write(workload=self.workload, watch=self.label, session=self.sessions,
                           at=time.monotonic_ns(), **message)

    def _accept(self, response):
        """Whether the stream goes on."""
        if response.canceled:
            if response.compact_revision:
                self.next_revision = response.compact_revision
            return False
        if response.created:
            if self.next_revision == 0:
                self.next_revision = response.header.revision + 1
        elif response.events:
            self.next_revision = response.events[-1].kv.mod_revision + 1
        else:
            self.next_revision = max(self.next_revision, response.header.revision + 1)
        return True

    def wake(self):
        """Ends a stream that has been silent for too long."""
        if self.call and time.monotonic() - self.heard > SILENCE_SECONDS_MAX:
            self.call.cancel()

    def end(self):
        self.is_ended = True
        if self.call:
            self.call.cancel()


def wait_for(watchers, revision, seconds):
    """Waits until each of them has been told everything up to the revision."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(watcher.next_revision > revision for watcher in watchers):
            return
        for watcher in watchers:
            watcher.wake()
        time.sleep(0.05)
