"""Puts equals of a sorted range in one order, as etcd leaves their order open.

etcd sorts with Go's sort.Sort; a limit may then cut between equals, so of a limited range only
what it is sorted by is compared.
"""

import etcd3.etcdrpc as rpc

SORTED_BY = {
    rpc.RangeRequest.VERSION: "version",
    rpc.RangeRequest.CREATE: "create_revision",
    rpc.RangeRequest.MOD: "mod_revision",
    rpc.RangeRequest.VALUE: "value",
}


def in_fixed_order(request, answer):
    """The answer with equals of a sorted range in the order of their keys."""
    if isinstance(answer, (tuple, list)):
        return answer
    fixed = type(answer)()
    fixed.CopyFrom(answer)
    fix_order(request, fixed)
    return fixed


def fix_order(request, answer):
    if isinstance(request, rpc.RangeRequest):
        if request.sort_target in SORTED_BY:
            fix_range(request, answer, SORTED_BY[request.sort_target])
    elif isinstance(request, rpc.TxnRequest):
        branch = request.success if answer.succeeded else request.failure
        for operation, outcome in zip(branch, answer.responses):
            asked, said = operation.WhichOneof("request"), outcome.WhichOneof("response")
            fix_order(getattr(operation, asked), getattr(outcome, said))


def fix_range(request, answer, field):
    pairs = sorted(answer.kvs, key=lambda pair: pair.key)
    # Without their values nobody can tell which keys were equals.
    if not (request.keys_only and field == "value"):
        is_descending = request.sort_order == rpc.RangeRequest.DESCEND
        pairs = sorted(pairs, key=lambda pair: getattr(pair, field), reverse=is_descending)
        if [getattr(pair, field) for pair in pairs] != [getattr(pair, field) for pair in answer.kvs]:
            return
    del answer.kvs[:]
    for pair in pairs:
        kept = answer.kvs.add()
        kept.CopyFrom(pair)
        if request.limit > 0:
            for name in ("key", "create_revision", "mod_revision", "version", "value", "lease"):
                if name != field:
                    kept.ClearField(name)
