"""Runs the generated deploy.sh of a project whose stacks own the task definition, with a stand-in for the AWS CLI.

The stand-in answers from a script of answers and writes down how it was called. What must hold, whatever the project is:

- what is deployed is the image of the digest, with every value of the parameter file, in the region that was named,
- a deployment that ECS put back, or that never settles, ends with an error, and so do a load balancer that does not
  answer, an image that never arrives in a region, and a stack that failed,
- nothing changes before the stack is this project's and at rest, and the network that the project makes, the image, its attestations and the secrets are there,
- of several accounts only the one of the environment is deployed to, and images come from the account of the registry,
- of several regions none is asked but the one that is deployed to,
- the revision is tagged with the commit that the tag of its image begins with, and with its author, in characters that a tag may have,
- ECS is told to go back when the tasks of a new version do not come, where it has no circuit breaker,
- example ids and what is not a digest are refused before anything is called.

Usage: ecs_stack_deploy_script.py PROJECT_DIR
Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from attestation import PREDICATES, REFUSED

DIGEST = "sha256:" + "1" * 64
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/service"
DEPLOYED = "arn:aws:ecs:eu-west-1:123456789012:task-definition/service:2"
MISSING = "An error occurred (ImageNotFoundException) when calling the DescribeImages operation"
CHANGE_SET = "Run:\naws cloudformation describe-change-set --change-set-name arn:aws:cloudformation:eu-west-1:1:changeSet/a/b"
NETWORK = [{"OutputKey": "VpcId", "OutputValue": "vpc-1"}, {"OutputKey": "TaskSubnetIds", "OutputValue": "subnet-1,subnet-2"}]
BEFORE = "arn:aws:ecs:eu-west-1:123456789012:task-definition/service:1"

# The address of an author, with characters that no tag may have, and as the tag has it.
AUTHOR, TAGGED = "a$(id)*b@example.com", "Author=aidb@example.com"

# Stands in for aws, curl, gh and sleep. A question that comes again gets the next of its answers, and the last one for ever.
STAND_IN = '''#!{python}
import json, os, pathlib, sys
program, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
folder = pathlib.Path(os.environ["STAND_IN"])
line = " ".join([program, *words])
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([os.environ.get("AWS_REGION"), line]) + "\\n")
for number, (asked, answers) in enumerate(json.loads((folder / "answers").read_text())):
    if all(part in line for part in asked):
        turn = folder / str(number)
        count = int(turn.read_text()) if turn.exists() else 0
        turn.write_text(str(count + 1))
        code, text = answers[min(count, len(answers) - 1)]
        print(text)
        sys.exit(code)
sys.exit(f"nothing is known about: {{line}}")
'''


class CheckFailed(Exception):
    """Something that must hold does not; the text says what."""


class Script:
    """The deploy.sh of one project, on a copy whose parameter files name a network."""

    def __init__(self, project, folder):
        self.folder = folder / "deploy/ecs"
        shutil.copytree(project / "deploy/ecs", self.folder)
        self.commit = committed(folder)
        # Three attempts instead of hundreds, since the stand-in takes no time between them.
        text = (self.folder / "deploy.sh").read_text(encoding="utf-8")
        self.text = re.sub(r'(seq |"\$attempt" -lt )\d+', r"\g<1>3", text)
        (self.folder / "deploy.sh").write_text(self.text, encoding="utf-8")
        self.regions = len(list((self.folder / "params").glob("*.*.json"))) > 0
        home = re.search(r"\$AWS_REGION != ([a-z0-9-]+) ", self.text)
        self.home = home and home[1]
        # Of several regions, one other than the first: nothing may be asked of the first, which can be gone.
        file = [file for file in sorted((self.folder / "params").glob("*.json")) if file.name.split(".")[1] != self.home][-1]
        self.parameters = file
        self.service = re.search(r"^stack=(\S+)-\$environment$", self.text, re.MULTILINE)[1]
        self.native = "go_back" in self.text
        self.accounts = dict(re.findall(r"^    ([a-z0-9-]+)\) echo (\d{12}) ;;$", self.text, re.MULTILINE))
        registry = re.search(r"^repository=(\d{12}\.dkr\.ecr)\.\$AWS_REGION\.(\S+)$", self.text, re.MULTILINE)
        self.environment, self.region = file.name.split(".")[:2]
        if not self.regions:
            self.region = re.search(r"^region=(\S+)$", self.text, re.MULTILINE).group(1)
        self.repository = f"{registry[1]}.{self.region}.{registry[2]}" if registry else REPOSITORY
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("aws", "curl", "gh", "sleep"):
            program = self.bin / name
            program.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def name_network(self):
        for file in (self.folder / "params").glob("*.json"):
            text = file.read_text(encoding="utf-8")
            file.write_text(re.sub("(vpc-|subnet-|sg-|certificate/|key/|example/|example-|Z)0{8}", r"\g<1>1a2b3c4d", text), encoding="utf-8")

    def run(self, changes=None, digest=DIGEST, **settings):
        """Runs the script; `changes` are answers that come before the usual ones."""
        answers = [*(changes or []), *self.usual()]
        with tempfile.TemporaryDirectory() as memory:
            (pathlib.Path(memory) / "answers").write_text(json.dumps(answers), encoding="utf-8")
            region = [self.region] if self.regions else []
            result = subprocess.run(
                ["bash", str(self.folder / "deploy.sh"), self.environment, *region, digest],
                env={"PATH": f"{self.bin}:{os.environ['PATH']}", "STAND_IN": memory} | settings,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            calls = pathlib.Path(memory) / "calls"
            lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return result, [json.loads(line) for line in lines]

    def usual(self):
        """The answers of a deployment in which nothing goes wrong."""
        return [
            [["describe-stacks", f"{self.service}-{self.environment}-network"], [[0, json.dumps(NETWORK)]]],
            [["describe-stacks", "Tags"], [[0, f"UPDATE_COMPLETE\t{self.service}\t{self.environment}"]]],
            [["describe-stacks", "TaskDefinitionArn"], [[0, DEPLOYED]]],
            [["describe-stacks", "LoadBalancerUrl"], [[0, "https://balancer.example.com"]]],
            [["describe-stacks", "StackStatus"], [[0, "UPDATE_IN_PROGRESS"], [0, "UPDATE_COMPLETE"]]],
            [["sts get-caller-identity"], [[0, self.accounts.get(self.environment, "123456789012")]]],
            [["describe-parameters"], [[0, "/a/name"]]],
            [["describe-secret"], [[0, "{}"]]],
            [["describe-repositories"], [[0, REPOSITORY]]],
            [["describe-images", "imageTags"], [[0, json.dumps(["latest", f"{self.commit}-7.1"])]]],
            [["describe-images"], [*([[254, MISSING]] if self.regions else []), [0, "{}"]]],
            [["cloudformation deploy", "--no-execute-changeset"], [[0, CHANGE_SET]]],
            [["cloudformation deploy"], [[0, ""]]],
            [["execute-change-set"], [[0, ""]]],
            [["list-service-deployments", "PENDING IN_PROGRESS STOP"], [[0, "1"], [0, "0"]]],
            [["list-service-deployments"], [[0, "arn:aws:ecs:eu-west-1:123456789012:service-deployment/a/a/1"]]],
            [["describe-service-deployments"], [[0, "None"], [0, "ecs-pause-1"]]],
            [["stop-service-deployment"], [[0, "{}"]]],
            [["describe-services", "length(deployments)"], [[0, f"{DEPLOYED}\t2\tIN_PROGRESS"], [0, f"{DEPLOYED}\t1\tCOMPLETED"]]],
            [["describe-services"], [[0, DEPLOYED]]],
            [["batch-get-image", f"imageDigest={DIGEST}"], [[0, "{}"]]],
            [["gh attestation verify", "--source-ref refs/heads/main"], [[0, ""]]],
            [["curl"], [[0, ""]]],
            [["sleep"], [[0, ""]]],
        ]

    def must_fail(self, changes, word, digest=DIGEST):
        result, calls = self.run(changes, digest)
        if result.returncode == 0 or word not in result.stderr:
            raise CheckFailed(f"no error that says `{word}`, but status {result.returncode}: {result.stderr}{result.stdout}")
        return calls


def committed(folder):
    """Makes a repository of the folder, and returns its commit."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": AUTHOR, "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    for words in (["init"], ["add", "."], ["commit", "--message", "Deploy"]):
        subprocess.run(["git", *words], cwd=folder, env=os.environ | who, check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def check(project):
    with tempfile.TemporaryDirectory() as folder:
        script = Script(project, pathlib.Path(folder))
        if "example ids" in script.text and script.must_fail([], "example ids"):
            raise CheckFailed("something was called with example ids")
        script.name_network()
        if script.must_fail([], "not a digest", "latest"):
            raise CheckFailed("something was called with a tag")
        check_success(script)
        check_tags(script)
        check_guards(script)
        check_failures(script)
        if script.native:
            check_wait(script)
        if "PAUSE" in (script.folder / "service.yaml").read_text(encoding="utf-8"):
            check_gate(script)


def check_success(script):
    result, calls = script.run()
    if result.returncode != 0:
        raise CheckFailed(f"a deployment without a fault ended with status {result.returncode}: {result.stderr}")
    (deploy,) = [line for _, line in calls if "cloudformation deploy" in line]
    wanted = [f"Image={script.repository}@{DIGEST}", f"Commit={script.commit}", TAGGED, "service.yaml", "CAPABILITY_IAM"]
    if script.accounts:
        check_account(script, calls, deploy)
    wanted += [f"{entry['ParameterKey']}={entry['ParameterValue']}" for entry in json.loads(script.parameters.read_text())]
    if (script.folder / "network.yaml").exists():
        wanted += [f"{output['OutputKey']}={output['OutputValue']}" for output in NETWORK]
    for word in wanted:
        if word not in deploy:
            raise CheckFailed(f"`{word}` is not in the call: {deploy}")
    check_shared(script, calls)
    for region, line in calls:
        if region != script.region:
            raise CheckFailed(f"called in {region}, not in {script.region}: {line}")
    if script.regions and not any("describe-images" in line for _, line in calls):
        raise CheckFailed("nothing waited for the image of this region")


def check_shared(script, calls):
    """The service is looked for in the cluster that is named, and a load balancer of others is asked for the host name."""
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in json.loads(script.parameters.read_text())}
    cluster = given.get("ClusterName", f"{script.service}-{script.environment}")
    for _, line in calls:
        if "--cluster " in line and f"--cluster {cluster} " not in line:
            raise CheckFailed(f"the cluster is {cluster}: {line}")
        if line.startswith("curl ") and "ListenerArn" in given and f"--header Host: {given['HostName']} " not in line:
            raise CheckFailed(f"the load balancer leads only requests for {given['HostName']} to the service: {line}")


