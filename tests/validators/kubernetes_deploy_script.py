"""Runs the generated scripts of `deploy/kubernetes` against a stand-in for kubectl that records its calls.

    kubernetes_deploy_script.py PROJECT

With GitOps there is no kubectl: then the script pushes to a repository beside the copy. The project is copied first and
stays as it is. Exit code 0: the scripts did the right thing in every case. 1: what they did.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
ZEROS = "sha256:" + "0" * 64

# Answers the questions of the scripts from environment variables; each call is one line of the log.
KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
  *"get rollout,"*) ;;
  *"get rollout"*metadata.generation*) printf '%s' "$STATE" ;;
  *"get rollout"*status.abort*) printf '%s/%s' "$STABLE" "$ABORTED" ;;
  *"get rollout"*status.phase*) printf '%s' "$PHASE" ;;
  *"get service"*) printf '%s' "$LIVE" ;;
  *"get deployment"*spec.replicas*) case "$*" in *"-$LIVE "*) printf 6 ;; *) printf "$IDLE_REPLICAS" ;; esac ;;
  *"get deployment"*image*) case "$*" in *"-$LIVE "* | *"deployment $SERVICE "*) printf 'ghcr.io/x@%s' "$RUNNING" ;; *) printf 'ghcr.io/x@%s' "$IDLE" ;; esac ;;
  *"get rollout"*image*) printf 'ghcr.io/x@%s' "$RUNNING" ;;
  *"get deployment"*revision*) printf '%s' "$REVISION" ;;
  *"apply"*"--dry-run=server"*) exit "$DRY_RUN" ;;
  *"rollout status"*)
    # The first answer is about the rollout, the second about the way back.
    [ -e "$CALLS.asked" ] && exit "$STATUS_OF_UNDO"
    touch "$CALLS.asked"
    exit "$STATUS" ;;
esac
"""
SETTINGS = {
    "REVISION": "7", "DRY_RUN": 0, "STATUS": 0, "STATUS_OF_UNDO": 0, "STATE": "", "STABLE": "abc", "ABORTED": "", "PHASE": "", "LIVE": "",
    "RUNNING": OTHER, "IDLE": OTHER, "IDLE_REPLICAS": 6,
}


# The resources that the scripts name, as the API server knows them.
RESOURCES = {
    "analysisrun": "analysisruns", "deployment": "deployments", "events": "events", "pod": "pods", "pods": "pods",
    "resourcebinding": "resourcebindings", "rollout": "rollouts", "service": "services",
}


class Run:
    """One run of a script in a copy of the project."""

    everything = set()

    def __init__(self, project, environment, script, arguments, **settings):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(project / "deploy", folder / "deploy")
            for name, text in (("kubectl", KUBECTL), ("sleep", "#!/bin/sh\n")):
                program = folder / "bin" / name
                program.parent.mkdir(exist_ok=True)
                program.write_text(text)
                program.chmod(0o755)
            calls = folder / "calls"
            service = re.search(r"namespace=([a-z0-9-]+)-\$", (project / "deploy/kubernetes/deploy.sh").read_text())
            settings = SETTINGS | settings | {"CALLS": calls, "SERVICE": service[1] if service else ""}
            done = subprocess.run(
                ["sh", f"deploy/kubernetes/{script}", *arguments],
                cwd=folder,
                env={"PATH": f"{program.parent}:{os.environ['PATH']}"} | {key: str(value) for key, value in settings.items()},
                capture_output=True,
                text=True,
                check=False,
            )
            self.code, self.output = done.returncode, done.stdout + done.stderr
            self.calls = calls.read_text().splitlines() if calls.exists() else []
            Run.everything |= set(self.calls)
            self.verbs = [re.sub(r"^--namespace \S+ ", "", call).split()[0] for call in self.calls]
            overlay = folder / "deploy/kubernetes/overlays" / environment
            self.text = {str(path.relative_to(overlay)): path.read_text() for path in overlay.rglob("*") if path.is_file()}
            self.digest = self.digest_in("kustomization.yaml")

    def digest_in(self, file):
        found = re.search(r"digest: (\S+)", self.text.get(file, ""))
        return found and found[1]

    def called(self, *words):
        return [call for call in self.calls if all(word in call for word in words)]

    def tracks(self):
        """The tracks that live.yaml names, the live one first."""
        return re.findall(r"track: (\w+)", self.text["live.yaml"])


