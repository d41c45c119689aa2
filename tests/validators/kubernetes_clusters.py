"""Checks what brings a project to several clusters: Argo CD, Flux or Karmada.

    kubernetes_clusters.py PROJECT [--kubectl PATH]

The overlays that are named exist and lead to the namespace that is named, nothing syncs on its own beside RollingSync, and
Karmada leaves no object behind. Exit code 0: everything holds, also for a project with one cluster. 1: what does not.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import quick_yaml

WAY_IN = "{{.name}}"


def deadline(root):
    """How long, in seconds, a workload may stand still."""
    places = [*(root / "base/workload").glob("*.yaml"), *(root / "chart/templates").glob("*")]
    return max(int(number) for path in places for number in re.findall(r"progressDeadlineSeconds: (\d+)", path.read_text()))


def leftover_problems(root, what, annotations):
    """The ConfigMap of the version before is neither pruned under its pods nor a difference for ever."""
    path = root / "base/workload/kustomization.yaml"
    if not path.is_file():
        return
    (generator,) = quick_yaml.load(path.read_text())["configMapGenerator"]
    given = generator.get("options", {}).get("annotations", {})
    if not annotations.items() <= given.items():
        yield f"{what} must leave the ConfigMap of the version before alone: {annotations}, it has {given}"


def documents(path):
    return [thing for thing in quick_yaml.load_all(path.read_text(encoding="utf-8")) if thing]


def overlay_problems(root, what, path, namespace):
    """An overlay that something else names by its path."""
    folder = root.parents[1] / path
    if not (folder / "kustomization.yaml").is_file():
        yield f"{what} names {path}, which is not there"
        return
    (base,) = quick_yaml.load((folder / "kustomization.yaml").read_text())["resources"]
    own = quick_yaml.load((folder / base / "kustomization.yaml").read_text())["namespace"]
    if own != namespace:
        yield f"{what} brings {path}, which is for {own}, to {namespace}"


def chart_problems(root, what, path, files, names):
    """A chart that something else names by its path, with the files of values that go with it."""
    repository = root.parents[1]
    if not (repository / path / "Chart.yaml").is_file():
        yield f"{what} names the chart {path}, which is not there"
    for file in files:
        if not (repository / file).is_file():
            yield f"{what} takes values from {file}, which is not there"
    expected = [root / "values" / f"{name}.yaml" for name in names]
    found = [(repository / file).resolve() for file in files]
    if found[-len(expected):] != expected:
        yield f"{what} must end with the values of {' and '.join(names)}, it has {files}"


def namespace_problems(root, what, environment, namespace):
    own = quick_yaml.load((root / "namespaces" / environment / "kustomization.yaml").read_text())["namespace"]
    if own != namespace:
        yield f"{what} releases to {namespace}, the administrator's layer makes {own}"


def argo_cd(root):
    for path in sorted((root / "clusters/argocd").glob("*.yaml")):
        (thing,) = documents(path)
        environment, spec = path.stem, thing["spec"]
        strategy, app = spec["strategy"], spec["template"]["spec"]
        what = f"the ApplicationSet of {environment}"
        if strategy["type"] == "RollingSync" and "automated" in app["syncPolicy"]:
            yield f"{what} has both RollingSync and automated sync, which work against each other"
        if not any("clusters" in generator for generator in spec["generators"]):
            yield f"{what} has no cluster generator"
        names = [value for step in strategy["rollingSync"]["steps"] for match in step["matchExpressions"] for value in match["values"]]
        if len(set(names)) != len(names):
            yield f"{what} takes a cluster twice: {names}"
        source, namespace = app["source"], app["destination"]["namespace"]
        if source["targetRevision"] != f"env/{environment}":
            yield f"{what} follows {source['targetRevision']}, deploy.sh pushes to env/{environment}"
        yield from leftover_problems(
            root,
            what,
            {"argocd.argoproj.io/compare-options": "IgnoreExtraneous", "argocd.argoproj.io/sync-options": "Prune=false"},
        )
        if WAY_IN not in thing["spec"]["template"]["metadata"]["name"]:
            yield f"{what} gives all Applications one name"
        for name in names:
            if "helm" in source:
                files = [f"{source['path']}/{file.replace(WAY_IN, name)}" for file in source["helm"]["valueFiles"]]
                yield from chart_problems(root, what, source["path"], files, [environment, f"{environment}-{name}"])
                yield from namespace_problems(root, what, environment, namespace)
            else:
                yield from overlay_problems(root, what, source["path"].replace(WAY_IN, name), namespace)


def flux(root):
    for path in sorted((root / "clusters/flux").glob("*.yaml")):
        things = {thing["kind"]: thing for thing in documents(path)}
        source, applied = things["GitRepository"], things.get("Kustomization")
        what = f"clusters/flux/{path.name}"
        if applied is None:
            yield from flux_helm(root, what, path, source, things["HelmRelease"]["spec"])
            continue
        spec, branch = applied["spec"], source["spec"]["ref"]["branch"]
        if spec["sourceRef"]["name"] != source["metadata"]["name"]:
            yield f"{what} takes from `{spec['sourceRef']['name']}`, which is not there"
        environment = branch.removeprefix("env/")
        if not path.stem.startswith(f"{environment}-") or not spec["path"].endswith(f"/{path.stem}"):
            yield f"{what} follows {branch} and applies {spec['path']}"
        if spec.get("wait") and (root / "base/workload/rollout.yaml").is_file():
            yield f"{what} waits for a Rollout, whose status Flux cannot read"
        if not spec.get("wait") and not (root / "base/workload/rollout.yaml").is_file():
            yield f"{what} does not wait for the pods"
        yield from leftover_problems(root, what, {"kustomize.toolkit.fluxcd.io/prune": "disabled"})
        if not spec["prune"]:
            yield f"{what} leaves behind what left the repository"
        yield from patience_problems(root, what, spec)
        yield from overlay_problems(root, what, spec["path"], applied["metadata"]["name"])


def patience_problems(root, what, spec):
    minutes = int(spec["timeout"].removesuffix("m"))
    if minutes * 60 <= deadline(root):
        yield f"{what} gives up after {minutes} minutes, before a workload does that may stand still for {deadline(root)} s"


def flux_helm(root, what, path, source, spec):
    chart, branch = spec["chart"]["spec"], source["spec"]["ref"]["branch"]
    environment = branch.removeprefix("env/")
    if chart["sourceRef"] != {"kind": "GitRepository", "name": source["metadata"]["name"]}:
        yield f"{what} takes the chart from {chart['sourceRef']}, which is not there"
    yield from patience_problems(root, what, spec)
    if chart["reconcileStrategy"] != "Revision":
        yield f"{what} sees a commit only when the version of the chart changes"
    # Flux reads the chart's own values only where there is no list.
    if chart["valuesFiles"][0] != f"{chart['chart']}/values.yaml":
        yield f"{what} leaves out the chart's own values"
    yield from chart_problems(root, what, chart["chart"], chart["valuesFiles"], [environment, path.stem])
    for key in ("targetNamespace", "storageNamespace"):
        yield from namespace_problems(root, what, environment, spec[key])
    name = quick_yaml.load((root / "chart/Chart.yaml").read_text())["name"]
    if spec["releaseName"] != name:
        yield f"{what} releases `{spec['releaseName']}`, the chart is `{name}`"
    has_rollout = (root / "chart/templates/rollout.yaml").is_file()
    for action, on_server in (("install", False), ("upgrade", "disabled")):
        if has_rollout and spec[action].get("serverSideApply") != on_server:
            yield f"{what} would take the selectors away from Argo Rollouts when it does its {action}"
        if bool(spec[action].get("disableWait")) != has_rollout:
            yield f"{what} must wait for a Deployment and not for a Rollout when it does its {action}"


def karmada(root, kubectl):
    for folder in sorted((root / "clusters/karmada").glob("*")):
        done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
        if done.returncode or done.stderr:
            yield f"{folder.name}: {done.stderr}"
            continue
        things = [thing for thing in quick_yaml.load_all(done.stdout) if thing]
        policies = {thing["kind"]: thing["spec"] for thing in things if thing["kind"].endswith("Policy") and "karmada" in thing["apiVersion"]}
        propagation, override = policies["PropagationPolicy"], policies["OverridePolicy"]
        selected = {(each["apiVersion"], each["kind"], each["name"]) for each in propagation["resourceSelectors"]}
        there = {(thing["apiVersion"], thing["kind"], thing["metadata"]["name"]) for thing in things if "karmada" not in thing["apiVersion"]}
        followed = {each for each in there if each[1] == "ConfigMap"} if propagation.get("propagateDeps") else set()
        for api, kind, name in sorted(there - selected - followed):
            yield f"Karmada leaves the {kind} `{name}` of {folder.name} behind"
        for api, kind, name in sorted(selected - there):
            yield f"Karmada propagates the {kind} `{name}` of {folder.name}, which is not there"
        clusters = propagation["placement"]["clusterAffinity"]["clusterNames"]
        overridden = [name for rule in override["overrideRules"] for name in rule["targetCluster"]["clusterNames"]]
        if sorted(clusters) != sorted(overridden):
            yield f"{folder.name} goes to {clusters}, the overrides are for {overridden}"
        scaled = any(thing["kind"] == "HorizontalPodAutoscaler" for thing in things)
        (deployment,) = [thing for thing in things if thing["kind"] == "Deployment"]
        retained = deployment["metadata"]["labels"].get("resourcetemplate.karmada.io/retain-replicas") == "true"
        if scaled != retained:
            yield f"the replicas of {folder.name} must be retained exactly where an autoscaler owns them"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    parser.add_argument("--kubectl", default="kubectl", help="the program to build with")
    arguments = parser.parse_args()

    root = (arguments.project / "deploy/kubernetes").resolve()
    found = [*argo_cd(root), *flux(root), *karmada(root, arguments.kubectl)]
    for line in found:
        print(f"{arguments.project}: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
