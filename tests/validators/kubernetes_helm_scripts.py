"""Runs the scripts of a generated project with a chart against stand-ins for helm and kubectl that record their calls.

    kubernetes_helm_scripts.py PROJECT

The project is copied first and stays as it is. Exit code 0: the scripts did the right thing in every case. 1: what they did.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile


from attestation import GH, attestations
import quick_yaml
import sentences
from kubernetes_script_promises import taken_down_where_git_brings_it_back

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
ZEROS = "sha256:" + "0" * 64
HISTORY = (
    '[{"revision":6,"updated":"2026-11-01T10:00:00Z","status":"superseded","chart":"orders-0.1.0","app_version":"","description":"x"},'
    '{"revision":7,"updated":"2026-11-02T10:00:00Z","status":"deployed","chart":"orders-0.1.0","app_version":"","description":"x"},'
    '{"revision":8,"updated":"2026-11-03T10:00:00Z","status":"failed","chart":"orders-0.1.0","app_version":"","description":"x"}]'
)

# Both answer the questions of the scripts from environment variables; each call is one line of the log.
HELM = """#!/bin/sh
printf 'helm %s\\n' "$*" >> "$CALLS"
case "$*" in
  "version --short") echo "$HELM_VERSION" ;;
  history*) printf '%s\\n' "$HISTORY" ;;
  template*)
    for name in "" -blue -green; do
      printf -- '---\\nkind: %s\\nmetadata:\\n  name: %s%s\\nspec:\\n' "$KIND" "$SERVICE" "$name"
      grep 'digest: ' "$VALUES"
    done ;;
  upgrade*) cp "$VALUES" "$CALLS.values"; exit "$UPGRADE" ;;
  rollback*) touch "$CALLS.later" ;;
esac
"""
KUBECTL = """#!/bin/sh
printf 'kubectl %s\\n' "$*" >> "$CALLS"
case "$*" in *"--dry-run=server"*) [ -z "$KILL" ] || kill -s "$KILL" "$PPID" ;; esac
if [ "$DOWN" ] && printf '%s' "$*" | grep -Eq "$DOWN"; then
  echo "Unable to connect to the server: dial tcp: connection refused" >&2
  exit 1
fi
case "$*" in
  "patch --local"*) shift 2; cat "$2" ; cp "$2" "$CALLS.files" ;;
  "config view"*cluster.server*)
    [ "$SERVER" ] || { echo "error: current-context must exist in order to minify" >&2; exit 1; }
    printf '%s' "$SERVER" ;;
  "get namespace"*) printf '%s' "$OWNER" ;;
  *"create --filename -"*)
    cat >/dev/null
    [ "$LOCKED" = 0 ] || echo 'Error from server (AlreadyExists): error when creating "STDIN": leases "x" already exists' >&2
    exit "$LOCKED" ;;
  *initContainers*) cat "$CALLS.files"; printf '%s' "$LEFTOVER" ;;
  *"get service"*-preview*) case $LIVE in blue) printf green ;; green) printf blue ;; esac ;;
  *"get service"*way-back*) printf '%s' "$WAY_BACK" ;;
  *"get service"*) printf '%s' "$LIVE" ;;
  *"get hpa"*) ;;
  *readyReplicas*) printf 3 ;;
  *spec.replicas*) printf 3 ;;
  *"get replicasets"*) printf '%s' "$REPLICASETS" ;;
  *"get deployment"*metadata.generation*) printf '%s ghcr.io/x@%s' "$PROGRESS" "$RUNNING" ;;
  *good-release*) printf '%s' "$GOOD" ;;
  *former-release*) printf '%s' "$FORMER" ;;
  *"rollout undo"* | *"rollout restart"*) touch "$CALLS.later" ;;
  *"get deployment"*image*) printf 'ghcr.io/acme/orders@%s' "$RUNNING" ;;
  *"get rollout"*generation*) printf '%s' "$ROLLOUT" ;;
  *"get rollout"*stableRS*) printf '%s//%s/ghcr.io/x@%s' "$STABLE" "$PHASE" "$RUNNING" ;;
  *"apply"*"--dry-run=server"*) exit "$DRY_RUN" ;;
  *"rollout status"*)
    # The first answer is about the rollout, the second about the way back.
    [ ! -e "$CALLS.later" ] || exit "$STATUS_OF_UNDO"
    exit "$STATUS" ;;
