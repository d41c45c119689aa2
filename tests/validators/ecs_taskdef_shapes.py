"""Checks the generated ECS resources against the ECS API model that botocore ships.

CloudFormation hands them to RegisterTaskDefinition, CreateService and so on. This check resolves their intrinsic
functions to placeholders, spells the properties as the API does, and asks botocore whether it would send the call:
unknown members, wrong types and missing members are found, and so are values outside of an enumeration, which
botocore itself leaves to the service. No network.

Usage: ecs_taskdef_shapes.py PROJECT_DIR
Exit status: 0 when the API would accept every call, 1 otherwise.
"""

import argparse
import pathlib
import re
import sys

import botocore.loaders
import botocore.model
import botocore.validate
import yaml

CALLS = {
    "AWS::ECS::CapacityProvider": "CreateCapacityProvider",
    "AWS::ECS::Cluster": "CreateCluster",
    "AWS::ECS::ClusterCapacityProviderAssociations": "PutClusterCapacityProviders",
    "AWS::ECS::TaskDefinition": "RegisterTaskDefinition",
    "AWS::ECS::Service": "CreateService",
}

# What no service stack can do without.
ALWAYS = {"AWS::ECS::Cluster", "AWS::ECS::TaskDefinition", "AWS::ECS::Service"}

# The properties that CloudFormation calls something else than the API, beyond upper and lower case.
OTHER_NAMES = {"PlacementStrategies": "placementStrategy"}


class CloudFormationLoader(yaml.SafeLoader):
    """Reads the short forms (!Ref, !Sub, ...) as the long ones."""


def construct_intrinsic(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


CloudFormationLoader.add_multi_constructor("!", construct_intrinsic)


def resolve(value, parameters):
    """Replaces intrinsic functions by placeholders of the type that they yield."""
    if isinstance(value, list):
        return [resolve(item, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref":
            kind = parameters.get(argument, {}).get("Type", "String")
            if kind.startswith("List<") or kind == "CommaDelimitedList":
                return ["placeholder"]
            return 1 if kind == "Number" else "placeholder"
        if name == "Fn::If":
            return resolve(argument[1], parameters)
        if name == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            return re.sub(r"\$\{[^}]*\}", "placeholder", text)
        if name == "Fn::Split":
            return ["placeholder"]
        if name.startswith("Fn::"):
            return "placeholder"
    return {key: resolve(item, parameters) for key, item in value.items()}


def to_api(value, shape):
    """Spells CloudFormation's property names as the members of the API shape; unknown names stay, to be reported."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        spelled = {}
        for key, item in value.items():
            name = OTHER_NAMES.get(key) or members.get(key.lower(), key)
            spelled[name] = to_api(item, shape.members[name]) if name in shape.members else item
        return spelled
    if shape.type_name == "list" and isinstance(value, list):
        return [to_api(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: to_api(item, shape.value) for key, item in value.items()}
    return value


def enumeration_errors(value, shape, place):
    """Yields a message for each string outside of its shape's enumeration."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, item in value.items():
            if name in shape.members:
                yield from enumeration_errors(item, shape.members[name], f"{place}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from enumeration_errors(item, shape.member, f"{place}[{index}]")
    elif shape.type_name == "string" and getattr(shape, "enum", None):
        if value != "placeholder" and value not in shape.enum:
            yield f"{place}: {value!r} is not one of {', '.join(shape.enum)}"


def check(template, model):
    """Returns the problems of every resource that has an API call, and one for each that is missing."""
    problems, checked = [], set()
    parameters = template.get("Parameters", {})
    for logical_id, resource in template["Resources"].items():
        operation = CALLS.get(resource["Type"])
        if operation is None:
            continue
        checked.add(resource["Type"])
        shape = model.operation_model(operation).input_shape
        request = to_api(resolve(resource["Properties"], parameters), shape)
        report = botocore.validate.ParamValidator().validate(request, shape)
        if report.has_errors():
            problems += [f"{logical_id}: {line}" for line in report.generate_report().splitlines()]
        problems += [f"{logical_id}{error}" for error in enumeration_errors(request, shape, "")]
    problems += [f"no resource of type {kind}" for kind in sorted(ALWAYS - checked)]
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    path = parser.parse_args().project / "deploy/ecs/service.yaml"

    template = yaml.load(path.read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    description = botocore.loaders.Loader().load_service_model("ecs", "service-2")
    problems = check(template, botocore.model.ServiceModel(description))
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"{path}: botocore accepts every ECS resource")
    return 0


if __name__ == "__main__":
    sys.exit(main())
