"""Runs deploy.sh, plan.sh and destroy.sh of a project with Terraform, against stand-ins for `terraform`, `aws` and `curl` that write down how they
are called and answer as they are told. What they would do is nothing: this is about what the scripts ask, refuse and say.

    terraform_scripts.py PROJECT

Exit code 1 with what is wrong.
"""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

DIGEST = "sha256:" + "4" * 64
EXPECTED = "arn:aws:ecs:us-east-1:123456789012:task-definition/orders:7"

TERRAFORM = r"""#!/usr/bin/env bash
printf '%s\n' "terraform $*" >>"$CALLS"
case " $* " in
  *" output -json "*) printf '%s' "$OUTPUTS" ;;
  *" output -raw task_definition_arn "*) printf %s "$EXPECTED" ;;
  *" output -raw "*) printf %s http://127.0.0.1 ;;
  *" state list "*) printf '%b' "$HELD" ;;
  *" plan "*) for word; do [[ $word != -out=* ]] || : >"${word#-out=}"; done; echo 'the plan'; exit "${PLANNED:-0}" ;;
esac
"""

AWS = r"""#!/usr/bin/env bash
printf '%s\n' "aws $*" >>"$CALLS"
case "$*" in
  *describe-repositories*) echo 123456789012.dkr.ecr.us-east-1.amazonaws.com/orders ;;
  *imageTags*) echo '["none"]' ;;
  *describe-clusters*) printf %s "${TAKEN:-}" ;;
  *list-service-deployments*length*) echo "${UNSETTLED:-0}" ;;
  *list-service-deployments*) echo arn:aws:ecs:us-east-1:123456789012:service-deployment/orders ;;
  *describe-services*length*) printf '%s\t1\tCOMPLETED\n' "$RUNNING" ;;
  *describe-services*) printf '%s\n' "$RUNNING" ;;
  *describe-parameters*) echo found ;;
esac
"""

CURL = r"""#!/bin/sh
echo "curl $*" >>"$CALLS"
"""

# What takes no time here.
SLEEP = "#!/bin/sh\n"


class Project:
    def __init__(self, source, folder):
        self.folder = folder / "project"
        shutil.copytree(source / "deploy", self.folder / "deploy")
        self.ecs = self.folder / "deploy/ecs"
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name, text in (("terraform", TERRAFORM), ("aws", AWS), ("curl", CURL), ("sleep", SLEEP)):
            path = self.programs / name
            path.write_text(text, encoding="utf-8")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        self.calls = folder / "calls"
        self.states = sorted(path.name.removesuffix(".tfvars") for path in (self.ecs / "terraform/environments").glob("*.tfvars"))
        self.words = self.states[0].split(".")

    def fill(self):
        for path in (self.ecs / "terraform/environments").iterdir():
            path.write_text(path.read_text(encoding="utf-8").replace("00000000", "12345678"), encoding="utf-8")

    def lock(self):
        for root in (self.ecs / "terraform").iterdir():
            if (root / "main.tf").exists() or (root / "versions.tf").exists():
                (root / ".terraform.lock.hcl").write_text("", encoding="utf-8")

    def run(self, script, *words, says="", outputs=None, held="", running=EXPECTED, **more):
        self.calls.write_text("", encoding="utf-8")
        for state in [*self.states, "bootstrap"]:
            for root in ("service", "bootstrap"):
                (self.ecs / "terraform" / root / ".terraform" / state).mkdir(parents=True, exist_ok=True)
        outputs = {"service_name": {"value": "orders"}} if outputs is None else outputs
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.folder), "CALLS": str(self.calls), "ATTESTATION": "none",
            "OUTPUTS": json.dumps(outputs), "EXPECTED": EXPECTED, "RUNNING": running, "HELD": held, **more,
        }
        interpreter = "sh" if script == "destroy.sh" else "bash"
        ran = subprocess.run(
            [interpreter, str(self.ecs / script), *words], input=says, text=True, capture_output=True, env=environment, cwd=self.folder, timeout=120,
        )
        return ran.returncode, ran.stdout + ran.stderr, self.calls.read_text(encoding="utf-8").splitlines()


class Faults(list):
    def expect(self, is_so, said, seen):
        if not is_so:
            self.append(f"{said}\n{seen}")


def called(calls, pattern):
    return [call for call in calls if re.search(pattern, call)]


