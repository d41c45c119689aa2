"""Creates the generated stacks on ministack and calls the generated service through its generated load balancer.

Starts ministack on a free loopback port, creates the bootstrap stack and the service stack of one environment with its
parameter file (of the JSON formats: the stack, and from its outputs the task definition and the service), starts the service binary with exactly the environment of the task definition that ECS registered
(ports apart, which are free ones), registers it in the generated target group, and sends requests through the
generated listener rule. What must hold:

- all stacks reach CREATE_COMPLETE with every resource that ministack knows,
- the container's health command succeeds against the running binary,
- the target group's health path answers through the load balancer, with the matcher's status, from this binary,
- with two target groups, it answers through the production rule and the test rule that the service names, from either
  group; the check itself points the rules at the groups, as ECS would by weight: ministack takes the first of a rule,
- with CodeDeploy, the same of the two listeners, which the check turns as CodeDeploy would: ministack has no CodeDeploy,
- a plain HTTP listener beside an HTTPS one redirects,
- where the load balancer is another owner's, the rules take the requests for the host name of the project and no others,
- where the service is a worker, its queues are as the task definition says, and the binary empties the queue,
- SIGTERM ends the binary with status 0 within the container's StopTimeout, and then nobody answers any more.

Everything that was started is stopped, whatever happens. No traffic leaves 127.0.0.1.

Usage: ecs_ministack.py --project DIR --binary PATH [--environment NAME]
Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import boto3
import botocore.config
import botocore.exceptions
import yaml

import ecs_json
from ecs_shared import OTHER_HOST, shared_parameters
from ecs_taskdef_shapes import CloudFormationLoader

REGION = "us-east-1"
ACCOUNT = "000000000000"
DIGEST = "sha256:" + "0" * 64

# ministack 1.5.33 answers "Unrecognized resource types" to these, so they are taken out, and only these. Nothing here
# carries a request: it enforces no security group, and there is no load to scale with.
REFUSED_TYPES = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::IAM::OIDCProvider",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::EC2::EIP",
    "AWS::EC2::NatGateway",
}


class CheckFailed(Exception):
    """Something that must hold does not; the text says what."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=pathlib.Path, required=True, help="root of the generated project")
    parser.add_argument("--binary", type=pathlib.Path, required=True, help="the built service")
    parser.add_argument("--environment", help="default: that of the first parameter file by name")
    arguments = parser.parse_args()
    try:
        check(arguments.project / "deploy/ecs", arguments.binary.resolve(), arguments.environment)
    except (CheckFailed, botocore.exceptions.ClientError) as error:
        print(f"ecs_ministack: {error}", file=sys.stderr)
        return 1
    return 0


