"""Runs the generated deploy/ecs/destroy.sh with the AWS CLI against ministack, until nothing of the project is left.

    ecs_destroy.py PROJECT

The stacks are made as `ecs_ministack.py` makes them: of every region and environment, without what ministack refuses. What must
hold:

- an unknown environment, a wrong answer and the stack of another project end the script, and nothing is deleted,
- what the environments share is not deleted while one of them is there,
- an environment goes with its stacks in all regions and no other environment does, then what they share goes, images and all,
- a lookup that fails ends the script: it does not pass for "not there",
- of several accounts, only the credentials of the one that is meant delete anything, and what they do not reach is told,
- the network of an environment goes after the service, whose tasks are in it,
- a load balancer and a cluster that others share stay, and lose the rules of the project alone,
- the roles of an environment go after its other stacks, which CloudFormation deletes with one of them.

ministack is an emulator of AWS: it does not need a role for a deletion, and protects no stack. Exit status: 0 when all of it holds.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import ecs_json
import ecs_ministack
import ecs_shared
from ecs_ministack import CheckFailed, create_stack, expect

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": "sha256:%064x"}, "layers": []}'


# Writes down how it was called, and refuses one call as AWS refuses whoever lacks a right.
AWS = """#!/bin/sh
echo "$*" >>"{home}/calls"
case "$*" in
  *"$REFUSED"*) echo "An error occurred (AccessDeniedException) when calling the operation: not authorized" >&2; exit 254 ;;
