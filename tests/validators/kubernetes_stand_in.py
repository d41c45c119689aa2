"""A stand-in for kubectl that records its calls, and one run of a generated script with it."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from attestation import GH

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
ZEROS = "sha256:" + "0" * 64

SERVER = "https://cluster.example:6443"
SERVED = "apiVersion: apps/v1\nkind: Deployment\n# the version before\n"

# A stand-in: it answers the questions of the scripts from environment variables, as the documentation of kubectl and of the controllers has them. Each
# call is one line of the log. What needs no cluster is left to the real kubectl.
KUBECTL = """#!/bin/sh
case "$*" in
  kustomize*) exec "$REAL" "$@" ;;
  "patch --local"*) "$REAL" "$@" > "$CALLS.files"; code=$?; cat "$CALLS.files"; exit $code ;;
esac
printf '%s\\n' "$*" >> "$CALLS"
if [ "$DOWN" ] && printf '%s' "$*" | grep -Eq "$DOWN"; then
  echo "Unable to connect to the server: dial tcp: connection refused" >&2
  exit 1
fi
case "$*" in
  "config set-cluster"*) touch "$KUBECONFIG" ;;
  "config view"*cluster.server*)
    [ "$SERVER" ] || { echo "error: current-context must exist in order to minify" >&2; exit 1; }
    printf '%s' "$SERVER" ;;
  "get namespace"*deletionTimestamp*) printf '%s' "$ENDING" ;;
  "get namespace"*) printf '%s' "$OWNER" ;;
  "get customresourcedefinition"*) printf '%s' "$DEFINED" ;;
  *"create --filename -"*)
    cat >/dev/null
    [ "$LOCKED" = 0 ] || echo 'Error from server (AlreadyExists): error when creating "STDIN": leases "x" already exists' >&2
    exit "$LOCKED" ;;
  *"create token"*) printf '%s TOKEN' "$ENDS" ;;
  *"create configmap"*)
    for word in "$@"; do case $word in --from-file=*=*) cp "${word#--from-file=*=}" "$CALLS.kept.$(echo "$word" | cut -d= -f2)" ;; esac; done ;;
  *"get configmap"*data.now*) printf '%s' "$NOW" ;;
  *"get configmap"*data.before*) printf '%s' "$BEFORE" ;;
  *"get rollout,"*) ;;
  *initContainers*) sed "s/$SEEN_AS/" "$CALLS.files"; printf '%s' "$LEFTOVER" ;;
  *"get rollout"*metadata.generation*)
    [ "$(grep -c "get rollout.*metadata.generation" "$CALLS")" -gt "$POLLS" ] || { printf '4/4/Progressing//'; exit; }
    printf '%s' "$STATE" ;;
  *"get rollout"*status.abort*) printf '%s/%s/%s/%s' "$STABLE" "$ABORTED" "$PHASE" "ghcr.io/x@$RUNNING" ;;
  *"get rollout"*pauseConditions*) printf '%s' "$REASON" ;;
  *"get rollout"*status.phase*) printf '%s' "$PHASE" ;;
  *"get service"*-preview*) printf '%s' "$PREVIEW" ;;
  *"get service"*way-back*) printf '%s' "$WAY_BACK" ;;
  *"get service"*) printf '%s' "$LIVE" ;;
  *"get hpa"*own-minimum*) [ -e "$CALLS.own" ] || printf '%s' "$OWN" > "$CALLS.own"; cat "$CALLS.own" ;;
  *"get hpa"*) printf '%s' "$MINIMUM" ;;
  *"patch hpa"*'"own-minimum":null'*) : > "$CALLS.own" ;;
  *"patch hpa"*) echo raised > "$CALLS.raised"; printf '%s' "$MINIMUM" > "$CALLS.own" ;;
  *scale*) echo raised > "$CALLS.raised" ;;
  *availableReplicas*) printf '%s' "$AVAILABLE" ;;
  *readyReplicas*) if [ -e "$CALLS.raised" ]; then printf 6; else printf '%s' "$READY"; fi ;;
  *"get deployment"*spec.replicas*) printf 6 ;;
  *"get deployment"*metadata.generation*)
    if [ -e "$CALLS.later" ]; then image=$BACK; else image=$AWAITED; fi
    printf '%s ghcr.io/x@%s' "$PROGRESS" "$image" ;;
  *"get pods"*waiting.reason*) printf '%s' "$PODS" ;;
  *"get deployment"*image*) case "$*" in *"-$LIVE "*) printf 'ghcr.io/x@%s' "$RUNNING" ;; *) printf 'ghcr.io/x@%s' "$IDLE" ;; esac ;;
  *"get rollout"*image*) printf 'ghcr.io/x@%s' "$RUNNING" ;;
  *"apply"*"--dry-run=server"*) exit "$DRY_RUN" ;;
  *"apply"*"/record") ;;
  *"apply"*) [ ! -e "$CALLS.applied" ] || touch "$CALLS.later"; touch "$CALLS.applied" ;;
  *"patch service"*) exit "$PATCH" ;;
  *"rollout restart"*) touch "$CALLS.later" ;;
  *"rollout status"*)
    [ -z "$KILL" ] || kill -s "$KILL" "$PPID"
    # The first answer is about the rollout, the second about the way back.
    [ ! -e "$CALLS.later" ] || exit "$STATUS_OF_UNDO"
    [ "$(grep -c "rollout status" "$CALLS")" -gt "$POLLS" ] || exit 1
    exit "$STATUS" ;;
