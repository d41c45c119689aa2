"""Runs the generated deploy/ecs/destroy.sh with the AWS CLI against ministack, until nothing of the project is left.

    ecs_destroy.py PROJECT

The stacks are made as `ecs_ministack.py` makes them: of every region and environment, without what ministack refuses. What must
hold:

- an unknown environment, a wrong answer and the stack of another project end the script, and nothing is deleted,
- what the environments share is not deleted while one of them is there,
- an environment goes with its stacks in all regions and no other environment does, then what they share goes, images and all,
- a lookup that fails ends the script: it does not pass for "not there",
- the network of an environment goes after the service, whose tasks are in it,
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
from ecs_ministack import CheckFailed, create_stack, expect

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {"digest": "sha256:%064x"}, "layers": []}'


# Writes down how it was called, and refuses one call as AWS refuses whoever lacks a right.
AWS = """#!/bin/sh
echo "$*" >>"{home}/calls"
case "$*" in
  *"$REFUSED"*) echo "An error occurred (AccessDeniedException) when calling the operation: not authorized" >&2; exit 254 ;;
esac
exec "{python}" "{command}" "$@"
"""


class Account:
    """A ministack with the stacks of a project."""

    def __init__(self, cleanup, folder):
        self.folder, self.home = folder, pathlib.Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        script = (folder / "destroy.sh").read_text(encoding="utf-8")
        self.regions = re.search(r'^regions="(.*)"$', script, re.MULTILINE)[1].split()
        self.environments = re.search(r"^  (\S.*)\)$", script, re.MULTILINE)[1].split(" | ")
        self.service = re.search(r"^stack=(\S+)-\$environment$", script, re.MULTILINE)[1]
        self.port = ecs_ministack.start_ministack(cleanup)
        self.clients = {region: Clients(self.port, region) for region in self.regions}

    def make(self):
        for region in self.regions:
            first = region == self.regions[0]
            name = "bootstrap" if first else "registry"
            parameters = ecs_ministack.bootstrap_parameters(self.folder) if first else {}
            self.create(region, self.folder / f"{name}.yaml", name, parameters, {"service": self.service})
            image = {"repositoryName": self.service, "imageManifest": MANIFEST % 1, "imageTag": "v1"}
            self.clients[region].ecr.put_image(**image)
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
                self.clients[region], parameters, self.folder, f"{self.service}-{environment}", tags
            )
            parameters |= ecs_ministack.boundary_parameter(self.folder, environment)
            if ecs_json.is_json(self.folder):
                outputs = self.create(region, self.folder / "infra.yaml", environment, parameters, tags)
                self.make_service(region, outputs, parameters)
            else:
                parameters["Image"] = f"image@{ecs_ministack.DIGEST}"
                self.create(region, self.folder / "service.yaml", environment, parameters, tags)

    def make_service(self, region, outputs, parameters):
        """The service that no stack holds."""
        if not (self.folder / "service.json").exists():
            return
        ecs = self.clients[region].ecs
        outputs = outputs | {"Image": "image"}
        definition = ecs_json.fill(ecs_json.read(self.folder / "task-definition.json"), outputs.__getitem__)
        registered = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
        service = ecs_json.read(self.folder / "service.json")
        if "CapacityProvider" not in outputs and "<CapacityProvider>" in json.dumps(service):
            del service["capacityProviderStrategy"]
        service = ecs_json.fill(service, outputs.__getitem__)
        ecs.create_service(**service | {"taskDefinition": registered, "desiredCount": int(parameters["MinTasks"])})

    def create(self, region, path, name, parameters, tags):
        return create_stack(self.clients[region], path, f"{self.service}-{name}", parameters, tags=tags)

    def run(self, argument, answer, refused="none"):
        """Runs the script, which is answered; returns its exit code and what it said. A call with `refused` in it is refused."""
        command = pathlib.Path(sys.executable).parent / "aws"
        environment = {
            "PATH": f"{self.home}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
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
        for region, clients in self.clients.items():
            for stack in clients.cloudformation.describe_stacks()["Stacks"]:
                if stack["StackStatus"] != "DELETE_COMPLETE":
                    found.add((region, stack["StackName"]))
        return found


class Clients(ecs_ministack.Clients):
    """The AWS APIs of one region of a ministack."""

    def __init__(self, port, region):
        self.region = region
        super().__init__(port)
        self.ecr = self.client("ecr")

    def client(self, name):
        return ecs_ministack.client(self.endpoint, name, self.region)


def check(folder):
    with contextlib.ExitStack() as cleanup:
        account = Account(cleanup, folder)
        account.make()
        check_refusals(account)
        first = account.environments[0]
        check_lookups(account, first, f"{account.service}-{first}")
        for environment in account.environments:
            check_environment(account, environment)
        check_lookups(account, "--shared", f"{account.service}-bootstrap")
        code, said = account.run("--shared", f"{account.service}-bootstrap\n")
        expect(code == 0, f"what is shared was not deleted: {said}")
        expect(not account.stacks(), f"left behind: {account.stacks()}")
        for clients in account.clients.values():
            expect(not clients.ecr.describe_repositories()["repositories"], "a registry was left behind")


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
