"""Prints the environment of the service's container, as the deployment files set it, as one JSON object.

    environment.py ecs PROJECT ENVIRONMENT
    environment.py kubernetes BUILT_YAML

The first reads the task definition and the parameter file of the environment, the second the output of `kubectl kustomize`.
"""

import json
import pathlib
import re
import sys

import yaml

import quick_yaml
import ecs_json
from ecs_taskdef_shapes import CloudFormationLoader


def of_task_definition(project, environment):
    folder = pathlib.Path(project) / "deploy/ecs"
    if (folder / "terraform").exists():
        text = (folder / "terraform/service/task.tf").read_text(encoding="utf-8")
        entries = re.findall(r'\{ name = "(\w+)", value = (?:"([^"]*)"|var\.environment) \}', text)
        return {name: value or environment for name, value in entries}
    if ecs_json.is_json(folder):
        task_definition = ecs_json.fill(ecs_json.read(folder / "task-definition.json"), lambda name: environment if name == "Environment" else name)
        (container,) = task_definition["containerDefinitions"]
        return {entry["name"]: entry["value"] for entry in container["environment"]}
    template = yaml.load((folder / "service.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    # With several regions there is a file for each; they differ in nothing that the container sees.
    files = sorted((folder / "params").glob("*.json"))
    file = next(file for file in files if file.name.split(".")[0] == environment)
    parameters = json.loads(file.read_text(encoding="utf-8"))
    values = {entry["ParameterKey"]: entry["ParameterValue"] for entry in parameters}
    (container,) = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    return {entry["Name"]: resolve(entry["Value"], template["Parameters"], values) for entry in container["Environment"]}


def resolve(value, declared, values):
    """A literal as it is, a reference to a parameter as the parameter file has it, and what only the stack knows as it is written."""
    if not isinstance(value, dict):
        return value
    return values[value["Ref"]] if value.get("Ref") in declared else json.dumps(value)


def of_deployment(built):
    objects = [thing for thing in quick_yaml.load_all(pathlib.Path(built).read_text(encoding="utf-8")) if thing]
    # Two tracks have the same environment, so the first will do.
    workload = next(thing for thing in objects if thing["kind"] in ("Deployment", "Rollout"))
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    maps = {thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"}
    environment = {}
    for source in container.get("envFrom", []):
        environment |= maps[source["configMapRef"]["name"]]
    return environment | {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}


if __name__ == "__main__":
    platform, *arguments = sys.argv[1:]
    print(json.dumps({"ecs": of_task_definition, "kubernetes": of_deployment}[platform](*arguments)))
