"""Runs the commands of a page that make the first deployment on Amazon ECS, against AWS as moto plays it.

    ecs_commands.py PROJECT PAGE

PAGE is the README.md in deploy/ecs of PROJECT, or the tutorial, whose blocks of that README are marked `<!-- as in … -->`. All of
its commands run in one bash, in the order of the page, at the root of PROJECT, which is a git repository. The region is not set
before, and the parameter files have example ids. What must hold:

- every command succeeds,
- the image that was pushed is what the service of every environment and region runs that the page deploys,
- the role for images trusts the repository that the page names,
- every role and environment that the page registers on GitHub is there,
- with a key of KMS, the registry of every region has that of production in the region.

Where the project names accounts, each profile of the README takes a role of its account, as `role_arn` says, and moto keeps the
accounts apart. It holds no policy of a registry: what the policy in bootstrap.yaml lets in is let in here.

The real AWS CLI (version 1) speaks to moto on a free loopback port. moto loses the outputs of a stack that a change set made; they
are read from the template again. What runs on no machine of the tests is a stand-in, and only this:

- `docker` pushes a manifest without layers instead of an image, into the registry of every region as ECR's replication would, and
  `gh` answers for GitHub,
- `curl` answers for a load balancer of moto's,
- nobody sleeps between two looks, since moto is done when it answers,
- moto does not know Fn::Cidr, so the blocks of subnets are split here,
- moto makes no certificate of a stack: one that is requested here is the output of the network,
- moto knows no deployments of a service and says here that none is under way, and it makes no alarms: an output that names one is
  the name of the output.

Exit status: 0 when all of it holds, 1 otherwise.
"""

import contextlib
import functools
import ipaddress
import itertools
import json
import logging
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile
import threading
import warnings

import boto3
import moto.cloudformation.parsing
import moto.settings
import werkzeug.serving
from moto.acm.models import acm_backends
from moto.cloudformation.models import CloudFormationBackend
from moto.core.responses import ActionResult
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ECRBackend, ecr_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.server import DomainDispatcherApplication, create_backend_app

from ecs_shared import shared_parameters

REPOSITORY_ID = "my-org@1/orders@2"
# The account of moto's where no other is named.
OWNER = "123456789012"
# Another way to begin, for those who have no domain; and what moto does not know.
LEFT_OUT = ("launchway update", "aws cloudformation update-termination-protection")
# The hosted zone that the page names as an example.
ZONE = "Z0123456789"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

NO_SLEEP = "import time\ntime.sleep = lambda seconds: None\n"

DOCKER = """#!{python}
import json, os, pathlib, sys
import boto3
words = sys.argv[1:]
if words[0] == "login":
    assert words[1:-1] == ["--username", "AWS", "--password-stdin"] and sys.stdin.read().strip(), words
elif words[0] == "build":
    assert words[-1] == "." and pathlib.Path("Dockerfile").exists() and "--tag" in words, words
    pathlib.Path(os.environ["STAND_IN"], "built").write_text(words[words.index("--tag") + 1])
elif words[0] == "push":
    assert words[1:] == [pathlib.Path(os.environ["STAND_IN"], "built").read_text()], words
    repository, tag = words[1].split("/", 1)[1].split(":")
    manifest = {{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}}
    for region in os.environ["REGIONS"].split():
        ecr = boto3.client("ecr", region_name=region)
        ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=json.dumps(manifest))
else:
    sys.exit(f"docker is not known to {{words}}")
"""

GH = """#!{python}
import os, pathlib, sys
words = sys.argv[1:]
if words[:1] == ["api"] and "--jq" in words:
    print("{repository}")
elif words[:2] == ["variable", "set"] or words[:2] == ["api", "--silent"]:
    with open(pathlib.Path(os.environ["STAND_IN"], "github"), "a") as told:
        told.write(" ".join(words) + "\\n")
else:
    sys.exit(f"gh is not known to {{words}}")
"""

