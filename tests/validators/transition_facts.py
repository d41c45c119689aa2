"""Says what the files of before and after say about a change, for pairs of trees: `pairs.json` names them by number.

Stacks are compared with CloudFormation's own `createOnlyProperties`, which cfn-lint carries; Kubernetes objects by the fields that
the API server lets nobody change, and by what nobody applies any more.
"""

import functools
import json
import sys
from pathlib import Path

import yaml
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"
# Those on which clients, or the way back, depend. A security group rule or an alarm is made again unnoticed.
SERVING = {
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::Route53::RecordSet",
}
KUSTOMIZE = {"Kustomization", "Component"}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    pass


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", tagged)


@functools.cache
def parsed(text):
    return [it for it in yaml.load_all(text, Loader) if isinstance(it, dict)]


def documents(path):
    return parsed(path.read_text())


def resources(tree):
    found = {}
    for name in ("service.yaml", "infra.yaml", "dns.yaml"):
        path = tree / "deploy/ecs" / name
        if path.exists():
            for key, resource in documents(path)[0].get("Resources", {}).items():
                found[key] = resource
    return found


@functools.cache
def create_only(kind):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    paths = schema.get("createOnlyProperties", []) + schema.get("conditionalCreateOnlyProperties", [])
    return {path.split("/")[2] for path in paths if path.startswith("/properties/")}


def replaced(before, after):
    found = []
    old, new = resources(before), resources(after)
    for key, resource in old.items():
        kind = resource["Type"]
        if kind not in SERVING:
            continue
        if key not in new:
            if kind == "AWS::ECS::Service" or kind == "AWS::Route53::RecordSet" or "Listener" in kind and not key.startswith("Test"):
                found.append(f"{key} is gone")
            continue
        of = lambda it: it.get("Properties", {})
        if any(of(resource).get(name) != of(new[key]).get(name) for name in create_only(kind)):
            found.append(f"{key} is replaced")
    return found


def task(tree):
    for path in (tree / "deploy/ecs/task-definition.json",):
        if path.exists():
            return json.loads(path.read_text())
    return resources(tree).get("TaskDefinition")


def objects(tree):
    """The objects by kind and name, with the names that a track gets."""
    folder, found = tree / "deploy/kubernetes", {}
    if not (folder / "base").exists():
        return found
    has_tracks = any(folder.glob("overlays/*/blue"))
    for path in sorted([*folder.glob("base/**/*.yaml"), *folder.glob("components/**/*.yaml")]):
        for it in documents(path):
            if it.get("kind") in KUSTOMIZE or "metadata" not in it:
                continue
            name = it["metadata"]["name"]
            if has_tracks and it["kind"] in ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
                name += "-blue"
            found[it["kind"], name] = it
    return found


def pods(tree):
    return [it["spec"]["template"] for (kind, _), it in sorted(objects(tree).items()) if kind in ("Deployment", "Rollout")]


def immutable(before, after):
    old, new = objects(before), objects(after)
    for key in old.keys() & new.keys():
        if key[0] == "Deployment" and old[key]["spec"].get("selector") != new[key]["spec"].get("selector"):
            yield f"the selector of {key[1]} changes"


def text(tree, *parts):
    path = tree.joinpath(*parts)
    return path.read_text() if path.exists() else None


def namespaces(tree):
    folder = tree / "deploy/kubernetes/namespaces/base"
    return {path.name: path.read_text() for path in folder.glob("*.yaml")} if folder.exists() else None


def facts(before, after):
    both = lambda of: (of(before), of(after))
    is_there = lambda pair: pair[0] is not None and pair[1] is not None
    bootstrap, roles = (both(lambda tree: text(tree, f"deploy/ecs/{name}.yaml")) for name in ("bootstrap", "roles"))
    spaces, tasks, templates = both(namespaces), both(task), both(pods)
    old, new = both(objects)
    is_packaged_otherwise = bool(old) != bool(new)
    left = [] if is_packaged_otherwise else [f"{kind} {name}" for kind, name in old.keys() - new.keys()]
    return {
        "bootstrap": any(is_there(pair) and pair[0] != pair[1] for pair in (bootstrap, roles)),
        "namespaces": is_there(spaces) and spaces[0] != spaces[1],
        "pods": is_there(tasks) and tasks[0] != tasks[1] or bool(templates[0] and templates[1]) and templates[0] != templates[1],
        "replaced": (replaced(before, after) if resources(after) else []) + list(immutable(before, after)),
        "left": sorted(left),
    }


root = Path(sys.argv[1])
pairs = json.loads((root / "pairs.json").read_text())
print(json.dumps([facts(root / str(before), root / str(after)) for before, after in pairs]))