def check_tags(script):
    """What is not known of an image is not made up."""
    older = "2" * 40
    for tags, wanted in ([], ["Commit=none", "Author=none"]), (["v1"], ["Commit=none", "Author=none"]), ([older], [f"Commit={older}", "Author=none"]):
        result, calls = script.run([[["describe-images", "imageTags"], [[0, json.dumps(tags)]]]])
        deploys = [line for _, line in calls if "cloudformation deploy" in line]
        if result.returncode != 0 or not all(word in deploys[0].split() for word in wanted):
            raise CheckFailed(f"an image with the tags {tags} is not deployed with {wanted}: {deploys} {result.stderr}")


def check_account(script, calls, deploy):
    """Roles are those of the environment's account, and every look at an image is one at the account of the registry."""
    account = script.accounts[script.environment]
    strange = set(re.findall(r":iam::(\d{12}):", deploy)) - {account}
    if strange:
        raise CheckFailed(f"{script.environment} is in {account}, and was handed roles of {strange}: {deploy}")
    registry = script.repository.split(".")[0]
    for _, line in calls:
        if line.startswith("aws ecr ") and f" --registry-id {registry} " not in line:
            raise CheckFailed(f"the images are in {registry}: {line}")


def check_failures(script):
    script.must_fail(
        [
            [["describe-services", "length(deployments)"], [[0, f"{BEFORE}\t1\tCOMPLETED"]]],
            [["describe-services"], [[0, BEFORE]]],
        ],
        "rolled back",
    )
    script.must_fail(
        [
            [["describe-services", "length(deployments)"], [[0, f"{DEPLOYED}\t2\tIN_PROGRESS"]]],
            [["list-service-deployments"], [[0, "1"]]],
        ],
        "rolls back" if script.native else "settled",
    )
    calls = script.must_fail([[["cloudformation deploy"], [[255, ""]]]], "")
    if any("describe-services" in line for _, line in calls):
        raise CheckFailed("it went on after the stack had failed")
    if "curl " in script.text:
        script.must_fail([[["curl"], [[22, ""]]]], "")
    if script.regions:
        script.must_fail([[["describe-images"], [[254, MISSING]]]], "there is no image")
        must_fail_at_once(script, "AccessDeniedException")
        script.region = script.home
        must_fail_at_once(script, MISSING)


