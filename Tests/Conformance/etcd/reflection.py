"""gRPC's server reflection, by grpcio-reflection's client: a client that has no .proto files."""

import etcd3.etcdrpc.kv_pb2 as kv_pb2
import etcd3.etcdrpc.rpc_pb2 as rpc_pb2
import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2 as wire
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from cluster import Cluster

SERVICES = [
    "etcdserverpb.Cluster", "etcdserverpb.KV", "etcdserverpb.Lease", "etcdserverpb.Maintenance",
    "etcdserverpb.Watch", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection", "martlet.v1.Keyspaces", "v3electionpb.Election",
    "v3lockpb.Lock",
]


def shape(field):
    """What of a field is on the wire, or in its JSON."""
    oneof = field.containing_oneof.name if field.containing_oneof else None
    message = field.message_type.full_name if field.message_type else None
    enumeration = field.enum_type.full_name if field.enum_type else None
    return field.number, field.type, field.label, message, enumeration, oneof


def differences(theirs, ours):
    """Where fields and values that etcd3's own compiled files know are not the same here."""
    found = []
    for name, message in theirs.message_types_by_name.items():
        if name.startswith("Auth"):
            continue
        mine = ours.FindMessageTypeByName(message.full_name)
        for field in message.fields:
            other = mine.fields_by_name.get(field.name)
            if other is None or shape(field) != shape(other):
                found.append(f"{message.full_name}.{field.name}")
        for inner in message.enum_types:
            values = {value.name: value.number for value in inner.values}
            same = mine.enum_types_by_name[inner.name].values
            if not values.items() <= {value.name: value.number for value in same}.items():
                found.append(inner.full_name)
    return found


def call(pool, channel, name, /, **fields):
    """Calls a method by nothing but what reflection told."""
    service, _, method = name.rpartition(".")
    described = pool.FindServiceByName(service).FindMethodByName(method)
    factory = message_factory.MessageFactory(pool)
    request = factory.GetPrototype(described.input_type)(**fields)
    answer = channel.unary_unary(
        f"/{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=factory.GetPrototype(described.output_type).FromString,
    )
    return answer(request, timeout=10)


def compare(checks, system):
    with Cluster(system) as cluster, grpc.insecure_channel(cluster.nodes[0].etcd) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        if system == "etcd":
            try:
                told = list(database.get_services())
            except grpc.RpcError as error:
                told = error.code()
            checks.equal("etcd has no reflection", told, grpc.StatusCode.UNIMPLEMENTED)
            return
        checks.equal("the services are listed", list(database.get_services()), SERVICES)
        pool = descriptor_pool.DescriptorPool(database)
        checks.equal("each is described", [pool.FindServiceByName(name).full_name
                                           for name in SERVICES], SERVICES)
        for theirs in (kv_pb2.DESCRIPTOR, rpc_pb2.DESCRIPTOR):
            count = len(theirs.message_types_by_name)
            found = differences(theirs, pool)
            checks.equal(f"{count} messages of {theirs.package} are as in etcd3's files", found, [])
        call(pool, channel, "etcdserverpb.KV.Put", key=b"a", value=b"1")
        pairs = call(pool, channel, "etcdserverpb.KV.Range", key=b"a").kvs
        checks.equal("Put and Range by descriptors alone", [pair.value for pair in pairs], [b"1"])
        leader = call(pool, channel, "v3electionpb.Election.Campaign", name=b"e").leader
        checks.equal("Campaign by descriptors alone", leader.name, b"e")
        newer = channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=wire.ServerReflectionRequest.SerializeToString,
            response_deserializer=wire.ServerReflectionResponse.FromString,
        )
        question = wire.ServerReflectionRequest(file_containing_symbol="etcdserverpb.KV.Nothing")
        told = next(newer(iter([question]), timeout=10)).error_response
        checks.equal("v1 tells what is not found", told.error_code,
                     grpc.StatusCode.NOT_FOUND.value[0])
