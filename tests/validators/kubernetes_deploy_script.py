"""Runs the generated `deploy/kubernetes/deploy.sh` against a stand-in for kubectl that records its calls.

    kubernetes_deploy_script.py PROJECT

The project is copied first and stays as it is. Exit code 0: the script did the right thing in every case. 1: what it did.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DIGEST = "sha256:" + "0123456789abcdef" * 4
ZEROS = "sha256:" + "0" * 64

# Answers the questions of deploy.sh from environment variables; each call is one line of the log.
KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  *"get deployment"*) printf '%s' "$REVISION" ;;
  *"apply"*"--dry-run=server"*) exit "$DRY_RUN" ;;
  *"rollout status"*)
    # The first answer is about the rollout, the second about the way back.
    [ -e "$CALLS.asked" ] && exit "$STATUS_OF_UNDO"
    touch "$CALLS.asked"
    exit "$STATUS" ;;
esac
"""


class Run:
    """One run of deploy.sh in a copy of the project."""

    def __init__(self, project, environment, arguments, revision="7", dry_run=0, status=0, status_of_undo=0):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(project / "deploy", folder / "deploy")
            kubectl = folder / "bin" / "kubectl"
            kubectl.parent.mkdir()
            kubectl.write_text(KUBECTL)
            kubectl.chmod(0o755)
            calls = folder / "calls"
            settings = {"REVISION": revision, "DRY_RUN": dry_run, "STATUS": status, "STATUS_OF_UNDO": status_of_undo, "CALLS": calls}
            done = subprocess.run(
                ["sh", "deploy/kubernetes/deploy.sh", *arguments],
                cwd=folder,
                env={"PATH": f"{kubectl.parent}:{os.environ['PATH']}"} | {key: str(value) for key, value in settings.items()},
                capture_output=True,
                text=True,
                check=False,
            )
            self.code, self.output = done.returncode, done.stdout + done.stderr
            self.calls = calls.read_text().splitlines() if calls.exists() else []
            overlay = folder / "deploy/kubernetes/overlays" / environment
            self.digest = re.search(r"digest: (\S+)", (overlay / "kustomization.yaml").read_text())[1]
            self.left = sorted(path.name for path in overlay.iterdir())


def cases(project):
    """Yields a sentence and whether it holds."""
    environment = sorted(path.name for path in (project / "deploy/kubernetes/overlays").iterdir())[0]
    files = sorted(path.name for path in (project / "deploy/kubernetes/overlays" / environment).iterdir())

    run = Run(project, environment, [environment, DIGEST])
    verbs = [re.sub(r"^--namespace \S+ ", "", call).split()[:2] for call in run.calls]
    yield "a rollout that finishes exits 0", run.code == 0, run
    yield "it asks, tries, applies and waits in this order", [verb[0] for verb in verbs] == ["get", "apply", "apply", "rollout"], run
    yield "every call but apply names the namespace", all(
        f"-{environment} " in call for call in run.calls if "apply" not in call
    ), run
    yield "the digest is in the overlay", run.digest == DIGEST, run
    yield "no other file is left behind", run.left == files, run

    run = Run(project, environment, [environment, DIGEST], status=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "it is undone to the revision before", any("rollout undo" in call and "--to-revision=7" in call for call in run.calls), run
    yield "the way back is awaited", sum("rollout status" in call for call in run.calls) == 2, run
    yield "the overlay names the image before", run.digest == ZEROS, run

    run = Run(project, environment, [environment, DIGEST], status=1, status_of_undo=1)
    yield "an undo that fails is told", run.code == 1 and "so did undoing it" in run.output, run

    run = Run(project, environment, [environment, DIGEST], revision="", status=1)
    yield "a first rollout that fails exits 1", run.code == 1, run
    yield "a first rollout is not undone", not any("rollout undo" in call for call in run.calls), run

    run = Run(project, environment, [environment, DIGEST], dry_run=1)
    yield "what the API server refuses is not applied", run.code != 0 and sum("apply" in call for call in run.calls) == 1, run
    yield "after a refusal the overlay is as before", run.digest == ZEROS, run

    for name, arguments in {
        "no argument": [],
        "an unknown environment": ["nowhere", DIGEST],
        "a tag": [environment, "latest"],
        "a short digest": [environment, DIGEST[:-1]],
        "a digest and more": [environment, DIGEST + "\nnewName: evil"],
        "the digest of zeros": [environment, ZEROS],
    }.items():
        run = Run(project, environment, arguments)
        yield f"{name} is refused before anything is called", run.code == 1 and run.output.startswith("error: ") and not run.calls and run.digest == ZEROS, run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    arguments = parser.parse_args()

    checked, wrong = 0, 0
    for sentence, holds, run in cases(arguments.project):
        checked += 1
        if not holds:
            wrong += 1
            print(f"not true: {sentence}\n  exit code {run.code}, overlay {run.digest}", file=sys.stderr)
            print("".join(f"  kubectl {call}\n" for call in run.calls) + run.output, file=sys.stderr)
    if wrong:
        return 1
    print(f"{arguments.project}: deploy.sh is right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