CURL = """#!{python}
import boto3, sys
host = sys.argv[-1].removeprefix("https://").removesuffix("/readyz")
balancers = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
sys.exit(0 if host in [it["DNSName"] for it in balancers] else f"{{host}} is no load balancer")
"""

# Version 1 of the AWS CLI looks for SQS where it has always been, unless it is told on the line.
AWS = """#!/bin/sh
[ "$1" != sqs ] || set -- "$@" --endpoint-url "$AWS_ENDPOINT_URL"
exec "{python}" "{aws}" "$@"
"""

SLEEP = "#!/bin/sh\n"


class CheckFailed(Exception):
    """Something that must hold does not; the text says what."""


def main():
    project, page = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    try:
        with contextlib.ExitStack() as cleanup:
            check(cleanup, project, page.read_text(encoding="utf-8"))
    except CheckFailed as error:
        print(f"ecs_commands: {page}: {error}", file=sys.stderr)
        return 1
    return 0


def check(cleanup, project, page):
    blocks = commands(page)
    folder = pathlib.Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
    endpoint = start_moto(cleanup)
    write_programs(folder)
    regions = regions_of(project, page)
    accounts = profiles(page)
    write_profiles(folder, accounts)
    let_in(set(re.findall(r"iam::(\d{12}):root$", (project / "deploy/ecs/bootstrap.yaml").read_text(encoding="utf-8"), re.MULTILINE)))
    settings = ({} if accounts else KEYS) | {
        "AWS_ENDPOINT_URL": endpoint,
        "HOME": str(folder),
        "PATH": f"{folder}/bin:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "REGIONS": " ".join(regions),
        "STAND_IN": str(folder),
    }

    @functools.cache
    def of(name, region=regions[0]):
        """The services of AWS in the account of an environment, or of the registry; all are in one where no accounts are named."""
        return Clients(endpoint, region, accounts.get(name))

    for file in (project / "deploy/ecs/params").glob("*.json"):
        environment, *region, _ = file.name.split(".")
        name_network(file, of(environment, *region))
    zone = of("registry").route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    script = "\n".join(["set -eu", *blocks]).replace(ZONE, zone.split("/")[-1])
    said = subprocess.run(
        ["bash", "-c", script], cwd=project, env=settings, capture_output=True, text=True, timeout=900, check=False
    )
    if said.returncode != 0:
        raise CheckFailed(f"the commands end with status {said.returncode}:\n{said.stdout}\n{said.stderr}")
    hold(project, page, of, regions, accounts, folder)


def regions_of(project, page):
    """The region in which the commands run, and the others of the parameter files."""
    of_script = re.search(r"^region=(\S+)$", (project / "deploy/ecs/deploy.sh").read_text(encoding="utf-8"), re.MULTILINE)
    home = (of_script or re.search(r"export AWS_REGION=(\S+)", page))[1]
    named = {file.name.split(".")[1] for file in (project / "deploy/ecs/params").glob("*.*.json")}
    return [home, *sorted(named - {home})]


def profiles(page):
    """The account of each profile, by the environment or `registry`."""
    return dict(re.findall(r"^\| `orders-([a-z0-9-]+)` \| (\d{12})\b", page, re.MULTILINE))


def write_profiles(folder, accounts):
    (folder / ".aws").mkdir()
    lines = ["[profile me]", "aws_access_key_id = test", "aws_secret_access_key = test"]
    for name, account in accounts.items():
        lines += [f"[profile orders-{name}]", "source_profile = me", f"role_arn = arn:aws:iam::{account}:role/administrator"]
    (folder / ".aws/config").write_text("\n".join(lines) + "\n", encoding="utf-8")


def let_in(pullers):
    """Has moto look into the registry of another account for those whom its policy lets in."""
    found = ECRBackend._get_repository

    def found_elsewhere(self, name, registry_id=None):
        if registry_id in (None, self.account_id):
            return found(self, name, registry_id)
        if self.account_id not in pullers:
            raise RepositoryNotFoundException(name, registry_id)
        return found(ecr_backends[registry_id][self.region_name], name)

    ECRBackend._get_repository = found_elsewhere


