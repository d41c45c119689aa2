"""Runs the generated `deploy/ecs/deploy.sh` of a project whose task definition is a JSON file, against AWS as moto plays it.

    ecs_deploy_script.py PROJECT

The real AWS CLI, in this process because starting it takes long, speaks to moto on a free loopback port: task definitions,
services, CodeDeploy applications, groups and deployments are moto's own. What moto does not do is done here, and only this:

- `aws cloudformation deploy`, whose change sets lose the outputs of a stack in moto, is a stand-in that creates the stack
  through CreateStack, and what moto leaves out of it (the service, CodeDeploy) through the API that CloudFormation calls;
  alarms are names, autoscaling and security-group rules are left out;
- moto has no ListServiceDeployments and no StopServiceDeployment: the list is empty, but where a case has a deployment under way;
- of several regions, the API of the first one is gone, and whatever asks it fails;
- moto's CodeDeploy deployments never end: `Cloud.move` reads the revision and moves the service, as a case wants it;
- `gh` is the stand-in of `attestation.py`, `curl` answers, and `seq` counts its last number alone, so that the script asks once where it would wait.

The project is copied first and stays as it is. Exit code 0: the script did the right thing in every case. 1: what it did.
"""

import argparse
import contextlib
import functools
import io
import json
import logging
import os
import pathlib
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
import warnings

import yaml

from attestation import GH, PREDICATES, REFUSED
import quick_yaml
import sentences
from ecs_taskdef_shapes import CloudFormationLoader, to_api

OWNER = "123456789012"

# In the order in which they need each other; what carries no request and names no other resource is left out.
MADE_BY_API = {
    "AWS::ECS::Service": ("ecs", "create_service"),
    "AWS::CodeDeploy::Application": ("codedeploy", "create_application"),
    "AWS::CodeDeploy::DeploymentGroup": ("codedeploy", "create_deployment_group"),
}
LEFT_OUT = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::WAFv2::WebACLAssociation",
}
NAMES = {"AWS::CloudWatch::Alarm", "AWS::ECS::CapacityProvider"}

# Hands its arguments to this process, which answers with the exit code, what was said to standard error, and the output.
AWS = """#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$AWS_PORT"
printf '%s\\0' "$AWS_REGION" "$@" $'\\1' >&3
read -r code errors <&3
head -c "$errors" <&3 >&2
cat <&3
exit "$code"
"""


def client(name, region=None):
    import boto3

    return boto3.client(name, region_name=region or os.environ["AWS_REGION"])


# --- The AWS CLI in this process ------------------------------------------------------------------------------------------