def must_fail_at_once(script, reason):
    """Only the copy of an image is waited for, and whatever else is wrong is told."""
    calls = script.must_fail([[["describe-images"], [[254, reason]]]], reason)
    if any(line.startswith("sleep") for _, line in calls):
        raise CheckFailed(f"it waited, as if this would pass: {reason}")


CHANGES = ("cloudformation deploy", "execute-change-set", "register-task-definition", "update-service")


def check_guards(script):
    """Nothing changes before the stack is this project's and at rest, and the image and the secrets are there."""
    guards = [
        ([["describe-stacks", "Tags"], [[0, f"UPDATE_COMPLETE\tother\t{script.environment}"]]], "another project's"),
        ([["describe-stacks", "Tags"], [[0, f"UPDATE_COMPLETE\t{script.service}\tother"]]], "another project's"),
        ([["describe-stacks", "Tags"], [[0, "UPDATE_COMPLETE\tNone\tNone"]]], "another project's"),
        ([["describe-stacks", "Tags"], [[0, f"UPDATE_IN_PROGRESS\t{script.service}\t{script.environment}"]]], "still at work"),
        ([["describe-stacks", "Tags"], [[254, "AccessDenied"]]], "cannot be looked at"),
        ([["describe-images"], [[254, MISSING]]], "no image"),
    ]
    if script.accounts:
        guards.append(([["get-caller-identity"], [[0, "999999999999"]]], "these credentials are for 999999999999"))
        guards.append(([["get-caller-identity"], [[255, ""]]], ""))
    if "gh attestation" in script.text:
        guards += [([["gh attestation", predicate], [[1, ""]]], REFUSED) for predicate in PREDICATES]
        result, _ = script.run([[["gh attestation"], [[1, ""]]]], ATTESTATION="none")
        if result.returncode != 0:
            raise CheckFailed(f"an image without attestations was refused although somebody said so: {result}")
    if (script.folder / "network.yaml").exists():
        guards.append(([["describe-stacks", "-network"], [[254, "does not exist"]]], "the network of"))
    if "describe-parameters" in script.text:
        guards.append(([["describe-parameters"], [[0, ""]]], "holds no"))
    if "describe-secret" in script.text:
        guards.append(([["describe-secret"], [[254, ""]]], "holds no"))
    for answer, word in guards:
        for _, line in script.must_fail([answer], word):
            if any(change in line for change in CHANGES):
                raise CheckFailed(f"something changed although {word}: {line}")
    missing = [["describe-stacks", "Tags"], [[254, "Stack with id a does not exist"]]]
    for answer in (missing, [["describe-stacks", "Tags"], [[0, "REVIEW_IN_PROGRESS\tNone\tNone"]]]):
        result, _ = script.run([answer])
        if result.returncode != 0:
            raise CheckFailed(f"a first deployment was refused: {result.stderr}")


