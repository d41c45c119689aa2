"""What others have before a project comes that shares it: a load balancer with a rule of theirs on each listener, and a cluster."""

import yaml

from ecs_taskdef_shapes import CloudFormationLoader

OTHER_HOST = "other.example.com"


def shared_parameters(clients, parameters, folder, vpc, subnets):
    """Makes what the parameters of a project name as shared, and returns their values."""
    values = {}
    if "ListenerArn" in parameters:
        values |= load_balancer(clients, parameters, folder, vpc, subnets)
    if "ClusterName" in parameters:
        name = f"shared-{parameters['Environment']}"
        clients.ecs.create_cluster(clusterName=name, capacityProviders=["FARGATE", "FARGATE_SPOT"])
        values["ClusterName"] = name
    return values


def load_balancer(clients, parameters, folder, vpc, subnets):
    name = f"shared-{parameters['Environment']}"
    group = clients.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    made = clients.elbv2.create_load_balancer(Name=name, Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
    values = {
        "LoadBalancerFullName": made["LoadBalancerArn"].split(":loadbalancer/")[1],
        "LoadBalancerDnsName": made["DNSName"],
        "LoadBalancerZoneId": made["CanonicalHostedZoneId"],
        "LoadBalancerSecurityGroupId": group,
    }
    for parameter, port, settings in listeners(clients, folder):
        if parameter in parameters:
            values[parameter] = listener(clients, made["LoadBalancerArn"], port, settings)
    return {key: value for key, value in values.items() if key in parameters}


def listeners(clients, folder):
    """The listeners that the project asks for, with their ports and protocols."""
    template = yaml.load((folder / "service.yaml").read_text(encoding="utf-8"), Loader=CloudFormationLoader)
    if not template["Outputs"]["LoadBalancerUrl"]["Value"]["Fn::Sub"].startswith("https"):
        return [("ListenerArn", 80, {"Protocol": "HTTP"}), ("TestListenerArn", 8080, {"Protocol": "HTTP"})]
    certificate = clients.acm.request_certificate(DomainName="*.example.com")["CertificateArn"]
    https = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate}]}
    return [("ListenerArn", 443, https), ("TestListenerArn", 8443, https)]


def listener(clients, balancer, port, settings):
    answer = lambda status: [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}]
    arn = clients.elbv2.create_listener(LoadBalancerArn=balancer, Port=port, DefaultActions=answer("404"), **settings)[
        "Listeners"
    ][0]["ListenerArn"]
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": [OTHER_HOST]}}
    clients.elbv2.create_rule(ListenerArn=arn, Priority=1, Conditions=[condition], Actions=answer("410"))
    return arn


def what_is_there(every):
    """The clusters, load balancers and rules by region, with the priorities of the rules, where anything is shared."""
    found = set()
    for (region, _), clients in every.items():
        clusters = clients.ecs.list_clusters()["clusterArns"]
        found |= {(region, arn.rsplit("/", 1)[-1], "cluster") for arn in clusters if "/shared-" in arn}
        for balancer in clients.elbv2.describe_load_balancers()["LoadBalancers"]:
            if not balancer["LoadBalancerName"].startswith("shared-"):
                continue
            for it in clients.elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
                rules = clients.elbv2.describe_rules(ListenerArn=it["ListenerArn"])["Rules"]
                found |= {(region, it["ListenerArn"], str(rule["Priority"])) for rule in rules}
    return found


def of_others(found):
    """What of it is not the project's."""
    return {it for it in found if it[2] in ("cluster", "default", "1")}
