"""Reads the JSON formats of ECS: task-definition.json, service.json and appspec.yaml, with placeholders in angle brackets.

    ecs_json.py PROJECT TEMPLATE

writes the task definition as a CloudFormation template, for cfn-lint, which knows what Fargate accepts. Exit code 0.
"""

import json
import pathlib
import re
import sys

PLACEHOLDER = re.compile(r"<([^<>]*)>")


def is_json(folder):
    """Whether a project's deploy/ecs keeps its task definition in a JSON file."""
    return (folder / "task-definition.json").exists()


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def fill(value, values):
    """Fills the placeholders as deploy.sh does; `values` is called with each name."""
    if isinstance(value, dict):
        return {key: fill(item, values) for key, item in value.items()}
    if isinstance(value, list):
        filled = []
        for item in value:
            is_placeholder = isinstance(item, str) and PLACEHOLDER.fullmatch(item)
            filled += values(is_placeholder[1]).split(",") if is_placeholder else [fill(item, values)]
        return filled
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: values(match[1]), value)
    return value


def of_image(image):
    """What deploy.sh knows of the image: nobody says here which commit it was built from."""
    return {"Image": image, "Commit": "none", "Author": "none"}


def example(name):
    """A value of the form that the output of this name has."""
    arns = {
        "SecretsArn": "arn:aws:ssm:us-east-1:123456789012:parameter/orders/dev",
        "TargetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/0123456789abcdef",
        "Region": "us-east-1",
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/orders@sha256:" + "0" * 64,
    }
    return arns.get(name) or ("arn:aws:iam::123456789012:role/example" if name.endswith("Arn") else "example")


def to_cloudformation(value, shape):
    """Spells the members of an API structure as CloudFormation does; the keys of a map stay."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name[:1].upper() + name[1:]: to_cloudformation(item, shape.members[name]) if name in shape.members else item
            for name, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [to_cloudformation(item, shape.member) for item in value]
    return value


def template(task_definition):
    """A stack with this task definition and nothing else."""
    import botocore.loaders
    import botocore.model

    model = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("ecs", "service-2"))
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    properties = to_cloudformation(fill(task_definition, example), shape)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"TaskDefinition": {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}},
    }


if __name__ == "__main__":
    project, output = map(pathlib.Path, sys.argv[1:])
    wrapped = template(read(project / "deploy/ecs/task-definition.json"))
    output.write_text(json.dumps(wrapped, indent=2), encoding="utf-8")