def check(folder, binary, environment):
    # With several regions there is a file for each, ENVIRONMENT.REGION.json; they differ in nothing that matters here.
    files = sorted((folder / "params").glob("*.json"))
    parameter_file = next(file for file in files if environment in (None, environment_of(file)))
    environment = environment_of(parameter_file)
    parameters = {
        entry["ParameterKey"]: entry["ParameterValue"]
        for entry in json.loads(parameter_file.read_text(encoding="utf-8"))
    }
    with contextlib.ExitStack() as cleanup:
        port = start_ministack(cleanup)
        clients = Clients(port)

        bootstrap = create_stack(clients, folder / "bootstrap.yaml", "bootstrap", bootstrap_parameters(folder))
        repository = bootstrap["RepositoryUri"]
        image = f"{repository}@{DIGEST}"
        stack = f"{repository.rsplit('/', 1)[-1]}-{environment}"
        network = network_parameters(clients, parameters, folder, stack)
        if (folder / "roles.yaml").exists():
            create_stack(clients, folder / "roles.yaml", f"{stack}-roles", roles_parameters(environment))
            network |= boundary_parameter(folder, stack)
        deploy = deploy_json if ecs_json.is_json(folder) else deploy_stack
        expected = deploy(clients, folder, stack, parameters | network, image)

        container = only(clients.ecs.describe_task_definition(taskDefinition=expected)["taskDefinition"], "containerDefinitions")
        cluster = network.get("ClusterName", stack)
        clients.host = parameters["HostName"] if "ListenerArn" in parameters else None
        service = only(clients.ecs.describe_services(cluster=cluster, services=[stack]), "services")
        if is_worker(folder):
            expect(service["taskDefinition"] == expected, f"the service runs {service['taskDefinition']}, not {expected}")
            expect(not service.get("loadBalancers"), f"the service has a load balancer: {service.get('loadBalancers')}")
            check_queue(clients, folder, stack, container)
            check_worker(cleanup, clients, folder, binary, container)
            print(f"{folder}: stacks created, and {container['name']} took the messages of {stack}")
            return
        balanced = only(service, "loadBalancers")
        target_group = only(
            clients.elbv2.describe_target_groups(TargetGroupArns=[balanced["targetGroupArn"]]), "TargetGroups"
        )
        if service["taskDefinition"] != expected:
            raise CheckFailed(f"the service runs {service['taskDefinition']}, not {expected}")

        written = written_container(folder)
        secret_names = [secret["Name"] for secret in written.get("Secrets", [])]
        process, settings = start_service(cleanup, binary, container, secret_names)
        wait_until_ready(process, int(settings["PORT"]), target_group["HealthCheckPath"])
        run_health_command(binary, written["HealthCheck"], settings)
        target = {"Id": "127.0.0.1", "Port": int(settings["PORT"])}
        clients.elbv2.register_targets(TargetGroupArn=target_group["TargetGroupArn"], Targets=[target])
        check_requests(clients, port, target_group)
        if "advancedConfiguration" in balanced:
            check_shift(clients, port, target_group, balanced["advancedConfiguration"], target)
        if (folder / "appspec.yaml").exists():
            check_turn(clients, port, target_group, target)
        check_drain(process, container["stopTimeout"])
        status, _ = request_through(clients, port, target_group["HealthCheckPath"])
        expect(status == 502, f"the load balancer answered {status} after the service had stopped, not 502")
    print(f"{folder}: stacks created and {container['name']} reached through the load balancer of {stack}")


def deploy_stack(clients, folder, stack, parameters, image):
    """Creates the stack that owns everything; returns its task definition."""
    outputs = create_stack(clients, folder / "service.yaml", stack, parameters | {"Image": image})
    return outputs["TaskDefinitionArn"]


def deploy_json(clients, folder, stack, parameters, image):
    """Does what deploy.sh does the first time; returns the task definition that it registers."""
    outputs = create_stack(clients, folder / "infra.yaml", stack, parameters) | ecs_json.of_image(image)
    task_definition = ecs_json.fill(ecs_json.read(folder / "task-definition.json"), outputs.__getitem__)
    registered = clients.ecs.register_task_definition(**task_definition)["taskDefinition"]["taskDefinitionArn"]
    if (folder / "service.json").exists():
        service = ecs_json.read(folder / "service.json")
        if "CapacityProvider" not in outputs and "<CapacityProvider>" in json.dumps(service):
            del service["capacityProviderStrategy"]
        service = ecs_json.fill(service, outputs.__getitem__)
        clients.ecs.create_service(**service | {"taskDefinition": registered, "desiredCount": int(parameters["MinTasks"])})
    else:
        create_stack(clients, folder / "infra.yaml", stack, parameters | {"WithService": "true"}, again=True)
    return registered


def environment_of(parameter_file):
    return parameter_file.name.split(".")[0]


class Clients:
    """The AWS APIs of one ministack."""

    def __init__(self, port):
        self.endpoint = f"http://127.0.0.1:{port}"
        for name in ("acm", "cloudformation", "ec2", "ecs", "elbv2", "route53", "sqs", "ssm"):
            setattr(self, name, self.client(name))
        # The host name by which a load balancer that others use, too, knows the service.
        self.host = None

    def client(self, name):
        return client(self.endpoint, name, REGION)


def client(endpoint, name, region, account=ACCOUNT):
    """A client of one account: ministack takes an access key of twelve digits for that."""
    return boto3.client(
        name,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=botocore.config.Config(proxies={}, retries={"max_attempts": 0}),
    )