def check_wait(script):
    """Tasks that never become healthy are not waited for without end: ECS is told to go back."""
    at_work = [["describe-stacks", "Stacks[0].StackStatus"], [[0, "UPDATE_IN_PROGRESS"]]]
    calls = script.must_fail([at_work], "rolls back")
    if not any("stop-service-deployment" in line and "--stop-type ROLLBACK" in line for _, line in calls):
        raise CheckFailed("ECS was not told to go back")
    script.must_fail([at_work, [["stop-service-deployment"], [[254, ""]]]], "cannot roll back")
    rolled_back = [["describe-stacks", "Stacks[0].StackStatus"], [[0, "UPDATE_IN_PROGRESS"], [0, "UPDATE_ROLLBACK_COMPLETE"]]]
    script.must_fail([rolled_back], "UPDATE_ROLLBACK_COMPLETE")
    result, calls = script.run([[["cloudformation deploy"], [[0, "No changes to deploy."]]]])
    if result.returncode != 0 or any("execute-change-set" in line for _, line in calls):
        raise CheckFailed(f"a stack that is as it should be was not left so: {result.stderr}")


def check_gate(script):
    """Whoever reads the log learns, once, how a deployment goes on that waits for a person."""
    result, _ = script.run()
    said = "aws ecs continue-service-deployment --service-deployment-arn arn:aws:ecs:eu-west-1:123456789012:service-deployment/a/a/1"
    if result.stdout.count(f"{said} --hook-id ecs-pause-1 --action CONTINUE") != 1:
        raise CheckFailed(f"the gate is not said once: {result.stdout}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    project = parser.parse_args().project
    try:
        check(project)
    except CheckFailed as error:
        print(f"{project}/deploy/ecs/deploy.sh: {error}", file=sys.stderr)
        return 1
    print(f"{project}/deploy/ecs/deploy.sh: deploys, and notices what goes wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
