"""Raw gRPC calls and answers that can be compared between two clusters."""

import etcd3.etcdrpc as rpc
import grpc


class Stubs:
    def __init__(self, endpoint):
        options = [("grpc.max_receive_message_length", 64 << 20)]
        self.channel = grpc.insecure_channel(endpoint, options=options)
        self.kv = rpc.KVStub(self.channel)
        self.lease = rpc.LeaseStub(self.channel)
        self.watch = rpc.WatchStub(self.channel)
        self.maintenance = rpc.MaintenanceStub(self.channel)

    def close(self):
        self.channel.close()


def without_ids(message):
    """The message without what names the cluster, the member and the term, at every depth."""
    for field, value in message.ListFields():
        if field.name == "header":
            value.cluster_id = value.member_id = value.raft_term = 0
        elif field.message_type is not None:
            values = value if field.label == field.LABEL_REPEATED else [value]
            for inner in values:
                without_ids(inner)
    return message


def answer(call, request, timeout=10):
    """A message, or the code and text of the refusal."""
    try:
        return without_ids(call(request, timeout=timeout))
    except grpc.RpcError as error:
        return error.code().name, error.details()