esac
"""
SETTINGS = {
    "HELM_VERSION": "v4.3.0+gabcdef0",
    "HISTORY": HISTORY,
    "UPGRADE": 0,
    "DRY_RUN": 0,
    "DOWN": "",
    "KILL": "",
    "STATUS": 0,
    "STATUS_OF_UNDO": 0,
    "LIVE": "",
    "RUNNING": OTHER,
    "SERVER": "https://cluster.example:6443",
    "LOCKED": 0,
    "LEFTOVER": "",
    "WAY_BACK": "",
    "REPLICASETS": "3 3\n2 4\n0 5\n",
    "PROGRESS": "4/4/ProgressDeadlineExceeded/",
    "GOOD": "6",
    "FORMER": "5",
    "PHASE": "",
    "ROLLOUT": "3/3/Healthy//",
    "STABLE": "abc",
}


class Run:
    """One run of a script in a copy of the project."""

    def __init__(self, project, environment, arguments, script="deploy.sh", **settings):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(project / "deploy", folder / "deploy")
            values = folder / "deploy/kubernetes/values"
            calls = folder / "calls"
            programs = folder / "bin"
            programs.mkdir()
            for name, text in {"helm": HELM, "kubectl": KUBECTL, "sleep": '#!/bin/sh\necho "$*" >> "$CALLS.sleeps"\n', "gh": GH}.items():
                (programs / name).write_text(text)
                (programs / name).chmod(0o755)
            (values / f"{environment}.server").write_text(SETTINGS["SERVER"] + "\n")
            kind = "Rollout" if (project / "deploy/kubernetes/chart/templates/rollout.yaml").exists() else "Deployment"
            own = {"OWNER": f"orders-{environment}/orders", "SERVICE": "orders", "KIND": kind}
            settings = SETTINGS | own | settings | {"CALLS": calls, "VALUES": values / f"{environment}.yaml"}
            done = subprocess.run(
                ["sh", f"deploy/kubernetes/{script}", *arguments],
                cwd=folder,
                env={"PATH": f"{programs}:{os.environ['PATH']}"} | {key: str(value) for key, value in settings.items()},
                capture_output=True,
                text=True,
                check=False,
                # Whoever starts the tests in the background has SIGINT ignored, and a shell cannot trap what it was born to ignore.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            self.code, self.output = done.returncode, done.stdout + done.stderr
            self.calls = calls.read_text().splitlines() if calls.exists() else []
            slept = folder / "calls.sleeps"
            self.sleeps = slept.read_text().splitlines() if slept.exists() else []
            self.values = quick_yaml.load((values / f"{environment}.yaml").read_text())
            applied = folder / "calls.values"
            self.applied = quick_yaml.load(applied.read_text()) if applied.exists() else None
            self.left = sorted(path.name for path in values.iterdir())

    def has(self, part):
        return any(part in call for call in self.calls)


def digest_of(values, track):
    return values["tracks"][track]["digest"] if track else values["image"]["digest"]


def common_cases(project, environment, track):
    """What every script that speaks to a cluster does; `track` is where the digest goes, where there are tracks."""
    files = sorted([f"{environment}.server", *(path.name for path in (project / "deploy/kubernetes/values").iterdir())])

    run = Run(project, environment, [environment, DIGEST])
    yield "a rollout that finishes exits 0", run.code == 0, run
    yield "the digest is in the values", digest_of(run.values, track) == DIGEST, run
    yield "Helm was given the digest", run.applied and digest_of(run.applied, track) == DIGEST, run
    yield "no other file is left behind", run.left == files, run
    yield "Helm 4 applies from the client's side", run.has("--server-side=false"), run
    tried, released = (next(number for number, call in enumerate(run.calls) if part in call) for part in ("--dry-run=server", "helm upgrade"))
    yield "the objects are tried before the first one changes", tried < released, run
    yield "every call names the namespace", all(f"-{environment}" in call for call in run.calls if not re.search("version|config view|patch --local", call)), run
    yield "a release that was killed is cleared away", run.has("delete secret --wait=false --selector owner=helm,name=orders,status in (pending-"), run
    for name, settings in {
        "another cluster": {"SERVER": "https://other.example"},
        "the namespace of another service": {"OWNER": f"orders-{environment}/order"},
        "an environment that another script changes": {"LOCKED": 1},
    }.items():
        run = Run(project, environment, [environment, DIGEST], **settings)
        yield f"{name} is refused", run.code == 1 and not run.has("helm") and not run.has("annotate"), run
    run = Run(project, environment, [environment, DIGEST], DOWN="create --filename -")
    yield "a lock that cannot be asked for is not called taken", run.code == 1 and "another script" not in run.output, run
    run = Run(project, environment, [environment, DIGEST], DOWN="rollout status|get (rollout|deployment) .*generation")
    asked = sum("rollout status" in call or "get rollout" in call and "generation" in call for call in run.calls)
    yield "an API server that does not answer is not asked without a pause", run.code == 1 and asked > 100 and len(run.sleeps) >= asked - 1, run
    for name in ("INT", "TERM"):
        run = Run(project, environment, [environment, DIGEST], KILL=name)
        yield f"after SIG{name} the values are as before", run.code == 130 and digest_of(run.values, track) == ZEROS, run
        yield f"after SIG{name} the lock is free", run.has("delete lease"), run
    run = Run(project, environment, [environment, DIGEST], LEFTOVER="variable GONE=1\n")
    yield "a variable that no file has is no success", run.code == 1 and "GONE" in run.output, run
    yield "the lock is given back", run.has("delete lease"), run

    def deploy(**settings):
        return Run(project, environment, [environment, DIGEST], **settings)

    script = project / "deploy/kubernetes/deploy.sh"
    yield from attestations(script, deploy, lambda run: run.has("helm") or run.has("annotate"))

    run = Run(project, environment, [environment, DIGEST], HELM_VERSION="v3.22.0+gabcdef0")
    yield "Helm 3 is not given a flag that it does not know", run.code == 0 and not run.has("--server-side=false"), run

    run = Run(project, environment, [environment, DIGEST], DRY_RUN=1)
    yield "what the API server refuses is not released", run.code != 0 and not run.has("helm upgrade"), run
    yield "after a refusal the values are as before", digest_of(run.values, track) == ZEROS, run

    run = Run(project, environment, [environment, DIGEST], UPGRADE=1)
    yield "a release that fails exits 1", run.code == 1 and digest_of(run.values, track) == ZEROS, run

    for name, arguments in {
        "no argument": [],
        "an unknown environment": ["nowhere", DIGEST],
        "a tag": [environment, "latest"],
        "a short digest": [environment, DIGEST[:-1]],
        "a digest and more": [environment, DIGEST + "\nlive: evil"],
        "the digest of zeros": [environment, ZEROS],
    }.items():
        run = Run(project, environment, arguments)
        refused = run.code == 1 and run.output.startswith("error: ") and not run.calls
        yield f"{name} is refused before anything is called", refused and digest_of(run.values, track) == ZEROS, run


def rolling_cases(project, environment):
    run = Run(project, environment, [environment, DIGEST])
    yield "a release whose pods came up is remembered", run.has("annotate deployment orders --overwrite good-release=7 former-release=6"), run

    run = Run(project, environment, [environment, DIGEST], STATUS=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "it goes back to the last release whose pods came up, not to the newest that was applied", run.has("helm rollback orders 6"), run
    yield "the way back is awaited", sum("rollout status" in call for call in run.calls) == 2, run
    yield "the values name the image before", run.values["image"]["digest"] == ZEROS, run

    run = Run(project, environment, [environment, DIGEST], STATUS=1, STATUS_OF_UNDO=1)
    yield "a way back that fails is told", run.code == 1 and "and so did" in run.output, run

    run = Run(project, environment, [environment, DIGEST], GOOD="", STATUS=1)
    yield "a first rollout that fails exits 1", run.code == 1 and not run.has("helm rollback"), run

    run = Run(project, environment, [environment, DIGEST], UPGRADE=1)
    yield "a release that fails half-way goes back too", run.has("helm rollback orders 6"), run

    run = Run(project, environment, [environment], script="back.sh")
    yield "the way back leads to the good release before", run.code == 0 and run.has("helm rollback orders 5"), run
    yield "the way back leads no further", run.has("former-release="), run
    run = Run(project, environment, [environment], script="back.sh", FORMER="")
    yield "where no release came up before there is no way back", run.code == 1 and not run.has("helm rollback"), run


def tracks_cases(project, environment):
    run = Run(project, environment, [environment, DIGEST])
    yield "the first image goes to both tracks", {digest_of(run.values, track) for track in ("blue", "green")} == {DIGEST}, run

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = Run(project, environment, [environment, DIGEST], LIVE=live)
        yield f"with {live} live, {idle} gets the image", run.code == 0 and digest_of(run.applied, idle) == DIGEST, run
        yield f"with {live} live, Helm is told so", run.applied and run.applied["live"] == live, run
        yield f"with {live} live, it keeps what it runs", digest_of(run.applied, live) == OTHER, run

    run = Run(project, environment, [environment, DIGEST], LIVE="blue", STATUS=1, WAY_BACK=OTHER)
    undone = "rollout undo deployment/orders-green --to-revision=4"
    yield "a track goes back to its newest revision that has pods, not to one that was killed", run.code == 1 and run.has(undone), run
    yield "Helm does not go back: it would switch too", not run.has("helm rollback"), run
    yield "what the undo wrote belongs to Helm again", run.has("--set held=green"), run
    closed, opened = "annotate service orders way-back-", f"annotate service orders --overwrite way-back={OTHER}"
    yield "the way back is closed meanwhile", run.has(closed) and run.has(opened), run
    yield "the track names the image before", digest_of(run.values, "green") == ZEROS, run

    run = Run(project, environment, [environment], script="switch.sh", LIVE="blue", WAY_BACK=OTHER)
    yield "the switch writes the live track", run.code == 0 and run.values["live"] == "green", run
    yield "the switch changes the two Services alone", sum(" patch service " in call for call in run.calls) == 2 and not run.has("helm"), run
    yield "the track that clients left is restarted", run.has("rollout restart deployment/orders-blue"), run
    run = Run(project, environment, [environment], script="switch.sh", LIVE="blue")
    yield "without a switch there is no way back", run.code == 1 and not run.has(" patch "), run
    run = Run(project, environment, [environment], script="switch.sh", LIVE="blue", WAY_BACK=OTHER, STATUS=1)
    yield "a track that is not ready is not switched to", run.code == 1 and not run.has(" patch "), run


def argo_cases(project, environment):
    run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Degraded/true/")
    yield "a version that is given up exits 1", run.code == 1 and "given up" in run.output, run
    yield "the values name the image before", run.values["image"]["digest"] == ZEROS, run
    run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Degraded/true/", STABLE="")
    yield "a first version that is given up has none before it", run.code == 1 and "no version to roll back to" in run.output, run
    run = Run(project, environment, [environment, DIGEST], PHASE="Paused", RUNNING=DIGEST)
    yield "what waits already is not released again", run.code == 0 and not run.has("helm upgrade"), run
    if (project / "deploy/kubernetes/promote.sh").exists():
        run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Paused//")
        yield "a version that waits exits 0", run.code == 0 and "promote.sh" in run.output, run


def git_ops_cases(project, environment):
    """The script commits to a branch of a repository on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        origin, work = folder / "origin.git", folder / "work"
        shutil.copytree(project, work, ignore=shutil.ignore_patterns("target"))
        identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        gh = folder / "bin/gh"
        gh.parent.mkdir()
        gh.write_text(GH)
        gh.chmod(0o755)
        identity |= {"PATH": f"{gh.parent}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}

        def git(*words, at=work):
            return subprocess.run(["git", *words], cwd=at, env=identity, capture_output=True, text=True, check=True).stdout

        git("init", "--quiet", "--bare", str(origin), at=folder)
        git("init", "--quiet", "--initial-branch=main")
        git("add", "--all")
        git("commit", "--quiet", "--message=x")
        git("remote", "add", "origin", str(origin))
        run = Run.__new__(Run)
        run.calls = []
        branch = f"env/{environment}"
        for digest in (DIGEST, OTHER):
            done = subprocess.run(
                ["sh", "deploy/kubernetes/deploy.sh", environment, digest], cwd=work, env=identity, capture_output=True, text=True, check=False
            )
            run.code, run.output = done.returncode, done.stdout + done.stderr
            yield "handing over an image exits 0", run.code == 0, run
            if run.code:
                return
            values = quick_yaml.load(git("show", f"{branch}:deploy/kubernetes/values/{environment}.yaml", at=origin))
            yield "the branch holds the digest", digest_of(values, None) == digest, run
            yield "the working tree stays as it is", git("status", "--porcelain") == "", run
        files = git("ls-tree", "-r", "--name-only", branch, at=origin).splitlines()
        yield "the branch holds the chart", "deploy/kubernetes/chart/Chart.yaml" in files, run
        yield "the branch holds nothing else", all(path.startswith("deploy/kubernetes/") for path in files), run
        yield "its history says what ran when", len(git("log", "--format=%s", branch, at=origin).splitlines()) == 2, run


def cases(project):
    """Yields a sentence, whether it holds, and the run."""
    root = project / "deploy/kubernetes"
    environment = sorted(path.name for path in (root / "namespaces").iterdir() if path.name != "base")[0]
    templates = {path.name for path in (root / "chart/templates").iterdir()}
    if (root / "clusters").exists():
        yield from git_ops_cases(project, environment)
        yield from taken_down_where_git_brings_it_back(project, environment)
        return
    yield from common_cases(project, environment, "green" if "tracks.yaml" in templates else None)
    if "tracks.yaml" in templates:
        yield from tracks_cases(project, environment)
    elif "rollout.yaml" in templates:
        yield from argo_cases(project, environment)
    else:
        yield from rolling_cases(project, environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project, whose service is called orders")
    sentences.add_arguments(parser)
    arguments = parser.parse_args()
    checked = sentences.judge(cases(arguments.project), arguments.until)
    if checked is None:
        return 1
    print(f"{arguments.project}: the scripts are right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