def check_deploy(project, faults):
    deploy = lambda **more: project.run("deploy.sh", *project.words, DIGEST, **more)
    code, said, calls = deploy()
    faults.expect(code == 1 and "still holds example ids" in said and not calls, "examples are not refused", (said, calls))
    project.fill()
    code, said, calls = deploy()
    faults.expect(code == 1 and "has no .terraform.lock.hcl" in said and not calls, "a project without hashes is not refused", (said, calls))
    project.lock()
    code, said, calls = project.run("deploy.sh", *project.words, "latest")
    faults.expect(code == 1 and "is not a digest" in said and not calls, "a tag is not refused", (said, calls))

    code, said, calls = deploy()
    faults.expect(code == 0 and f"runs {EXPECTED}" in said, "a good deployment fails", (said, calls))
    [init] = called(calls, " init ")
    faults.expect("-lockfile=readonly" in init and f"environments/{'.'.join(project.words)}.backend.hcl" in init, "another state is opened", init)
    [plan] = called(calls, " plan ")
    faults.expect(f"environments/{'.'.join(project.words)}.tfvars" in plan and f"orders@{DIGEST}" in plan, "another image is planned", plan)
    [apply] = called(calls, " apply ")
    faults.expect(re.search(r"-out=(\S+)", plan)[1] in apply, "what is applied is not what was planned", apply)

    code, said, _ = deploy(running="arn:aws:ecs:us-east-1:123456789012:task-definition/orders:6")
    faults.expect(code == 1 and "was rolled back or replaced" in said, "a deployment that was rolled back counts as good", said)
    code, said, calls = deploy(outputs={}, TAKEN="orders")
    faults.expect(code == 1 and "two owners" in said and not called(calls, " (plan|apply) "), "the service of somebody else is taken", (said, calls))
    if "go_back" in (project.ecs / "deploy.sh").read_text(encoding="utf-8"):
        code, said, calls = deploy(UNSETTLED="1")
        faults.expect(code == 1 and called(calls, "stop-service-deployment --stop-type ROLLBACK"), "a deployment that never ends is not ended", said)


def check_plan(project, faults):
    state, known = ".".join(project.words), {name: {"value": name} for name in ("service_name", "image", "commit", "author")}
    for planned, code, word in (("0", 0, "changes: false"), ("2", 0, "changes: true"), ("1", 1, "there is no plan")):
        found, said, calls = project.run("plan.sh", state, outputs=known, PLANNED=planned)
        faults.expect(found == code and word in said, f"a plan that ends with {planned} is not told", said)
        faults.expect(called(calls, r" plan -lock=false .*-var image=image "), "a plan locks the state, or changes the image", calls)
        faults.expect(not called(calls, " (apply|destroy) "), "a plan changes something", calls)
    found, said, _ = project.run("plan.sh", state, outputs={})
    faults.expect(found == 1 and "nothing was deployed" in said, "a state without a service is planned", said)


def check_destroy(project, faults):
    environment, held = project.words[0], "aws_lb.load_balancer\\n"
    code, said, calls = project.run("destroy.sh", environment, says="no\n", held=held)
    faults.expect(code == 1 and "nothing was deleted" in said and not called(calls, " destroy "), "it deletes without the name", (said, calls))
    code, said, calls = project.run("destroy.sh", environment, says=f"orders-{environment}\n", held=held)
    states = [state for state in project.states if state.split(".")[0] == environment]
    destroyed = called(calls, "/service destroy ")
    faults.expect(code == 0 and len(destroyed) == len(states), "it does not delete the environment", (said, calls))
    lifted = called(calls, "deletion_protection.enabled,Value=false")
    faults.expect(len(lifted) == len(states), "it does not lift the protection", calls)
    code, said, calls = project.run("destroy.sh", "--shared", says="orders\n", held=held)
    faults.expect(code == 1 and "is still there" in said and not called(calls, " destroy "), "the registry goes before the last environment", (said, calls))
    code, said, calls = project.run("destroy.sh", "--shared", says="orders\n")
    faults.expect(code == 0 and called(calls, "/bootstrap destroy "), "what the environments share stays", (said, calls))
    code, said, _ = project.run("destroy.sh", "nowhere")
    faults.expect(code == 1 and "no environment nowhere" in said, "an environment that is not there is deleted", said)


def main(source):
    faults = Faults()
    with tempfile.TemporaryDirectory() as temporary:
        project = Project(pathlib.Path(source), pathlib.Path(temporary))
        check_deploy(project, faults)
        check_plan(project, faults)
        check_destroy(project, faults)
    return faults


if __name__ == "__main__":
    found = main(sys.argv[1])
    print("\n".join(found))
    sys.exit(bool(found))
