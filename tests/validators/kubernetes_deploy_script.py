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


from attestation import GH
import quick_yaml
import sentences
from kubernetes_script_promises import administration, comparison, guards, interrupted, outage, patience, refusals, taken_down_where_git_brings_it_back
from kubernetes_stand_in import DIGEST, OTHER, SERVED, TOO_LATE, ZEROS, Run
from kubernetes_track_scripts import tracks

# The resources that the scripts name, as the API server knows them.
RESOURCES = {
    "analysisrun": "analysisruns", "configmap": "configmaps", "deployment": "deployments", "events": "events",
    "hpa": "horizontalpodautoscalers", "lease": "leases", "namespace": "namespaces", "pod": "pods", "pods": "pods",
    "resourcebinding": "resourcebindings", "rollout": "rollouts", "service": "services",
}


def rolling(project, environment, files):
    """Yields a sentence and whether it holds."""
    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **settings)

    is_karmada = (project / "deploy/kubernetes/clusters/karmada").is_dir()
    run = deploy()
    yield "a rollout that finishes exits 0", run.code == 0, run
    expected = ["create", "apply", "apply", "rollout", "create", "apply", "delete"]
    yield "it locks, tries, applies, waits, keeps what it applied and unlocks in this order", run.verbs == expected, run
    yield "every call names the namespace", all(f"-{environment}" in call for call in run.calls if not re.match("apply|config", call)), run
    yield "the digest is in the overlay", run.digest == DIGEST, run
    yield "no other file is left behind", sorted(run.text) == files, run
    yield "what came up is kept for the way back", DIGEST in run.kept["now"] and run.kept["before"] == SERVED, run
    yield "of all that is applied the Deployment alone is kept", "kind: Deployment" in run.kept["now"] and "---" not in run.kept["now"], run

    run = deploy(STATUS=1)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "the way back is awaited", len(run.called("rollout status")) == 2, run
    yield "what came up before is applied again, by the same owner", run.verbs.count("apply") == 3 and not run.called("field-manager"), run
    yield "nothing is undone past the files", not run.called("rollout undo"), run
    yield "what did not come up is not kept", not run.kept, run
    yield "the overlay names the image before", run.digest == ZEROS, run

    run = deploy(STATUS=1, STATUS_OF_UNDO=1)
    yield "a way back that fails is told", run.code == 1 and "the rollout failed, and so did" in run.output, run

    run = deploy(NOW="", STATUS=1)
    yield "a first rollout that fails exits 1 and has no way back", run.code == 1 and run.verbs.count("apply") == 2, run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    yield "after a refusal the overlay is as before", run.digest == ZEROS, run
    yield from refusals(project, environment, deploy)
    yield from guards(environment, deploy)
    yield from interrupted(deploy)
    yield from comparison(deploy)
    if not is_karmada:
        yield from patience(deploy, {"STATUS": 1, "PROGRESS": "4/4/ReplicaSetUpdated/"}, {"PROGRESS": "4/4/ReplicaSetUpdated/"})
        yield from outage(deploy, "rollout status|get deployment", "rollout status")
        yield from waiting_with_pauses(deploy)
        run = deploy(STATUS=1, PROGRESS="4/4/ReplicaSetUpdated/FailedCreate")
        yield "pods that are refused end a rollout early", run.code == 1 and 6 <= len(run.called("rollout status")) <= 16, run
        run = deploy(POLLS=20, PROGRESS="5/4/ProgressDeadlineExceeded/")
        yield "what the controller said of the version before does not count", run.code == 0, run
        run = deploy(MINIMUM=3, AVAILABLE=1, PROGRESS=TOO_LATE)
        yield "one pod, where the autoscaler wants three, is no success", run.code == 1, run
        run = deploy(MINIMUM=3, AVAILABLE=3)
        yield "as many pods as the autoscaler wants are a success", run.code == 0, run
    yield from way_back(project, environment)
    yield from administration(project, environment)


