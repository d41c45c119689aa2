"""A stand-in for Terraform's AWS provider: it knows the names and the types of terraform_schema.json, and nothing else.

It speaks version 6 of the plugin protocol, so Terraform itself finds an unknown argument, a wrong type, a missing argument, an unknown
block. Whatever the real provider refuses by itself passes. A resource is planned as it is written, with what the provider makes unknown;
nothing can be applied.

    with serving() as reattach: ...     # what TF_REATTACH_PROVIDERS has to hold
"""

import contextlib
import json
import os
import pathlib
from concurrent.futures import ThreadPoolExecutor

import grpc
import msgpack

SCHEMA = pathlib.Path(__file__).with_name("terraform_schema.json")
ADDRESS = "registry.terraform.io/hashicorp/aws"
VERSION = 6

# What the provider makes up where nobody has written it.
MADE_UP = {"id", "name"}

# How a value that is not known yet is written.
UNKNOWN = msgpack.ExtType(0, b"\0")

ACCOUNT = "123456789012"

# Kinds of nesting, by the number that the protocol gives them.
LIST = 2


def field(number, value):
    """One field of a message: a number, a text, or what is already encoded."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def fields(message):
    """The fields of a message, by their numbers; of a repeated one, the last."""
    found, place = {}, 0

    def read():
        nonlocal place
        number = shift = 0
        while True:
            byte = message[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while place < len(message):
        key = read()
        if key & 7 == 0:
            found[key >> 3] = read()
        else:
            length = read()
            found[key >> 3] = message[place : place + length]
            place += length
    return found


def value_of(dynamic):
    return msgpack.unpackb(fields(dynamic)[1], strict_map_key=False)


def dynamic(value):
    return field(1, msgpack.packb(value))


def block(schema):
    encoded = b""
    for name, (kind, type_of) in sorted(schema["attributes"].items()):
        flags = {"required": field(4, 1), "optional": field(5, 1), "computed": field(6, 1)}[kind]
        if kind == "optional" and name in MADE_UP:
            flags += field(6, 1)
        encoded += field(2, field(1, name) + field(2, json.dumps(type_of)) + flags)
    for name, nested in sorted(schema["blocks"].items()):
        least = field(4, 1) if nested["kind"] == "required" else b""
        most = b"" if nested["many"] else field(5, 1)
        encoded += field(3, field(1, name) + field(2, block(nested)) + field(3, LIST) + least + most)
    return encoded


class Provider:
    def __init__(self, schemas):
        self.schemas = schemas

    def get_provider_schema(self, _):
        encoded = field(1, field(2, block(self.schemas["provider"])))
        for number, kind in ((2, "resources"), (3, "data")):
            for name, schema in sorted(self.schemas[kind].items()):
                encoded += field(number, field(1, name) + field(2, field(2, block(schema))))
        return encoded

    def plan_resource_change(self, request):
        name, planned = request[1].decode(), value_of(request[3])
        for attribute, (kind, _) in self.schemas["resources"][name]["attributes"].items():
            if planned is not None and planned[attribute] is None and (kind == "computed" or attribute in MADE_UP):
                planned[attribute] = UNKNOWN
        return field(1, dynamic(planned))

    def read_data_source(self, request):
        name, state = request[1].decode(), value_of(request[2])
        for attribute in self.schemas["data"][name]["attributes"]:
            state[attribute] = ACCOUNT if attribute == "account_id" else "made-up"
        return field(1, dynamic(state))


def server(port_of):
    provider = Provider(json.loads(SCHEMA.read_text(encoding="utf-8")))
    answers = {
        "GetProviderSchema": provider.get_provider_schema,
        "PlanResourceChange": provider.plan_resource_change,
        "ReadDataSource": provider.read_data_source,
    }
    nothing = (
        "GetResourceIdentitySchemas ValidateProviderConfig ValidateResourceConfig ValidateDataResourceConfig ConfigureProvider StopProvider"
    )
    answers |= {name: lambda _: b"" for name in nothing.split()}

    def handler(answer):
        return grpc.unary_unary_rpc_method_handler(lambda request, _: answer(fields(request)))

    served = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", 64 << 20)])
    served.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("tfplugin6.Provider", {name: handler(answer) for name, answer in answers.items()}),
            # Terraform asks whether the plugin is well: it is.
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler(lambda _: field(1, 1))}),
        )
    )
    port_of.append(served.add_insecure_port("127.0.0.1:0"))
    return served


@contextlib.contextmanager
def serving():
    """Serves until the block ends, and yields what TF_REATTACH_PROVIDERS has to hold."""
    port = []
    served = server(port)
    served.start()
    address = {"Network": "tcp", "String": f"127.0.0.1:{port[0]}"}
    attached = {"Protocol": "grpc", "ProtocolVersion": VERSION, "Pid": os.getpid(), "Test": True, "Addr": address}
    try:
        yield json.dumps({ADDRESS: attached})
    finally:
        served.stop(None)
