"""HTTP/2 by hand: frames that a polite library would not send, and a gRPC call over `h2`."""

import socket
import struct

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def message(payload, flag=0, length=None):
    """A gRPC message: flag, length, bytes."""
    return struct.pack(">BI", flag, len(payload) if length is None else length) + payload


def literal(name, value):
    """A header without indexing, without Huffman: names and values under 127 bytes."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def call_headers(path=b"/etcdserverpb.KV/Range"):
    # Indexed: 0x83 is :method POST, 0x86 is :scheme http.
    return (
        b"\x83\x86" + literal(b":path", path) + literal(b":authority", b"localhost")
        + literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers")
    )


class RawConnection:
    """A TCP connection that speaks bytes."""

    def __init__(self, endpoint, seconds=10):
        host, port = endpoint.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        self.received = b""

    def send(self, data):
        """Sends; False once the other side has ended the connection."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def open(self):
        self.send(PREFACE + frame(SETTINGS))
        return self

    def until_closed(self, seconds=10):
        """Reads until the other side closes; False if it does not within the time."""
        self.socket.settimeout(seconds)
        try:
            while data := self.socket.recv(65536):
                self.received += data
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def frames(self):
        """The frames received so far: (kind, flags, stream, payload)."""
        rest, found = self.received, []
        while len(rest) >= 9:
            length = int.from_bytes(rest[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", rest[3:9])
            found.append((kind, flags, stream, rest[9:9 + length]))
            rest = rest[9 + length:]
        return found

    def goaway(self):
        """The error code of the GOAWAY received, if any."""
        codes = [int.from_bytes(data[4:8], "big") for kind, _, _, data in self.frames() if kind == GOAWAY]
        return codes[-1] if codes else None

    def close(self):
        self.socket.close()


class Http2Client:
    """gRPC calls through the `h2` package: a strict reader of what the server sends."""

    def __init__(self, endpoint, window=65535):
        self.raw = RawConnection(endpoint)
        # Outbound validation off: some tests send what a client should not.
        config = h2.config.H2Configuration(
            validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.events = []
        self.flush()

    def flush(self):
        return self.raw.send(self.h2.data_to_send())

    def receive(self, seconds=10):
        """Feeds what comes into h2, which raises if the server breaks the protocol."""
        self.raw.socket.settimeout(seconds)
        data = self.raw.socket.recv(65536)
        if not data:
            raise ConnectionError("closed by the server")
        events = self.h2.receive_data(data)
        self.events += events
        self.flush()
        return events

    def start(self, path, body=None, method="POST", extra=(), content="application/grpc"):
        stream = self.h2.get_next_available_stream_id()
        headers = [
            (":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost"),
            ("content-type", content), ("te", "trailers"), *extra,
        ]
        self.h2.send_headers(stream, headers, end_stream=body is None)
        if body is not None:
            try:
                self.send_body(stream, body)
            except h2.exceptions.StreamClosedError:
                pass  # The server answered before it had read everything; `finish` reads it.
        self.flush()
        return stream

    def send_body(self, stream, body):
        while True:
            room = min(
                self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            part, body = body[:room], body[room:]
            self.h2.send_data(stream, part, end_stream=not body)
            self.flush()
            if not body:
                return
            while self.h2.local_flow_control_window(stream) == 0:
                self.receive()

    def finish(self, stream, acknowledge=True, seconds=10):
        """All of one answer: headers, body, trailers, and the code of a reset."""
        answer = {"headers": {}, "trailers": {}, "body": b"", "reset": None}
        position = 0
        while True:
            while position < len(self.events):
                event = self.events[position]
                position += 1
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, h2.events.ResponseReceived):
                    answer["headers"] = {k.decode(): v.decode() for k, v in event.headers}
                elif isinstance(event, h2.events.TrailersReceived):
                    answer["trailers"] = {k.decode(): v.decode() for k, v in event.headers}
                elif isinstance(event, h2.events.DataReceived):
                    answer["body"] += event.data
                    if acknowledge:
                        self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
                        self.flush()
                elif isinstance(event, h2.events.StreamReset):
                    answer["reset"] = event.error_code
                    return answer
                elif isinstance(event, h2.events.StreamEnded):
                    return answer
            self.receive(seconds)

    def call(self, path, payload, **options):
        return self.finish(self.start(path, message(payload), **options))

    def close(self):
        self.raw.close()


def status(answer):
    """The gRPC status of an answer, from its trailers or its only headers."""
    found = answer["trailers"].get("grpc-status") or answer["headers"].get("grpc-status")
    if found is None:
        return "reset" if answer["reset"] is not None else answer["headers"].get(":status")
    return int(found)


def status_message(answer):
    return answer["trailers"].get("grpc-message") or answer["headers"].get("grpc-message") or ""