def waiting_with_pauses(deploy):
    run = deploy(STATUS=1, PROGRESS="4/4/ReplicaSetUpdated/")
    yield "a rollout that is told at once to be unfinished is not asked about without a pause", len(run.sleeps) >= len(run.called("rollout status")) - 1, run
    back = {"STATUS": 1, "STATUS_OF_UNDO": 1, "PROGRESS": "4/4/ReplicaSetUpdated/"}
    run = deploy(**back, PODS=f"orders-1 ghcr.io/x@{OTHER} CrashLoopBackOff\n")
    tail = run.calls[run.place("apply", "/before") :]
    yield "on the way back a crash loop of that version ends the waiting early", sum("rollout status" in call for call in tail) <= 16, run
    run = deploy(**back, PODS=f"orders-1 ghcr.io/x@{DIGEST} CrashLoopBackOff\n")
    tail = run.calls[run.place("apply", "/before") :]
    yield "on the way back a crash loop of the version that failed does not", sum("rollout status" in call for call in tail) > 100, run


def way_back(project, environment):
    def back(**settings):
        return Run(project, environment, "back.sh", [environment], **({"BEFORE": SERVED} | settings))

    run = back(SEEN_AS="x^/")
    yield "the way back applies what served before", run.verbs[:3] == ["create", "apply", "rollout"], run
    run = back(BEFORE="")
    yield "where nothing served before there is no way back", run.code == 1 and "apply" not in run.verbs, run
    run = back(STATUS=1)
    yield "a version before that does not come up is told", run.code == 1 and "did not come up" in run.output, run


def argo(project, environment, files):
    promotes = (project / "deploy/kubernetes/promote.sh").is_file()

    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **({"STATE": "4/4/Healthy//"} | settings))

    run = deploy()
    yield "a rollout that settles exits 0", run.code == 0, run
    yield "it locks, tries, applies and unlocks in this order", run.verbs == ["create", "apply", "apply", "delete"], run
    yield "nothing is applied from the server's side", not run.called("--server-side"), run
    yield "every call names the namespace", all(f"-{environment}" in call for call in run.calls if not re.match("apply|config", call)), run
    yield "the digest is in the overlay", run.digest == DIGEST, run
    yield "no other file is left behind", sorted(run.text) == files, run

    run = deploy(STATE="4/4/Paused//")
    if promotes:
        yield "a rollout that waits exits 0", run.code == 0, run
        yield "it says how to promote", f"promote.sh {environment}" in run.output, run
        yield "the digest of what waits is in the overlay", run.digest == DIGEST, run
    else:
        yield "a rollout that waits for nobody is aborted in the end", run.code == 1 and run.called("patch rollout", '"abort":true'), run

    if "is_undecided" in (project / "deploy/kubernetes/cluster.sh").read_text():
        run = deploy(STATE="4/4/Paused//", REASON="InconclusiveAnalysisRun")
        said = "no request reached" in run.output
        if promotes:
            yield "a version that no request reached waits, and that is said", run.code == 0 and said and f"promote.sh {environment}" in run.output, run
        else:
            yield "a version that no request reached is aborted, and that is said", run.code == 1 and said and run.called("patch rollout", '"abort":true'), run
            yield "it is aborted as soon as it is paused", len(run.called("get rollout", "generation")) == 1, run
            yield "the overlay names the image before it", run.digest == ZEROS, run

    run = deploy(STATE="4/4/Degraded/true/")
    yield "a version that is given up exits 1", run.code == 1 and "given up" in run.output, run
    yield "what was aborted is not aborted again", not run.called("patch"), run
    yield "what was measured is shown", run.called("get rollout,analysisrun"), run
    yield "the overlay names the image before", run.digest == ZEROS, run

    for state in ("4/4/Degraded/true/", "4/4/Progressing//"):
        run = deploy(STATE=state, STABLE="")
        yield "a first rollout that fails exits 1 and names no version before", run.code == 1 and "no version to roll back to" in run.output, run

    run = deploy(STATE="5/4/Healthy//")
    yield "what the controller said of the version before does not count", run.code == 1, run
    yield "a rollout that does not finish is aborted", run.called("patch rollout", "--subresource=status", '{"status":{"abort":true}}'), run

    run = deploy(ABORTED="true")
    yield "a version that was given up is tried again", run.code == 0 and run.called("patch", '{"status":{"abort":false}}'), run

    for phase in ("Paused", "Progressing"):
        run = deploy(PHASE=phase, RUNNING=DIGEST)
        yield f"what is {phase} already is not applied again", run.code == 0 and "apply" not in run.verbs, run
        run = deploy(PHASE=phase, RUNNING=OTHER)
        yield f"another image than the one that is {phase} is applied", run.verbs.count("apply") == 2, run
    run = deploy(PHASE="Healthy", RUNNING=DIGEST)
    yield "what is at rest is applied again", run.verbs.count("apply") == 2, run

    run = deploy(MINIMUM=3, AVAILABLE=1)
    yield "one pod, where the autoscaler wants three, is no success", run.code == 1, run
    run = deploy(STATE="4/4/Progressing//FailedCreate")
    yield "pods that are refused end a rollout early", run.code == 1 and len(run.called("get rollout", "generation")) < 16, run
    yield "a rollout that is ended early is aborted", run.called("patch rollout", '"abort":true'), run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    yield "after a refusal the overlay is as before", run.digest == ZEROS, run
    yield from refusals(project, environment, deploy)
    yield from guards(environment, deploy)
    yield from comparison(deploy)
    yield from outage(deploy, "get rollout.*generation", "get rollout", "generation")
    yield from patience(deploy, {"STATE": "4/4/Progressing//"}, {})
    yield from administration(project, environment)
    if promotes:
        yield from promotion(project, environment)