def refusals(project, environment, run):
    """What every deploy.sh refuses before anything is called."""
    for name, arguments in {
        "no argument": [],
        "an unknown environment": ["nowhere", DIGEST],
        "a tag": [environment, "latest"],
        "a short digest": [environment, DIGEST[:-1]],
        "a digest and more": [environment, DIGEST + "\nnewName: evil"],
        "the digest of zeros": [environment, ZEROS],
    }.items():
        done = run(arguments)
        holds = done.code == 1 and done.output.startswith("error: ") and not done.calls and DIGEST not in str(done.text)
        yield f"{name} is refused before anything is called", holds, done


def rolling(project, environment, files):
    """Yields a sentence and whether it holds."""
    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **settings)

    run = deploy()
    yield "a rollout that finishes exits 0", run.code == 0, run
    yield "it asks, tries, applies and waits in this order", run.verbs == ["get", "apply", "apply", "rollout"], run
    yield "every call but apply names the namespace", all(f"-{environment} " in call for call in run.calls if "apply" not in call), run
    yield "the digest is in the overlay", run.digest == DIGEST, run
    yield "no other file is left behind", sorted(run.text) == files, run

    run = deploy(STATUS=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "the way back is awaited", len(run.called("rollout status")) == 2, run
    if run.called("clusters/karmada"):
        yield "the image before is applied again", run.verbs.count("apply") == 3, run
        yield "it is the image that ran", OTHER in run.output, run
    else:
        yield "it is undone to the revision before", run.called("rollout undo", "--to-revision=7"), run
    yield "the overlay names the image before", run.digest == ZEROS, run

    run = deploy(STATUS=1, STATUS_OF_UNDO=1)
    yield "a way back that fails is told", run.code == 1 and "the rollout failed, and so did" in run.output, run

    run = deploy(REVISION="", RUNNING="", STATUS=1)
    yield "a first rollout that fails exits 1", run.code == 1, run
    yield "a first rollout is not undone", not run.called("rollout undo"), run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    yield "after a refusal the overlay is as before", run.digest == ZEROS, run
    yield from refusals(project, environment, deploy)


def argo(project, environment, files):
    promotes = (project / "deploy/kubernetes/promote.sh").is_file()

    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **({"STATE": "4/4/Healthy/"} | settings))

    run = deploy()
    yield "a rollout that settles exits 0", run.code == 0, run
    yield "it asks, tries, applies and asks in this order", run.verbs == ["get", "apply", "apply", "get"], run
    yield "nothing is applied from the server's side", not run.called("--server-side"), run
    yield "every call but apply names the namespace", all(f"-{environment} " in call for call in run.calls if "apply" not in call), run
    yield "the digest is in the overlay", run.digest == DIGEST, run
    yield "no other file is left behind", sorted(run.text) == files, run

    run = deploy(STATE="4/4/Paused/")
    if promotes:
        yield "a rollout that waits exits 0", run.code == 0, run
        yield "it says how to promote", f"promote.sh {environment}" in run.output, run
        yield "the digest of what waits is in the overlay", run.digest == DIGEST, run
    else:
        yield "a rollout that waits for nobody is aborted in the end", run.code == 1 and run.called("patch rollout", '"abort":true'), run

    run = deploy(STATE="4/4/Degraded/true")
    yield "a version that is given up exits 1", run.code == 1 and "given up" in run.output, run
    yield "what was aborted is not aborted again", not run.called("patch"), run
    yield "what was measured is shown", run.called("get rollout,analysisrun"), run
    yield "the overlay names the image before", run.digest == ZEROS, run

    for state in ("4/4/Degraded/true", "4/4/Progressing/"):
        run = deploy(STATE=state, STABLE="")
        yield "a first rollout that fails exits 1 and names no version before", run.code == 1 and "no version to go back to" in run.output, run

    run = deploy(STATE="5/4/Healthy/")
    yield "what the controller said of the version before does not count", run.code == 1, run
    yield "a rollout that does not finish is aborted", run.called("patch rollout", "--subresource=status", '{"status":{"abort":true}}'), run

    run = deploy(ABORTED="true")
    yield "a version that was given up is tried again", run.code == 0 and run.called("patch", '{"status":{"abort":false}}'), run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    yield "after a refusal the overlay is as before", run.digest == ZEROS, run
    yield from refusals(project, environment, deploy)
    if promotes:
        yield from promotion(project, environment)