def commands(page):
    """The blocks that the page marks, or those of the README from the region to the last environment."""
    if "<!-- as in " in page:
        marked = re.split(r"^<!-- as in \S+ -->\n", page, flags=re.MULTILINE)[1:]
        found = [block(rest) for rest in marked]
    else:
        section = page.split("## The first deployment, in order\n", 1)[1].split("\n## ", 1)[0]
        found = [block(part) for part in re.split(r"\n\n(?=    \S)", section)[1:]]
    found = [text for text in found if not any(left in text for left in LEFT_OUT)]
    if len(found) < 5:
        raise CheckFailed(f"the page has {len(found)} blocks of commands")
    return found


def block(text):
    """The indented lines at the beginning of a text."""
    lines = []
    for line in text.strip("\n").splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line.removeprefix("    "))
    return "\n".join(lines).rstrip()


def write_programs(folder):
    (folder / "bin").mkdir()
    (folder / "sitecustomize.py").write_text(NO_SLEEP, encoding="utf-8")
    aws = pathlib.Path(sys.executable).parent / "aws"
    for name, text in (("aws", AWS), ("docker", DOCKER), ("gh", GH), ("curl", CURL), ("sleep", SLEEP)):
        program = folder / "bin" / name
        program.write_text(text.format(python=sys.executable, aws=aws, repository=REPOSITORY_ID), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


def start_moto(cleanup):
    """Starts moto in this process, and returns its address."""
    execute = CloudFormationBackend.execute_change_set

    def execute_and_read_outputs(self, *arguments, **named):
        execute(self, *arguments, **named)
        for stack in self.stacks.values():
            stack._parse_template()
            stack.output_map = stack._create_output_map()

    def output_or_name(name, declared, resources):
        output = parse_output(name, declared, resources)
        if "Condition" in declared or output and output.value:
            return output
        if name == "CertificateArn":
            issued = acm_backends[resources._account_id][resources._region_name]
            # The token makes it one for all who ask.
            arn = issued.request_certificate("orders.example.com", "networks", [], [])
            return moto.cloudformation.parsing.Output(name, arn, "")
        return moto.cloudformation.parsing.Output(name, name, "")

    CloudFormationBackend.execute_change_set = execute_and_read_outputs
    parse_output = moto.cloudformation.parsing.parse_output
    moto.cloudformation.parsing.parse_output = output_or_name
    clean = moto.cloudformation.parsing.clean_json

    def split_or_clean(value, resources):
        if not (isinstance(value, dict) and "Fn::Cidr" in value):
            return clean(value, resources)
        addresses, count, bits = (clean(item, resources) for item in value["Fn::Cidr"])
        blocks = ipaddress.ip_network(addresses).subnets(new_prefix=32 - int(bits))
        return [str(block) for block in itertools.islice(blocks, int(count))]

    moto.cloudformation.parsing.clean_json = split_or_clean
    EC2ContainerServiceResponse.list_service_deployments = lambda self: ActionResult({"serviceDeployments": []})
    moto.settings.ACM_VALIDATION_WAIT = 0
    # Each request, and each kind of resource that moto leaves out.
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    application = DomainDispatcherApplication(create_backend_app)
    server = werkzeug.serving.make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cleanup.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


class Clients:
    """The services of AWS that the check asks itself."""

    def __init__(self, endpoint, region, account=None):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

        def client(name):
            return boto3.client(name, endpoint_url=endpoint, region_name=region, **keys)

        if account:
            role = {"RoleArn": f"arn:aws:iam::{account}:role/administrator", "RoleSessionName": "check"}
            taken = client("sts").assume_role(**role)["Credentials"]
            keys = {
                "aws_access_key_id": taken["AccessKeyId"],
                "aws_secret_access_key": taken["SecretAccessKey"],
                "aws_session_token": taken["SessionToken"],
            }
        self.acm, self.ec2, self.ecr, self.ecs, self.iam = (client(name) for name in ("acm", "ec2", "ecr", "ecs", "iam"))
        self.route53, self.elbv2, self.kms = client("route53"), client("elbv2"), client("kms")


def name_network(file, clients):
    """Puts ids that moto knows into a parameter file, as step 1 of the README asks."""
    vpc = clients.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = ",".join(subnet["SubnetId"] for subnet in clients.ec2.describe_subnets()["Subnets"][:2])
    certificate = clients.acm.request_certificate(DomainName="orders.example.com")["CertificateArn"]
    values = {
        "VpcId": vpc,
        "LoadBalancerSubnetIds": subnets,
        "TaskSubnetIds": subnets,
        "CertificateArn": certificate,
        "KmsKeyArn": clients.kms.create_key()["KeyMetadata"]["Arn"],
    }
    entries = json.loads(file.read_text(encoding="utf-8"))
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in entries}
    values |= shared_parameters(clients, given, file.parent.parent, vpc, subnets.split(","))
    for entry in entries:
        entry["ParameterValue"] = values.get(entry["ParameterKey"], entry["ParameterValue"])
    file.write_text(json.dumps(entries), encoding="utf-8")


