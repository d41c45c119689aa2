"""Plants one fault at a time into generated projects and checks that the validators notice, each with its own message.

    kubernetes_faults.py PROJECT... [--kubectl PATH]

The faults are those about which schema validators and the API server say nothing. Each is planted into the first project of
each shape (Deployment, Rollout, two tracks) that has the line for it, in the environment with the autoscaler. The projects are
copied first and stay as they are.

Exit code 0: every fault was planted somewhere and noticed everywhere. 1: which was not.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROOT = "deploy/kubernetes"
WORKLOAD = f"{ROOT}/base/workload"
SHARED = f"{ROOT}/base/shared"
COMPONENTS = f"{ROOT}/components"

# name, file, pattern, replacement, a pattern of the message that must come
FAULTS = [
    ("target port that no container has", f"{SHARED}/service.yaml", r"targetPort: http", "targetPort: web", "targets `web`"),
    ("Service selects other pods", f"{SHARED}/service.yaml", r"(?s)(selector:.*?component: )server", r"\1web", "Service (selects|must lead)"),
    ("budget selects other pods", f"{WORKLOAD}/pdb.yaml", r"(?s)(matchLabels:.*?component: )server", r"\1web", "PodDisruptionBudget selects"),
    ("policy selects other pods", f"{SHARED}/networkpolicy.yaml", r"(?s)(podSelector:.*?component: )server", r"\1web", "NetworkPolicy selects"),
    ("spread over other pods", f"{WORKLOAD}/WORKLOAD.yaml", r"(?s)(labelSelector:.*?component: )server", r"\1web", "topology spread"),
    ("policy opens a port that is not there", f"{SHARED}/networkpolicy.yaml", r"port: http", "port: web", "NetworkPolicy opens the port `web`"),
    ("policy without name resolution", f"{SHARED}/networkpolicy.yaml", r"port: 53", "port: 5353", "no egress to port 53"),
    ("ConfigMap that is not there", f"{WORKLOAD}/WORKLOAD.yaml", r"(configMapRef:\n +name: \S+)-config", r"\1-settings", "ConfigMap `"),
    ("ServiceAccount that is not there", f"{WORKLOAD}/WORKLOAD.yaml", r"serviceAccountName: .*", "serviceAccountName: other", "ServiceAccount `other`"),
    ("grace below the drain", f"{WORKLOAD}/WORKLOAD.yaml", r"terminationGracePeriodSeconds: \d+", "terminationGracePeriodSeconds: 20", "terminationGracePeriodSeconds 20"),
    ("drain longer than the grace", f"{WORKLOAD}/config.env", r"DRAIN_TIMEOUT_SECONDS=\d+", "DRAIN_TIMEOUT_SECONDS=60", "terminationGracePeriodSeconds"),
    ("request longer than the drain", f"{WORKLOAD}/config.env", r"REQUEST_TIMEOUT_SECONDS=\d+", "REQUEST_TIMEOUT_SECONDS=30", "REQUEST_TIMEOUT_SECONDS 30"),
    ("keep-alive below the proxies'", f"{WORKLOAD}/config.env", r"KEEP_ALIVE_SECONDS=\d+", "KEEP_ALIVE_SECONDS=30", "KEEP_ALIVE_SECONDS 30"),
    ("the service listens elsewhere", f"{WORKLOAD}/config.env", r"(?m)^PORT=\d+", "PORT=4000", "PORT is 4000"),
    ("a setting is missing", f"{WORKLOAD}/config.env", r"(?m)^TOKIO_WORKER_THREADS=.*\n", "", "lacks TOKIO_WORKER_THREADS"),
    ("deadline within the start-up", f"{WORKLOAD}/WORKLOAD.yaml", r"progressDeadlineSeconds: \d+", "progressDeadlineSeconds: 30", "progressDeadlineSeconds 30"),
    ("probe on a path that is not served", f"{WORKLOAD}/WORKLOAD.yaml", r"path: /livez", "path: /healthz", "livenessProbe asks for `/healthz`"),
    ("probe on a port that is not there", f"{WORKLOAD}/WORKLOAD.yaml", r"(path: /readyz\n +port: )admin", r"\1health", "readinessProbe asks the port `health`"),
    ("budget that blocks every drain", f"{WORKLOAD}/pdb.yaml", r"maxUnavailable: 1", 'minAvailable: "100%"', "leaves no eviction"),
    ("autoscaler of another kind", f"{COMPONENTS}/hpa/hpa.yaml", r"kind: (Deployment|Rollout)", "kind: StatefulSet", "HorizontalPodAutoscaler scales"),
    ("two owners of the replicas", f"{WORKLOAD}/WORKLOAD.yaml", r"  revisionHistoryLimit:", "  replicas: 2\n  revisionHistoryLimit:", "owns the replicas"),
    ("autoscaler beyond the quota", f"{COMPONENTS}/hpa/hpa.yaml", r"maxReplicas: 10", "maxReplicas: 40", "the quota pods"),
    ("Ingress to a Service that is not there", f"{COMPONENTS}/ingress/ingress.yaml", r"(service:\n +name: ).*", r"\1other", "the Service `other`"),
    ("Ingress to a port that is not there", f"{COMPONENTS}/ingress/ingress.yaml", r"(port:\n +name: )http", r"\1web", "the port `web`"),
    ("HTTPRoute to a Service that is not there", f"{COMPONENTS}/gateway/httproute.yaml", r"(kind: Service\n +name: ).*", r"\1other", "the Service `other`"),
    ("HTTPRoute to a port that is not there", f"{COMPONENTS}/gateway/httproute.yaml", r"port: 80", "port: 8080", "the port 8080"),
    ("HTTPRoute with a typo", f"{COMPONENTS}/gateway/httproute.yaml", r"hostnames:", "hostname:", ""),
    ("preview Service to a port that is not there", f"{SHARED}/service-preview.yaml", r"targetPort: http", "targetPort: web", "targets `web`"),
    ("preview Service selects other pods", f"{SHARED}/service-preview.yaml", r"(?s)(selector:.*?component: )server", r"\1web", "Service (selects|must lead)"),
    ("canary Service selects other pods", f"{SHARED}/service-canary.yaml", r"(?s)(selector:.*?component: )server", r"\1web", "Service selects"),
    ("Rollout makes a Service active that is not there", f"{WORKLOAD}/rollout.yaml", r"activeService: .*", "activeService: other", "has activeService `other`"),
    ("Rollout previews a Service that is not there", f"{WORKLOAD}/rollout.yaml", r"previewService: .*", "previewService: other", "has previewService `other`"),
    ("Rollout with a canary Service that is not there", f"{WORKLOAD}/rollout.yaml", r"canaryService: .*", "canaryService: other", "has canaryService `other`"),
    ("Rollout writes a route that is not there", f"{WORKLOAD}/rollout.yaml", r"httpRoute: .*", "httpRoute: other", "the HTTPRoute `other`"),
    ("Service that server-side apply takes over", f"{SHARED}/service-preview.yaml", r"ServerSideApply=false", "ServerSideApply=true", "not applied from the server's side"),
    ("canary Service that server-side apply takes over", f"{SHARED}/service-canary.yaml", r"ServerSideApply=false", "ServerSideApply=true", "not applied from the server's side"),
    ("canary that begins with traffic", f"{COMPONENTS}/gateway/httproute.yaml", r"weight: 0", "weight: 50", "must begin with everything"),
    ("analysis that is not there", f"{WORKLOAD}/rollout.yaml", r"templateName: .*", "templateName: other", "the AnalysisTemplate `other`"),
    ("analysis without an argument", f"{WORKLOAD}/analysis.yaml", r"    - name: namespace\n", "", "gives the arguments"),
    ("analysis of an argument that nobody gives", f"{WORKLOAD}/analysis.yaml", r"args\.namespace", "args.nowhere", "uses the arguments"),
    ("analysis that keeps its connection", f"{WORKLOAD}/analysis.yaml", r"value: close", "value: keep-alive", "Connection: close"),
    ("analysis of a path that is not served", f"{WORKLOAD}/analysis.yaml", r"svc/readyz", "svc/healthz", "asks http"),
    ("analysis that is always good", f"{WORKLOAD}/analysis.yaml", r" +successCondition: len\(result\) == 1.*\n", "", "good whatever it is"),
    ("no request that counts as good", f"{WORKLOAD}/analysis.yaml", r"successCondition: len\(result\) == 1 && result\[0\] <=", "successCondition: len(result) == 0 || result[0] <=", "finds \\[\\] Successful"),
    ("no request that counts as bad", f"{WORKLOAD}/analysis.yaml", r" +failureCondition: .*\n", "", "finds \\[\\] Failed"),
    ("no request that is good for ever", f"{WORKLOAD}/rollout.yaml", r'value: "4"', 'value: "5"', "of 5 measurements find no request"),
    ("a preview that has to be asked", f"{WORKLOAD}/rollout.yaml", r'value: "5"', 'value: "4"', "prePromotionAnalysis lets 4"),
    ("no way back while it is measured", f"{WORKLOAD}/rollout.yaml", r"scaleDownDelaySeconds: \d+", "scaleDownDelaySeconds: 60", "scaleDownDelaySeconds 60"),
    ("a version that stays half-way", f"{WORKLOAD}/rollout.yaml", r"  progressDeadlineAbort: true\n", "", "progressDeadlineAbort"),
    ("a rollback window that skips too much", f"{WORKLOAD}/rollout.yaml", r"revisions: 1", "revisions: 5", "rollback window"),
    ("a rollback window in blue/green", f"{WORKLOAD}/rollout.yaml", r"  strategy:\n    blueGreen:", "  rollbackWindow:\n    revisions: 1\n  strategy:\n    blueGreen:", "waits for that for ever"),
    ("deadline within the measurements", f"{WORKLOAD}/rollout.yaml", r"progressDeadlineSeconds: 600", "progressDeadlineSeconds: 120", "which are no progress"),
    ("plugin that looks in no namespace", f"{WORKLOAD}/rollout-fields.yaml", r"(?s)\nnamespace:\n.*", "\n", "looks in the namespace `None`"),
    ("canary that takes pods away", f"{WORKLOAD}/rollout.yaml", r"maxUnavailable: 0", "maxUnavailable: 1", "surge 1 and unavailable 0"),
    ("versions that are not told apart", f"{WORKLOAD}/rollout.yaml", r"- rollouts-pod-template-hash", "- pod-template-hash", "tell versions apart"),
    ("ConfigMap that kustomize does not follow", f"{WORKLOAD}/rollout-fields.yaml", r"containers/envFrom/configMapRef/name", "containers/envFrom/configMapRef/nome", "ConfigMap `"),
    ("both Services lead to one track", f"{ROOT}/overlays/ENVIRONMENT/live.yaml", r"track: green", "track: blue", "must lead to the track"),
    ("Service leads to a track that is not there", f"{ROOT}/overlays/ENVIRONMENT/live.yaml", r"track: green", "track: red", "must lead to the track"),
    ("track without its image", f"{ROOT}/overlays/ENVIRONMENT/green/kustomization.yaml", r"digest: .*", "newTag: latest", "by digest"),
    ("track by another name", f"{ROOT}/overlays/ENVIRONMENT/green/kustomization.yaml", r"track: green", "track: red", "the tracks must be"),
    ("scraping a port that is not there", f"{COMPONENTS}/monitoring/servicemonitor.yaml", r"port: admin", "port: metrics", "scrapes the port `metrics`"),
    ("scraping the wrong Service", f"{COMPONENTS}/monitoring/servicemonitor.yaml", r"component: metrics", "component: server", "ServiceMonitor selects"),
    ("metrics of the traffic port", f"{COMPONENTS}/monitoring/service-metrics.yaml", r"targetPort: admin", "targetPort: http", "metrics Service must lead"),
    ("secret that is not fetched", f"{COMPONENTS}/external-secrets/externalsecret.yaml", r"secretKey: .*", "secretKey: other", "does not fill the key"),
    ("secret that goes elsewhere", f"{COMPONENTS}/external-secrets/externalsecret.yaml", r"(target:\n +name: ).*", r"\1other", "no ExternalSecret makes"),
    ("secret of another environment", f"{ROOT}/overlays/ENVIRONMENT/kustomization.yaml", r"(?m)(value: [a-z0-9-]+)/[a-z0-9-]+/([a-z0-9-]+)$", r"\1/elsewhere/\2", "is not a secret of"),
    ("priority class that nobody made", f"{WORKLOAD}/WORKLOAD.yaml", r"priorityClassName: .*", "priorityClassName: other", "priority class `other`"),
    ("privilege escalation", f"{WORKLOAD}/WORKLOAD.yaml", r" +allowPrivilegeEscalation: false\n", "", "allowPrivilegeEscalation"),
    ("no seccomp profile", f"{WORKLOAD}/WORKLOAD.yaml", r" +seccompProfile:\n.*\n", "", "seccomp"),
    ("host path", f"{WORKLOAD}/WORKLOAD.yaml", r"emptyDir:\n +sizeLimit: 16Mi", "hostPath: {path: /tmp}", "of the kind hostPath"),
    ("Service links", f"{WORKLOAD}/WORKLOAD.yaml", r"enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks"),
    ("image by tag", f"{ROOT}/overlays/ENVIRONMENT/kustomization.yaml", r"digest: .*", "newTag: latest", "by digest"),
    ("another namespace than the prepared one", f"{ROOT}/overlays/ENVIRONMENT/kustomization.yaml", r"namespace: \S+", "namespace: other", "the namespace layer makes"),
    ("namespace without Pod Security", f"{ROOT}/namespaces/base/namespace.yaml", r"enforce: restricted", "enforce: baseline", "does not enforce"),
    ("a manifest that nobody applies", f"{SHARED}/kustomization.yaml", r" +- networkpolicy.yaml\n", "", "is in no kustomization"),
    ("a setting that nobody reads", f"{WORKLOAD}/config.env", r"\Z", "LOG_LEVLE=debug\n", "reads LOG_LEVLE"),
    ("a look at something else", f"{ROOT}/README.md", r"logs deployment/(\S+)", "logs deployment/other", "names the deployment `other`"),
    ("a way back in another namespace", f"{ROOT}/README.md", r"--namespace \S+ patch rollout", "--namespace other patch rollout", "names the namespace `other`"),
    ("a way back by a script that is not there", f"{ROOT}/README.md", r"deploy/kubernetes/switch.sh", "deploy/kubernetes/turn.sh", "names deploy/kubernetes/turn.sh"),
    ("another port in the Dockerfile", "Dockerfile", r"(?m)^EXPOSE .*", "EXPOSE 4000 9090", "Dockerfile exposes"),
    ("another user in the Dockerfile", "Dockerfile", r"(?m)^USER .*", "USER 1000", "Dockerfile runs as"),
    ("another image in the workflow", ".github/workflows/deploy-kubernetes.yaml", r"(?m)^  IMAGE: .*", "  IMAGE: ghcr.io/other/other", "the workflow pushes to"),
    ("another platform in the workflow", ".github/workflows/deploy-kubernetes.yaml", r"platforms: .*", "platforms: linux/riscv64", "the workflow builds for"),
]


def messages(project, environment, kubectl):
    """What the checks say of one environment; an empty text means that all is well."""
    root = project / ROOT
    files = []
    for layer in ("overlays", "namespaces"):
        done = subprocess.run([kubectl, "kustomize", str(root / layer / environment)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"kustomize: {done.stderr}"
        files.append(project / f"{layer}.yaml")
        files[-1].write_text(done.stdout)
    command = [sys.executable, str(HERE / "kubernetes_invariants.py"), str(files[0])]
    done = subprocess.run(
        [*command, "--namespace", str(files[1]), "--project", str(project)], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


class Project:
    """A generated project and what the faults need to know of it."""

    def __init__(self, folder):
        self.folder = folder
        overlays = folder / ROOT / "overlays"
        (scaled,) = [path for path in overlays.glob("**/kustomization.yaml") if "components/hpa" in path.read_text()]
        self.environment = scaled.relative_to(overlays).parts[0]
        self.workload = "rollout.yaml" if (folder / WORKLOAD / "rollout.yaml").is_file() else "deployment.yaml"
        self.shape = "tracks" if (overlays / self.environment / "live.yaml").is_file() else self.workload

    def path(self, file):
        return file.replace("ENVIRONMENT", self.environment).replace("WORKLOAD.yaml", self.workload)

    def messages_with(self, file, pattern, replacement, kubectl):
        """What the checks say of a copy with the fault; None if there is no place for it."""
        path = self.path(file)
        if file and not (self.folder / path).is_file():
            return None
        text = (self.folder / path).read_text() if file else ""
        text, count = re.subn(pattern, replacement, text, count=0 if "53" in pattern else 1)
        if file and count == 0:
            return None
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "project"
            shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("target", ".git"))
            if file:
                (copy / path).write_text(text)
            return messages(copy, self.environment, kubectl)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, nargs="+", help="root of a generated project")
    parser.add_argument("--kubectl", default="kubectl", help="the program to build with")
    arguments = parser.parse_args()

    projects = [Project(folder) for folder in arguments.project]
    found, missed = 0, 0
    for project in projects:
        if said := project.messages_with("", "", "", arguments.kubectl):
            missed += 1
            print(f"{project.folder} without a fault: {said}", file=sys.stderr)
    for name, file, pattern, replacement, expected in FAULTS:
        shapes = set()
        for project in projects:
            said = None
            if project.shape not in shapes:
                said = project.messages_with(file, pattern, replacement, arguments.kubectl)
            if said is None:
                continue
            shapes.add(project.shape)
            found += 1
            if not said or not re.search(expected, said):
                missed += 1
                print(f"`{name}` in {project.folder} was not noticed; the checks said: {said or 'nothing'}", file=sys.stderr)
        if not shapes:
            missed += 1
            print(f"`{name}` could not be planted anywhere: {file} never matches {pattern}", file=sys.stderr)
    if missed:
        return 1
    print(f"{len(FAULTS)} faults, planted {found} times, were noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