def promotion(project, environment):
    def promote(*arguments, **settings):
        settings = {"STATE": "4/4/Healthy/", "PHASE": "Paused", "RUNNING": DIGEST} | settings
        return Run(project, environment, "promote.sh", [environment, *arguments], **settings)

    run = promote()
    yield "a promotion takes the pause away", run.code == 0 and run.called("patch", '{"status":{"pauseConditions":null}}'), run
    run = promote(PHASE="Healthy")
    yield "where nothing waits, nothing is promoted", run.code == 0 and not run.called("patch"), run
    run = promote(DIGEST)
    yield "the image that waits is promoted", run.code == 0 and run.called("patch"), run
    run = promote(OTHER)
    yield "another image is not promoted", run.code == 1 and not run.called("patch"), run
    run = promote(STATE="4/4/Degraded/true")
    yield "a promotion that goes wrong exits 1", run.code == 1 and "given up" in run.output, run
    run = promote(STATE="4/4/Progressing/")
    yield "a promotion that does not finish is aborted", run.code == 1 and run.called("patch", '"abort":true'), run
    run = Run(project, environment, "promote.sh", ["nowhere"])
    yield "an unknown environment is refused", run.code == 1 and not run.calls, run


def tracks(project, environment, files):
    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **({"LIVE": "blue"} | settings))

    def digests(run):
        return run.digest_in("blue/kustomization.yaml"), run.digest_in("green/kustomization.yaml")

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = deploy(LIVE=live)
        yield f"a rollout of {idle} that finishes exits 0", run.code == 0, run
        yield "it asks, tries, applies and waits in this order", run.verbs == ["get", "get", "get", "apply", "apply", "rollout"], run
        yield f"nothing of {live} is applied", len(run.called("apply", f"--selector track!={live}")) == 2, run
        yield f"the rollout of {idle} is awaited", run.called(f"rollout status deployment/", f"-{idle}"), run
        yield "the overlay says what each track runs", dict(zip((live, idle), (OTHER, DIGEST))) == dict(zip(("blue", "green"), digests(run))), run
        yield "the overlay says which track is live", run.tracks() == [live, idle], run
        yield "clients are not switched", not run.called("patch service"), run
        yield "no other file is left behind", sorted(run.text) == files, run

    run = deploy(STATUS=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "the other track is undone to the revision before", run.called("rollout undo", "-green", "--to-revision=7"), run
    yield "the overlay names the image before", digests(run)[1] == ZEROS, run
    run = deploy(STATUS=1, STATUS_OF_UNDO=1)
    yield "an undo that fails is told", run.code == 1 and "so did undoing it" in run.output, run

    run = deploy(LIVE="", REVISION="")
    yield "the first deployment brings the image to both tracks", run.code == 0 and digests(run) == (DIGEST, DIGEST), run
    yield "both are awaited", len(run.called("rollout status")) == 2, run
    run = deploy(LIVE="", REVISION="", STATUS=1)
    yield "a first rollout that fails exits 1 and is not undone", run.code == 1 and not run.called("rollout undo"), run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    run = deploy(LIVE="red")
    yield "a track that there is not is refused", run.code == 1 and "apply" not in run.verbs, run
    yield from refusals(project, environment, deploy)
    yield from switching(project, environment)


def switching(project, environment):
    def switch(*arguments, **settings):
        return Run(project, environment, "switch.sh", [environment, *arguments], **({"LIVE": "blue"} | settings))

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = switch(LIVE=live)
        led = [re.search(r'patch service (\S+) .*"track":"(\w+)"', call) for call in run.calls if "patch" in call]
        yield f"clients are switched to {idle}", run.code == 0 and [found[2] for found in led] == [idle, live], run
        yield "first the Service, then the preview", [found[1].endswith("-preview") for found in led] == [False, True], run
        yield "live.yaml says so", run.tracks() == [idle, live], run
        yield "a track of the right size is not scaled", "scale" not in run.verbs, run

    run = switch(IDLE_REPLICAS=2)
    yield "a smaller track is scaled to the size of the live one first", run.verbs.index("scale") < run.verbs.index("patch") and run.called("scale", "-green", "--replicas=6"), run
    run = switch(STATUS=1)
    yield "a track that is not ready takes no clients", run.code == 1 and not run.called("patch") and run.tracks() == ["blue", "green"], run
    run = switch(DIGEST, IDLE=DIGEST)
    yield "the track that runs the image takes the clients", run.code == 0 and run.called("patch"), run
    run = switch(DIGEST, RUNNING=DIGEST)
    yield "where clients reach the image already, nothing is switched", run.code == 0 and not run.called("patch"), run
    run = switch(DIGEST)
    yield "a track that runs another image takes no clients", run.code == 1 and not run.called("patch"), run
    run = switch(LIVE="")
    yield "where nothing was deployed, nothing is switched", run.code == 1 and not run.called("patch"), run
    run = Run(project, environment, "switch.sh", ["nowhere"])
    yield "an unknown environment is refused", run.code == 1 and not run.calls, run


class Repository:
    """A copy of the project in a repository of its own, with another one that it pushes to."""

    def __init__(self, project, folder):
        self.work, self.origin = folder / "work", folder / "origin.git"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t",
        }
        shutil.copytree(project, self.work, ignore=shutil.ignore_patterns("target", ".git"))
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.origin)], env=self.environment, check=True)
        for words in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "--quiet", "-m", "x"], ["remote", "add", "origin", str(self.origin)]):
            self.git(*words)

    def git(self, *words, folder=None):
        done = subprocess.run(["git", *words], cwd=folder or self.work, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def deploy(self, arguments):
        done = subprocess.run(
            ["sh", "deploy/kubernetes/deploy.sh", *arguments], cwd=self.work, env=self.environment, capture_output=True, text=True, check=False
        )
        self.code, self.output = done.returncode, done.stdout + done.stderr
        self.digest, self.calls = "in the branch", self.git("log", "--all", "--oneline", folder=self.origin).splitlines()
        self.text = {}
        return self


def git_ops(project, environment, _files):
    with tempfile.TemporaryDirectory() as folder:
        run = Repository(project, pathlib.Path(folder))
        branch, overlay = f"env/{environment}", f"deploy/kubernetes/overlays/{environment}/kustomization.yaml"
        for number, digest in enumerate((DIGEST, OTHER), 1):
            run.deploy([environment, digest])
            yield "a digest that is pushed exits 0", run.code == 0, run
            yield "the branch of the environment holds it", f"digest: {digest}" in run.git("show", f"{branch}:{overlay}", folder=run.origin), run
            yield "each deployment is one commit", len(run.git("log", "--oneline", branch, folder=run.origin).splitlines()) == number, run
            yield "the working tree and main stay as they were", run.git("status", "--porcelain") == "" and run.git("log", "--oneline").count("\n") == 1, run
        listed = run.git("ls-tree", "-r", "--name-only", branch, folder=run.origin).splitlines()
        kept = sorted(str(path.relative_to(run.work)) for path in (run.work / "deploy/kubernetes").rglob("*") if path.is_file())
        yield "the branch holds the manifests and nothing else", sorted(listed) == kept, run
        yield "the commit names what it was made of", run.git("rev-parse", "HEAD").strip() in run.git("log", "-1", "--format=%B", branch, folder=run.origin), run
        before = run.git("rev-parse", f"{branch}~1", folder=run.origin).strip()
        run.git("fetch", "--quiet", "origin", branch)
        run.git("push", "--quiet", "--force", "origin", f"FETCH_HEAD~1:refs/heads/{branch}")
        yield "README's way back is the commit before", run.git("rev-parse", branch, folder=run.origin).strip() == before, run

        def refused(arguments):
            run.deploy(arguments)
            run.calls = [] if run.git("rev-parse", branch, folder=run.origin).strip() == before else ["push"]
            return run

        yield from refusals(project, environment, refused)
    if (project / "deploy/kubernetes/promote.sh").is_file():
        yield from promotion(project, environment)


def needed(call, kinds):
    """The rights that a call of kubectl takes: pairs of a resource and a verb."""
    words = re.sub(r"^--namespace \S+ ", "", call).split()
    if words[0] == "apply":
        return {(kind, verb) for kind in kinds for verb in ("get", "create", "patch")}
    if words[0] == "rollout":
        more = {("replicasets", "list"), ("deployments", "patch")} if words[1] == "undo" else {("deployments", "list"), ("deployments", "watch")}
        return more | {("deployments", "get")}
    if words[0] == "scale":
        return {("deployments", "get"), ("deployments/scale", "patch")}
    names = [RESOURCES[name] for name in words[1].split(",")]
    if words[0] == "get":
        return {(name, "list" if len(words) < 3 or words[2].startswith("-") else "get") for name in names}
    assert words[0] == "patch", call
    part = "/status" if "--subresource=status" in words else ""
    return {(names[0] + part, "get"), (names[0] + part, "patch")}


def plural(kind):
    lower = kind.lower()
    return lower[:-1] + "ies" if lower.endswith("y") else lower + ("es" if lower.endswith("s") else "s")


def rights(project):
    """The Role of the workflow allows what the scripts did, and nothing that they never do."""
    folder = project / "deploy/kubernetes"
    deployer = folder / "namespaces/base/deployer.yaml"
    if not deployer.is_file():
        return
    things = [thing for path in folder.glob("[bc]*/**/*.yaml") for thing in yaml.safe_load_all(path.read_text()) if thing]
    kinds = {plural(thing["kind"]) for thing in things if thing.get("metadata")} | {"configmaps"}
    (role,) = [thing for thing in yaml.safe_load_all(deployer.read_text()) if thing["kind"] == "Role"]
    allowed = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    used = set().union(*(needed(call, kinds) for call in Run.everything))

    class Report:
        code, digest, calls = 0, "as it was", [str(pair) for pair in sorted(used ^ allowed)]
        output = ""

    yield "the Role allows what the scripts do", used <= allowed, Report
    yield "the Role allows nothing else", allowed - {("deployments/scale", "get")} <= used, Report


def cases(project):
    Run.everything = set()
    yield from cases_of_shape(project)
    yield from rights(project)


def cases_of_shape(project):
    folder = project / "deploy/kubernetes"
    environment = sorted(path.name for path in (folder / "namespaces").iterdir() if path.name != "base")[0]
    overlay = folder / "overlays" / environment
    files = sorted(str(path.relative_to(overlay)) for path in overlay.rglob("*") if path.is_file())
    script = (folder / "deploy.sh").read_text()
    shapes = {"git push": git_ops, "await_rollout": argo, "live.yaml": tracks}
    shape = next((shape for word, shape in shapes.items() if word in script), rolling)
    return shape(project, environment, files)


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
            print("".join(f"  {call}\n" for call in run.calls[-12:]) + run.output, file=sys.stderr)
    if wrong:
        return 1
    print(f"{arguments.project}: the scripts are right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
