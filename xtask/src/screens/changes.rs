//! Changes of an answer: what `update --dry-run` says of each, for whoever has to make it to a service that runs.

use std::fs;
use std::path::Path;

use super::{Ran, errors, run};
use crate::Result;

const ECS: &str = "--target=ecs";
const TERRAFORM: &str = "--ecs-format=terraform";
const KUBERNETES: &str = "--target=kubernetes";

/// A change: its name, the flags of the project, and the answers that change.
type Change = (&'static str, &'static [&'static str], &'static [&'static str]);

const CHANGES: &[Change] = &[
    ("ecs-rolling-to-canary", &[ECS], &["strategy=canary"]),
    ("ecs-rolling-to-blue-green", &[ECS], &["strategy=blue-green"]),
    ("ecs-blue-green-to-linear", &[ECS, "--strategy=blue-green"], &["strategy=linear"]),
    ("ecs-canary-to-rolling", &[ECS, "--strategy=canary"], &["strategy=rolling"]),
    ("ecs-rolling-to-code-deploy", &[ECS], &["strategy=canary", "deployment_controller=code-deploy"]),
    ("ecs-to-code-deploy", &[ECS, "--strategy=canary"], &["deployment_controller=code-deploy"]),
    ("ecs-from-code-deploy", &[ECS, "--strategy=canary", CODE_DEPLOY], &["deployment_controller=ecs"]),
    ("ecs-from-code-deploy-to-rolling", &[ECS, "--strategy=canary", CODE_DEPLOY], &["strategy=rolling"]),
    ("ecs-code-deploy-strategy", &[ECS, "--strategy=canary", CODE_DEPLOY], &["strategy=blue-green"]),
    ("ecs-stack-to-json", &[ECS], &["ecs_format=json"]),
    ("ecs-stack-to-terraform", &[ECS], &["ecs_format=terraform"]),
    ("ecs-terraform-to-stack", &[ECS, TERRAFORM], &["ecs_format=cloudformation"]),
    ("ecs-terraform-to-blue-green", &[ECS, TERRAFORM], &["strategy=blue-green"]),
    ("ecs-terraform-to-rolling", &[ECS, TERRAFORM, "--strategy=canary"], &["strategy=rolling"]),
    ("ecs-terraform-environment-leaves", &[ECS, TERRAFORM], &["environments=dev,prod"]),
    ("ecs-terraform-second-region", &[ECS, TERRAFORM], &["regions=us-east-1,eu-west-1"]),
    ("ecs-terraform-home-region", &[ECS, TERRAFORM], &["regions=eu-west-1", "home_region=eu-west-1"]),
    ("ecs-terraform-dns-routing", &[ECS, TERRAFORM, "--regions=us-east-1,eu-west-1"], &["dns_routing=latency"]),
    ("ecs-terraform-scheme", &[ECS, TERRAFORM], &["scheme=internal"]),
    ("ecs-terraform-without-https", &[ECS, TERRAFORM], &["https=false"]),
    ("ecs-terraform-web-acl", &[ECS, TERRAFORM], &["waf=true"]),
    ("ecs-terraform-session", &[ECS, TERRAFORM, "--strategy=canary"], &["bake_minutes=60"]),
    ("ecs-terraform-leaves", &[ECS, TERRAFORM], &["target=kubernetes"]),
    ("ecs-json-to-stack", &[ECS, "--ecs-format=json"], &["ecs_format=cloudformation"]),
    ("ecs-port", &[ECS], &["port=8081"]),
    ("ecs-port-json", &[ECS, "--ecs-format=json"], &["port=8081"]),
    ("ecs-port-code-deploy", &[ECS, "--strategy=canary", CODE_DEPLOY], &["port=8081"]),
    ("ecs-target-group-port", &[ECS], &["target_group_port=80"]),
    ("ecs-size", &[ECS], &["cpu=512"]),
    ("ecs-owner", &[ECS, "--ecs-format=json"], &["owner=logistics"]),
    ("ecs-architecture", &[ECS], &["architecture=amd64"]),
    ("ecs-fargate-to-spot", &[ECS], &["capacity=fargate-spot"]),
    ("ecs-fargate-to-instances", &[ECS], &["capacity=ec2"]),
    ("ecs-instances-to-managed", &[ECS, "--capacity=ec2"], &["capacity=managed-instances"]),
    ("ecs-instances-to-fargate", &[ECS, "--capacity=ec2"], &["capacity=fargate"]),
    ("ecs-other-instances", &[ECS, "--capacity=ec2"], &["architecture=amd64"]),
    ("ecs-scheme", &[ECS], &["scheme=internal"]),
    ("ecs-to-a-network", &[ECS], &["network=new"]),
    ("ecs-to-a-named-network", &[ECS, "--network=new"], &["network=existing"]),
    ("ecs-to-a-named-load-balancer", &[ECS], &["load_balancer=existing"]),
    ("ecs-to-a-load-balancer", &[ECS, "--load-balancer=existing"], &["load_balancer=new"]),
    ("ecs-to-a-named-cluster", &[ECS], &["ecs_cluster=existing"]),
    ("ecs-to-a-cluster", &[ECS, "--load-balancer=existing", "--ecs-cluster=existing"], &["ecs_cluster=new"]),
    ("ecs-without-https", &[ECS], &["https=false"]),
    ("ecs-web-acl", &[ECS], &["waf=true"]),
    ("ecs-first-secret", &[ECS], &["secrets=database-url"]),
    ("ecs-secret-store", &[ECS, "--secrets=database-url"], &["secret_store=secrets-manager"]),
    (
        "ecs-secret-key",
        &[ECS, "--secrets=database-url", "--secret-store=secrets-manager"],
        &["secret_keys=database-url=database.url"],
    ),
    ("ecs-accounts", &[ECS], &["accounts=dev=111111111111,staging=111111111111,prod=222222222222"]),
    ("ecs-json-gate-gone", &[ECS, "--strategy=canary", "--ecs-format=json", "--gate-minutes=60"], &["gate_minutes=0"]),
    ("ecs-host-record", &[ECS], &["host_record=new"]),
    ("ecs-host-record-gone", &[ECS, "--host-record=new"], &["host_record=none"]),
    ("ecs-key", &[ECS], &["kms_key=existing"]),
    ("ecs-key-gone", &[ECS, "--secrets=database-url", "--kms-key=existing"], &["kms_key=aws"]),
    ("ecs-gate", &[ECS, "--strategy=canary"], &["gate_minutes=60"]),
    ("ecs-gate-gone", &[ECS, "--strategy=canary", "--gate-minutes=60"], &["gate_minutes=0"]),
    ("ecs-alarm-topic", &[ECS], &["alarm_topic=new"]),
    ("ecs-alarm-topic-gone", &[ECS, "--alarm-topic=new"], &["alarm_topic=none"]),
    ("ecs-access-logs-gone", &[ECS, "--access-logs=new"], &["access_logs=none"]),
    ("ecs-environment-joins", &[ECS], &["environments=dev,staging,prod,dr"]),
    ("ecs-environment-leaves", &[ECS], &["environments=dev,prod"]),
    ("ecs-production", &[ECS, "--environments=blue,green", "--production=green"], &["production=blue"]),
    ("ecs-second-region", &[ECS], &["regions=us-east-1,eu-west-1"]),
    ("ecs-region-leaves", &[ECS, "--regions=us-east-1,eu-west-1"], &["regions=us-east-1"]),
    ("ecs-home-region", &[ECS, "--regions=us-east-1,eu-west-1"], &["home_region=eu-west-1"]),
    ("ecs-home-region-leaves", &[ECS, "--regions=us-east-1,eu-west-1"], &["regions=eu-west-1"]),
    ("ecs-home-region-moves", &[ECS], &["regions=eu-west-1", "home_region=eu-west-1"]),
    ("ecs-third-region", &[ECS, "--regions=us-east-1,eu-west-1"], &["regions=us-east-1,eu-west-1,eu-north-1"]),
    ("ecs-dns-routing", &[ECS, "--regions=us-east-1,eu-west-1"], &["dns_routing=latency"]),
    ("ecs-without-workflow", &[ECS], &["ci=none"]),
    ("ecs-repository", &[ECS], &["repository=other/orders"]),
    ("kubernetes-secret-key", &[KUBERNETES, "--secrets=database-url"], &["secret_keys=database-url=database.url"]),
    ("kubernetes-rolling-to-canary", &[KUBERNETES], &["strategy=canary"]),
    ("kubernetes-rolling-to-blue-green", &[KUBERNETES], &["strategy=blue-green"]),
    ("kubernetes-rolling-to-tracks", &[KUBERNETES], &["strategy=blue-green", "rollout_controller=none"]),
    ("kubernetes-canary-to-rolling", &[KUBERNETES, "--strategy=canary"], &["strategy=rolling"]),
    ("kubernetes-canary-to-blue-green", &[KUBERNETES, "--strategy=canary"], &["strategy=blue-green"]),
    ("kubernetes-tracks-to-rolling", &[KUBERNETES, "--strategy=blue-green", TRACKS], &["strategy=rolling"]),
    ("kubernetes-rollout-to-tracks", &[KUBERNETES, "--strategy=blue-green"], &["rollout_controller=none"]),
    ("kubernetes-port", &[KUBERNETES], &["port=8081"]),
    ("kubernetes-provider", &[KUBERNETES], &["provider=openshift"]),
    ("kubernetes-pod-identity", &[KUBERNETES, "--provider=aks", "--pod-identity=one"], &["pod_identity=two"]),
    ("kubernetes-first-way-in", &[KUBERNETES], &["exposure=gateway"]),
    ("kubernetes-ingress-to-gateway", &[KUBERNETES, "--exposure=ingress"], &["exposure=gateway"]),
    ("kubernetes-domain", &[KUBERNETES, "--exposure=ingress"], &["domain=example.org"]),
    ("kubernetes-to-helm", &[KUBERNETES], &["packaging=helm"]),
    ("kubernetes-to-kustomize", &[KUBERNETES, "--packaging=helm"], &["packaging=kustomize"]),
    ("kubernetes-helm-to-canary", &[KUBERNETES, "--packaging=helm"], &["strategy=canary"]),
    ("kubernetes-to-argo-cd", &[KUBERNETES], &["multi_cluster=argo-cd"]),
    ("kubernetes-argo-cd-to-flux", &[KUBERNETES, "--multi-cluster=argo-cd"], &["multi_cluster=flux"]),
    ("kubernetes-from-flux", &[KUBERNETES, "--multi-cluster=flux"], &["multi_cluster=none"]),
    ("kubernetes-from-karmada", &[KUBERNETES, "--multi-cluster=karmada"], &["multi_cluster=none"]),
    ("kubernetes-cluster-leaves", &[KUBERNETES, "--multi-cluster=flux"], &["clusters=east"]),
    ("kubernetes-environment-leaves", &[KUBERNETES], &["environments=dev,prod"]),
    ("kubernetes-production", &[KUBERNETES, "--environments=blue,green", "--production=green"], &["production=blue"]),
    ("kubernetes-secrets-by-hand", &[KUBERNETES, "--secrets=database-url"], &["kubernetes_secrets=existing"]),
    (
        "kubernetes-secrets-by-the-operator",
        &[KUBERNETES, "--secrets=database-url", "--kubernetes-secrets=existing"],
        &["kubernetes_secrets=external-secrets"],
    ),
    ("kubernetes-secret-store", &[KUBERNETES, "--secrets=database-url"], &["cluster_secret_store=vault"]),
    ("kubernetes-without-priority-class", &[KUBERNETES, "--priority-class=true"], &["priority_class=false"]),
    ("kubernetes-without-service-monitor", &[KUBERNETES, "--service-monitor=true"], &["service_monitor=false"]),
    ("kubernetes-without-quota", &[KUBERNETES], &["quota=false"]),
    ("kubernetes-on-kind", &[KUBERNETES], &["provider=kind"]),
    ("kubernetes-another-cloud", &[KUBERNETES, "--provider=eks", "--exposure=ingress"], &["provider=gke"]),
    (
        "kubernetes-another-ingress-class",
        &[KUBERNETES, "--provider=gke", "--exposure=ingress"],
        &["ingress_class=nginx"],
    ),
    (
        "kubernetes-balancer-scheme",
        &[KUBERNETES, "--provider=eks", "--exposure=ingress"],
        &["balancer_scheme=internal"],
    ),
    (
        "kubernetes-balancer-network",
        &[KUBERNETES, "--provider=eks", "--exposure=ingress"],
        &["balancer_network=10.1.0.0/16"],
    ),
    (
        "kubernetes-canary-by-replicas",
        &[KUBERNETES, "--provider=gke", "--exposure=gateway", "--strategy=canary", "--canary-traffic=gateway"],
        &["canary_traffic=replicas"],
    ),
    ("kubernetes-account-annotation", &[KUBERNETES], &["account_annotation=vault.hashicorp.com/role"]),
    ("kubernetes-image-policy", &[KUBERNETES], &["image_policy=true"]),
    ("kubernetes-without-image-policy", &[KUBERNETES, "--image-policy=true"], &["image_policy=false"]),
    ("kubernetes-image-pull-secrets", &[KUBERNETES], &["image_pull_secrets=mirror,ghcr"]),
    ("kubernetes-service-mesh", &[KUBERNETES], &["service_mesh=istio"]),
    ("kubernetes-another-service-mesh", &[KUBERNETES, "--service-mesh=istio"], &["service_mesh=linkerd"]),
    ("kubernetes-traffic-distribution", &[KUBERNETES], &["traffic_distribution=zone"]),
    (
        "kubernetes-queue",
        &[KUBERNETES, "--kind=worker"],
        &["queue_url=https://sqs.eu-west-1.amazonaws.com/123456789012/orders-ENVIRONMENT"],
    ),
    ("kubernetes-to-keda", &[KUBERNETES, "--kind=worker"], &["autoscaler=keda"]),
    ("kubernetes-from-keda", &[KUBERNETES, "--kind=worker", "--autoscaler=keda"], &["autoscaler=cpu"]),
    ("kubernetes-without-workflow", &[KUBERNETES], &["ci=none"]),
    ("both-from-ecs", &[ECS], &["target=both"]),
    ("both-from-kubernetes", &[KUBERNETES], &["target=both"]),
    ("both-to-ecs", &["--target=both"], &["target=ecs"]),
    ("both-to-kubernetes", &["--target=both"], &["target=kubernetes"]),
    ("ecs-to-kubernetes", &[ECS], &["target=kubernetes"]),
    ("http-to-worker", &[ECS], &["kind=worker"]),
    ("words-alone", &["--target=both"], &["description=Orders that were paid"]),
];

const CODE_DEPLOY: &str = "--deployment-controller=code-deploy";
const TRACKS: &str = "--rollout-controller=none";

/// Takes what is said of every change, by its name.
pub(super) fn take(program: &Path) -> Result<Vec<(String, String)>> {
    let folder = tempfile::tempdir()?;
    CHANGES.iter().map(|change| Ok((format!("changes/{}", change.0), said(program, folder.path(), change)?))).collect()
}

fn said(program: &Path, folder: &Path, (_, flags, answers): &Change) -> Result<String> {
    // One project for all the changes of the same one: a preview writes nothing.
    let own = folder.join(flags.join("").replace(['-', '='], "_"));
    if !own.exists() {
        fs::create_dir(&own)?;
        errors::project(program, &own, flags)?;
    }
    let set = answers.iter().flat_map(|answer| ["--set", answer]);
    let words: Vec<&str> = ["update", "--no-input", "--defaults", "--dry-run"].into_iter().chain(set).collect();
    let Ran { line, code, said } = run(program, "en", &words, &own.join("orders"))?;
    let code = code.filter(|code| [0, 1].contains(code)).ok_or_else(|| format!("`{line}` ended otherwise:\n{said}"))?;
    let made = format!("$ launchway new orders {} --no-input --defaults\n", flags.join(" "));
    Ok(format!("{made}$ {line}\n{said}exit code {code}\n"))
}
