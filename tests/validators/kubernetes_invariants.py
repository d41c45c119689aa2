"""Checks what no other tool sees in the built output of an overlay: that the objects fit each other and the service.

    kubectl kustomize deploy/kubernetes/overlays/prod > built.yaml
    kubectl kustomize deploy/kubernetes/namespaces/prod > namespace.yaml
    kubernetes_invariants.py built.yaml --namespace namespace.yaml --project .

Schema validators, kube-linter and even an API server say nothing about a target port that no container has, a grace period
shorter than the drain or a reference to a ConfigMap that is not there. With --namespace the administrator's layer is checked
too, with --project the files around the manifests: sources, Dockerfile, README.md, workflow.

Exit code 0: everything holds. 1: what does not, one line each.
"""

import argparse
import math
import pathlib
import re
import sys

import yaml

import quick_yaml
from kubernetes_pod_security import pod_template, violations

# What the service serves and how it is asked: the contract between the service and its platform.
PROBES = {
    "startupProbe": {"path": "/startupz", "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 30},
    "livenessProbe": {"path": "/livez", "periodSeconds": 10, "timeoutSeconds": 2, "failureThreshold": 3},
    "readinessProbe": {"path": "/readyz", "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 2},
}
PROBE_DEFAULTS = {"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3}
ENVIRONMENT = {
    "ADMIN_PORT", "DRAIN_DELAY_SECONDS", "DRAIN_TIMEOUT_SECONDS", "ENVIRONMENT", "KEEP_ALIVE_SECONDS", "LOG_LEVEL",
    "MAX_BODY_BYTES", "MAX_BODY_BYTES_IN_FLIGHT", "MAX_CONNECTIONS", "MAX_IN_FLIGHT", "PORT", "REQUEST_TIMEOUT_SECONDS", "TOKIO_WORKER_THREADS",
}
WORK = {
    "ADMIN_PORT", "AWS_REGION", "DRAIN_TIMEOUT_SECONDS", "ENVIRONMENT", "LOG_LEVEL", "QUEUE_CONCURRENCY", "QUEUE_URL",
    "QUEUE_VISIBILITY_SECONDS", "TOKIO_WORKER_THREADS", "WORK_TIMEOUT_SECONDS",
}
# What the SDK of AWS reads by itself.
READ_BY_SDK = {"AWS_REGION"}
SELECTOR_KEYS = {"app.kubernetes.io/name", "app.kubernetes.io/component"}
WORKLOADS = {"Deployment": "pod-template-hash", "Rollout": "rollouts-pod-template-hash"}
# Keep whoever applies from the server's side away from a Service whose selector Argo Rollouts writes.
OWNED = [
    ("argocd.argoproj.io/sync-options", "ServerSideApply=false"),
    ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent"),
]
CLUSTER_KINDS = {"Namespace", "PriorityClass"}
IMAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._/:-]*)@sha256:[0-9a-f]{64}")
GRACE_SLACK = 5
# How long a proxy keeps an idle connection, and how long Google's load balancers do.
PROXY_IDLE, GOOGLE_IDLE = 60, 600
ALB = "alb.ingress.kubernetes.io/"


class Manifest:
    """The objects that belong to one workload, with the few that there is one of by name. Two tracks make two manifests."""

    def __init__(self, objects, workload):
        self.workload = workload
        self.track = workload["metadata"].get("labels", {}).get("track")
        self.objects = [thing for thing in objects if thing["metadata"].get("labels", {}).get("track", self.track) == self.track]
        self.everything = objects
        self.tracks = sorted({thing["metadata"].get("labels", {}).get("track") for thing in objects} - {None})
        template = pod_template(workload)
        self.labels = template["metadata"]["labels"]
        self.pod = template["spec"]
        self.template = template
        (self.container,) = self.pod["containers"]
        self.ports = {port["name"]: port["containerPort"] for port in self.container.get("ports") or []}
        self.hpa = next(iter(self.all("HorizontalPodAutoscaler")), None)
        strategy = workload["spec"].get("strategy") or {}
        self.blue_green, self.canary = strategy.get("blueGreen"), strategy.get("canary")
        self.scraped = [thing for thing in self.all("Service") if thing["spec"].get("clusterIP") == "None"]
        self.services = [thing for thing in self.all("Service") if thing not in self.scraped]
        self.scaled = next(iter(self.all("ScaledObject")), None)
        # What takes messages from a queue takes no requests.
        self.worker = "QUEUE_URL" in self.environment()
        if not self.services and not self.worker:
            raise Broken("there is no Service")

    @property
    def versions(self):
        """How many versions stand at full size at the same time."""
        return 2 if self.tracks or self.blue_green or (self.canary or {}).get("trafficRouting") else 1

    def service(self, name):
        return next((thing for thing in self.services if thing["metadata"]["name"] == name), None)

    def all(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def names(self, kind):
        return {thing["metadata"]["name"] for thing in self.all(kind)}

    def environment(self):
        """The container's environment as the kubelet would make it; only literals and ConfigMaps are read."""
        maps = {thing["metadata"]["name"]: thing.get("data") or {} for thing in self.all("ConfigMap")}
        values = {}
        for source in self.container.get("envFrom") or []:
            values |= maps.get((source.get("configMapRef") or {}).get("name"), {})
        values |= {entry["name"]: entry["value"] for entry in self.container.get("env") or [] if "value" in entry}
        return values

    def lowest_replicas(self):
        if self.hpa:
            return self.hpa["spec"].get("minReplicas", 1)
        if self.scaled:
            return self.scaled["spec"].get("minReplicaCount", 0)
        return self.workload["spec"].get("replicas", 1)

    def highest_replicas(self):
        if self.scaled:
            return self.scaled["spec"].get("maxReplicaCount", 100)
        return self.hpa["spec"]["maxReplicas"] if self.hpa else self.lowest_replicas()


def manifests(objects):
    """One manifest for each workload."""
    workloads = [thing for thing in objects if thing["kind"] in WORKLOADS]
    if not workloads:
        raise Broken("there is neither a Deployment nor a Rollout")
    found = [Manifest(objects, workload) for workload in workloads]
    if len(found) > 1 and [manifest.track for manifest in found] != found[0].tracks:
        raise Broken(f"there are {len(found)} workloads, which must be tracks of different names")
    return found


class Broken(Exception):
    """The input is so far off that no single rule can be checked."""


def one_namespace(manifest):
    namespaced = [thing for thing in manifest.everything if thing["kind"] not in CLUSTER_KINDS]
    found = {thing["metadata"].get("namespace") for thing in namespaced}
    if len(found) != 1 or None in found:
        yield f"all objects must be in one namespace, they are in {sorted(map(str, found))}"


def unique_objects(manifest):
    seen = set()
    for thing in manifest.everything:
        key = (thing["apiVersion"].split("/")[0], thing["kind"], thing["metadata"]["name"])
        if key in seen:
            yield f"{key[1]} `{key[2]}` appears twice"
        seen.add(key)


def selectors(manifest):
    kind = manifest.workload["kind"]
    expected = manifest.workload["spec"]["selector"]["matchLabels"]
    if set(expected) != SELECTOR_KEYS | ({"track"} if manifest.track else set()):
        yield f"selector labels must be {sorted(SELECTOR_KEYS)} and nothing that changes, they are {sorted(expected)}"
    if not expected.items() <= manifest.labels.items():
        yield f"the {kind}'s selector {expected} does not match its pods' labels {manifest.labels}"
    shared = {key: value for key, value in expected.items() if key != "track"}
    others = [("PodDisruptionBudget", pdb["spec"]["selector"].get("matchLabels"), expected) for pdb in manifest.all("PodDisruptionBudget")]
    others += [("NetworkPolicy", policy["spec"]["podSelector"].get("matchLabels"), shared) for policy in manifest.all("NetworkPolicy")]
    others += [("metrics Service", service["spec"].get("selector"), shared) for service in manifest.scraped]
    others += [
        (f"topology spread over {spread['topologyKey']}", spread["labelSelector"].get("matchLabels"), expected)
        for spread in manifest.pod.get("topologySpreadConstraints") or []
    ]
    if not manifest.tracks:
        others += [("Service", service["spec"].get("selector"), shared) for service in manifest.services]
    for what, found, right in others:
        if found != right:
            yield f"{what} selects {found}, the {kind} {right}"
    for spread in manifest.pod.get("topologySpreadConstraints") or []:
        if spread.get("matchLabelKeys") != [WORKLOADS[kind]]:
            yield f"topology spread over {spread['topologyKey']} must tell versions apart by {WORKLOADS[kind]}"
    for needed in ("PodDisruptionBudget", "NetworkPolicy"):
        if not manifest.all(needed):
            yield f"there is no {needed}"


def tracks(manifest):
    """Two tracks: one Service leads to each."""
    if not manifest.tracks:
        return
    if manifest.tracks != ["blue", "green"]:
        yield f"the tracks must be blue and green, they are {manifest.tracks}"
    expected = manifest.workload["spec"]["selector"]["matchLabels"]
    leading = [service["metadata"]["name"] for service in manifest.services if service["spec"].get("selector") == expected]
    if len(leading) != 1:
        yield f"one Service must lead to the track {manifest.track}, there are {leading}"
    if len(manifest.services) != 2:
        yield f"there must be a Service and a preview Service, there are {len(manifest.services)}"


def rollout_services(manifest):
    """The Services that Argo Rollouts leads to a version exist, and nobody else may replace their selectors."""
    named = {key: (manifest.blue_green or {}).get(key) for key in ("activeService", "previewService")}
    named |= {key: (manifest.canary or {}).get(key) for key in ("stableService", "canaryService")}
    named = {key: name for key, name in named.items() if name}
    if manifest.workload["kind"] == "Rollout" and not named:
        yield "the Rollout names no Service"
    if len(set(named.values())) != len(named):
        yield f"the Rollout names one Service twice: {named}"
    for key, name in named.items():
        if not manifest.service(name):
            yield f"the Rollout has {key} `{name}`, which is not there"
    for service in manifest.services:
        name = service["metadata"]["name"]
        is_kept = any(service["metadata"].get("annotations", {}).get(key) == value for key, value in OWNED)
        if is_kept != (name in named.values()):
            yield f"the Service `{name}` must say that it is not applied from the server's side exactly if the Rollout owns it"
    routing = (manifest.canary or {}).get("trafficRouting")
    if not routing:
        return
    plugin = routing["plugins"]["argoproj-labs/gatewayAPI"]
    route, namespace = plugin["httpRoute"], manifest.workload["metadata"]["namespace"]
    if plugin.get("namespace") != namespace:
        yield f"the Gateway API plugin looks in the namespace `{plugin.get('namespace')}`, the HTTPRoute is in `{namespace}`"
    found = [thing for thing in manifest.all("HTTPRoute") if thing["metadata"]["name"] == route]
    if not found:
        yield f"the Rollout writes the weights of the HTTPRoute `{route}`, which is not there"
    for rule in (rule for thing in found for rule in thing["spec"]["rules"]):
        weights = {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}
        if weights != {named.get("stableService"): 100, named.get("canaryService"): 0}:
            yield f"the HTTPRoute must begin with everything for the stable version, its weights are {weights}"


def analyses(manifest):
    """Yields each analysis of a Rollout with its name."""
    for key in ("prePromotionAnalysis", "postPromotionAnalysis"):
        if manifest.blue_green:
            yield key, manifest.blue_green.get(key)
    for number, step in enumerate((manifest.canary or {}).get("steps") or []):
        if "analysis" in step:
            yield f"the analysis of step {number}", step["analysis"]


def analysis(manifest):
    if manifest.workload["kind"] != "Rollout":
        return
    templates = {thing["metadata"]["name"]: thing["spec"] for thing in manifest.all("AnalysisTemplate")}
    used = list(analyses(manifest))
    if not used:
        yield "the Rollout measures nothing"
    for what, run in used:
        names = [template["templateName"] for template in (run or {}).get("templates") or []]
        if not names:
            yield f"{what} names no AnalysisTemplate"
        for name in names:
            if name not in templates:
                yield f"{what} names the AnalysisTemplate `{name}`, which is not there"
                continue
            given = {argument["name"] for argument in run.get("args") or []}
            declared = {argument["name"] for argument in templates[name].get("args") or []}
            if given != declared:
                yield f"{what} gives the arguments {sorted(given)}, the AnalysisTemplate takes {sorted(declared)}"
        yield from silence_problems(manifest, what, run or {})
        for argument in (run or {}).get("args") or []:
            if argument["name"] == "service-name" and not manifest.service(argument.get("value")):
                yield f"{what} asks the Service `{argument.get('value')}`, which is not there"
    for name, spec in templates.items():
        yield from template_problems(manifest, name, spec)


def template_problems(manifest, name, spec):
    declared = {argument["name"] for argument in spec.get("args") or []}
    for metric in spec["metrics"]:
        if "successCondition" not in metric and "web" not in metric["provider"]:
            yield f"the metric `{metric['name']}` of the AnalysisTemplate `{name}` is good whatever it is"
        asked = set(re.findall(r"\{\{args\.([a-z-]+)\}\}", str(metric)))
        if asked - declared:
            yield f"the AnalysisTemplate `{name}` uses the arguments {sorted(asked - declared)}, which it does not take"
        if metric["name"] == "server-errors":
            yield from verdict_problems(metric, name)
        if web := metric["provider"].get("web"):
            if {"key": "Connection", "value": "close"} not in (web.get("headers") or []):
                yield f"the AnalysisTemplate `{name}` must ask with `Connection: close`: it would go on measuring the pods before"
            if not web["url"].endswith("/readyz"):
                yield f"the AnalysisTemplate `{name}` asks {web['url']}, the service answers /readyz"
    longest = measuring(spec)
    kept = (manifest.blue_green or {}).get("scaleDownDelaySeconds")
    if kept is not None and kept <= longest:
        yield f"scaleDownDelaySeconds {kept} is not above the {longest} s of the measurements: there would be no way back"


def verdict(metric, result):
    """What Argo Rollouts makes of one measurement: the conditions in the words of Python, where they mean the same."""
    def holds(condition):
        words = condition.replace("&&", " and ").replace("||", " or ")
        return bool(eval(words, {"__builtins__": {}, "len": len, "isNaN": math.isnan}, {"result": result}))  # noqa: S307

    if "failureCondition" in metric and holds(metric["failureCondition"]):
        return "Failed"
    return "Successful" if holds(metric["successCondition"]) else "Inconclusive" if "failureCondition" in metric else "Failed"


def verdict_problems(metric, name):
    """What is measured without a request is neither good nor bad, and never becomes good by waiting."""
    expected = {"Inconclusive": ([], [math.nan]), "Successful": ([0.0], [0.01]), "Failed": ([0.02], [1.0])}
    for phase, results in expected.items():
        for result in results:
            if verdict(metric, result) != phase:
                yield f"the metric `{metric['name']}` of the AnalysisTemplate `{name}` finds {result} {verdict(metric, result)}, not {phase}"


def silence_problems(manifest, what, run):
    """Of as many measurements as there are, not all may find no request, once requests reach the version."""
    given = {argument["name"]: argument.get("value") for argument in run.get("args") or []}
    (count,) = {metric["count"] for thing in manifest.all("AnalysisTemplate") for metric in thing["spec"]["metrics"]}
    if "silent-limit" in given:
        limit = int(given["silent-limit"])
        if (limit < count) == (what == "prePromotionAnalysis") or limit > count:
            yield f"{what} lets {limit} of {count} measurements find no request"


def measuring(spec, waits_less=0):
    """Seconds that an AnalysisTemplate takes; after the last measurement it waits no interval, so that one may be left out."""
    return max(
        seconds(metric.get("initialDelay", "0s")) + (metric["count"] - waits_less) * seconds(metric["interval"])
        for metric in spec["metrics"]
    )


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def monitoring(manifest):
    ports = {thing["metadata"]["name"]: {port["name"] for port in thing["spec"]["ports"]} for thing in manifest.scraped}
    labels = {thing["metadata"]["name"]: thing["metadata"]["labels"] for thing in manifest.all("Service")}
    for monitor in manifest.all("ServiceMonitor"):
        selected = monitor["spec"]["selector"]["matchLabels"].items()
        found = [name for name, has in labels.items() if selected <= has.items()]
        if found != sorted(ports):
            yield f"the ServiceMonitor selects the Services {found}, the one to scrape is {sorted(ports)}"
        for endpoint in monitor["spec"]["endpoints"]:
            if any(endpoint["port"] not in names for names in ports.values()):
                yield f"the ServiceMonitor scrapes the port `{endpoint['port']}`, which the Service does not have"
    if manifest.scraped and not manifest.all("ServiceMonitor"):
        yield "nothing scrapes the metrics Service"
    for service in manifest.scraped:
        for port in service["spec"]["ports"]:
            if port["targetPort"] != "admin":
                yield f"the metrics Service must lead to the container port `admin`, it leads to `{port['targetPort']}`"


def service_ports(manifest):
    if manifest.worker:
        if set(manifest.ports) != {"admin"} or manifest.services:
            yield f"a worker takes no requests: its one port must be `admin`, and there must be no Service; the ports are {sorted(manifest.ports)}"
        return
    if set(manifest.ports) != {"http", "admin"}:
        yield f"the container's ports must be `http` and `admin`, they are {sorted(manifest.ports)}"
    if len(set(manifest.ports.values())) != len(manifest.ports):
        yield f"two of the container's ports are the same: {manifest.ports}"
    for port in (port for service in manifest.services for port in service["spec"]["ports"]):
        target = port.get("targetPort", port["port"])
        if target != "http":
            yield f"Service port `{port.get('name')}` must target the container port `http`, it targets `{target}`"
        if target not in manifest.ports and target not in manifest.ports.values():
            yield f"Service port `{port.get('name')}` targets `{target}`, which the container does not have"


def backends(manifest):
    for ingress in manifest.all("Ingress"):
        hosts = [rule.get("host") for rule in ingress["spec"]["rules"]]
        yield from host_problems("Ingress", hosts)
        for tls in ingress["spec"].get("tls") or []:
            if tls.get("hosts") != hosts:
                yield f"Ingress TLS is for {tls.get('hosts')}, its rules for {hosts}"
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                yield from backend_problems(manifest, "Ingress", backend["name"], backend["port"])
    for route in manifest.all("HTTPRoute"):
        yield from host_problems("HTTPRoute", route["spec"].get("hostnames") or [None])
        yield from httproute_problems(manifest, route["spec"])


def httproute_problems(manifest, spec):
    """No schema of a custom resource is at hand, so the fields in use are spelled out here."""
    yield from unknown_fields("HTTPRoute spec", spec, {"parentRefs", "hostnames", "rules"})
    for parent in spec["parentRefs"]:
        yield from unknown_fields("HTTPRoute parentRef", parent, {"group", "kind", "name", "namespace", "sectionName"})
        if missing := {"group", "kind"} - set(parent):
            yield f"HTTPRoute parentRef must spell out {sorted(missing)}"
    for rule in spec["rules"]:
        yield from unknown_fields("HTTPRoute rule", rule, {"matches", "backendRefs", "timeouts"})
        for backend in rule["backendRefs"]:
            yield from unknown_fields("HTTPRoute backendRef", backend, {"group", "kind", "name", "port", "weight"})
            if missing := {"group", "kind", "weight"} - set(backend):
                yield f"HTTPRoute backendRef must spell out {sorted(missing)}"
            yield from backend_problems(manifest, "HTTPRoute", backend["name"], {"number": backend.get("port")})


def load_balancers(manifest):
    """What the load balancer of a provider asks of the pods has to be what says that they are ready, where they serve."""
    for ingress in manifest.all("Ingress"):
        annotations = ingress["metadata"].get("annotations") or {}
        if ingress["spec"].get("ingressClassName") == "alb":
            yield from alb_problems(ingress, annotations)
        elif any(key.startswith(ALB) for key in annotations):
            yield "the Ingress has annotations of the AWS Load Balancer Controller and not its class"
        if annotations.get("kubernetes.io/ingress.class") in ("gce", "gce-internal"):
            backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
            yield from google_ingress_problems(manifest, ingress, manifest.service(backend) or {"metadata": {}})
    for config in manifest.all("BackendConfig"):
        yield from unknown_fields("BackendConfig spec", config["spec"], {"healthCheck", "connectionDraining", "timeoutSec"})
        fields = {"type", "requestPath", "port", "checkIntervalSec", "timeoutSec", "healthyThreshold", "unhealthyThreshold"}
        yield from unknown_fields("BackendConfig healthCheck", config["spec"]["healthCheck"], fields)
        yield from health_check_problems("BackendConfig", config["spec"]["healthCheck"])
    policies = manifest.all("HealthCheckPolicy")
    for policy in policies:
        yield from health_check_problems("HealthCheckPolicy", policy["spec"]["default"]["config"]["httpHealthCheck"])
    asked = sorted(policy["spec"]["targetRef"]["name"] for policy in policies)
    reached = [ref["name"] for route in manifest.all("HTTPRoute") for rule in route["spec"]["rules"] for ref in rule["backendRefs"]]
    if policies and asked != sorted(reached):
        yield f"the HealthCheckPolicies are for the Services {asked}, and the HTTPRoute leads to {sorted(reached)}"


def alb_problems(ingress, annotations):
    expected = {"target-type": "ip", "healthcheck-path": PROBES["readinessProbe"]["path"], "healthcheck-port": "traffic-port"}
    for key, value in expected.items():
        if annotations.get(ALB + key) != value:
            yield f"the load balancer has {key} `{annotations.get(ALB + key)}`, and not `{value}`"
    if '"HTTPS"' not in annotations.get(ALB + "listen-ports", ""):
        yield "the load balancer does not listen for HTTPS"
    if any(tls.get("secretName") for tls in ingress["spec"].get("tls") or []):
        yield "the AWS Load Balancer Controller reads no certificate from a Secret"


def google_ingress_problems(manifest, ingress, service):
    if "ingressClassName" in ingress["spec"]:
        yield "GKE knows the class of an Ingress by its annotation alone"
    annotations = service["metadata"].get("annotations") or {}
    named = quick_yaml.load(annotations.get("cloud.google.com/backend-config", "{}")).get("default")
    if named not in {config["metadata"]["name"] for config in manifest.all("BackendConfig")}:
        yield f"the Service names the BackendConfig `{named}`, which is not there"
    if quick_yaml.load(annotations.get("cloud.google.com/neg", "{}")).get("ingress") is not True:
        yield "the Service has no network endpoint group, and no port on the nodes either"


def health_check_problems(kind, check):
    if check.get("requestPath") != PROBES["readinessProbe"]["path"]:
        yield f"the {kind} asks for `{check.get('requestPath')}`, the service answers `{PROBES['readinessProbe']['path']}`"
    # While another PORT is rolled out there are pods of both, so each is asked at its own.
    if "port" in check:
        yield f"the {kind} asks every pod at the port {check['port']}, whichever it serves at"
    if kind == "HealthCheckPolicy" and check.get("portSpecification") != "USE_SERVING_PORT":
        yield f"the {kind} does not say that each pod is asked at the port at which it serves"


def noted_commit(manifest):
    noted = manifest.workload["metadata"].get("annotations") or {}
    if not {"commit", "author"} <= set(noted):
        yield "the workload does not say which commit was deployed last, and whose it is"
    on_pods = manifest.template["metadata"].get("annotations") or {}
    if {"commit", "author"} & set(on_pods):
        yield "the pods name the commit, so every commit replaces them"


def unknown_fields(what, value, known):
    for field in sorted(set(value) - known):
        yield f"{what} has the unknown field `{field}`"


def host_problems(kind, hosts):
    for host in hosts:
        if not host or host.endswith(".invalid"):
            yield f"{kind} has the host `{host}`: the overlay must replace it"


def backend_problems(manifest, kind, name, port):
    if not manifest.service(name):
        yield f"{kind} sends to the Service `{name}`, which is not there"
        return
    ports = manifest.service(name)["spec"]["ports"]
    if "name" in port and port["name"] not in {each.get("name") for each in ports}:
        yield f"{kind} sends to the port `{port['name']}`, which the Service does not have"
    if "name" not in port and port.get("number") not in {each["port"] for each in ports}:
        yield f"{kind} sends to the port {port.get('number')}, which the Service does not have"


def network_policy_ports(manifest):
    reached = set()
    for policy in manifest.all("NetworkPolicy"):
        spec = policy["spec"]
        if set(spec.get("policyTypes") or []) != {"Ingress", "Egress"}:
            yield "NetworkPolicy must cover both Ingress and Egress"
        for rule in spec.get("ingress") or []:
            if not rule.get("from"):
                yield "a NetworkPolicy ingress rule without `from` admits the whole world"
            if not rule.get("ports"):
                yield "a NetworkPolicy ingress rule without `ports` opens every port"
            for port in rule.get("ports") or []:
                reached.add(port["port"])
                if port["port"] not in manifest.ports and port["port"] not in manifest.ports.values():
                    yield f"NetworkPolicy opens the port `{port['port']}`, which the container does not have"
        port_of_dns = 5353 if resolves_as_openshift(manifest) else 53
        resolves = any(port.get("port") == port_of_dns for rule in spec.get("egress") or [] for port in rule.get("ports") or [])
        if not resolves:
            yield f"NetworkPolicy lets no name be resolved: there is no egress to port {port_of_dns}"
        if manifest.worker and not any(port.get("port") == 443 for rule in spec.get("egress") or [] for port in rule.get("ports") or []):
            yield "NetworkPolicy lets no pod reach the queue: there is no egress to port 443"
    if manifest.all("NetworkPolicy") and (missing := set(manifest.ports) - reached):
        yield f"NetworkPolicy lets nobody reach {sorted(missing)}"


def references(manifest):
    """Every name that an object refers to is built along with it; Secrets are looked for by `external_secrets`."""
    needed = []
    for source in manifest.container.get("envFrom") or []:
        needed.append(("ConfigMap", (source.get("configMapRef") or {}).get("name")))
    for entry in manifest.container.get("env") or []:
        reference = (entry.get("valueFrom") or {}).get("configMapKeyRef")
        needed.append(("ConfigMap", (reference or {}).get("name")))
    for volume in manifest.pod.get("volumes") or []:
        needed.append(("ConfigMap", (volume.get("configMap") or {}).get("name")))
    needed.append(("ServiceAccount", manifest.pod.get("serviceAccountName", "default")))
    for kind, name in needed:
        if name and name not in manifest.names(kind):
            yield f"{kind} `{name}` is referred to and not there"
    mounts = {mount["name"] for mount in manifest.container.get("volumeMounts") or []}
    volumes = {volume["name"] for volume in manifest.pod.get("volumes") or []}
    if mounts != volumes:
        yield f"mounts {sorted(mounts)} and volumes {sorted(volumes)} differ"
    if manifest.all("Secret"):
        yield "there is a literal Secret; refer to one instead"
    made = {thing["spec"]["target"]["name"]: thing["spec"] for thing in manifest.all("ExternalSecret")}
    for entry in manifest.container.get("env") or []:
        reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
        keys = {data["secretKey"] for data in made.get((reference or {}).get("name"), {}).get("data", [])}
        if reference and reference["name"] in made and reference["key"] not in keys:
            yield f"the ExternalSecret does not fill the key `{reference['key']}`"
        if reference and made and reference["name"] not in made:
            yield f"no ExternalSecret makes the Secret `{reference['name']}`"
    environment = manifest.environment().get("ENVIRONMENT")
    for data in (data for spec in made.values() for data in spec["data"]):
        if f"/{environment}/" not in data["remoteRef"]["key"]:
            yield f"the ExternalSecret reads `{data['remoteRef']['key']}`, which is not a secret of {environment}"


def external_secrets(manifest):
    """The names of all Secrets that somebody has to create."""
    names = {entry["name"] for account in manifest.all("ServiceAccount") for entry in account.get("imagePullSecrets") or []}
    names |= {entry["name"] for entry in manifest.pod.get("imagePullSecrets") or []}
    names |= {tls["secretName"] for ingress in manifest.all("Ingress") for tls in ingress["spec"].get("tls") or [] if tls.get("secretName")}
    names |= {(volume.get("secret") or {}).get("secretName") for volume in manifest.pod.get("volumes") or []}
    names |= {(source.get("secretRef") or {}).get("name") for source in manifest.container.get("envFrom") or []}
    names |= {
        ((entry.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name") for entry in manifest.container.get("env") or []
    }
    return names - {None} - {thing["spec"]["target"]["name"] for thing in manifest.all("ExternalSecret")}


def work(manifest):
    """One message, the drain, the visibility of a message and the grace period of the pod."""
    values = manifest.environment()
    if missing := WORK - set(values):
        yield f"the container's environment lacks {', '.join(sorted(missing))}"
        return
    numbers = {key: int(value) for key, value in values.items() if re.fullmatch(r"\d+", value)}
    message, timeout, visibility = (numbers[key] for key in ("WORK_TIMEOUT_SECONDS", "DRAIN_TIMEOUT_SECONDS", "QUEUE_VISIBILITY_SECONDS"))
    if not message <= timeout < visibility:
        yield f"a message takes {message} s, the drain {timeout} s, and its visibility ends after {visibility} s: in this order they must rise"
    grace = manifest.pod.get("terminationGracePeriodSeconds", 30)
    if grace < timeout + GRACE_SLACK:
        yield f"terminationGracePeriodSeconds {grace} is below drain timeout {timeout} + {GRACE_SLACK}"
    queue = re.fullmatch(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/\d{12}/[A-Za-z0-9_-]+", values["QUEUE_URL"])
    if not queue or queue[1] != values["AWS_REGION"]:
        yield f"QUEUE_URL {values['QUEUE_URL']} is no queue of the region {values['AWS_REGION']}"
    if manifest.ports.get("admin") != numbers["ADMIN_PORT"]:
        yield f"ADMIN_PORT is {values['ADMIN_PORT']} and the container port `admin` {manifest.ports.get('admin')}"


def drain(manifest):
    if manifest.worker:
        yield from work(manifest)
        return
    values = manifest.environment()
    if missing := ENVIRONMENT - set(values):
        yield f"the container's environment lacks {', '.join(sorted(missing))}"
        return
    numbers = {key: int(value) for key, value in values.items() if re.fullmatch(r"\d+", value)}
    delay, timeout = numbers["DRAIN_DELAY_SECONDS"], numbers["DRAIN_TIMEOUT_SECONDS"]
    grace = manifest.pod.get("terminationGracePeriodSeconds", 30)
    if grace < delay + timeout + GRACE_SLACK:
        yield f"terminationGracePeriodSeconds {grace} is below drain delay {delay} + drain timeout {timeout} + {GRACE_SLACK}"
    if (manifest.container.get("lifecycle") or {}).get("preStop"):
        yield "a preStop hook delays SIGTERM: the service drains by itself"
    if numbers["REQUEST_TIMEOUT_SECONDS"] > timeout:
        yield f"REQUEST_TIMEOUT_SECONDS {numbers['REQUEST_TIMEOUT_SECONDS']} is above DRAIN_TIMEOUT_SECONDS {timeout}"
    idle = GOOGLE_IDLE if manifest.all("BackendConfig") or manifest.all("HealthCheckPolicy") else PROXY_IDLE
    if numbers["KEEP_ALIVE_SECONDS"] <= idle:
        yield f"KEEP_ALIVE_SECONDS {numbers['KEEP_ALIVE_SECONDS']} must be above a proxy's idle {idle}"
    least = 15 if manifest.all("Ingress") or manifest.all("HTTPRoute") else 5
    if delay < least:
        yield f"DRAIN_DELAY_SECONDS {delay} is below {least}, the time that endpoints and load balancers need"
    for name, key in (("http", "PORT"), ("admin", "ADMIN_PORT")):
        if manifest.ports.get(name) != numbers.get(key):
            yield f"{key} is {values[key]} and the container port `{name}` {manifest.ports.get(name)}"


def probes(manifest):
    for probe, expected in PROBES.items():
        found = manifest.container.get(probe) or {}
        get = found.get("httpGet") or {}
        if get.get("path") != expected["path"]:
            yield f"{probe} asks for `{get.get('path')}`, the service answers `{expected['path']}`"
        if get.get("port") != "admin":
            yield f"{probe} asks the port `{get.get('port')}`, not `admin`"
        for field in ("periodSeconds", "timeoutSeconds", "failureThreshold"):
            if found.get(field, PROBE_DEFAULTS[field]) != expected[field]:
                yield f"{probe} has {field} {found.get(field, PROBE_DEFAULTS[field])} instead of {expected[field]}"


def rollout(manifest):
    spec = manifest.workload["spec"]
    startup = manifest.container.get("startupProbe") or {}
    budget = startup.get("initialDelaySeconds", 0) + startup.get("periodSeconds", 10) * startup.get("failureThreshold", 3)
    ready = spec.get("minReadySeconds", 0)
    deadline = spec.get("progressDeadlineSeconds", 600)
    if deadline <= budget + ready:
        yield f"progressDeadlineSeconds {deadline} is not above start-up {budget} + minReadySeconds {ready}"
    if manifest.workload["kind"] == "Deployment":
        if spec.get("strategy") != {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}:
            yield f"the strategy must be RollingUpdate with surge 1 and unavailable 0, it is {spec.get('strategy')}"
        return
    if spec.get("progressDeadlineAbort") is not True:
        yield "without progressDeadlineAbort a version that does not come up stays half-way"
    if (spec.get("rollbackWindow") or {}).get("revisions", 1) > 1:
        yield "the rollback window is not measured, so it must be small"
    if manifest.blue_green:
        measured = max(measuring(thing["spec"], 1) for thing in manifest.all("AnalysisTemplate"))
        if deadline <= budget + ready + measured:
            yield f"progressDeadlineSeconds {deadline} is not above the start-up and the {measured} s of measurements, which are no progress"
        if "rollbackWindow" in spec:
            yield "within a rollback window nothing is measured, and a blue/green Rollout waits for that for ever"
    if manifest.canary and not manifest.canary.get("trafficRouting"):
        if (manifest.canary.get("maxSurge"), manifest.canary.get("maxUnavailable")) != (1, 0):
            yield "a canary by its share of the pods must have surge 1 and unavailable 0"
    weights = [step["setWeight"] for step in (manifest.canary or {}).get("steps") or [] if "setWeight" in step]
    if weights != sorted(weights):
        yield f"the weights of the steps must grow, they are {weights}"


def scaled_by_keda(manifest):
    spec = manifest.scaled["spec"]
    yield from unknown_fields("ScaledObject spec", spec, {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "triggers"})
    for trigger in spec["triggers"]:
        yield from unknown_fields("ScaledObject trigger", trigger, {"type", "metadata", "authenticationRef"})
        yield from unknown_fields("ScaledObject trigger", trigger["metadata"], {"queueURLFromEnv", "awsRegion", "queueLength"})
    for authentication in manifest.all("TriggerAuthentication"):
        yield from unknown_fields("TriggerAuthentication spec", authentication["spec"], {"podIdentity"})
    target, workload = spec["scaleTargetRef"], manifest.workload
    found = (target.get("apiVersion"), target.get("kind"), target["name"])
    expected = (workload["apiVersion"], workload["kind"], workload["metadata"]["name"])
    if found != expected:
        yield f"ScaledObject scales {found}, the workload is {expected}"
    if not 0 < spec["minReplicaCount"] <= spec["maxReplicaCount"]:
        yield "ScaledObject has no replicas at least, or more than at most"
    for trigger in spec["triggers"]:
        variable = trigger["metadata"].get("queueURLFromEnv")
        if variable not in manifest.environment():
            yield f"ScaledObject looks for the queue in the variable {variable}, which the container does not have"
        if trigger["metadata"].get("awsRegion") != manifest.environment().get("AWS_REGION"):
            yield f"ScaledObject looks for the queue in the region {trigger['metadata'].get('awsRegion')}"
        if trigger["authenticationRef"]["name"] not in manifest.names("TriggerAuthentication"):
            yield f"ScaledObject names the TriggerAuthentication `{trigger['authenticationRef']['name']}`, which is not there"


def replicas(manifest):
    fixed = manifest.workload["spec"].get("replicas")
    if manifest.scaled:
        if fixed is not None or manifest.hpa:
            yield "KEDA owns the replicas: the workload sets none, and there is no HorizontalPodAutoscaler"
        yield from scaled_by_keda(manifest)
        return
    if not manifest.hpa:
        if fixed is None:
            yield "neither the workload nor a HorizontalPodAutoscaler sets the replicas"
        return
    if fixed is not None:
        yield f"the HorizontalPodAutoscaler owns the replicas and the workload sets {fixed}"
    spec = manifest.hpa["spec"]
    target = spec["scaleTargetRef"]
    workload = manifest.workload
    found = (target.get("apiVersion"), target["kind"], target["name"])
    expected = (workload["apiVersion"], workload["kind"], workload["metadata"]["name"])
    if found != expected:
        yield f"HorizontalPodAutoscaler scales {found}, the workload is {expected}"
    if spec.get("minReplicas", 1) > spec["maxReplicas"]:
        yield "HorizontalPodAutoscaler has more replicas at least than at most"
    requests = (manifest.container.get("resources") or {}).get("requests") or {}
    for metric in spec.get("metrics") or []:
        resource = metric.get("containerResource") or {}
        if resource.get("container") != manifest.container["name"]:
            yield "HorizontalPodAutoscaler must measure the container of the service: a sidecar would change the percentage of a pod"
        if (resource.get("target") or {}).get("type") == "Utilization" and resource["name"] not in requests:
            yield f"HorizontalPodAutoscaler measures a share of the {resource['name']} request, and there is none"


def disruption(manifest):
    lowest = manifest.lowest_replicas()
    for pdb in manifest.all("PodDisruptionBudget"):
        spec = pdb["spec"]
        if "maxUnavailable" in spec:
            evictions = share(spec["maxUnavailable"], lowest)
        else:
            evictions = lowest - share(spec.get("minAvailable", lowest), lowest)
        if evictions < 1:
            yield f"the PodDisruptionBudget leaves no eviction at {lowest} replicas: no node could be drained"
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield "the PodDisruptionBudget must set unhealthyPodEvictionPolicy: AlwaysAllow"


def share(value, whole):
    """A number or a percentage of `whole`, rounded up as the disruption controller does."""
    if isinstance(value, str):
        return -(-int(value.removesuffix("%")) * whole // 100)
    return value


def resolves_as_openshift(manifest):
    """Whether the policy is that of an OpenShift cluster, whose DNS is in a namespace of its own."""
    peers = [peer for policy in manifest.all("NetworkPolicy") for rule in policy["spec"].get("egress") or [] for peer in rule.get("to") or []]
    names = [((peer.get("namespaceSelector") or {}).get("matchLabels") or {}).get("kubernetes.io/metadata.name") for peer in peers]
    return "openshift-dns" in names


def hardening(manifest):
    """What the contract asks beyond Pod Security."""
    pod, container = manifest.pod, manifest.container
    for violation in violations(manifest.template):
        yield f"Pod Security restricted: {violation}"
    context = pod.get("securityContext") or {}
    for key in ("runAsUser", "runAsGroup", "fsGroup"):
        # OpenShift gives a namespace ids of its own, and refuses others.
        wanted = None if resolves_as_openshift(manifest) else 65532
        if context.get(key) != wanted:
            yield f"{key} must be {wanted}, it is {context.get(key)}"
    if (container.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True:
        yield "the root file system must be read-only"
    if pod.get("automountServiceAccountToken") is not False:
        yield "automountServiceAccountToken must be false"
    if pod.get("enableServiceLinks") is not False:
        yield "enableServiceLinks must be false: X_PORT=tcp://… breaks the configuration"
    if not IMAGE.fullmatch(container["image"]):
        yield f"the image must be given by digest, it is `{container['image']}`"
    if not (pod.get("nodeSelector") or {}).get("kubernetes.io/arch"):
        yield "nodeSelector must name the architecture of the image"
    if not any((volume.get("emptyDir") or {}).get("sizeLimit") for volume in pod.get("volumes") or []):
        yield "`/tmp` must be an emptyDir with a sizeLimit"


def resources(manifest):
    found = manifest.container.get("resources") or {}
    requests, limits = found.get("requests") or {}, found.get("limits") or {}
    for key in ("memory", "ephemeral-storage"):
        if key not in requests or key not in limits:
            yield f"{key} needs a request and a limit"
        elif quantity(limits[key]) < quantity(requests[key]):
            yield f"the {key} limit {limits[key]} is below the request {requests[key]}"
    if "cpu" not in requests:
        yield "cpu needs a request"
    if "memory" in limits and not 64 * 2**20 <= quantity(limits["memory"]) <= 128 * 2**20:
        yield f"the memory limit must be 64Mi to 128Mi, it is {limits['memory']}"
    if requests.get("memory") != "32Mi":
        yield f"the memory request must be 32Mi, it is {requests.get('memory')}"


def quantity(text):
    """A Kubernetes quantity as a number: `100m`, `1.5`, `32Mi`."""
    number, unit = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(text)).groups()
    factors = {"": 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return float(number) * factors[unit]


RULES = [
    one_namespace, unique_objects, selectors, tracks, rollout_services, analysis, service_ports, monitoring, backends,
    load_balancers, noted_commit,
    network_policy_ports, references, drain, probes, rollout, replicas, disruption, hardening, resources,
]


def namespace_problems(manifest, layer):
    """Checks the administrator's layer against the overlay that will run in it."""
    by_kind = {thing["kind"]: thing for thing in layer}
    if missing := {"Namespace", "NetworkPolicy"} - set(by_kind):
        yield f"the namespace layer lacks {', '.join(sorted(missing))}"
        return
    if ("ResourceQuota" in by_kind) != ("LimitRange" in by_kind):
        yield "a quota refuses a container that states nothing, and a limit range fills that in: they belong together"
    name = by_kind["Namespace"]["metadata"]["name"]
    spaces = {thing["metadata"].get("namespace", name) for thing in layer} | {manifest.workload["metadata"]["namespace"]}
    if spaces != {name}:
        yield f"the namespace layer makes `{name}`, the objects are in {sorted(spaces)}"
    labels = by_kind["Namespace"]["metadata"].get("labels") or {}
    for mode in ("enforce", "warn", "audit"):
        if labels.get(f"pod-security.kubernetes.io/{mode}") != "restricted":
            yield f"the Namespace does not {mode} Pod Security `restricted`"
    deny = by_kind["NetworkPolicy"]["spec"]
    if deny != {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}:
        yield "the namespace's NetworkPolicy must deny everything in both directions"
    if "ResourceQuota" in by_kind:
        yield from quota_problems(manifest, by_kind["ResourceQuota"]["spec"]["hard"])
    priority, made = manifest.pod.get("priorityClassName"), by_kind.get("PriorityClass", {"metadata": {"name": None}})
    if priority != made["metadata"]["name"]:
        yield f"the pods have the priority class `{priority}`, the administrator's layer makes `{made['metadata']['name']}`"


def quota_problems(manifest, hard):
    pods = manifest.highest_replicas() * manifest.versions + 1
    found = manifest.container.get("resources") or {}
    for key, limit in hard.items():
        if key == "pods":
            needed = pods
        else:
            group, _, resource = key.partition(".")
            needed = pods * quantity((found.get(group) or {}).get(resource, 0))
        if needed > quantity(limit):
            yield f"the quota {key} {limit} does not hold {pods} pods, the most with a rollout's surge"


def project_problems(manifest, project):
    """Checks the files around the manifests that hold the same values."""
    yield from stray_files(project / "deploy/kubernetes")
    yield from readme_problems(manifest, project)
    readme = text_of(project / "deploy/kubernetes/README.md")
    for name in sorted(external_secrets(manifest)):
        if f"`{name}`" not in readme and f" {name} " not in readme:
            yield f"somebody must create the Secret `{name}`, and deploy/kubernetes/README.md does not say so"

    dockerfile = text_of(project / "Dockerfile")
    if dockerfile:
        exposed = {int(port) for line in re.findall(r"(?m)^EXPOSE +(.+)$", dockerfile) for port in re.findall(r"\d+", line)}
        if exposed != set(manifest.ports.values()):
            yield f"Dockerfile exposes {sorted(exposed)}, the container's ports are {sorted(manifest.ports.values())}"
        users = re.findall(r"(?m)^USER +(\d+)", dockerfile)
        user = (manifest.pod.get("securityContext") or {}).get("runAsUser")
        if users and user != int(users[-1]) and not resolves_as_openshift(manifest):
            yield f"Dockerfile runs as {users[-1]}, the pod as {manifest.pod['securityContext'].get('runAsUser')}"

    sources = "".join(text_of(path) for path in sorted((project / "crates").glob("*/src/**/*.rs")))
    for key in sorted(set(manifest.environment()) - READ_BY_SDK if sources else []):
        if f'"{key}"' not in sources and f'"{key.removesuffix("_FILE")}"' not in sources:
            yield f"no source file of the service reads {key}"

    workflow = text_of(project / ".github/workflows/deploy-kubernetes.yaml")
    image = IMAGE.fullmatch(manifest.container["image"])
    if workflow and image:
        document = quick_yaml.load(workflow)
        if document["env"]["IMAGE"] != image["name"]:
            yield f"the workflow pushes to {document['env']['IMAGE']}, the overlay runs {image['name']}"
        platform = f"linux/{(manifest.pod.get('nodeSelector') or {}).get('kubernetes.io/arch')}"
        platforms = {step["with"]["platforms"] for step in document["jobs"]["image"]["steps"] if "platforms" in step.get("with", {})}
        if platforms != {platform}:
            yield f"the workflow builds for {sorted(platforms)}, the pods ask for {platform}"


def readme_problems(manifest, project):
    """The commands of README.md name what the files create."""
    text = text_of(project / "deploy/kubernetes/README.md")
    code = "\n".join(re.findall(r"(?s)```sh\n(.*?)```", text) + re.findall(r"`([^`]+)`", re.sub(r"(?s)```sh\n.*?```", "", text)))
    kinds = {"deployment": "Deployment", "rollout": "Rollout", "service": "Service"}
    named = re.findall(r"\b(deployment|rollout|service)/([a-z0-9-]+)", code)
    named += re.findall(r"\b(?:get|patch|delete) (deployment|rollout|service) ([a-z0-9][a-z0-9-]*)", code)
    for kind, name in sorted(set(named)):
        if name not in {thing["metadata"]["name"] for thing in manifest.everything if thing["kind"] == kinds[kind]}:
            yield f"README.md names the {kind} `{name}`, which is not there"
    spaces = {quick_yaml.load(text_of(path))["namespace"] for path in (project / "deploy/kubernetes/namespaces").glob("*/kustomization.yaml") if path.parent.name != "base"}
    for name in sorted(set(re.findall(r"--namespace ([a-z0-9-]+)", code)) - spaces - {"argocd", "flux-system"}):
        yield f"README.md names the namespace `{name}`, which nothing makes"
    for path in sorted(set(re.findall(r"deploy/kubernetes/[\w./-]*\w", code))):
        if not (project / path).exists():
            yield f"README.md names {path}, which is not there"


def stray_files(folder):
    """Every manifest is named by the kustomization beside it, and every component by an overlay."""
    used = set()
    for path in sorted(folder.rglob("kustomization.yaml")):
        document = quick_yaml.load(text_of(path)) or {}
        names = [name for key in ("resources", "components", "configurations") for name in document.get(key) or []]
        names += [patch["path"] for patch in document.get("patches") or [] if "path" in patch]
        used |= {(path.parent / name).resolve() for name in names}
    # What Argo CD, Flux and kind are given is read by itself, and Helm takes all of a chart.
    given = [folder / name for name in ("clusters/argocd", "clusters/flux", "chart", "values", "kind.yaml")]
    for path in sorted(folder.rglob("*.yaml")):
        if path.name == "kustomization.yaml" or any(path.is_relative_to(each) for each in given):
            continue
        if path.resolve() not in used:
            yield f"{path.relative_to(folder)} is in no kustomization"
    for path in sorted((folder / "components").glob("*")):
        if path.resolve() not in used:
            yield f"{path.relative_to(folder)} is in no overlay"


def text_of(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""


class UniqueKeys(quick_yaml.SafeLoader):
    """A YAML reader that refuses a key given twice, where the plain one keeps the last."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise Broken(f"the key `{key}` is given twice near line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def read(path):
    with open(path, encoding="utf-8") as file:
        return [thing for thing in yaml.load_all(file, Loader=UniqueKeys) if thing]


def problems(arguments):
    found = manifests(read(arguments.built))
    for manifest in found:
        for rule in RULES:
            yield from rule(manifest)
        if arguments.namespace:
            yield from namespace_problems(manifest, read(arguments.namespace))
        if arguments.project:
            yield from project_problems(manifest, pathlib.Path(arguments.project))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("built", help="output of `kubectl kustomize deploy/kubernetes/overlays/ENVIRONMENT`")
    parser.add_argument("--namespace", help="output of `kubectl kustomize deploy/kubernetes/namespaces/ENVIRONMENT`")
    parser.add_argument("--project", help="root of the generated project")
    arguments = parser.parse_args()

    try:
        found = sorted(set(problems(arguments)))
    except (Broken, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        found = [f"not the manifest that was expected: {type(error).__name__}: {error}"]
    for line in found:
        print(f"{arguments.built}: {line}", file=sys.stderr)
    if found:
        return 1
    print(f"{arguments.built}: {len(RULES)} rules hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
