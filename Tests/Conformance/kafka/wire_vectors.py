"""Messages as kafka-python encodes them, for the unit tests of KafkaWire.

Its codecs read Kafka's own schema files; ours are generated from a table that we wrote. So one line
a message and version, with random values in every field, shows each wrong type, order or range of
versions. The values come from a seed: `--check` says whether the file is what is written today.

    python wire_vectors.py [--check] FILE
"""

import argparse
import importlib
import pkgutil
import random
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace

import kafka
import kafka.protocol
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.consumer.metadata import (
    ConsumerProtocolAssignment, ConsumerProtocolSubscription,
)

TABLES = Path(__file__).resolve().parents[3] / "Protocols" / "kafka"
SEED = 20261125
TURNS = 2
LETTERS = "abcdefghijklmnopqrstuvwxyz.-_é→"
NUMBERS = {"int8": 8, "int16": 16, "uint16": 16, "int32": 32, "int64": 64}


def messages():
    """Every request and response that kafka-python knows, by name."""
    for module in pkgutil.walk_packages(kafka.protocol.__path__, "kafka.protocol."):
        if ".old" not in module.name and "generate_stubs" not in module.name:
            importlib.import_module(module.name)
    found, open_classes = {}, list(ApiMessage.__subclasses__())
    while open_classes:
        one = open_classes.pop()
        open_classes += one.__subclasses__()
        if getattr(one, "_json", None) and one._class_version is None:
            found[one._json["name"]] = one
    return dict(sorted(found.items()))


def served():
    """The versions of our own tables, by the API's number."""
    found = {}
    for table in TABLES.glob("*.messages"):
        for line in table.read_text().splitlines():
            if line.startswith("api "):
                key, versions = line.split()[1], line.split()[3].split("-")
                found[int(key)] = range(int(versions[0]), int(versions[-1]) + 1)
    return found


class Values:
    """Random values by what a schema says of a field."""

    def __init__(self, name, version, turn):
        self.random = random.Random(f"{SEED} {name} {version} {turn}")
        self.version = version

    def count(self):
        return self.random.choice([0, 1, 1, 1, 2])

    def number(self, bits, signed):
        if self.random.random() < 0.3:
            return self.random.randrange(1 << (bits - 1))
        low = -(1 << (bits - 1)) if signed else 0
        return self.random.choice([low, 1, (1 << (bits - 1)) - 1])

    def simple(self, kind):
        if kind in NUMBERS:
            return self.number(NUMBERS[kind], kind != "uint16")
        if kind == "bool":
            return self.random.random() < 0.5
        if kind == "uuid":
            return uuid.UUID(int=self.random.getrandbits(128))
        if kind == "bitfield":
            return {self.random.randrange(31) for _ in range(3)}
        text = "".join(self.random.choice(LETTERS) for _ in range(self.random.randrange(1, 6)))
        if kind == "string":
            return text
        if kind in ("bytes", "records"):
            return text.encode()
        raise ValueError(f"a field of type {kind}")

    def field(self, field):
        if field.nullable_for_version_q(self.version) and self.random.random() < 0.25:
            return None
        if field.is_struct_array():
            return [self.structure(field) for _ in range(self.count())]
        if field.is_struct():
            return self.structure(field)
        if field.is_array():
            kind = field.array_of._type_str
            return [self.simple(kind) for _ in range(self.count())]
        return self.simple(field._type_str)

    def structure(self, struct):
        """As kafka-python's encoders want it; not all of its structures have a class."""
        values = self.fields(struct)
        tags = {name for name in values if struct.fields[name]._tag is not None}
        unset = {field.name: field.default for field in struct._fields if field.name not in values}
        return SimpleNamespace(**values, **unset, tags=tags or None, unknown_tags=None)

    def fields(self, struct):
        values = {}
        for field in struct._fields:
            if not field.for_version_q(self.version):
                continue
            is_tagged = field.tagged_field_q(self.version)
            if is_tagged and self.random.random() < 0.4:
                continue
            value = self.field(field)
            # What has its default must not be written as a tag; kafka-python leaves that to us.
            if is_tagged and (value == field.default or value in ([], None, False, 0, "")):
                continue
            values[field.name] = value
        return values


def lines():
    yield f"# kafka-python {kafka.__version__}, seed {SEED}: message, version, bytes"
    ours = served()
    for name, message in messages().items():
        first, last = message.valid_versions
        for version in ours.get(message.API_KEY, []):
            if not first <= version <= last:
                continue
            # Two values, as in one of them any list may be empty and any field null.
            for turn in range(TURNS):
                values = Values(name, version, turn)
                value = message(version=version, **values.fields(message._struct))
                yield f"{name} {version} {value.encode(version=version).hex()}"
    # What consumers tell each other, without the version that stands before it.
    for message in (ConsumerProtocolAssignment, ConsumerProtocolSubscription):
        name, (first, last) = message.__name__.replace("Protocol", ""), message._valid_versions
        for version in range(first, last + 1):
            value = Values(name, version, 0).structure(message._struct)
            encoded = message._struct.encode(value, version=version, compact=False, tagged=False)
            yield f"{name} {version} {encoded.hex()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    text = "\n".join(lines()) + "\n"
    if not options.check:
        options.file.write_text(text)
    elif options.file.read_text() != text:
        print(f"{options.file} is not what {Path(__file__).name} writes now")
        return 1
    print(f"{len(text.splitlines()) - 1} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
