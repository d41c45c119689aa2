"""Checks the generated ECS and CodeDeploy resources against the API models that botocore ships.

CloudFormation hands them to RegisterTaskDefinition, CreateService and so on. This check resolves their intrinsic
functions to placeholders, spells the properties as the API does, and asks botocore whether it would send the call:
unknown members, wrong types and missing members are found, and so are values outside of an enumeration, which
botocore itself leaves to the service. No network.

Of the JSON formats it checks the calls that deploy.sh makes: task-definition.json for RegisterTaskDefinition, service.json
for CreateService, appspec.yaml in the revision of CreateDeployment; and that the stack has an output for each placeholder.

Usage: ecs_taskdef_shapes.py PROJECT_DIR
Exit status: 0 when the API would accept every call, 1 otherwise.
"""

import argparse
import json
import pathlib
import re
import sys

import botocore.loaders
import botocore.model
import botocore.validate
import yaml

import quick_yaml
import ecs_json

CALLS = {
    "AWS::CodeDeploy::Application": "CreateApplication",
    "AWS::CodeDeploy::DeploymentGroup": "CreateDeploymentGroup",
    "AWS::ECS::CapacityProvider": "CreateCapacityProvider",
    "AWS::ECS::Cluster": "CreateCluster",
    "AWS::ECS::ClusterCapacityProviderAssociations": "PutClusterCapacityProviders",
    "AWS::ECS::TaskDefinition": "RegisterTaskDefinition",
    "AWS::ECS::Service": "CreateService",
}

# What no stack can do without, by its file.
ALWAYS = {
    "service.yaml": {"AWS::ECS::Cluster", "AWS::ECS::TaskDefinition", "AWS::ECS::Service"},
    "infra.yaml": {"AWS::ECS::Cluster"},
}
CODE_DEPLOY = {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::ECS::Service"}

# The properties that CloudFormation calls something else than the API, beyond upper and lower case.
OTHER_NAMES = {"ClusterName": "cluster", "ClusterSettings": "settings", "PlacementStrategies": "placementStrategy"}


class CloudFormationLoader(quick_yaml.SafeLoader):
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
            name = members.get(key.lower()) or OTHER_NAMES.get(key, key)
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


def call_problems(request, operation, model, place):
    """What the API would not accept of a call."""
    shape = model.operation_model(operation).input_shape
    report = botocore.validate.ParamValidator().validate(request, shape)
    if report.has_errors():
        yield from (f"{place}: {line}" for line in report.generate_report().splitlines())
    yield from (f"{place}{error}" for error in enumeration_errors(request, shape, ""))


def check(template, models, always):
    """Returns the problems of every resource that has an API call, and one for each that is missing."""
    problems, checked = [], set()
    parameters = template.get("Parameters", {})
    for logical_id, resource in template["Resources"].items():
        operation = CALLS.get(resource["Type"])
        if operation is None:
            continue
        checked.add(resource["Type"])
        model = models["codedeploy" if "CodeDeploy" in resource["Type"] else "ecs"]
        shape = model.operation_model(operation).input_shape
        # CloudFormation sends this with an update, and never when it creates: cfn-lint knows its form.
        properties = {name: value for name, value in resource["Properties"].items() if name != "ForceNewDeployment"}
        request = to_api(resolve(properties, parameters), shape)
        problems += call_problems(request, operation, model, logical_id)
    # A cluster that is there is named by a parameter.
    always = always - {"AWS::ECS::Cluster"} if "ClusterName" in parameters else always
    problems += [f"no resource of type {kind}" for kind in sorted(always - checked)]
    return problems


def check_json(folder, template, models):
    """Returns the problems of the files that deploy.sh fills in and hands to the API."""
    problems = []
    fillable = set(template["Outputs"]) | set(ecs_json.of_image("image"))
    for name, operation in {"task-definition.json": "RegisterTaskDefinition", "service.json": "CreateService"}.items():
        if not (folder / name).exists():
            continue
        document = ecs_json.read(folder / name)
        unfilled = set(ecs_json.PLACEHOLDER.findall(json.dumps(document))) - fillable
        problems += [f"{name}: the stack has no output for <{placeholder}>" for placeholder in sorted(unfilled)]
        problems += call_problems(ecs_json.fill(document, lambda _: "placeholder"), operation, models["ecs"], name)
    if (folder / "appspec.yaml").exists():
        problems += check_appspec((folder / "appspec.yaml").read_text(encoding="utf-8"), models)
    return problems


def check_appspec(text, models):
    """Returns the problems of the revision; the service reads its content only while it deploys."""
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": text}}
    problems = list(call_problems({"applicationName": "placeholder", "revision": revision}, "CreateDeployment", models["codedeploy"], "appspec.yaml"))
    content = quick_yaml.load(text)
    expected = {
        "version": 0.0,
        "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": "<TASK_DEFINITION>", "LoadBalancerInfo": {"ContainerName": str, "ContainerPort": int},
        }}}],
    }
    return problems + list(differences(content, expected, "appspec.yaml"))


def differences(value, expected, place):
    """Yields where a document is not as expected, which names a type where any value of it will do."""
    if isinstance(expected, type):
        if type(value) is not expected:
            yield f"{place}: {value!r} is no {expected.__name__}"
    elif isinstance(expected, dict) and isinstance(value, dict):
        yield from (f"{place}: unknown {key}" for key in sorted(set(value) - set(expected)))
        for key, item in expected.items():
            yield from differences(value.get(key), item, f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(value, list) and len(value) == len(expected):
        for index, item in enumerate(expected):
            yield from differences(value[index], item, f"{place}/{index}")
    elif value != expected:
        yield f"{place}: {value!r} is not {expected!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    folder = parser.parse_args().project / "deploy/ecs"
    path = folder / ("infra.yaml" if ecs_json.is_json(folder) else "service.yaml")

    template = yaml.load(path.read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    loader = botocore.loaders.Loader()
    models = {
        name: botocore.model.ServiceModel(loader.load_service_model(name, "service-2")) for name in ("codedeploy", "ecs")
    }
    always = ALWAYS[path.name] | (CODE_DEPLOY if (folder / "appspec.yaml").exists() else set())
    problems = [f"{path.name}: {problem}" for problem in check(template, models, always)]
    if ecs_json.is_json(folder):
        problems += check_json(folder, template, models)
    for problem in problems:
        print(f"{folder}: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"{folder}: botocore accepts every call")
    return 0


if __name__ == "__main__":
    sys.exit(main())