def promotion(project, environment):
    def promote(*arguments, **settings):
        settings = {"STATE": "4/4/Healthy//", "PHASE": "Paused", "RUNNING": DIGEST} | settings
        return Run(project, environment, "promote.sh", [environment, *arguments], **settings)

    run = promote()
    yield "a promotion takes the pause away", run.code == 0 and run.called("patch", '{"status":{"pauseConditions":null}}'), run
    run = promote(PHASE="Healthy")
    yield "where nothing waits, nothing is promoted", run.code == 0 and not run.called("patch"), run
    run = promote(DIGEST)
    yield "the image that waits is promoted", run.code == 0 and run.called("patch"), run
    run = promote(OTHER)
    yield "another image is not promoted", run.code == 1 and not run.called("patch"), run
    run = promote(STATE="4/4/Degraded/true/")
    yield "a promotion that goes wrong exits 1", run.code == 1 and "given up" in run.output, run
    run = promote(STATE="4/4/Progressing//")
    yield "a promotion that does not finish is aborted", run.code == 1 and run.called("patch", '"abort":true'), run
    if "is_undecided" in (project / "deploy/kubernetes/cluster.sh").read_text():
        run = promote(REASON="InconclusiveAnalysisRun")
        taken = '{"status":{"promoteFull":true,"pauseConditions":null}}'
        yield "what no request reached is taken as it is", run.code == 0 and run.called("patch", taken), run
        run = promote(PHASE="Healthy", STATE="4/4/Paused//", REASON="InconclusiveAnalysisRun")
        yield "what no request reaches after the promotion exits 1 and is not aborted", run.code == 1 and "no request reached" in run.output and not run.called("patch", '"abort":true'), run
    run = promote(OWNER=f"x-{environment}/x")
    yield "nothing is promoted in the namespace of another service", run.code == 1 and not run.called("patch"), run
    run = Run(project, environment, "promote.sh", ["nowhere"])
    yield "an unknown environment is refused", run.code == 1 and not run.calls, run