esac
"""
SETTINGS = {
    "SERVER": SERVER, "LOCKED": 0, "NOW": SERVED, "BEFORE": "", "SEEN_AS": "x^/", "LEFTOVER": "", "MINIMUM": "", "AVAILABLE": 6, "PODS": "",
    "PROGRESS": "4/4/NewReplicaSetAvailable/", "DRY_RUN": 0, "STATUS": 0, "STATUS_OF_UNDO": 0, "PATCH": 0, "POLLS": 0, "KILL": "", "STATE": "",
    "DOWN": "", "ENDING": "", "DEFINED": "", "ENDS": "2027-02-27T10:00:00Z", "OWN": "", "AWAITED": DIGEST, "BACK": OTHER, "STABLE": "abc", "ABORTED": "", "PHASE": "", "REASON": "", "LIVE": "", "PREVIEW": "", "WAY_BACK": "", "RUNNING": OTHER, "IDLE": OTHER, "READY": 6,
}
TOO_LATE = "4/4/ProgressDeadlineExceeded/"
CHANGING = {"create", "apply", "rollout", "patch", "annotate", "scale", "delete"}


class Run:
    """One run of a script in a copy of the project."""

    everything = set()
    kubectl = ""

    def __init__(self, project, environment, script, arguments, pinned=SERVER, typed="", **settings):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(project / "deploy", folder / "deploy")
            overlay = folder / "deploy/kubernetes/overlays" / environment
            if pinned:
                (overlay / "server").write_text(f"{pinned}\n")
            for name, text in (("kubectl", KUBECTL), ("sleep", '#!/bin/sh\necho "$*" >> "$CALLS.sleeps"\n'), ("gh", GH)):
                program = folder / "bin" / name
                program.parent.mkdir(exist_ok=True)
                program.write_text(text)
                program.chmod(0o755)
            calls = folder / "calls"
            service = re.search(r"namespace=([a-z0-9-]+)-\$", (project / "deploy/kubernetes/cluster.sh").read_text())[1]
            # Where no rollout ends well, the deadline passes.
            late = {"PROGRESS": TOO_LATE} if 1 in (settings.get("STATUS"), settings.get("STATUS_OF_UNDO")) else {}
            owner = {"OWNER": f"{service}-{environment}/{service}", "CALLS": calls, "REAL": Run.kubectl}
            settings = SETTINGS | late | owner | settings
            settings["PREVIEW"] = settings["PREVIEW"] or {"blue": "green", "green": "blue"}.get(settings["LIVE"], "")
            done = subprocess.run(
                ["sh", f"deploy/kubernetes/{script}", *arguments],
                cwd=folder,
                env={"PATH": f"{program.parent}:{os.environ['PATH']}"} | {key: str(value) for key, value in settings.items()},
                capture_output=True,
                text=True,
                input=typed,
                check=False,
                # Whoever starts the tests in the background has SIGINT ignored, and a shell cannot trap what it was born to ignore.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            self.code, self.output = done.returncode, done.stdout + done.stderr
            self.calls = calls.read_text().splitlines() if calls.exists() else []
            slept = folder / "calls.sleeps"
            self.sleeps = slept.read_text().splitlines() if slept.exists() else []
            if script in {"deploy.sh", "back.sh", "switch.sh", "promote.sh"}:
                Run.everything |= set(self.calls)
            verbs = [re.sub(r"^--namespace \S+ ", "", call).split()[0] for call in self.calls]
            self.verbs = [verb for verb in verbs if verb in CHANGING]
            self.kept = {path.suffix[1:]: path.read_text() for path in folder.glob("calls.kept.*")}
            self.text = {str(path.relative_to(overlay)): path.read_text() for path in overlay.rglob("*") if path.is_file()}
            self.digest = self.digest_in("kustomization.yaml")

    def digest_in(self, file):
        found = re.search(r"digest: (\S+)", self.text.get(file, ""))
        return found and found[1]

    def called(self, *words):
        return [call for call in self.calls if all(word in call for word in words)]

    def place(self, *words):
        """Where a call stands among the others."""
        return self.calls.index(self.called(*words)[0]) if self.called(*words) else -1

    def tracks(self):
        """The tracks that live.yaml names, the live one first."""
        return re.findall(r"track: (\w+)", self.text["live.yaml"])