esac
# Version 1 of the AWS CLI looks for SQS where it has always been, unless it is told on the line.
[ "$1" != sqs ] || set -- "$@" --endpoint-url "$AWS_ENDPOINT_URL"
exec "{python}" "{command}" "$@"
"""


class Account:
    """A ministack with the stacks of a project."""

    def __init__(self, cleanup, folder):
        self.folder, self.home = folder, pathlib.Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        script = (folder / "destroy.sh").read_text(encoding="utf-8")
        self.regions = re.search(r'^regions="(.*)"$', script, re.MULTILINE)[1].split()
        self.environments = re.search(r"^  ([a-z0-9 |-]+)\)$", script, re.MULTILINE)[1].split(" | ")
        self.service = re.search(r"^stack=(\S+)-\$environment$", script, re.MULTILINE)[1]
        self.accounts = dict(re.findall(r"^    ([a-z0-9-]+)\) echo (\d{12}) ;;$", script, re.MULTILINE))
        registry = re.search(r"^    check_account (\d{12})$", script, re.MULTILINE)
        self.accounts["--shared"] = registry[1] if registry else ecs_ministack.ACCOUNT
        self.port = ecs_ministack.start_ministack(cleanup)
        self.every = {
            (region, account): Clients(self.port, region, account)
            for region in self.regions
            for account in self.accounts.values()
        }

    def account_of(self, name):
        return self.accounts.get(name, self.accounts["--shared"])

    def clients(self, region, name="--shared"):
        return self.every[region, self.account_of(name)]

    def make(self):
        for region in self.regions:
            first = region == self.regions[0]
            name = "bootstrap" if first else "registry"
            parameters = ecs_ministack.bootstrap_parameters(self.folder) if first else {}
            clients = self.clients(region)
            create_stack(clients, self.folder / f"{name}.yaml", f"{self.service}-{name}", parameters, tags={"service": self.service})
            image = {"repositoryName": self.service, "imageManifest": MANIFEST % 1, "imageTag": "v1"}
            clients.ecr.put_image(**image)
        for environment in self.environments:
            self.make_environment(environment)

    def make_environment(self, environment):
        tags = {"service": self.service, "environment": environment}
        if (self.folder / "roles.yaml").exists():
            parameters = ecs_ministack.roles_parameters(environment)
            self.create(self.regions[0], self.folder / "roles.yaml", f"{environment}-roles", parameters, tags)
        for region in self.regions:
            named = f"{environment}.{region}" if len(self.regions) > 1 else environment
            entries = json.loads((self.folder / f"params/{named}.json").read_text(encoding="utf-8"))
            parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in entries}
            parameters |= ecs_ministack.network_parameters(
                self.clients(region, environment), parameters, self.folder, f"{self.service}-{environment}", tags
            )
            parameters |= ecs_ministack.boundary_parameter(self.folder, environment)
            if ecs_json.is_json(self.folder):
                outputs = self.create(region, self.folder / "infra.yaml", environment, parameters, tags)
                self.make_service(self.clients(region, environment).ecs, outputs, parameters)
            else:
                parameters["Image"] = f"image@{ecs_ministack.DIGEST}"
                self.create(region, self.folder / "service.yaml", environment, parameters, tags)

    def make_service(self, ecs, outputs, parameters):
        """The service that no stack holds."""
        if not (self.folder / "service.json").exists():
            return
        outputs = outputs | ecs_json.of_image("image")
        definition = ecs_json.fill(ecs_json.read(self.folder / "task-definition.json"), outputs.__getitem__)
        registered = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
        service = ecs_json.read(self.folder / "service.json")
        if "CapacityProvider" not in outputs and "<CapacityProvider>" in json.dumps(service):
            del service["capacityProviderStrategy"]
        service = ecs_json.fill(service, outputs.__getitem__)
        ecs.create_service(**service | {"taskDefinition": registered, "desiredCount": int(parameters["MinTasks"])})

    def create(self, region, path, name, parameters, tags):
        clients = self.clients(region, tags["environment"])
        return create_stack(clients, path, f"{self.service}-{name}", parameters, tags=tags)

    def run(self, argument, answer, refused="none", account=None):
        """Runs the script with the credentials of its account or of another; returns its exit code and what it said.

        A call with `refused` in it is refused."""
        command = pathlib.Path(sys.executable).parent / "aws"
        environment = {
            "PATH": f"{self.home}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": account or self.account_of(argument),
            "AWS_SECRET_ACCESS_KEY": "test",
            "REFUSED": refused,
        }
        program = self.home / "aws"
        program.write_text(AWS.format(home=self.home, python=sys.executable, command=command), encoding="utf-8")
        program.chmod(0o755)
        script = ["sh", str(self.folder / "destroy.sh"), argument]
        done = subprocess.run(script, env=environment, input=answer, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr

    def stacks(self):
        """The names of the stacks that are there, with their regions."""
        found = set()
        for (region, _), clients in self.every.items():
            for stack in clients.cloudformation.describe_stacks()["Stacks"]:
                if stack["StackStatus"] != "DELETE_COMPLETE":
                    found.add((region, stack["StackName"]))
        return found


class Clients(ecs_ministack.Clients):
    """The AWS APIs of one region of a ministack."""

    def __init__(self, port, region, account):
        self.region, self.account = region, account
        super().__init__(port)
        self.ecr = self.client("ecr")

    def client(self, name):
        return ecs_ministack.client(self.endpoint, name, self.region, self.account)


def check(folder):
    with contextlib.ExitStack() as cleanup:
        account = Account(cleanup, folder)
        account.make()
        shared = ecs_shared.what_is_there(account.every)
        check_refusals(account)
        first = account.environments[0]
        if ecs_ministack.is_worker(folder):
            check_messages(account, first)
        check_lookups(account, first, f"{account.service}-{first}")
        for environment in account.environments:
            check_environment(account, environment)
        check_lookups(account, "--shared", f"{account.service}-bootstrap")
        code, said = account.run("--shared", f"{account.service}-bootstrap\n")
        expect(code == 0, f"what is shared was not deleted: {said}")
        for environment in account.environments:
            is_elsewhere = account.account_of(environment) != account.account_of("--shared")
            told = re.search(rf"gone, whose tasks need their image:.* {environment}\b", said)
            expect(bool(told) == is_elsewhere, f"--shared does not say of {environment} whether it was looked at: {said}")
        expect(not account.stacks(), f"left behind: {account.stacks()}")
        for clients in account.every.values():
            expect(not clients.ecr.describe_repositories()["repositories"], "a registry was left behind")
        left = ecs_shared.what_is_there(account.every)
        expect(left == ecs_shared.of_others(shared), f"of what others share, {left} is left of {shared}")


def check_messages(account, environment):
    """Whoever takes a queue down hears first how many messages go with it."""
    queue = f"{account.service}-{environment}"
    for clients in (it for (_, owner), it in account.every.items() if owner == account.account_of(environment)):
        url = clients.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        for number in range(3):
            clients.sqs.send_message(QueueUrl=url, MessageBody=str(number))
        _, said = account.run(environment, "")
        told = f"The queue {queue} in {clients.region} has about 3 messages, which are deleted with it."
        expect(told in said, f"it is not said what goes with the queue: {said}")


def check_refusals(account):
    before = account.stacks()
    first = account.environments[0]
    for argument, answer, word in [
        ("nowhere", "", "no environment"),
        (first, "yes\n", "nothing was deleted"),
        (first, "", "nothing was deleted"),
        ("--shared", f"{account.service}-bootstrap\n", "still there"),
    ]:
        code, said = account.run(argument, answer)
        expect(code == 1 and word in said, f"{argument}, answered {answer!r}: no error that says `{word}`, but {code}: {said}")
    if len(account.accounts) > 1:
        for argument, answer in [(first, f"{account.service}-{first}\n"), ("--shared", f"{account.service}-bootstrap\n")]:
            code, said = account.run(argument, answer, account="999999999999")
            refused = f"is in the account {account.account_of(argument)}, and these credentials are for 999999999999"
            expect(code == 1 and refused in said, f"{argument}: no error for the credentials of another account, but {code}: {said}")
    expect(account.stacks() == before, f"something was deleted: {before - account.stacks()}")


def check_lookups(account, argument, answer):
    """A lookup that fails is an error: it does not tell that nothing is there."""
    script = (account.folder / "destroy.sh").read_text(encoding="utf-8")
    for lookup in sorted(set(re.findall(r"\b(?:autoscaling|cloudformation|ecr|ecs) describe-[a-z-]+", script))):
        if lookup.startswith("ecr") != (argument == "--shared"):
            continue
        before = account.stacks()
        code, said = account.run(argument, f"{answer}\n", lookup)
        expect(code != 0 and "AccessDenied" in said, f"{argument}: a refused `aws {lookup}` is no error, but {code}: {said}")
        kept = {stack for stack in before if not stack[1].endswith(("-dns", "-replication"))}
        expect(kept <= account.stacks(), f"{argument}: deleted although `aws {lookup}` was refused: {kept - account.stacks()}")


def check_environment(account, environment):
    stack = f"{account.service}-{environment}"
    before = account.stacks()
    mine = {(region, name) for region, name in before if name in (stack, f"{stack}-roles", f"{stack}-network")}
    code, said = account.run(environment, f"{stack}\n")
    expect(code == 0, f"{environment} was not deleted: {said}")
    expect(account.stacks() == before - mine, f"{environment}: {before - mine} was to be left, not {account.stacks()}")
    deletions = re.findall(r"delete-stack .*--stack-name (\S+)", (account.home / "calls").read_text(encoding="utf-8"))
    order = [stack, *(f"{stack}-{kind}" for kind in ("network", "roles") if (account.folder / f"{kind}.yaml").exists())]
    regions = len(account.regions)
    made = [name for name in order for _ in range(1 if name.endswith("-roles") else regions)]
    gone = [name for name in deletions if name in order][-len(made):]
    expect(gone == made, f"{', '.join(made)} were to go in this order, and the last to go was {deletions[-1]}: {', '.join(gone)}")


def main():
    project = pathlib.Path(sys.argv[1])
    try:
        check(project / "deploy/ecs")
    except CheckFailed as error:
        print(f"{project}/deploy/ecs/destroy.sh: {error}", file=sys.stderr)
        return 1
    print(f"{project}/deploy/ecs/destroy.sh: takes everything down, and nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
