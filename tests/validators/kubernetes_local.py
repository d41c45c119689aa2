"""Plays the commands of deploy/kubernetes/README.md that lead to a cluster on one's own computer.

    kubernetes_local.py PROJECT --kubectl KUBECTL --helm HELM

All blocks of the section run in one bash, in their order, at the root of a copy of PROJECT. `kubectl kustomize` and `helm template` are
real. What runs on no machine of the tests is a stand-in, and only this: kind, Docker, the API server behind kubectl, and curl. They
know a command as its documentation has it, and nothing else. What must hold:

- every command is known, and finds what the commands before it have made: the cluster, its context, the namespace, the image, the port,
- every pod has an image that was brought to the node, asks for no architecture, and finds its ConfigMap and its Secret,
- `kind.yaml` has only fields of kind.x-k8s.io/v1alpha4.

Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SECTIONS = ("## On your computer\n", "## Without a cluster of your own\n")

PROGRAM = '''#!{python}
import json, os, pathlib, subprocess, sys, time
import yaml

FIELDS = {{"kind", "apiVersion", "name", "nodes"}}
NODE = {{"role", "extraPortMappings"}}
MAPPING = {{"containerPort", "hostPort", "listenAddress"}}
# What a cluster of kind has of its own, of all that the templates write.
KINDS = {{
    "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "LimitRange", "Namespace", "NetworkPolicy", "PodDisruptionBudget",
    "PriorityClass", "ResourceQuota", "Role", "RoleBinding", "Secret", "Service", "ServiceAccount",
}}
home = pathlib.Path(os.environ["STAND_IN"])
program, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
state_file = home / "state.json"
state = json.loads(state_file.read_text()) if state_file.exists() else {{"cluster": None, "built": [], "loaded": [], "objects": [], "kinds": [], "ports": [], "current": None}}

def fail(why):
    with open(home / "failures", "a") as told:
        told.write(f"`{{program}} {{' '.join(words)}}`: {{why}}\\n")
    sys.exit(1)

def save():
    state_file.write_text(json.dumps(state))

def option(name, default=None):
    for place, word in enumerate(words):
        if word.startswith(name + "="):
            del words[place]
            return word[len(name) + 1:]
        if word == name:
            value = words[place + 1]
            del words[place:place + 2]
            return value
    return default

def kind():
    name, config = option("--name", "kind"), option("--config")
    if words == ["create", "cluster"]:
        if state["cluster"]:
            fail("there is a cluster already")
        described = yaml.safe_load(pathlib.Path(config).read_text()) if config else {{}}
        nodes = described.get("nodes") or []
        mappings = [mapping for node in nodes for mapping in node.get("extraPortMappings") or []]
        unknown = set(described) - FIELDS | {{key for node in nodes for key in node}} - NODE | {{key for it in mappings for key in it}} - MAPPING
        if unknown or config and (described["kind"], described["apiVersion"]) != ("Cluster", "kind.x-k8s.io/v1alpha4"):
            fail(f"the configuration has what v1alpha4 does not know: {{sorted(unknown)}}")
        state["cluster"] = described.get("name", name)
        state["current"] = "kind-" + state["cluster"]
        state["host_ports"] = [mapping["hostPort"] for mapping in mappings]
    elif words[:2] == ["load", "docker-image"]:
        if name != state["cluster"]:
            fail(f"there are no nodes for the cluster {{name}}")
        if words[2] not in state["built"]:
            fail("there is no such image")
        state["loaded"].append(words[2])
    elif words == ["delete", "cluster"]:
        if name != state["cluster"]:
            fail(f"there is no cluster {{name}}")
        state["cluster"] = None
    else:
        fail("is unknown")
    save()

def docker():
    file, tag = option("--file", "Dockerfile"), option("--tag")
    if words != ["build", "."] or not pathlib.Path(file).is_file() or not tag:
        fail("is unknown")
    state["built"].append(tag)
    save()

def run_helm():
    if words[0] != "template":
        fail("is unknown")
    namespace, values = option("--namespace"), option("--values")
    sys.path.insert(0, os.environ["HERE"])
    import helm as real
    with real.Helm(os.environ["HELM"]) as it:
        print(it.template(pathlib.Path(words[2]).resolve(), [pathlib.Path(values).resolve()], words[1], namespace, real.VERSIONS[1]))

def find(kind, name, namespace):
    return [it for it in state["objects"] if it["kind"] == kind and it["metadata"]["name"] == name and it["metadata"].get("namespace") == namespace]

def kubectl():
    if words[0] == "kustomize":
        os.execv(os.environ["KUBECTL"], ["kubectl", *words])
    context, namespace = option("--context", state["current"]), option("--namespace")
    if not state["cluster"] or context != "kind-" + state["cluster"]:
        fail(f"there is no context {{context}}")
    if words[0] == "apply":
        folder, file = option("--kustomize"), option("--filename")
        if folder:
            built = subprocess.run([os.environ["KUBECTL"], "kustomize", folder], capture_output=True, text=True, check=False)
            if built.returncode:
                fail(built.stderr)
            text = built.stdout
        elif file == "-":
            text = sys.stdin.read()
        elif file == "https://github.com/argoproj/argo-rollouts/releases/latest/download/install.yaml":
            if not find("Namespace", namespace, None):
                fail(f"there is no namespace {{namespace}}")
            state["kinds"] += ["Rollout", "AnalysisTemplate"]
            text = ""
        else:
            fail("is unknown")
        apply([thing for thing in yaml.safe_load_all(text) if thing], namespace)
    elif words[:2] == ["create", "namespace"]:
        state["objects"].append({{"kind": "Namespace", "metadata": {{"name": words[2]}}}})
    elif words[:3] == ["create", "secret", "generic"]:
        keys = [word.split("=")[1] for word in words[4:] if word.startswith("--from-literal=")]
        state["objects"].append({{"kind": "Secret", "metadata": {{"name": words[3], "namespace": namespace}}, "keys": keys}})
    elif words[:3] == ["rollout", "status", "deployment"] or words[0] == "wait":
        option("--timeout"), option("--for")
        selector = option("--selector")
        name = selector.split("=")[1] if selector else words[1].split("/")[1]
        found = [it for it in state["objects"] if it["kind"] in ("Deployment", "Rollout") and it["metadata"]["namespace"] == namespace and it["metadata"]["labels"]["app.kubernetes.io/name"] == name]
        if not found:
            fail("nothing is awaited")
        for thing in found:
            start(thing, namespace)
    elif words[0] == "port-forward":
        if not find("Service", words[1].removeprefix("service/"), namespace):
            fail("there is no such Service")
        here, there = words[2].split(":")
        if there != "80":
            fail("the Service does not have that port")
        state["ports"].append(int(here))
    else:
        fail("is unknown")
    save()

def apply(things, namespace):
    unknown = [thing["kind"] for thing in things if thing["kind"] not in KINDS | set(state["kinds"])]
    for thing in things:
        if thing["kind"] in unknown:
            print(f"error: no matches for kind {{thing['kind']}}", file=sys.stderr)
            continue
        if thing["kind"] not in ("Namespace", "PriorityClass"):
            place = thing["metadata"].setdefault("namespace", namespace)
            if not find("Namespace", place, None) and not any(it["kind"] == "Namespace" and it["metadata"]["name"] == place for it in things):
                fail(f"there is no namespace {{place}}")
        state["objects"].append(thing)
    save()
    if unknown:
        sys.exit(1)

def start(thing, namespace):
    pod = thing["spec"]["template"]["spec"]
    if pod.get("nodeSelector"):
        fail(f"no node is {{pod['nodeSelector']}}")
    for container in pod["containers"]:
        if container["image"] not in state["loaded"]:
            fail(f"the node does not have the image {{container['image']}}")
        for source in container.get("envFrom") or []:
            if not find("ConfigMap", source["configMapRef"]["name"], namespace):
                fail(f"the pods wait for the ConfigMap {{source['configMapRef']['name']}}")
        for variable in container.get("env") or []:
            wanted = (variable.get("valueFrom") or {{}}).get("secretKeyRef")
            if wanted and not any(wanted["key"] in it["keys"] for it in find("Secret", wanted["name"], namespace)):
                fail(f"the pods wait for the Secret {{wanted['name']}} with {{wanted['key']}}")

def curl():
    address = words[-1].split("://")[1].split("/")[0]
    host, _, port = address.partition(":")
    resolved = option("--resolve")
    for _ in range(50):
        now = json.loads(state_file.read_text())
        if resolved is None and int(port) in now["ports"]:
            return
        time.sleep(0.1 if resolved is None else 0)
    if resolved is None:
        fail("nothing listens there")
    hosts = [rule["host"] for it in state["objects"] if it["kind"] == "Ingress" for rule in it["spec"]["rules"]]
    if resolved != f"{{address}}:127.0.0.1" or int(port) not in state["host_ports"]:
        fail("that port does not lead into the cluster")
    if "Ingress" in {{it["kind"] for it in state["objects"]}} and host not in hosts:
        fail(f"the Ingress has the hosts {{hosts}}")

{{"kind": kind, "docker": docker, "kubectl": kubectl, "helm": run_helm, "curl": curl}}[program]()
'''


def commands(readme):
    """The blocks of the section, in their order."""
    for heading in SECTIONS:
        if heading in readme:
            section = readme.split(heading, 1)[1].split("\n## ", 1)[0]
            return re.findall(r"```sh\n(.*?)```", section, re.S)
    return []


def play(project, blocks, arguments):
    """Runs the blocks; returns what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(project / "deploy", folder / "project/deploy")
        for name in ("Dockerfile", "Cargo.toml"):
            shutil.copy(project / name, folder / "project" / name)
        for name in ("kind", "docker", "kubectl", "helm", "curl"):
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
            program.chmod(0o755)
        settings = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "STAND_IN": str(folder), "KUBECTL": arguments.kubectl, "HELM": arguments.helm, "HERE": str(HERE), "HOME": str(folder)}
        script = "set -o pipefail\n" + "\n".join(blocks) + "wait\n"
        said = subprocess.run(
            ["bash", "-c", script], cwd=folder / "project", env=settings, capture_output=True, text=True, timeout=120, check=False
        )
        failures = folder / "failures"
        problems = failures.read_text(encoding="utf-8").splitlines() if failures.exists() else []
        state = (folder / "state.json").read_text(encoding="utf-8")
        if (project / "deploy/kubernetes/kind.yaml").exists() and '"cluster": null' not in state:
            problems.append("the cluster is still there in the end")
        if '"kind": "Deployment"' not in state and '"kind": "Rollout"' not in state:
            problems.append(f"nothing was deployed:\n{said.stderr}")
        return problems


def main():
    parser = argparse.ArgumentParser(description="Plays the local path of a README.")
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--kubectl", required=True)
    parser.add_argument("--helm", required=True)
    arguments = parser.parse_args()
    blocks = commands((arguments.project / "deploy/kubernetes/README.md").read_text(encoding="utf-8"))
    if not blocks:
        print("kubernetes_local: the README has no such section", file=sys.stderr)
        return 1
    problems = play(arguments.project, blocks, arguments)
    for problem in problems:
        print(f"kubernetes_local: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
