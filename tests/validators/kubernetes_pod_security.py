"""Holds every pod of a built manifest against the Pod Security Standard `restricted`.

An API server only warns about a Deployment that breaks the standard: `kubectl apply` exits 0 and no pod ever appears.
This check says so beforehand. Source of the rules: Kubernetes documentation, "Pod Security Standards", policy `restricted`
and all of `baseline`.

    kubernetes_pod_security.py built.yaml

Exit code 0: every pod passes. 1: what is wrong, one line each.
"""

import argparse
import sys

import quick_yaml

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}


def pod_template(thing):
    """The pod template of a workload, the pod itself for a Pod, None for anything else."""
    kind, spec = thing.get("kind"), thing.get("spec") or {}
    if kind == "Pod":
        return thing
    if kind == "CronJob":
        return spec["jobTemplate"]["spec"]["template"]
    if kind in {"Deployment", "DaemonSet", "Job", "ReplicaSet", "StatefulSet", "Rollout"}:
        return spec["template"]
    return None


def violations(template):
    """Yields one sentence for each rule of `restricted` that a pod template breaks."""
    spec = template.get("spec") or {}
    pod = spec.get("securityContext") or {}

    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is not allowed"
    for volume in spec.get("volumes") or []:
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"volume `{volume['name']}` is of the kind {', '.join(sorted(kinds))}, which is not allowed"
    for sysctl in pod.get("sysctls") or []:
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']} is not allowed"
    yield from context_violations("the pod", pod)

    for key in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(key) or []:
            yield from container_violations(container, pod)
    if not spec.get("containers"):
        yield "there is no container"


def container_violations(container, pod):
    """Yields what one container breaks; `pod` is the pod's security context, from which it inherits."""
    name = f"container `{container['name']}`"
    own = container.get("securityContext") or {}
    capabilities = own.get("capabilities") or {}

    if own.get("privileged"):
        yield f"{name} is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name} does not set allowPrivilegeEscalation: false"
    if "ALL" not in (capabilities.get("drop") or []):
        yield f"{name} does not drop ALL capabilities"
    if added := sorted(set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}):
        yield f"{name} adds capabilities: {', '.join(added)}"
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield f"{name} does not set runAsNonRoot: true"
    if (own.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield f"{name} has no seccomp profile RuntimeDefault or Localhost"
    if own.get("procMount", "Default") != "Default":
        yield f"{name} sets procMount {own['procMount']}"
    if any(port.get("hostPort") for port in container.get("ports") or []):
        yield f"{name} takes a hostPort"
    for handler in handlers(container):
        if any((handler.get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")):
            yield f"{name} has a probe or hook that names a host"
    yield from context_violations(name, own)


def context_violations(name, context):
    """Yields what a security context may say neither of a pod nor of a container."""
    if context.get("runAsNonRoot") is False:
        yield f"{name} sets runAsNonRoot: false"
    if context.get("runAsUser") == 0:
        yield f"{name} sets runAsUser: 0"
    if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
        yield f"{name} sets the seccomp profile Unconfined"
    if (context.get("appArmorProfile") or {}).get("type") == "Unconfined":
        yield f"{name} sets the AppArmor profile Unconfined"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield f"{name} sets hostProcess"
    selinux = context.get("seLinuxOptions") or {}
    if selinux.get("type") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield f"{name} sets SELinux options that are not allowed"


def handlers(container):
    """The probes and lifecycle hooks of a container."""
    probes = [container.get(key) for key in ("startupProbe", "livenessProbe", "readinessProbe")]
    return [handler for handler in probes + list((container.get("lifecycle") or {}).values()) if isinstance(handler, dict)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("built", help="output of `kubectl kustomize`")
    arguments = parser.parse_args()

    with open(arguments.built, encoding="utf-8") as file:
        objects = [thing for thing in quick_yaml.load_all(file) if thing]
    templates = [(thing, pod_template(thing)) for thing in objects]
    pods = [(thing, template) for thing, template in templates if template]
    found = [
        f"{thing['kind']} `{thing['metadata']['name']}`: {violation}"
        for thing, template in pods
        for violation in violations(template)
    ]
    if not pods:
        found = ["there is no pod in this file"]
    for line in found:
        print(f"{arguments.built}: {line}", file=sys.stderr)
    if found:
        return 1
    print(f"{arguments.built}: {len(pods)} pod template(s) pass `restricted`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
