"""Runs the scripts of a generated project with a chart against stand-ins for helm and kubectl that record their calls.

    kubernetes_helm_scripts.py PROJECT

The project is copied first and stays as it is. Exit code 0: the scripts did the right thing in every case. 1: what they did.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import yaml

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
  history*) [ -n "$HISTORY" ] || exit 1; printf '%s\\n' "$HISTORY" ;;
  template*) cat "$VALUES" ;;
  upgrade*) cp "$VALUES" "$CALLS.values"; exit "$UPGRADE" ;;
esac
"""
KUBECTL = """#!/bin/sh
printf 'kubectl %s\\n' "$*" >> "$CALLS"
case "$*" in
  *"get service"*) printf '%s' "$LIVE" ;;
  *"get deployment"*image*) printf 'ghcr.io/acme/orders@%s' "$RUNNING" ;;
  *"get deployment"*revision*) printf '%s' "$REVISION" ;;
  *"get rollout"*generation*) printf '%s' "$ROLLOUT" ;;
  *"get rollout"*stableRS*) printf '%s/' "$STABLE" ;;
  *"apply"*"--dry-run=server"*) cat >/dev/null; exit "$DRY_RUN" ;;
  *"rollout status"*)
    # The first answer is about the rollout, the second about the way back.
    [ -e "$CALLS.asked" ] && exit "$STATUS_OF_UNDO"
    touch "$CALLS.asked"
    exit "$STATUS" ;;
esac
"""
SETTINGS = {
    "HELM_VERSION": "v4.3.0+gabcdef0",
    "HISTORY": HISTORY,
    "UPGRADE": 0,
    "DRY_RUN": 0,
    "STATUS": 0,
    "STATUS_OF_UNDO": 0,
    "LIVE": "",
    "RUNNING": OTHER,
    "REVISION": "4",
    "ROLLOUT": "3/3/Healthy/",
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
            for name, text in {"helm": HELM, "kubectl": KUBECTL, "sleep": "#!/bin/sh\n"}.items():
                (programs / name).write_text(text)
                (programs / name).chmod(0o755)
            settings = SETTINGS | settings | {"CALLS": calls, "VALUES": values / f"{environment}.yaml"}
            done = subprocess.run(
                ["sh", f"deploy/kubernetes/{script}", *arguments],
                cwd=folder,
                env={"PATH": f"{programs}:{os.environ['PATH']}"} | {key: str(value) for key, value in settings.items()},
                capture_output=True,
                text=True,
                check=False,
            )
            self.code, self.output = done.returncode, done.stdout + done.stderr
            self.calls = calls.read_text().splitlines() if calls.exists() else []
            self.values = yaml.safe_load((values / f"{environment}.yaml").read_text())
            applied = folder / "calls.values"
            self.applied = yaml.safe_load(applied.read_text()) if applied.exists() else None
            self.left = sorted(path.name for path in values.iterdir())

    def has(self, part):
        return any(part in call for call in self.calls)


def digest_of(values, track):
    return values["tracks"][track]["digest"] if track else values["image"]["digest"]


def common_cases(project, environment, track):
    """What every script that speaks to a cluster does; `track` is where the digest goes, where there are tracks."""
    files = sorted(path.name for path in (project / "deploy/kubernetes/values").iterdir())

    run = Run(project, environment, [environment, DIGEST])
    yield "a rollout that finishes exits 0", run.code == 0, run
    yield "the digest is in the values", digest_of(run.values, track) == DIGEST, run
    yield "Helm was given the digest", run.applied and digest_of(run.applied, track) == DIGEST, run
    yield "no other file is left behind", run.left == files, run
    yield "Helm 4 applies from the client's side", run.has("--server-side=false"), run
    tried, released = (next(number for number, call in enumerate(run.calls) if part in call) for part in ("--dry-run=server", "helm upgrade"))
    yield "the objects are tried before the first one changes", tried < released, run
    yield "every call names the namespace", all(f"-{environment}" in call for call in run.calls if "version" not in call), run

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
    run = Run(project, environment, [environment, DIGEST], STATUS=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "it goes back to the last revision that was deployed", run.has("helm rollback orders 7"), run
    yield "the way back is awaited", sum("rollout status" in call for call in run.calls) == 2, run
    yield "the values name the image before", run.values["image"]["digest"] == ZEROS, run

    run = Run(project, environment, [environment, DIGEST], STATUS=1, STATUS_OF_UNDO=1)
    yield "a way back that fails is told", run.code == 1 and "and so did" in run.output, run

    run = Run(project, environment, [environment, DIGEST], HISTORY="", STATUS=1)
    yield "a first rollout that fails exits 1", run.code == 1 and not run.has("helm rollback"), run

    run = Run(project, environment, [environment, DIGEST], UPGRADE=1)
    yield "a release that fails half-way goes back too", run.has("helm rollback orders 7"), run


def tracks_cases(project, environment):
    run = Run(project, environment, [environment, DIGEST])
    yield "the first image goes to both tracks", {digest_of(run.values, track) for track in ("blue", "green")} == {DIGEST}, run

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = Run(project, environment, [environment, DIGEST], LIVE=live)
        yield f"with {live} live, {idle} gets the image", run.code == 0 and digest_of(run.applied, idle) == DIGEST, run
        yield f"with {live} live, Helm is told so", run.applied and run.applied["live"] == live, run
        yield f"with {live} live, it keeps what it runs", digest_of(run.applied, live) == OTHER, run

    run = Run(project, environment, [environment, DIGEST], LIVE="blue", STATUS=1)
    yield "a track that does not come up goes back by itself", run.code == 1 and run.has("rollout undo deployment/orders-green --to-revision=4"), run
    yield "Helm does not go back: it would switch too", not run.has("helm rollback"), run
    yield "the track names the image before", digest_of(run.values, "green") == ZEROS, run

    run = Run(project, environment, [environment], script="switch.sh", LIVE="blue", REVISION="2")
    yield "the switch writes the live track", run.code == 0 and run.values["live"] == "green", run
    yield "the switch changes the two Services alone", sum(" patch " in call for call in run.calls) == 2 and not run.has("helm"), run
    run = Run(project, environment, [environment], script="switch.sh", LIVE="blue", STATUS=1)
    yield "a track that is not ready is not switched to", run.code == 1 and not run.has(" patch "), run


def argo_cases(project, environment):
    run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Degraded/true")
    yield "a version that is given up exits 1", run.code == 1 and "given up" in run.output, run
    yield "the values name the image before", run.values["image"]["digest"] == ZEROS, run
    run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Degraded/true", STABLE="")
    yield "a first version that is given up has none before it", run.code == 1 and "no version to go back to" in run.output, run
    if (project / "deploy/kubernetes/promote.sh").exists():
        run = Run(project, environment, [environment, DIGEST], ROLLOUT="3/3/Paused/")
        yield "a version that waits exits 0", run.code == 0 and "promote.sh" in run.output, run


def git_ops_cases(project, environment):
    """The script commits to a branch of a repository on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        origin, work = folder / "origin.git", folder / "work"
        shutil.copytree(project, work, ignore=shutil.ignore_patterns("target"))
        identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        identity |= {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}

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
            values = yaml.safe_load(git("show", f"{branch}:deploy/kubernetes/values/{environment}.yaml", at=origin))
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
    arguments = parser.parse_args()

    checked, wrong = 0, 0
    for sentence, holds, run in cases(arguments.project):
        checked += 1
        if not holds:
            wrong += 1
            print(f"not true: {sentence}\n  exit code {run.code}", file=sys.stderr)
            print("".join(f"  {call}\n" for call in run.calls) + run.output, file=sys.stderr)
    if wrong:
        return 1
    print(f"{arguments.project}: the scripts are right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