def start_ministack(cleanup):
    """Starts ministack in a folder of its own and waits until it answers."""
    home = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="ministack-"))
    port = free_port()
    log = cleanup.enter_context(open(pathlib.Path(home) / "log", "w+", encoding="utf-8"))
    process = start(
        cleanup,
        [sys.executable, "-m", "ministack"],
        # Its listeners beside the gateway, for services that are not used here, stay off.
        {
            "PATH": os.environ.get("PATH", ""),
            "HOME": home,
            "TMPDIR": home,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "S3_DATA_DIR": f"{home}/s3",
        },
        log,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if get(port, "/_ministack/health")[0] == 200:
                return port
        time.sleep(0.2)
    log.seek(0)
    raise CheckFailed(f"ministack did not start:\n{log.read()[-2000:]}")


def create_stack(clients, template_path, name, parameters, *, again=False, tags=None):
    """Creates a stack, or updates it when it is there, and returns its outputs."""
    template = yaml.load(template_path.read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    resources = template["Resources"]
    leave_out_refused(resources)
    outputs = template.get("Outputs", {})
    for key in [key for key, output in outputs.items() if is_left_out(output["Value"], resources, template)]:
        del outputs[key]
    unknown = set(parameters) - set(template.get("Parameters", {}))
    expect(not unknown, f"{template_path} has no parameter {', '.join(sorted(unknown))}")

    call = clients.cloudformation.update_stack if again else clients.cloudformation.create_stack
    call(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )
    deadline = time.monotonic() + 60
    while True:
        stack = only(clients.cloudformation.describe_stacks(StackName=name), "Stacks")
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if stack["StackStatus"] != ("UPDATE_COMPLETE" if again else "CREATE_COMPLETE"):
        events = clients.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
        ]
        raise CheckFailed(f"{template_path} ended as {stack['StackStatus']}\n" + "\n".join(reasons))
    created = {
        resource["LogicalResourceId"]
        for resource in clients.cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        if resource["ResourceStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    }
    missing = {key for key, resource in resources.items() if again or "Condition" not in resource} - created
    expect(not missing, f"{template_path} created no {', '.join(sorted(missing))}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def is_left_out(value, resources, template):
    """Whether an output names a resource that was taken out."""
    name = value.get("Ref") if isinstance(value, dict) else None
    return bool(name) and name not in resources and name not in template["Parameters"] and not name.startswith("AWS::")


def leave_out_refused(resources):
    """Takes out what ministack refuses and what it would only choke on."""
    for logical_id, resource in list(resources.items()):
        if resource["Type"] == "AWS::IAM::OIDCProvider" and "Condition" in resource:
            # The roles name it in the branch of a condition that bootstrap_parameters does not take.
            resources[logical_id] = {
                "Type": "AWS::CloudFormation::WaitConditionHandle",
                "Condition": resource["Condition"],
            }
        elif resource["Type"] in REFUSED_TYPES or "NatGatewayId" in resource.get("Properties", {}):
            del resources[logical_id]
        elif resource["Type"] == "AWS::ECS::Service":
            leave_out_capacity(resource)
        elif resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            # ministack knows alarms over one metric only; the service must still find an alarm of this name.
            properties = resource["Properties"]
            statistic = next(metric["MetricStat"] for metric in properties.pop("Metrics") if "MetricStat" in metric)
            properties |= statistic["Metric"] | {"Statistic": statistic["Stat"], "Period": statistic["Period"]}


def leave_out_capacity(service):
    """Takes a capacity provider of the stack out of a service: ministack places no tasks."""
    strategy = service["Properties"].get("CapacityProviderStrategy", [])
    if any(isinstance(item["CapacityProvider"], dict) for item in strategy):
        del service["Properties"]["CapacityProviderStrategy"]
        names = service.pop("DependsOn", [])
        service["DependsOn"] = [name for name in ([names] if isinstance(names, str) else names) if name != "ClusterCapacity"]


def bootstrap_parameters(folder):
    """A repository, and a provider that another stack made, if the project deploys from GitHub."""
    template = yaml.load((folder / "bootstrap.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    values = {
        "GitHubSubject": "acme@1/orders@2",
        "GitHubProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    }
    return {name: value for name, value in values.items() if name in template.get("Parameters", {})}


def roles_parameters(environment):
    """What the roles of an environment are told."""
    return {
        "Environment": environment,
        "GitHubSubject": "acme@1/orders@2",
        "GitHubProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    }


def boundary_parameter(folder, stack):
    """The boundary that deploy.sh names where there are roles."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{stack}-boundary"
    return {"PermissionsBoundary": arn} if (folder / "roles.yaml").exists() else {}


def network_parameters(clients, parameters, folder, stack, tags=None):
    """The network that the project makes itself, or one and a certificate in the place of the example ids."""
    if (folder / "network.yaml").exists():
        declared = yaml.load((folder / "network.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)["Parameters"]
        given = {"Environment": parameters["Environment"], "HostName": "service.example.com", "HostedZoneId": "Z0123456789"}
        given = {name: value for name, value in given.items() if name in declared}
        values = create_stack(clients, folder / "network.yaml", f"{stack}-network", given, tags=tags)
        return values | hosted_zone(clients, parameters) | machine_image(clients, parameters)
    vpc = clients.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        clients.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")
        ["Subnet"]["SubnetId"]
        for index, zone in enumerate("abab")
    ]
    values = {"VpcId": vpc, "TaskSubnetIds": ",".join(subnets[2:])}
    if "LoadBalancerSubnetIds" in parameters:
        values["LoadBalancerSubnetIds"] = ",".join(subnets[:2])
    values |= shared_parameters(clients, parameters, folder, vpc, subnets[:2])
    if "CertificateArn" in parameters:
        certificate = clients.acm.request_certificate(DomainName="service.example.com")
        values["CertificateArn"] = certificate["CertificateArn"]
    return values | hosted_zone(clients, parameters) | machine_image(clients, parameters)


def hosted_zone(clients, parameters):
    """The zone in which the stack makes the record of the host name."""
    if "HostedZoneId" not in parameters:
        return {}
    zone = clients.route53.create_hosted_zone(Name="example.com", CallerReference="example")["HostedZone"]["Id"]
    return {"HostedZoneId": zone.rsplit("/", 1)[-1]}


def machine_image(clients, parameters):
    """The public parameter of the template cannot be made here."""
    if "MaxInstances" not in parameters:
        return {}
    clients.ssm.put_parameter(Name="/machine-image", Type="String", Value="ami-00000000000000000")
    return {"MachineImage": "/machine-image"}


def start_service(cleanup, binary, container, secret_names):
    """Starts the binary as ECS would, on free ports, and returns the process and its environment."""
    settings = {entry["name"]: entry["value"] for entry in container["environment"]}
    mapped = {mapping["containerPort"] for mapping in container["portMappings"]}
    for name in ("PORT", "ADMIN_PORT"):
        expect(settings.get(name, "").isdigit(), f"{name} is {settings.get(name)!r} in the task definition, not a port")
    expect({int(settings["PORT"])} == mapped, f"PORT is {settings['PORT']}, but the container maps {mapped}")
    settings |= {name: "a secret" for name in secret_names}
    settings |= {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
    return start(cleanup, [str(binary)], settings, subprocess.DEVNULL), settings


def wait_until_ready(process, port, path):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        expect(process.poll() is None, f"the service ended with status {process.poll()} under its own task definition")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if get(port, path)[0] == 200:
                return
        time.sleep(0.05)
    raise CheckFailed(f"{path} did not answer 200 on the service's own port within 20 s")


def written_container(folder):
    """The container as the template has it: ministack returns its health check and its secrets empty."""
    if ecs_json.is_json(folder):
        wrapped = ecs_json.template(ecs_json.read(folder / "task-definition.json"))
    else:
        wrapped = yaml.load((folder / "service.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    return wrapped["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]


def run_health_command(binary, health, settings):
    kind, *command = health["Command"]
    expect(kind == "CMD" and command[0] == "/app", f"the health command is {health['Command']}, not the binary's own")
    result = subprocess.run(
        [str(binary), *command[1:]], env=settings, timeout=health["Timeout"], capture_output=True, check=False
    )
    expect(result.returncode == 0, f"the health command ended with status {result.returncode}: {result.stderr!r}")


def check_requests(clients, port, target_group):
    """The health path and an unknown path reach the service; plain HTTP beside HTTPS is redirected."""
    path = target_group["HealthCheckPath"]
    request_id = str(uuid.uuid4())
    status, headers = request_through(clients, port, path, {"x-request-id": request_id})
    wanted = target_group["Matcher"]["HttpCode"]
    expect(str(status) == wanted, f"{path} answered {status} through the load balancer, not {wanted}")
    echoed = headers.get("x-request-id")
    expect(echoed == request_id, f"{path} was not answered by the service: x-request-id is {echoed}")

    status, headers = request_through(clients, port, f"/no-such-thing-{request_id}")
    expect(status == 404 and "x-request-id" in headers, f"an unknown path gave {status}, not the service's own 404")

    if clients.host:
        status, headers = request_through(clients, port, path, {"Host": f"{OTHER_HOST}:{production_port(clients)}"})
        expect(status == 410, f"a request for the host of another service gave {status}: it is not answered by its own rule")
        status, headers = request_through(clients, port, path, {"Host": f"nobody.example.com:{production_port(clients)}"})
        expect(status == 404 and "x-request-id" not in headers, f"a request for a host of nobody gave {status}")
    elif production_port(clients) == 443:
        status, headers = request_through(clients, port, path, listener_port=80)
        location = headers.get("location", "")
        expect(status == 301 and location.startswith("https://"), f"port 80 gave {status} to {location!r}, not a redirect")


def check_shift(clients, port, target_group, configuration, target):
    """The production rule and the test rule reach the service in either target group."""
    groups = [target_group["TargetGroupArn"], configuration["alternateTargetGroupArn"]]
    expect(groups[0] != groups[1], "the alternate target group is the target group")
    ports = {
        configuration[rule]: listener_of(clients, configuration[rule])["Port"]
        for rule in ("productionListenerRule", "testListenerRule")
    }
    expect(
        ports[configuration["productionListenerRule"]] == production_port(clients),
        "the production rule is not one of the production listener",
    )
    expect(len(set(ports.values())) == 2, "the production rule and the test rule share a listener")
    for group, other in ((groups[0], groups[1]), (groups[1], groups[0])):
        clients.elbv2.deregister_targets(TargetGroupArn=other, Targets=[target])
        clients.elbv2.register_targets(TargetGroupArn=group, Targets=[target])
        for rule, listener_port in ports.items():
            clients.elbv2.modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "TargetGroupArn": group}])
            request_id = str(uuid.uuid4())
            status, headers = request_through(
                clients, port, target_group["HealthCheckPath"], {"x-request-id": request_id}, listener_port
            )
            expect(
                status == 200 and headers.get("x-request-id") == request_id,
                f"port {listener_port} answered {status} with the tasks in {group}",
            )


def check_turn(clients, port, target_group, target):
    """Both listeners that CodeDeploy turns reach the service in either target group."""
    first = target_group["TargetGroupArn"]
    groups = [group["TargetGroupArn"] for group in clients.elbv2.describe_target_groups()["TargetGroups"]]
    expect(len(groups) == 2 and first in groups, f"the stack has {len(groups)} target groups, not two with that of the service")
    turned = [listener for listener in listeners(clients) if listener["DefaultActions"][0]["Type"] == "forward"]
    named = {listener["DefaultActions"][0].get("TargetGroupArn") for listener in turned}
    expect(len(turned) == 2 and named == {first}, "production and test listener do not both forward to the service's group")
    for group in sorted(groups, key=lambda group: group != first):
        for other in groups:
            clients.elbv2.deregister_targets(TargetGroupArn=other, Targets=[target])
        clients.elbv2.register_targets(TargetGroupArn=group, Targets=[target])
        for listener in turned:
            action = {"Type": "forward", "TargetGroupArn": group}
            clients.elbv2.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=[action])
            request_id = str(uuid.uuid4())
            status, headers = request_through(
                clients, port, target_group["HealthCheckPath"], {"x-request-id": request_id}, listener["Port"]
            )
            expect(
                status == 200 and headers.get("x-request-id") == request_id,
                f"port {listener['Port']} answered {status} with the tasks in {group}",
            )


def listener_of(clients, rule):
    """The listener that a rule belongs to."""
    for listener in listeners(clients):
        rules = clients.elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        if rule in {candidate["RuleArn"] for candidate in rules}:
            return listener
    raise CheckFailed(f"no listener has the rule {rule}")


def production_port(clients):
    ports = {listener["Port"] for listener in listeners(clients)}
    return 443 if 443 in ports else 80


def listeners(clients):
    return clients.elbv2.describe_listeners(LoadBalancerArn=load_balancer(clients)["LoadBalancerArn"])["Listeners"]


def is_worker(folder):
    """Whether the service takes messages from a queue, and no requests."""
    stack = folder / "service.yaml"
    return stack.exists() and "AWS::SQS::Queue" in stack.read_text(encoding="utf-8")


def attributes_of(clients, name):
    url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def check_queue(clients, folder, stack, container):
    """The queues are what the worker and its role are told of them."""
    settings = {entry["name"]: entry["value"] for entry in container["environment"]}
    queue, dead = attributes_of(clients, stack), attributes_of(clients, f"{stack}-dead-letters")
    expect(settings["QUEUE_URL"].endswith(f"/{stack}"), f"QUEUE_URL is {settings['QUEUE_URL']}, and the queue {stack}")
    expect(queue["VisibilityTimeout"] == settings["QUEUE_VISIBILITY_SECONDS"], f"the queue has the visibility timeout {queue['VisibilityTimeout']}")
    redrive = json.loads(queue["RedrivePolicy"])
    expect(redrive["deadLetterTargetArn"] == dead["QueueArn"], f"dead letters go to {redrive['deadLetterTargetArn']}")
    expect(int(redrive["maxReceiveCount"]) > 1, f"a message is tried {redrive['maxReceiveCount']} time")
    stack_of_service = yaml.load((folder / "service.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    for name, resource in stack_of_service["Resources"].items():
        expect(resource["Type"] != "AWS::EC2::SecurityGroupIngress", f"{name} lets somebody reach a task that takes no requests")
    expect(container.get("portMappings", []) == [], f"the container maps the ports {container.get('portMappings')}")


def check_worker(cleanup, clients, folder, binary, container):
    """The binary takes messages from the queue of the stack, says that it lives, and ends as ECS asks it to."""
    settings = {entry["name"]: entry["value"] for entry in container["environment"]}
    written = written_container(folder)
    settings |= {secret["Name"]: "a secret" for secret in written.get("Secrets", [])}
    settings |= {
        "ADMIN_PORT": str(free_port()), "AWS_ENDPOINT_URL": clients.endpoint, "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    }
    process = start(cleanup, [str(binary)], settings, subprocess.DEVNULL)
    wait_until_ready(process, int(settings["ADMIN_PORT"]), "/readyz")
    run_health_command(binary, written["HealthCheck"], settings)
    for order in range(20):
        clients.sqs.send_message(QueueUrl=settings["QUEUE_URL"], MessageBody=json.dumps({"order": order, "cents": 100}))
    deadline = time.monotonic() + 30
    while messages_left(clients, settings["QUEUE_URL"]):
        expect(time.monotonic() < deadline, f"{messages_left(clients, settings['QUEUE_URL'])} messages are left after 30 s")
        time.sleep(0.2)
    check_drain(process, container["stopTimeout"])


def messages_left(clients, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def check_drain(process, stop_timeout):
    process.send_signal(signal.SIGTERM)
    try:
        status = process.wait(timeout=stop_timeout)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"the service still runs {stop_timeout} s after SIGTERM: ECS would kill it") from None
    expect(status == 0, f"the service ended with status {status} after SIGTERM, not 0")


def request_through(clients, port, path, headers=None, listener_port=None):
    """Sends a request to a listener of the load balancer, of production unless told; returns the status and the headers."""
    balancer = load_balancer(clients)
    host = {"Host": f"{clients.host or balancer['DNSName']}:{listener_port or production_port(clients)}"}
    # ministack knows a load balancer by its own name alone, or by this path, which it takes away.
    way = f"/_alb/{balancer['LoadBalancerName']}{path}" if clients.host else path
    return get(port, way, host | (headers or {}))


def load_balancer(clients):
    return only(clients.elbv2.describe_load_balancers(), "LoadBalancers")


def get(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def start(cleanup, command, environment, output):
    """Starts a process that ends with this check."""
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)

    def stop():
        if process.poll() is None:
            process.kill()
        process.wait()

    cleanup.callback(stop)
    return process


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def only(response, key):
    """The single element of a list in an answer."""
    elements = response[key]
    expect(len(elements) == 1, f"{len(elements)} {key} instead of one")
    return elements[0]


def expect(condition, message):
    if not condition:
        raise CheckFailed(message)


if __name__ == "__main__":
    sys.exit(main())
