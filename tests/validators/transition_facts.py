"""Says what the files of before and after say about a change, for pairs of trees: `pairs.json` names them by number.

Stacks are compared with CloudFormation's own `createOnlyProperties`, which cfn-lint carries; Kubernetes objects by the fields that
the API server lets nobody change, by what nobody applies any more, and by what the tool that applies the files takes away. Those of
kustomize are the files themselves; a chart is rendered by a real Helm.

Usage: transition_facts.py FOLDER HELM, the folder of the pairs and the program that helm.py beside this file speaks to
"""

import functools
import json
import sys
from pathlib import Path

import yaml
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

import quick_yaml
from helm import VERSIONS, Helm
from kubernetes_helm import Chart

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
# Of a track there are two.
OF_A_TRACK = {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"}


class Loader(quick_yaml.SafeLoader):
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


def kustomized(folder):
    """The objects by kind and name, with the names that a track gets."""
    found = {}
    has_tracks = any(folder.glob("overlays/*/blue"))
    for path in sorted([*folder.glob("base/**/*.yaml"), *folder.glob("components/**/*.yaml")]):
        for it in documents(path):
            if it.get("kind") in KUSTOMIZE or "metadata" not in it:
                continue
            tracks = ("-blue", "-green") if has_tracks and it["kind"] in OF_A_TRACK else ("",)
            found |= {(it["kind"], it["metadata"]["name"] + track): it for track in tracks}
    return found


@functools.cache
def rendered(tree):
    """The objects of a chart by kind and name, for each environment, or each environment and cluster."""
    chart = Chart(tree)
    made = {overlay: parsed(chart.build(helm, overlay, VERSIONS[0])) for overlay in chart.overlays()}
    return {overlay: {(it["kind"], it["metadata"]["name"]): it for it in all} for overlay, all in made.items()}


def objects(tree):
    """The objects by kind and name; of kustomize for all environments at once."""
    folder = tree / "deploy/kubernetes"
    if (folder / "chart").exists():
        return rendered(tree)
    return {"": kustomized(folder)} if (folder / "base").exists() else {}


def of_both(old, new):
    """The objects of before and after for each place that is in both; for all places at once where there is none."""
    common = old.keys() & new.keys()
    if common or not (old and new):
        return [(old[place], new[place]) for place in sorted(common)]
    whole = lambda places: {key: it for place in sorted(places) for key, it in places[place].items()}
    return [(whole(old), whole(new))]


def pods(objects):
    return [it["spec"]["template"] for (kind, _), it in sorted(objects.items()) if kind in ("Deployment", "Rollout")]


def prunes(tree):
    """Whether the tool that applies the files deletes what is no longer in them: the README says the same of each."""
    folder = tree / "deploy/kubernetes"
    if (folder / "clusters").exists():
        return (folder / "clusters/flux").exists()
    return (folder / "chart").exists() and not (folder / "namespaces/base/deployer.yaml").exists()


def immutable(old, new):
    for key in sorted(old.keys() & new.keys()):
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
    spaces, tasks, places = both(namespaces), both(task), of_both(*both(objects))
    gone = sorted({f"{kind} {name}" for old, new in places for kind, name in old.keys() - new.keys()})
    is_taken_away = prunes(before) and prunes(after)
    # The files of kustomize are not built: a track has its label from its overlay.
    is_packaged_alike = len({(tree / "deploy/kubernetes/chart").exists() for tree in (before, after)}) == 1
    has_new_pods = any(pods(old) and pods(new) and pods(old) != pods(new) for old, new in places)
    return {
        "bootstrap": any(is_there(pair) and pair[0] != pair[1] for pair in (bootstrap, roles)),
        "namespaces": is_there(spaces) and spaces[0] != spaces[1],
        "pods": is_there(tasks) and tasks[0] != tasks[1] or has_new_pods,
        "replaced": (replaced(before, after) if resources(after) else [])
        + [fault for old, new in places if is_packaged_alike for fault in immutable(old, new)],
        "left": [] if is_taken_away else gone,
        "taken": gone if is_taken_away else [],
        "kinds": sorted({kind for new in objects(after).values() for kind, _ in new}),
    }


root = Path(sys.argv[1])
pairs = json.loads((root / "pairs.json").read_text())
with Helm(sys.argv[2]) as helm:
    print(json.dumps([facts(root / str(before), root / str(after)) for before, after in pairs]))