class CommandLine(socketserver.ThreadingTCPServer):
    """Runs the calls of the script's `aws`. The API of one region can be gone."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Call)
        self.stacks, self.calls, self.lines, self.said = {}, [], [], ""
        self.gone = self.cloud = None
        self.lock = threading.Lock()

    def run(self, region, arguments):
        """Returns the exit code, what was said to standard error, which is kept too, and what was printed."""
        from awscli.clidriver import create_clidriver

        output, errors = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with self.lock, contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            self.calls.append(" ".join(arguments[:2]))
            self.lines.append(" ".join(arguments))
            os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
            try:
                if self.gone in (region, *arguments):
                    raise SystemExit(f"Could not connect to the endpoint of {self.gone}")
                if self.cloud.refused and "IN_PROGRESS" in " ".join(arguments):
                    raise SystemExit("An error occurred (AccessDeniedException): not authorized")
                if self.cloud.under_way and "=='IN_PROGRESS'" in " ".join(arguments):
                    print(1)
                    raise SystemExit
                if arguments[:2] == ["cloudformation", "deploy"]:
                    code = self.deploy_stack(region, arguments[2:])
                else:
                    code = create_clidriver().main(arguments)
            except SystemExit as error:
                code = 1 if error.code else 0
                print(error, file=errors)
            self.said += errors.getvalue()
        output.flush()
        return code, errors.getvalue().encode(), output.buffer.getvalue()

    def deploy_stack(self, region, arguments):
        options, key = {}, None
        for argument in arguments:
            if argument.startswith("--"):
                key = argument
                options[key] = []
            else:
                options[key].append(argument)
        (name,), (path,) = options["--stack-name"], options["--template-file"]
        template = yaml.load(pathlib.Path(path).read_text(encoding="utf-8"), Loader=CloudFormationLoader)
        given, tags = (dict(item.split("=", 1) for item in options[key]) for key in ("--parameter-overrides", "--tags"))
        unknown = set(given) - set(template["Parameters"])
        if unknown:
            raise SystemExit(f"{path} has no parameter {', '.join(sorted(unknown))}")
        self.stacks.setdefault((region, name), Stack(name, template)).create_or_update(given, tags)
        return 0


class Call(socketserver.StreamRequestHandler):
    def handle(self):
        received = b""
        while not received.endswith(b"\0\1\0"):
            received += self.request.recv(65536)
        region, *arguments = received.decode().split("\0")[:-2]
        code, errors, output = self.server.run(region, arguments)
        self.wfile.write(f"{code} {len(errors)}\n".encode() + errors + output)


class Stack:
    """One stack on moto."""

    def __init__(self, name, template):
        self.name, self.template = name, template
        self.parameters = {key: value["Default"] for key, value in template["Parameters"].items() if "Default" in value}
        self.ids = None

    def create_or_update(self, given, tags):
        self.parameters |= given
        missing = set(self.template["Parameters"]) - set(self.parameters)
        if missing:
            raise SystemExit(f"no value for {', '.join(sorted(missing))}")
        conditions = {key: self.condition(value) for key, value in self.template.get("Conditions", {}).items()}
        if self.ids is None:
            self.create(tags)
        for kind, (service, call) in MADE_BY_API.items():
            for logical_id, resource in self.template["Resources"].items():
                wanted = resource["Type"] == kind and conditions.get(resource.get("Condition"), True)
                if wanted and logical_id not in self.ids:
                    self.ids[logical_id] = self.make(service, call, resource)

    def condition(self, value):
        if "Fn::Not" in value:
            return not self.condition(value["Fn::Not"][0])
        left, right = (self.parameters[item["Ref"]] if isinstance(item, dict) else item for item in value["Fn::Equals"])
        return left == right

    def create(self, tags):
        """Hands to moto what it can make."""
        template = json.loads(json.dumps(self.template))
        named = {key for key, value in template["Resources"].items() if value["Type"] in NAMES}
        for key, resource in list(template["Resources"].items()):
            if resource["Type"] in LEFT_OUT | NAMES | set(MADE_BY_API):
                del template["Resources"][key]
        for output in template["Outputs"].values():
            if output["Value"].get("Ref") in named:
                output["Value"] = f"{self.name}-{output['Value']['Ref']}"
            elif output["Value"].get("Fn::GetAtt", [""])[-1] == "CanonicalHostedZoneID":
                output["Value"] = "Z00000000000000000000"
        cloudformation = client("cloudformation")
        cloudformation.create_stack(
            StackName=self.name,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in self.parameters.items()],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        made = cloudformation.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in made}
        self.ids |= {key: f"{self.name}-{key}" for key in named}

    def make(self, service, call, resource):
        """Makes a resource as CloudFormation does: its properties are the members of the API call."""
        api = client(service)
        shape = api.meta.service_model.operation_model(api.meta.method_to_api_mapping[call]).input_shape
        answer = getattr(api, call)(**to_api(self.resolve(resource["Properties"]), shape))
        return answer["service"]["serviceArn"] if service == "ecs" else self.name

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return self.reference(value["Ref"])
        if "Fn::GetAtt" in value:
            return self.attribute(*value["Fn::GetAtt"])
        if "Fn::Sub" in value:
            return re.sub(r"\$\{([^}]*)\}", lambda name: str(self.reference(name[1])), value["Fn::Sub"])
        return {key: self.resolve(item) for key, item in value.items()}

    def reference(self, name):
        pseudo = {"AWS::StackName": self.name, "AWS::Region": os.environ["AWS_REGION"], "AWS::AccountId": OWNER}
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            is_list = self.template["Parameters"][name]["Type"].startswith("List<")
            return self.parameters[name].split(",") if is_list else self.parameters[name]
        return self.ids[name]

    def attribute(self, name, attribute):
        if attribute == "TargetGroupName":
            (group,) = client("elbv2").describe_target_groups(TargetGroupArns=[self.ids[name]])["TargetGroups"]
            return group["TargetGroupName"]
        if attribute == "Arn":
            return client("iam").get_role(RoleName=self.ids[name])["Role"]["Arn"]
        return self.ids[name].rsplit("/", 1)[-1]


# --- AWS, as moto and the cases play it -----------------------------------------------------------------------------------


def read_models_once():
    """Keeps the API models, which take most of the time of a call."""
    from botocore.loaders import JSONFileLoader

    load_file = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
    JSONFileLoader.load_file = lambda _, path: load_file(path)


class Cloud:
    """A moto with a network, a registry with images, and a CodeDeploy that ends its deployments."""

    DIGESTS = 3

    def __init__(self, cleanup, folder, region):
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "HOME": str(folder)}
        os.environ.update(keys | {"MOTO_ECS_SERVICE_RUNNING": "99", "AWS_REGION": region, "AWS_DEFAULT_REGION": region})
        read_models_once()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

        # Its certificates and listeners are only names here; nothing is resolved or opened.
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        cleanup.callback(server.stop)
        host, port = server.get_host_and_port()
        os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
        self.region = region
        self.ending = "Succeeded"
        self.lost = False
        self.under_way = self.refused = False
        self.teach_moto()

    def teach_moto(self):
        from moto.codedeploy.models import CodeDeployBackend
        from moto.codedeploy.responses import CodeDeployResponse
        from moto.core.responses import ActionResult
        from moto.ecs.models import EC2ContainerServiceBackend
        from moto.ecs.responses import EC2ContainerServiceResponse

        cloud = self
        create, update = CodeDeployBackend.create_deployment, EC2ContainerServiceBackend.update_service

        def create_deployment(backend, *arguments, **named):
            identity = create(backend, *arguments, **named)
            deployment = backend.deployments[identity]
            deployment.status = cloud.ending
            if cloud.ending == "Succeeded" and not cloud.lost:
                cloud.move(deployment)
            return identity

        def update_service(backend, properties):
            if cloud.lost:
                properties.pop("task_definition")
            return update(backend, properties)

        CodeDeployBackend.create_deployment = create_deployment
        EC2ContainerServiceBackend.update_service = update_service
        EC2ContainerServiceResponse.list_service_deployments = lambda _: ActionResult(
            {"serviceDeployments": [{"serviceDeploymentArn": "x"}] if self.under_way else []}
        )
        EC2ContainerServiceResponse.stop_service_deployment = lambda _: ActionResult({})

        def create_service(backend, *arguments, **named):
            service = original(backend, *arguments, **named)
            if service.deployment_controller["type"] == "CODE_DEPLOY":
                cloud.run(service, service.task_definition)
            return service

        original = EC2ContainerServiceBackend.create_service
        EC2ContainerServiceBackend.create_service = create_service

    def run(self, service, revision):
        """Makes a revision the primary task set of a service, as moto keeps them."""
        from moto.ecs.models import TaskSet

        service.task_sets = [TaskSet(
            service=service.name, cluster=service.cluster_name, task_definition=revision, account_id=OWNER,
            region_name=os.environ["AWS_REGION"], external_id="", network_configuration={}, load_balancers=[],
            service_registries=[], launch_type="FARGATE", capacity_provider_strategy=[], platform_version="LATEST",
            scale={"value": 100.0, "unit": "PERCENT"}, client_token="", tags=[],
        )]
        service.task_sets[0].status = "PRIMARY"

    def move(self, deployment):
        """Does what the revision says, as CodeDeploy does: it must fit the task definition and the deployment group."""
        from moto.ecs.models import ecs_backends

        ecs = ecs_backends[OWNER][self.region]
        group = deployment.deployment_group
        (target,) = quick_yaml.load(deployment.revision["appSpecContent"]["content"])["Resources"]
        properties = target["TargetService"]["Properties"]
        (container,) = ecs.describe_task_definition(properties["TaskDefinition"]).container_definitions
        (pair,) = group.load_balancer_info["targetGroupPairInfoList"]
        (named,) = group.ecs_services
        service = ecs.services[f"{named['clusterName']}:{named['serviceName']}"]
        balancer = properties["LoadBalancerInfo"]
        fits = (
            group.deployment_config_name.startswith("CodeDeployDefault.ECS")
            and len({item["name"] for item in pair["targetGroups"]}) == 2
            and balancer["ContainerName"] == container["name"] == service.load_balancers[0]["containerName"]
            and [balancer["ContainerPort"]] == [mapping["containerPort"] for mapping in container["portMappings"]]
        )
        if fits:
            self.run(service, properties["TaskDefinition"])
        else:
            deployment.status = "Failed"

    def network(self):
        """The parameters that a stack needs of a network."""
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{self.region}{zone}")["Subnet"]["SubnetId"]
            for index, zone in enumerate("abab")
        ]
        certificate = client("acm").request_certificate(DomainName="service.example.com")["CertificateArn"]
        zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="example")["HostedZone"]["Id"]
        return {
            "HostedZoneId": zone.rsplit("/", 1)[-1],
            "VpcId": vpc,
            "LoadBalancerSubnetIds": ",".join(subnets[:2]),
            "TaskSubnetIds": ",".join(subnets[2:]),
            "CertificateArn": certificate,
            "AccessLogBucketName": "access-logs-of-all",
            "KmsKeyArn": f"arn:aws:kms:{self.region}:{OWNER}:key/11111111-2222-3333-4444-555555555555",
            "AlarmTopicArn": f"arn:aws:sns:{self.region}:{OWNER}:everybody",
            "WebAclArn": f"arn:aws:wafv2:{self.region}:{OWNER}:regional/webacl/example/11111111-2222-3333-4444-555555555555",
        }

    def registry(self, service):
        """The repository of its region with images; returns their digests."""
        ecr = client("ecr")
        ecr.create_repository(repositoryName=service)
        manifest = '{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {{"digest": "sha256:{number:064x}"}}, "layers": []}}'
        return [
            ecr.put_image(repositoryName=service, imageManifest=manifest.format(number=number), imageTag=f"{number + 1:040x}-7.1")
            ["image"]["imageId"]["imageDigest"]
            for number in range(self.DIGESTS)
        ]


class Case:
    """A copy of the project in an account of its own, with its own network in one environment's parameter file."""

    def __init__(self, cleanup, project):
        self.folder = pathlib.Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        shutil.copytree(project / "deploy", self.folder / "deploy")
        self.deploy = self.folder / "deploy/ecs"
        self.move_to_one_account()
        script = (self.deploy / "deploy.sh").read_text(encoding="utf-8")
        home = re.search(r"\$AWS_REGION != ([a-z0-9-]+) ", script)
        # Of several regions, one other than the first, which is gone.
        parameter_file = next(
            file for file in sorted((self.deploy / "params").glob("*.json")) if not home or file.stem.split(".")[1] != home[1]
        )
        self.environment, *region = parameter_file.stem.split(".")
        self.arguments = [self.environment, *region]
        self.cloud = Cloud(cleanup, self.folder, region[0] if region else re.search(r"^region=(\S+)$", script, re.MULTILINE)[1])
        task_definition = json.loads((self.deploy / "task-definition.json").read_text(encoding="utf-8"))
        self.service = task_definition["family"].removesuffix("-<Environment>")
        (container,) = task_definition["containerDefinitions"]
        self.secrets = {entry["valueFrom"].rsplit("/", 1)[-1].split(":")[0]: None for entry in container.get("secrets", [])}
        network = self.cloud.network()
        self.digests = self.cloud.registry(self.service)
        parameters = json.loads(parameter_file.read_text(encoding="utf-8"))
        for entry in parameters:
            entry["ParameterValue"] = network.get(entry["ParameterKey"], entry["ParameterValue"])
        parameter_file.write_text(json.dumps(parameters))
        self.parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in parameters}
        self.stack = f"{self.service}-{self.environment}"
        if (self.deploy / "network.yaml").exists():
            self.make_network(network)
        self.code_deploy = (self.deploy / "appspec.yaml").exists()
        self.every_call = set()
        self.command_line = cleanup.enter_context(CommandLine())
        self.command_line.gone, self.command_line.cloud = home and home[1], self.cloud
        threading.Thread(target=self.command_line.serve_forever, daemon=True).start()
        cleanup.callback(self.command_line.shutdown)
        programs = self.folder / "bin"
        programs.mkdir()
        for name, text in {"aws": AWS, "curl": "#!/bin/sh\n", "seq": "#!/bin/sh\necho $1\n", "gh": GH}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

    def move_to_one_account(self):
        """Puts the one account of this cloud in the place of those that the project names."""
        for file in [file for file in self.deploy.rglob("*") if file.is_file()]:
            text = file.read_text(encoding="utf-8")
            file.write_text(re.sub(r"\b([1-9])\1{11}\b", OWNER, text), encoding="utf-8")

    def make_network(self, network):
        """A stack with the outputs of network.yaml, which names what is there."""
        template = yaml.load((self.deploy / "network.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
        outputs = {name: network[name] for name in template["Outputs"]}
        self.parameters |= outputs
        body = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        client("cloudformation").create_stack(StackName=f"{self.stack}-network", TemplateBody=json.dumps(body))

    def store_secrets(self):
        for secret in self.secrets:
            client("ssm").put_parameter(Name=f"/{self.service}/{self.environment}/{secret}", Value="x", Type="SecureString")
            client("secretsmanager").create_secret(Name=f"{self.service}/{self.environment}/{secret}", SecretString="x")

    def run(self, digest, *, ending="Succeeded", lost=False, variables=None):
        self.cloud.ending, self.cloud.lost = ending, lost
        self.command_line.calls, self.command_line.lines, self.command_line.said = [], [], ""
        done = subprocess.run(
            ["bash", "deploy/ecs/deploy.sh", *self.arguments, digest],
            cwd=self.folder,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "AWS_PORT": str(self.command_line.server_address[1]),
                **(variables or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.code, self.output = done.returncode, done.stdout + done.stderr + self.command_line.said
        self.calls, self.lines = self.command_line.calls, self.command_line.lines
        self.every_call |= set(self.calls)
        os.environ["AWS_REGION"] = self.cloud.region

    def revisions(self):
        return client("ecs").list_task_definitions(familyPrefix=self.stack)["taskDefinitionArns"]

    def running(self):
        """The service, and the revision that it runs."""
        (service,) = client("ecs").describe_services(cluster=self.stack, services=[self.stack])["services"]
        if not self.code_deploy:
            return service, service["taskDefinition"]
        return service, [sets["taskDefinition"] for sets in service["taskSets"] if sets["status"] == "PRIMARY"][0]

    def plant(self, path, old, new):
        text = (self.deploy / path).read_text(encoding="utf-8")
        assert old in text, f"{old} is not in {path}"
        (self.deploy / path).write_text(text.replace(old, new, 1))


def rights_of_deployer(template):
    """The actions that the role of an environment on GitHub may take."""
    resources = template["Resources"]
    names = [policy["Ref"] for policy in resources["DeployRole"]["Properties"]["ManagedPolicyArns"]]
    documents = [resources[name]["Properties"]["PolicyDocument"] for name in names]
    statements = [statement for document in documents for statement in document["Statement"]]
    return {action for statement in statements for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])}


# One is several actions, and the other needs no right.
FREE = {"cloudformation deploy", "sts get-caller-identity"}


def right_for(call):
    """The action of a call: `deploy create-deployment` is codedeploy:CreateDeployment."""
    service, command = call.split()
    return f"{'codedeploy' if service == 'deploy' else service}:{command.title().replace('-', '')}"


def placeholders(value):
    return re.findall(r"<[^<>]*>", json.dumps(value))


def cases(case):
    """Yields a sentence and whether it holds."""
    first, second, third = case.digests
    changes = {"cloudformation deploy", "ecs register-task-definition", "ecs create-service", "ecs update-service", "deploy create-deployment"}

    case.run("sha256:" + "0" * 64)
    yield "an image that is not there is refused before anything changes", case.code != 0 and not changes & set(case.calls)
    cloudformation = client("cloudformation")
    tags = [{"Key": "service", "Value": f"{case.service}-{case.environment}"}, {"Key": "environment", "Value": "x"}]
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    cloudformation.create_stack(StackName=case.stack, TemplateBody=body, Tags=tags)
    case.run(first)
    yield "another project's stack is left alone", "another project's" in case.output and not changes & set(case.calls)
    cloudformation.delete_stack(StackName=case.stack)
    if case.secrets:
        case.run(first)
        yield "a secret that is not there is refused before anything changes", case.code != 0 and not changes & set(case.calls)
        case.store_secrets()

    if "gh attestation" in (case.deploy / "deploy.sh").read_text(encoding="utf-8"):
        for predicate in PREDICATES:
            case.run(first, variables={"UNATTESTED": predicate})
            refused = case.code == 1 and REFUSED in case.output and not changes & set(case.calls)
            yield f"an image that the workflow has not attested ({predicate}) is refused before anything changes", refused

    case.run(first)
    yield "the first deployment exits 0", case.code == 0
    if case.code != 0:
        return
    service, running = case.running()
    described = client("ecs").describe_task_definition(taskDefinition=running)["taskDefinition"]
    (container,) = described["containerDefinitions"]
    yield "the service runs the first revision", running.endswith(f"/{case.stack}:1")
    yield "it is the image that was asked for", container["image"].endswith(f"/{case.service}@{first}")
    tags = client("ecs").describe_task_definition(taskDefinition=running, include=["TAGS"])["tags"]
    said = {tag["key"]: tag["value"] for tag in tags}
    yield "the revision says its commit", said["commit"] == f"{1:040x}" and said["author"] == "none" and said["service"] == case.service
    yield "no placeholder is left in what was registered", not placeholders(described)
    yield "no placeholder is left in the service", not placeholders(json.loads(json.dumps(service, default=str)))
    subnets = service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    yield "the tasks are in the subnets of the parameter file", subnets == case.parameters["TaskSubnetIds"].split(",")
    yield "stack, revision, service, in this order", [call for call in case.calls if call in changes] == (
        ["cloudformation deploy", "ecs register-task-definition", "cloudformation deploy"]
        if case.code_deploy
        else ["cloudformation deploy", "ecs register-task-definition", "ecs create-service", "cloudformation deploy"]
    )
    stack = case.command_line.stacks[case.cloud.region, case.stack]
    yield "the stack knows of the service then", stack.parameters["WithService"] == "true"
    if case.code_deploy:
        group = client("codedeploy").get_deployment_group(applicationName=case.stack, deploymentGroupName=case.stack)
        yield "CodeDeploy has the group", bool(group["deploymentGroupInfo"])
        yield "the first deployment is none of CodeDeploy's", not client("codedeploy").list_deployments()["deployments"]
    else:
        yield "the service starts with the fewest tasks", str(service["desiredCount"]) == case.parameters["MinTasks"]

    case.run(second)
    _, running = case.running()
    yield "the next deployment exits 0", case.code == 0
    yield "the service runs the next revision", running.endswith(f"/{case.stack}:2")
    begins = "deploy create-deployment" if case.code_deploy else "ecs update-service"
    yield "it is deployed once", case.calls.count(begins) == 1 and "ecs create-service" not in case.calls
    if case.code_deploy:
        yield "the way back is told", "aws deploy stop-deployment --deployment-id" in case.output
        override = "--override-alarm-configuration enabled=false"
        yield "alarms are looked at", not any(override in line for line in case.lines)
        case.run(second, variables={"IGNORE_ALARMS": "1"})
        yield "they are not on demand", case.code == 0 and any(override in line for line in case.lines)
        running = case.running()[1]

    before = running
    case.run(third, lost=True)
    yield "a deployment that was rolled back is a failure", case.code == 1 and "instead of" in case.output
    yield "the service runs what it ran before", case.running()[1] == before
    if case.code_deploy:
        for ending in ("Failed", "Stopped"):
            case.run(third, ending=ending)
            yield f"a deployment that ended as {ending} is a failure", case.code == 1 and f"ended as {ending}" in case.output

    count = len(case.revisions())
    case.plant("task-definition.json", "<TaskRoleArn>", "<TaskRole>")
    case.run(third)
    yield "a name that nothing fills is an error", case.code != 0 and "nothing fills <TaskRole>" in case.output
    yield "nothing is registered then", len(case.revisions()) == count
    if not case.code_deploy:
        case.cloud.under_way = True
        case.run(third)
        yield "while one is under way there is no other", "still at a deployment" in case.output and not changes & set(case.calls)
        case.cloud.refused = True
        case.run(third)
        yield "a question that is refused is no answer", "cannot be asked" in case.output and not changes & set(case.calls)
        case.cloud.refused = False
    if "go_back" in (case.deploy / "deploy.sh").read_text(encoding="utf-8"):
        case.plant("task-definition.json", "<TaskRole>", "<TaskRoleArn>")
        case.plant("deploy.sh", '= 0 ] || fail "$stack is still at', '= x ] || : "$stack is still at')
        case.run(third)
        yield "one that does not end is told to go back", "rolls back" in case.output and "ecs stop-service-deployment" in case.calls
    if case.code_deploy:
        case.cloud.ending = "InProgress"
        client("codedeploy").create_deployment(applicationName=case.stack, deploymentGroupName=case.stack, revision={})
        case.run(third)
        yield "while one is under way there is no other", "still at deployment" in case.output and not changes & set(case.calls)

    if (case.deploy / "roles.yaml").exists():
        rights = rights_of_deployer(yaml.load((case.deploy / "roles.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader))
        needed = {right_for(call) for call in case.every_call - FREE} | {"iam:PassRole"}
        case.output = f"missing: {', '.join(sorted(needed - rights))}\n"
        yield "the role on GitHub may make every call", needed <= rights


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path, help="root of the generated project")
    sentences.add_arguments(parser)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as cleanup:
        case = Case(cleanup, arguments.project)
        checked = sentences.judge(((sentence, holds, case) for sentence, holds in cases(case)), arguments.until)
    if checked is None:
        return 1
    print(f"{arguments.project}: deploy.sh is right in {checked} respects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
