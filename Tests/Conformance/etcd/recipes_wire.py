"""etcd's Lock and Election services for grpc-python, without a compiler of .proto files.

The tables are etcd's numbers and names, gathered apart from Protocols/etcd.
"""

import etcd3.etcdrpc.kv_pb2 as kv_pb2
import etcd3.etcdrpc.rpc_pb2 as rpc_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HEADER, KEY_VALUE = ".etcdserverpb.ResponseHeader", ".mvccpb.KeyValue"
LEADER = ".v3electionpb.LeaderKey"

LOCK = {
    "LockRequest": [("name", "bytes"), ("lease", "int64")],
    "LockResponse": [("header", HEADER), ("key", "bytes")],
    "UnlockRequest": [("key", "bytes")],
    "UnlockResponse": [("header", HEADER)],
}

ELECTION = {
    "LeaderKey": [("name", "bytes"), ("key", "bytes"), ("rev", "int64"), ("lease", "int64")],
    "CampaignRequest": [("name", "bytes"), ("lease", "int64"), ("value", "bytes")],
    "CampaignResponse": [("header", HEADER), ("leader", LEADER)],
    "LeaderRequest": [("name", "bytes")],
    "LeaderResponse": [("header", HEADER), ("kv", KEY_VALUE)],
    "ResignRequest": [("leader", LEADER)],
    "ResignResponse": [("header", HEADER)],
    "ProclaimRequest": [("leader", LEADER), ("value", "bytes")],
    "ProclaimResponse": [("header", HEADER)],
}

TYPES = descriptor_pb2.FieldDescriptorProto


def _classes(file, package, messages):
    """The messages' Python classes, by name."""
    description = descriptor_pb2.FileDescriptorProto(
        name=file,
        package=package,
        syntax="proto3",
        dependency=[rpc_pb2.DESCRIPTOR.name, kv_pb2.DESCRIPTOR.name],
    )
    for name, fields in messages.items():
        message = description.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            added = message.field.add(name=field, number=number, label=TYPES.LABEL_OPTIONAL)
            if kind.startswith("."):
                added.type, added.type_name = TYPES.TYPE_MESSAGE, kind
            else:
                added.type = TYPES.TYPE_BYTES if kind == "bytes" else TYPES.TYPE_INT64
    pool = descriptor_pool.Default()
    pool.Add(description)
    factory = message_factory.MessageFactory(pool)
    return {
        name: factory.GetPrototype(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }


lock = _classes("v3lock.proto", "v3lockpb", LOCK)
election = _classes("v3election.proto", "v3electionpb", ELECTION)


class Recipes:
    """Both services of one endpoint; a call is `recipes.call("Lock", name=b"a")`."""

    def __init__(self, channel):
        self.channel = channel

    def method(self, name):
        """The callable of a method, and its request's class."""
        service, messages = (
            ("v3lockpb.Lock", lock) if name in ("Lock", "Unlock")
            else ("v3electionpb.Election", election)
        )
        method = self.channel.unary_unary(
            f"/{service}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=messages[f"{name}Response"].FromString,
        )
        return method, messages[f"{name}Request"]

    def call(self, name, /, timeout=10, **fields):
        method, request = self.method(name)
        return method(request(**fields), timeout=timeout)

    def begin(self, name, /, timeout=60, **fields):
        """A call's future: Lock and Campaign may wait."""
        method, request = self.method(name)
        return method.future(request(**fields), timeout=timeout)

    def observe(self, name, timeout=60):
        """The stream of an election's leaders."""
        method = self.channel.unary_stream(
            "/v3electionpb.Election/Observe",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=election["LeaderResponse"].FromString,
        )
        return method(election["LeaderRequest"](name=name), timeout=timeout)