def cluster_of(project, environment):
    """The cluster that the parameter file of an environment names, or the one that its stack makes."""
    file = project / f"deploy/ecs/params/{environment}.json"
    entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    named = [entry["ParameterValue"] for entry in entries if entry["ParameterKey"] == "ClusterName"]
    return named[0] if named else f"orders-{environment}"


def hold(project, page, of, regions, accounts, folder):
    """What the commands must have made."""
    images = of("registry").ecr.describe_images(repositoryName="orders")["imageDetails"]
    digest = images[0]["imageDigest"]
    deployed = re.findall(r"deploy\.sh (\w+) ", "\n".join(commands(page)))
    if len(images) != 1 or not deployed:
        raise CheckFailed(f"{len(images)} images were pushed, and {deployed} deployed")
    for environment, region in itertools.product(deployed, regions):
        stack = f"orders-{environment}"
        clients = of(environment, region)
        service = clients.ecs.describe_services(cluster=cluster_of(project, environment), services=[stack])["services"][0]
        definition = clients.ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        image = definition["containerDefinitions"][0]["image"]
        if not image.endswith(f"@{digest}"):
            raise CheckFailed(f"{environment} in {region} runs {image}, and {digest} was pushed")
    hold_keys(project, accounts.get("registry", OWNER), regions)
    made = [role for name in {"registry", *deployed} for role in of(name).iam.list_roles()["Roles"]]
    trusts = [json.dumps(role["AssumeRolePolicyDocument"]) for role in made]
    if "gh api" in page and not any(f"repo:{REPOSITORY_ID}:" in trust for trust in trusts):
        raise CheckFailed(f"no role trusts {REPOSITORY_ID}: {trusts}")
    roles = {role["Arn"] for role in made}
    told = folder / "github"
    for line in told.read_text(encoding="utf-8").splitlines() if told.exists() else []:
        if re.match(r"variable set \w+_ROLE_ARN\b", line) and line.split("--body ")[1] not in roles:
            raise CheckFailed(f"`gh {line}` names no role that was made")


def hold_keys(project, account, regions):
    """The registry of each region is under the key of production there, where the parameter files name keys."""
    for region in regions:
        (file,) = [it for it in (f"prod.{region}.json", "prod.json") if (project / "deploy/ecs/params" / it).exists()]
        entries = json.loads((project / "deploy/ecs/params" / file).read_text(encoding="utf-8"))
        named = [entry["ParameterValue"] for entry in entries if entry["ParameterKey"] == "KmsKeyArn"]
        # moto keeps what CloudFormation asks for, and does not show it.
        encryption = ecr_backends[account][region].repositories["orders"].encryption_configuration
        if named != [encryption[it] for it in ["KmsKey"] if it in encryption]:
            raise CheckFailed(f"the registry in {region} has {encryption}, and production names {named}")


if __name__ == "__main__":
    sys.exit(main())
