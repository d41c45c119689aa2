"""Plants one fault at a time into a generated project and checks that the validators notice, each with its own message.

    kubernetes_faults.py PROJECT [--kubectl PATH]

The faults are those about which schema validators and the API server say nothing. They suit any answers; one that needs a file
that the project does not have is left out and named. They are looked for in the environment with the autoscaler. The project
is copied first and stays as it is.

Exit code 0: every fault was noticed. 1: which was not.
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

# name, file, pattern, replacement, a part of the message that must come
FAULTS = [
    ("target port that no container has", f"{SHARED}/service.yaml", r"targetPort: http", "targetPort: web", "targets `web`"),
    ("Service selects other pods", f"{SHARED}/service.yaml", r"(?s)(selector:.*?component: )server", r"\1web", "Service selects"),
    ("budget selects other pods", f"{WORKLOAD}/pdb.yaml", r"(?s)(matchLabels:.*?component: )server", r"\1web", "PodDisruptionBudget selects"),
    ("policy selects other pods", f"{SHARED}/networkpolicy.yaml", r"(?s)(podSelector:.*?component: )server", r"\1web", "NetworkPolicy selects"),
    ("spread over other pods", f"{WORKLOAD}/deployment.yaml", r"(?s)(labelSelector:.*?component: )server", r"\1web", "topology spread"),
    ("policy opens a port that is not there", f"{SHARED}/networkpolicy.yaml", r"port: http", "port: web", "NetworkPolicy opens the port `web`"),
    ("policy without name resolution", f"{SHARED}/networkpolicy.yaml", r"port: 53", "port: 5353", "no egress to port 53"),
    ("ConfigMap that is not there", f"{WORKLOAD}/deployment.yaml", r"(configMapRef:\n +name: \S+)-config", r"\1-settings", "ConfigMap `"),
    ("ServiceAccount that is not there", f"{WORKLOAD}/deployment.yaml", r"serviceAccountName: .*", "serviceAccountName: other", "ServiceAccount `other`"),
    ("grace below the drain", f"{WORKLOAD}/deployment.yaml", r"terminationGracePeriodSeconds: \d+", "terminationGracePeriodSeconds: 20", "terminationGracePeriodSeconds 20"),
    ("drain longer than the grace", f"{WORKLOAD}/config.env", r"DRAIN_TIMEOUT_SECONDS=\d+", "DRAIN_TIMEOUT_SECONDS=60", "terminationGracePeriodSeconds"),
    ("request longer than the drain", f"{WORKLOAD}/config.env", r"REQUEST_TIMEOUT_SECONDS=\d+", "REQUEST_TIMEOUT_SECONDS=30", "REQUEST_TIMEOUT_SECONDS 30"),
    ("keep-alive below the proxies'", f"{WORKLOAD}/config.env", r"KEEP_ALIVE_SECONDS=\d+", "KEEP_ALIVE_SECONDS=30", "KEEP_ALIVE_SECONDS 30"),
    ("the service listens elsewhere", f"{WORKLOAD}/config.env", r"(?m)^PORT=\d+", "PORT=4000", "PORT is 4000"),
    ("a setting is missing", f"{WORKLOAD}/config.env", r"(?m)^TOKIO_WORKER_THREADS=.*\n", "", "lacks TOKIO_WORKER_THREADS"),
    ("deadline within the start-up", f"{WORKLOAD}/deployment.yaml", r"progressDeadlineSeconds: \d+", "progressDeadlineSeconds: 30", "progressDeadlineSeconds 30"),
    ("probe on a path that is not served", f"{WORKLOAD}/deployment.yaml", r"path: /livez", "path: /healthz", "livenessProbe asks for `/healthz`"),
    ("probe on a port that is not there", f"{WORKLOAD}/deployment.yaml", r"(path: /readyz\n +port: )admin", r"\1health", "readinessProbe asks the port `health`"),
    ("budget that blocks every drain", f"{WORKLOAD}/pdb.yaml", r"maxUnavailable: 1", 'minAvailable: "100%"', "leaves no eviction"),
    ("autoscaler of another kind", f"{COMPONENTS}/hpa/hpa.yaml", r"kind: Deployment", "kind: Rollout", "HorizontalPodAutoscaler scales"),
    ("two owners of the replicas", f"{WORKLOAD}/deployment.yaml", r"  revisionHistoryLimit:", "  replicas: 2\n  revisionHistoryLimit:", "owns the replicas"),
    ("autoscaler beyond the quota", f"{COMPONENTS}/hpa/hpa.yaml", r"maxReplicas: 10", "maxReplicas: 40", "the quota pods"),
    ("Ingress to a Service that is not there", f"{COMPONENTS}/ingress/ingress.yaml", r"(service:\n +name: ).*", r"\1other", "the Service `other`"),
    ("Ingress to a port that is not there", f"{COMPONENTS}/ingress/ingress.yaml", r"(port:\n +name: )http", r"\1web", "the port `web`"),
    ("HTTPRoute to a Service that is not there", f"{COMPONENTS}/gateway/httproute.yaml", r"(kind: Service\n +name: ).*", r"\1other", "the Service `other`"),
    ("HTTPRoute to a port that is not there", f"{COMPONENTS}/gateway/httproute.yaml", r"port: 80", "port: 8080", "the port 8080"),
    ("HTTPRoute with a typo", f"{COMPONENTS}/gateway/httproute.yaml", r"hostnames:", "hostname:", ""),
    ("privilege escalation", f"{WORKLOAD}/deployment.yaml", r" +allowPrivilegeEscalation: false\n", "", "allowPrivilegeEscalation"),
    ("no seccomp profile", f"{WORKLOAD}/deployment.yaml", r" +seccompProfile:\n.*\n", "", "seccomp"),
    ("host path", f"{WORKLOAD}/deployment.yaml", r"emptyDir:\n +sizeLimit: 16Mi", "hostPath: {path: /tmp}", "of the kind hostPath"),
    ("Service links", f"{WORKLOAD}/deployment.yaml", r"enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks"),
    ("image by tag", f"{ROOT}/overlays/ENVIRONMENT/kustomization.yaml", r"digest: .*", "newTag: latest", "by digest"),
    ("another namespace than the prepared one", f"{ROOT}/overlays/ENVIRONMENT/kustomization.yaml", r"namespace: \S+", "namespace: other", "the namespace layer makes"),
    ("namespace without Pod Security", f"{ROOT}/namespaces/base/namespace.yaml", r"enforce: restricted", "enforce: baseline", "does not enforce"),
    ("a manifest that nobody applies", f"{SHARED}/kustomization.yaml", r" +- networkpolicy.yaml\n", "", "is in no kustomization"),
    ("a setting that nobody reads", f"{WORKLOAD}/config.env", r"\Z", "LOG_LEVLE=debug\n", "reads LOG_LEVLE"),
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    parser.add_argument("--kubectl", default="kubectl", help="the program to build with")
    arguments = parser.parse_args()

    overlays = sorted((arguments.project / ROOT / "overlays").iterdir())
    scaled = [path.name for path in overlays if "components/hpa" in (path / "kustomization.yaml").read_text()]
    (environment,) = scaled

    found, missed, left_out = 0, 0, []
    for name, file, pattern, replacement, expected in [("no fault", "", "", "", None), *FAULTS]:
        with tempfile.TemporaryDirectory() as folder:
            project = pathlib.Path(folder) / "project"
            shutil.copytree(arguments.project, project, ignore=shutil.ignore_patterns("target", ".git"))
            path = project / file.replace("ENVIRONMENT", environment)
            if file:
                if not path.is_file():
                    left_out.append(name)
                    continue
                text, count = re.subn(pattern, replacement, path.read_text(), count=0 if "53" in pattern else 1)
                if count == 0:
                    missed += 1
                    print(f"`{name}` could not be planted: {file} does not match {pattern}", file=sys.stderr)
                    continue
                path.write_text(text)
            said = messages(project, environment, arguments.kubectl)
        if (expected is None and said) or (expected is not None and (not said or expected not in said)):
            missed += 1
            print(f"`{name}` was not noticed as it should be; the checks said: {said or 'nothing'}", file=sys.stderr)
        else:
            found += 1
    if left_out:
        print(f"left out, for lack of the file: {', '.join(left_out)}")
    if missed:
        return 1
    print(f"{arguments.project}: {found - 1} planted faults noticed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