class Repository:
    """A copy of the project in a repository of its own, with another one that it pushes to."""

    def __init__(self, project, folder):
        self.work, self.origin = folder / "work", folder / "origin.git"
        gh = folder / "bin/gh"
        gh.parent.mkdir()
        gh.write_text(GH)
        gh.chmod(0o755)
        self.environment = {
            "PATH": f"{gh.parent}:{os.environ['PATH']}", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t",
        }
        shutil.copytree(project, self.work, ignore=shutil.ignore_patterns("target", ".git"))
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.origin)], env=self.environment, check=True)
        for words in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "--quiet", "-m", "x"], ["remote", "add", "origin", str(self.origin)]):
            self.git(*words)

    def git(self, *words, folder=None):
        done = subprocess.run(["git", *words], cwd=folder or self.work, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def deploy(self, arguments, **settings):
        environment = self.environment | settings
        done = subprocess.run(
            ["sh", "deploy/kubernetes/deploy.sh", *arguments], cwd=self.work, env=environment, capture_output=True, text=True, check=False
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
            noted = f'commit: "{run.git("rev-parse", "HEAD").strip()}"'
            yield "the branch names the commit of the files", noted in run.git("show", f"{branch}:{overlay}", folder=run.origin), run
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

        def refused(arguments, **settings):
            run.deploy(arguments, **settings)
            run.calls = [] if run.git("rev-parse", branch, folder=run.origin).strip() == before else ["push"]
            return run

        yield from refusals(project, environment, refused)
    yield from taken_down_where_git_brings_it_back(project, environment)
    if (project / "deploy/kubernetes/promote.sh").is_file():
        yield from promotion(project, environment)


def needed(call, kinds):
    """The rights that a call of kubectl takes: pairs of a resource and a verb."""
    words = re.sub(r"^--namespace \S+ ", "", call).split()
    if words[0] == "config":
        return set()
    if words[0] == "create":
        return set() if "--dry-run=client" in words else {("leases", "create")}
    if words[0] == "delete":
        return {(RESOURCES[words[1]], "delete")}
    if words[0] == "logs":
        return {("pods", "get"), ("pods/log", "get")}
    if words[0] == "apply":
        return {(kind, verb) for kind in kinds for verb in ("get", "create", "patch")}
    if words[:2] == ["rollout", "restart"]:
        return {("deployments", "get"), ("deployments", "patch")}
    if words[0] == "rollout":
        return {("deployments", "list"), ("deployments", "watch"), ("deployments", "get")}
    if words[0] == "scale":
        return {("deployments", "get"), ("deployments/scale", "patch")}
    names = [RESOURCES[name] for name in words[1].split(",")]
    if words[0] == "get":
        return {(name, "list" if len(words) < 3 or words[2].startswith("-") else "get") for name in names}
    assert words[0] in {"patch", "annotate"}, call
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
    things = [thing for path in folder.glob("[bc]*/**/*.yaml") for thing in quick_yaml.load_all(path.read_text()) if thing]
    kinds = {plural(thing["kind"]) for thing in things if thing.get("metadata")} | {"configmaps"}
    (role,) = [thing for thing in quick_yaml.load_all(deployer.read_text()) if thing["kind"] == "Role"]
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
    files = sorted(["server", *(str(path.relative_to(overlay)) for path in overlay.rglob("*") if path.is_file())])
    script = (folder / "deploy.sh").read_text()
    shapes = {"git push": git_ops, "await_rollout": argo, "switch.sh": tracks}
    shape = next((shape for word, shape in shapes.items() if word in script), rolling)
    return shape(project, environment, files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    parser.add_argument("--kubectl", default="kubectl", help="the program for what needs no cluster")
    sentences.add_arguments(parser)
    arguments = parser.parse_args()
    Run.kubectl = shutil.which(arguments.kubectl)
    checked = sentences.judge(cases(arguments.project), arguments.until)
    if checked is None:
        return 1
    print(f"{arguments.project}: the scripts are right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
