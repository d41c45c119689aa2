//! What `update` says a changed answer means for what runs: in the preview, in JSON, in the page that it writes, and by what it
//! refuses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use xtask::tree;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::sample;

/// A project of the built-in template in a repository.
struct Live {
    folder: TempDir,
}

impl Live {
    fn new(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = ["new", "orders", "--no-input", "--defaults"];
        run(launchway().args(new).args(words).envs(GIT_IDENTITY).current_dir(folder.path())).success();
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("orders").join(path)
    }

    fn update(&self, words: &[&str]) -> Ran {
        run(launchway().args(["update", "--no-input", "--defaults"]).args(words).current_dir(self.path("")))
    }

    fn commit(&self) {
        let git = |words: &[&str]| {
            run(Command::new("git").args(words).current_dir(self.path("")).envs(GIT_IDENTITY)).success();
        };
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }

    fn page(&self) -> Option<String> {
        fs::read_to_string(self.path(PAGE)).ok()
    }
}

const PAGE: &str = "deploy/TRANSITION.md";

#[test]
fn an_update_says_what_its_change_means_and_writes_it_down_until_the_next_change() {
    let live = Live::new(&["--target=kubernetes"]);
    assert_eq!(live.page(), None);
    let said = live.update(&["--set", "strategy=canary", "--dry-run"]).success();
    assert!(said.contains("  steps         deployment-to-rollout: A Rollout comes beside the Deployment"), "{said}");
    assert!(said.contains("delete deployment orders"), "{said}");
    assert_eq!(live.page(), None);
    let report = live.update(&["--set", "strategy=canary", "--dry-run", "--output", "json"]).success();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let it = report["transitions"].as_array().unwrap().iter().find(|it| it["id"] == "deployment-to-rollout").unwrap();
    assert_eq!((&it["effect"], &it["answers"][0]["from"]), (&"steps".into(), &"rolling".into()));
    let ran = live.update(&["--set", "strategy=canary"]);
    assert!(ran.stderr.contains("`deploy/TRANSITION.md` says what to do for what runs"), "{}", ran.stderr);
    let page = live.page().unwrap();
    assert!(page.contains("| `strategy` | rolling | canary |") && page.contains("delete deployment orders"), "{page}");
    live.commit();
    live.update(&[]).success();
    assert_eq!(live.page(), Some(page.clone()));
    run(launchway().arg("check").current_dir(live.path(""))).success();
    live.update(&["--set", "description=Others"]).success();
    assert_eq!(live.page(), None);
}

/// What a project of before gains by an answer: the words of the update, a file, what stands in it, and what is said.
const GAINED: &[(&[&str], &str, &str, &str)] = &[
    (
        &["--set", "accounts=dev=111111111111,staging=111111111111,prod=222222222222"],
        "deploy/ecs/deploy.sh",
        "prod) echo 222222222222",
        "  steps         accounts: Until now every environment was in the account",
    ),
    (
        &["--set", "secrets=token", "--set", "secret_store=secrets-manager", "--set", "secret_keys=token=api.token"],
        "deploy/ecs/service.yaml",
        "orders/${Environment}/api:token::",
        "  steps         ecs-new-secrets: A task does not start without every secret that it names.",
    ),
    (
        &["--set", "strategy=canary", "--set", "gate_minutes=60"],
        "deploy/ecs/service.yaml",
        "TimeoutInMinutes: 60",
        "  answer        gate_minutes: not asked -> `60`",
    ),
    (
        &["--set", "capacity=managed-instances", "--accept-outage=instances-and-fargate"],
        "deploy/ecs/service.yaml",
        "ManagedInstancesProvider",
        "  outage        instances-and-fargate: A capacity provider cannot leave the cluster",
    ),
    (
        &["--set", "host_record=new"],
        "deploy/ecs/service.yaml",
        "AWS::CertificateManager::Certificate",
        "  steps         host-record: Route 53 refuses a second record of the name",
    ),
    (
        &["--set", "load_balancer=existing", "--accept-outage=to-a-named-load-balancer"],
        "deploy/ecs/service.yaml",
        "ListenerArn: !Ref ListenerArn",
        "  outage        to-a-named-load-balancer: A target group belongs to one load balancer alone",
    ),
    (
        &["--set", "ecs_cluster=existing", "--accept-outage=to-a-named-cluster"],
        "deploy/ecs/service.yaml",
        "Cluster: !Ref ClusterName",
        "  outage        to-a-named-cluster: A service stays in its cluster for life",
    ),
    (
        &["--set", "kms_key=existing"],
        "deploy/ecs/service.yaml",
        "KmsKeyId: !Ref KmsKeyArn",
        "  steps         to-a-key: What is written to the log from now on is under the key",
    ),
    (
        &["--set", "access_logs=new"],
        "deploy/ecs/service.yaml",
        "AWS::S3::BucketPolicy",
        "  answer        access_logs: `none` -> `new`",
    ),
    (
        &["--set", "container_insights=enhanced"],
        "deploy/ecs/service.yaml",
        "Value: enhanced",
        "  answer        container_insights: `account` -> `enhanced`",
    ),
    (
        &["--set", "alarm_topic=new"],
        "deploy/ecs/service.yaml",
        "AlarmActions: [!Ref AlarmTopic]",
        "  steps         alarm-topic-new: The topic tells nobody until somebody subscribes.",
    ),
];

#[test]
fn a_project_of_before_gains_an_option_of_ecs_by_an_update_that_says_what_it_means() {
    let of = |ci| GAINED.iter().map(move |gained| (ci, gained));
    let cases = of("--ci=github").chain(of("--ci=none")).collect();
    for (ci, (words, file, text, said)) in sample::of(cases, 0, 3) {
        let live = Live::new(&["--target=ecs", ci]);
        assert!(!fs::read_to_string(live.path(file)).unwrap_or_default().contains(text), "{file}");
        let preview = live.update(&[words, &["--dry-run"][..]].concat()).success();
        assert!(preview.contains(said), "{preview}");
        live.update(words).success();
        assert!(fs::read_to_string(live.path(file)).unwrap().contains(text), "{file}");
        run(launchway().arg("check").current_dir(live.path(""))).success();
    }
}

/// The same for Kubernetes: a service that an Ingress leads to moves to the cluster of a provider.
const GAINED_ON_KUBERNETES: &[(&[&str], &str, &str, &str)] = &[
    (
        &["--set", "provider=eks"],
        "deploy/kubernetes/components/ingress/ingress.yaml",
        "alb.ingress.kubernetes.io/healthcheck-path: /readyz",
        "  outage        ingress-of-another-provider: Another controller serves the Ingress",
    ),
    (
        &["--set", "provider=gke"],
        "deploy/kubernetes/components/ingress/backendconfig.yaml",
        "requestPath: /readyz",
        "  new-pods      provider-pods: The pods get the user ids, labels and times of this provider",
    ),
    (
        &["--set", "provider=gke", "--set", "exposure=gateway"],
        "deploy/kubernetes/components/gateway/healthcheckpolicy.yaml",
        "requestPath: /readyz",
        "  outage        exposure: The old way in closes",
    ),
    (
        &["--set", "provider=aks"],
        "deploy/kubernetes/components/ingress/ingress.yaml",
        "ingressClassName: webapprouting.kubernetes.azure.com",
        "  outage        ingress-of-another-provider: Another controller serves the Ingress",
    ),
    (
        &["--set", "provider=openshift"],
        "deploy/kubernetes/components/ingress/ingress.yaml",
        "ingressClassName: openshift-default",
        "  outage        ingress-of-another-provider: Another controller serves the Ingress",
    ),
    (
        &["--set", "provider=on-premises"],
        "deploy/kubernetes/README.md",
        "MetalLB",
        "  answer        provider: `generic` -> `on-premises`",
    ),
    (
        &["--set", "ingress_class=nginx"],
        "deploy/kubernetes/components/ingress/ingress.yaml",
        "ingressClassName: \"nginx\"",
        "  outage        ingress-class: Another controller serves the Ingress",
    ),
    (
        &["--set", "service_mesh=istio"],
        "deploy/kubernetes/base/workload/deployment.yaml",
        "sidecar.istio.io/inject",
        "  steps         service-mesh: Pods with a proxy and pods without one serve side by side",
    ),
    (
        &["--set", "image_policy=true"],
        "deploy/kubernetes/namespaces/base/image-policy.yaml",
        "ValidatingAdmissionPolicy",
        "  bootstrap-first image-policy: From then on no pod with another image starts again",
    ),
    (
        &["--set", "traffic_distribution=zone"],
        "deploy/kubernetes/base/shared/service.yaml",
        "trafficDistribution: PreferClose",
        "  answer        traffic_distribution: `any` -> `zone`",
    ),
    (
        &["--set", "account_annotation=vault.hashicorp.com/role"],
        "deploy/kubernetes/overlays/dev/kustomization.yaml",
        "\"vault.hashicorp.com/role\": \"true\"",
        "  answer        account_annotation: `` -> `vault.hashicorp.com/role`",
    ),
    (
        &["--set", "image_pull_secrets=mirror,ghcr"],
        "deploy/kubernetes/base/shared/serviceaccount.yaml",
        "  - name: mirror",
        "  steps         image-pull-secrets: Pods that run keep their image.",
    ),
];

#[test]
fn a_project_of_before_gains_an_option_of_kubernetes_by_an_update_that_says_what_it_means() {
    for (words, file, text, said) in sample::of(GAINED_ON_KUBERNETES.iter().collect(), 0, 3) {
        let live = Live::new(&["--target=kubernetes", "--exposure=ingress"]);
        assert!(!fs::read_to_string(live.path(file)).unwrap_or_default().contains(text), "{file}");
        let preview = live.update(&[words, &["--dry-run"][..]].concat()).success();
        assert!(preview.contains(said), "{words:?}\n{preview}");
        let outages = preview.lines().filter_map(|line| line.strip_prefix("  outage")?.trim().split(':').next());
        let accepted: Vec<String> = outages.map(|id| format!("--accept-outage={id}")).collect();
        let accepted = accepted.iter().map(String::as_str);
        live.update(&words.iter().copied().chain(accepted).collect::<Vec<_>>()).success();
        assert!(fs::read_to_string(live.path(file)).unwrap().contains(text), "{file}");
        run(launchway().arg("check").current_dir(live.path(""))).success();
    }
}

#[test]
fn why_says_of_the_page_whose_it_is() {
    let live = Live::new(&["--target=kubernetes"]);
    let why = |words: &[&str]| run(launchway().args(["why", PAGE]).args(words).current_dir(live.path(""))).success();
    let whose = "deploy/TRANSITION.md: an update writes it for one change, and the next change takes it away\n";
    assert_eq!(why(&[]), format!("{whose}  in project  not there\n"));
    live.update(&["--set", "strategy=canary"]).success();
    assert_eq!(why(&[]), format!("{whose}  in project  as it was generated\n"));
    fs::write(live.path(PAGE), "done, but for dev\n").unwrap();
    assert_eq!(why(&[]), format!("{whose}  in project  changed since it was generated\n"));
    let json: serde_json::Value = serde_json::from_str(&why(&["--output", "json"])).unwrap();
    assert_eq!((&json["of_a_change"], &json["made"], &json["state"]), (&true.into(), &false.into(), &"changed".into()));
}

#[test]
fn an_edited_page_is_never_lost_in_silence() {
    for (words, is_there) in [(["--set", "port=8081"], true), (["--set", "description=Others"], false)] {
        let live = Live::new(&["--target=kubernetes"]);
        live.update(&["--set", "strategy=canary"]).success();
        fs::write(live.path(PAGE), "done, but for dev\n").unwrap();
        live.commit();
        let ran = live.update(&words);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stdout.contains(&format!("  conflict      {PAGE}\n")), "{}", ran.stdout);
        let page = live.page().unwrap();
        assert!(page.contains("done, but for dev") && (!is_there || page.contains("new-pods")), "{page}");
    }
}

#[test]
fn an_outage_is_accepted_by_its_name_and_a_preview_needs_no_such_word() {
    let live = Live::new(&["--target=ecs"]);
    let change = ["--set", "https=false"];
    let before = tree::read(&live.path("")).unwrap();
    let said = live.update(&change).failure(1);
    assert!(said.contains("accept it with `--accept-outage=https`"), "{said}");
    assert_eq!(tree::read(&live.path("")).unwrap(), before);
    let said = live.update(&[&change[..], &["--dry-run"]].concat()).success();
    assert!(said.contains("  outage        https: ") && said.contains("`--accept-outage=https`"), "{said}");
    live.update(&[&change[..], &["--accept-outage=another"]].concat()).failure(1);
    live.update(&[&change[..], &["--accept-outage=https"]].concat()).success();
    assert!(live.page().unwrap().contains("## outage: https"));
    live.commit();
    let ran = live.update(&["--set", "cpu=512", "--accept-outage=https"]);
    assert!(ran.stderr.contains("this change brings no outage `https` to accept"), "{}", ran.stderr);
}

#[test]
fn production_is_asked_only_where_no_name_says_it_and_stays_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=kubernetes", "--no-input", "--environments=blue,green"];
    let said = run(launchway().args(new).current_dir(folder.path())).failure(2);
    assert!(said.contains("--production"), "{said}");
    for (words, was) in
        [(&["--environments=dev,prod"][..], "prod"), (&["--environments=blue,green", "--production=blue"], "blue")]
    {
        let live = Live::new(&[&["--target=kubernetes"], words].concat());
        let joined = words[0].replace("--environments=", "environments=") + ",dr";
        live.update(&["--set", &joined]).success();
        let record = fs::read_to_string(live.path(".launchway/orders.toml")).unwrap();
        assert!(record.contains(&format!("production = \"{was}\"\n")), "{record}");
        let overlay = |name: &str| live.path(&format!("deploy/kubernetes/overlays/{name}/kustomization.yaml"));
        assert!(fs::read_to_string(overlay(was)).unwrap().contains("components/hpa"));
        assert!(!fs::read_to_string(overlay("dr")).unwrap().contains("components/hpa"));
    }
}

/// What runs on one platform, and the flags of projects that differ in what their defaults are made of.
const RUNNING: &[&[&str]] = &[
    &["--target=ecs"],
    &["--target=ecs", "--capacity=ec2"],
    &["--target=ecs", "--ecs-format=json"],
    &["--target=ecs", "--strategy=canary", "--deployment-controller=code-deploy"],
    &["--target=ecs", "--regions=us-east-1,eu-west-1"],
    &["--target=kubernetes"],
    &["--target=kubernetes", "--packaging=helm"],
];

#[test]
fn a_platform_that_joins_changes_nothing_of_the_one_that_runs() {
    for words in RUNNING {
        let live = Live::new(words);
        let report = live.update(&["--set", "target=both", "--dry-run", "--output", "json"]).success();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let changed = report["answers"].as_array().unwrap().iter().filter(|it| !it["from"].is_null());
        let changed: Vec<_> = changed.map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(changed, ["target"], "{words:?}: {:#}", report["answers"]);
        let of_platform = if words[0] == "--target=ecs" { "deploy/ecs/" } else { "deploy/kubernetes/" };
        let is_changed = |it: &&serde_json::Value| !["new", "unchanged"].contains(&it["status"].as_str().unwrap());
        let paths =
            report["files"].as_array().unwrap().iter().filter(is_changed).map(|it| it["path"].as_str().unwrap());
        let mut paths = paths.filter(|path| path.starts_with(of_platform) || *path == "Dockerfile");
        assert_eq!(paths.next(), None, "{words:?}");
    }
}

#[test]
fn a_default_that_nobody_gave_follows_only_where_nothing_runs_that_hangs_on_it() {
    let ec2 = ["--target=ecs", "--capacity=ec2"];
    let cases: [(&[&str], &[&str], &str, &str); 9] = [
        (&["--target=ecs"], &["target=both"], "architecture", "arm64"),
        (&["--target=ecs"], &["target=kubernetes"], "architecture", "amd64"),
        (&["--target=both"], &["target=ecs"], "architecture", "amd64"),
        (&["--target=kubernetes"], &["target=ecs"], "architecture", "arm64"),
        // Two records of another kind would be an outage; with a third region the old kind is no answer any more.
        (
            &["--target=ecs", "--regions=us-east-1,eu-west-1,eu-north-1"],
            &["regions=us-east-1,eu-west-1"],
            "dns_routing",
            "latency",
        ),
        (
            &["--target=ecs", "--capacity=ec2", "--cpu=1024", "--memory=4096"],
            &["memory=2048"],
            "instance_type",
            "m7g.large",
        ),
        (&ec2, &["architecture=amd64"], "instance_type", "t3.small"),
        (&["--target=ecs", "--cpu=512"], &["cpu=256"], "memory", "1024"),
        (
            &["--target=ecs", "--regions=us-east-1,eu-west-1"],
            &["regions=eu-west-1,us-east-1"],
            "home_region",
            "us-east-1",
        ),
    ];
    for (words, set, question, wanted) in cases {
        let live = Live::new(words);
        let set: Vec<&str> = set.iter().flat_map(|it| ["--set", it]).collect();
        let ran = live.update(&[&set[..], &["--accept-outage=dns-routing"]].concat());
        assert_eq!(ran.code, Some(0), "{words:?} {set:?}: {}", ran.stderr);
        let record = fs::read_to_string(live.path(".launchway/orders.toml")).unwrap();
        let record: toml::Table = record.parse().unwrap();
        assert_eq!(record["answers"][question].as_str(), Some(wanted), "{words:?} {set:?}: {}", ran.stderr);
        live.commit();
        // And it stays, as the default that it was.
        live.update(&[]).success();
    }
}

#[test]
fn what_cannot_be_done_in_place_is_refused_with_the_way_round_it() {
    let live = Live::new(&["--target=ecs", "--strategy=canary"]);
    let before = tree::read(&live.path("")).unwrap();
    for words in [&["--dry-run"][..], &[]] {
        let change = ["--set", "deployment_controller=code-deploy"];
        let said = live.update(&[&change[..], words].concat()).failure(1);
        assert!(said.contains("does not give a service to CodeDeploy once it is its own"), "{said}");
        assert!(said.contains("make a second service with `launchway new`"), "{said}");
    }
    assert_eq!(tree::read(&live.path("")).unwrap(), before);
}

#[test]
fn a_project_never_becomes_one_of_another_kind() {
    for (kind, other) in [("http", "worker"), ("worker", "http")] {
        let live = Live::new(&["--target=ecs", &format!("--kind={kind}")]);
        let before = tree::read(&live.path("")).unwrap();
        let said = live.update(&["--set", &format!("kind={other}")]).failure(1);
        assert!(said.contains("Another kind is another program"), "{said}");
        assert!(said.contains("make a project of the other kind with `launchway new`"), "{said}");
        assert_eq!(tree::read(&live.path("")).unwrap(), before);
    }
}

#[test]
fn what_a_worker_cannot_be_is_refused_with_the_reason() {
    for (words, reason) in [
        (["--target=kubernetes", "--provider=kind"], "has no queue of Amazon SQS"),
        (["--target=kubernetes", "--strategy=canary"], "choose rolling"),
        (["--target=ecs", "--ecs-format=json"], "choose cloudformation"),
        (["--target=ecs", "--strategy=canary"], "choose rolling"),
        (["--target=ecs", "--strategy=linear"], "choose rolling"),
        (["--target=both", "--strategy=blue-green"], "choose rolling"),
    ] {
        let new = ["new", "orders", "--kind=worker", "--no-input", "--dry-run"];
        let said = run(launchway().args(new).args(words)).failure(2);
        assert!(said.contains(reason), "{words:?}: {said}");
    }
}

#[test]
fn a_worker_is_not_called_like_a_crate_that_it_depends_on() {
    let new = |kind: &str| run(launchway().args(["new", "hmac", "--target=ecs", "--no-input", "--dry-run", kind]));
    new("--kind=http").success();
    let said = new("--kind=worker").failure(2);
    assert!(said.contains("a worker depends on a crate that has the name of the service"), "{said}");
}

/// What an option of Kubernetes is set to, the transition that an update names then, and a file that has it.
type Gain = (&'static [&'static str], &'static [&'static str], &'static str, &'static str, &'static str);

const GAINS: [Gain; 16] = [
    (
        &[],
        &["service_mesh=istio"],
        "steps service-mesh: ",
        "deploy/kubernetes/base/workload/deployment.yaml",
        "sidecar.istio.io/nativeSidecar: \"true\"",
    ),
    (
        &["--packaging=helm"],
        &["service_mesh=linkerd"],
        "steps service-mesh: ",
        "deploy/kubernetes/chart/values.yaml",
        "config.beta.linkerd.io/proxy-enable-native-sidecar: \"true\"",
    ),
    (
        &["--multi-cluster=karmada"],
        &["service_mesh=linkerd"],
        "steps service-mesh: ",
        "deploy/kubernetes/base/shared/networkpolicy.yaml",
        "port: 8086",
    ),
    (
        &[],
        &["account_annotation=a.b/c", "account_annotation_value=d-ENVIRONMENT"],
        "none account-annotation: ",
        "deploy/kubernetes/overlays/dev/kustomization.yaml",
        "\"a.b/c\": \"d-dev\"",
    ),
    (
        &["--packaging=helm"],
        &["account_annotation=a.b/c", "account_annotation_value=d-ENVIRONMENT"],
        "none account-annotation: ",
        "deploy/kubernetes/values/prod.yaml",
        "\"a.b/c\": \"d-prod\"",
    ),
    (&[], &["provider=kind"], "none          provider: ", "deploy/kubernetes/kind.yaml", "name: orders"),
    (
        &["--packaging=helm"],
        &["provider=kind"],
        "none          provider: ",
        "deploy/kubernetes/kind.yaml",
        "name: orders",
    ),
    (
        &[],
        &["image_pull_secrets=mirror"],
        "steps         image-pull-secrets: ",
        "deploy/kubernetes/base/shared/serviceaccount.yaml",
        "imagePullSecrets:\n  - name: mirror\n",
    ),
    (
        &["--packaging=helm"],
        &["image_pull_secrets=mirror"],
        "steps         image-pull-secrets: ",
        "deploy/kubernetes/chart/values.yaml",
        "imagePullSecrets:\n  - mirror\n",
    ),
    (
        &[],
        &["traffic_distribution=zone"],
        "none          traffic-distribution: ",
        "deploy/kubernetes/base/shared/service.yaml",
        "trafficDistribution: PreferClose",
    ),
    (
        &["--packaging=helm"],
        &["traffic_distribution=node"],
        "none          traffic-distribution: ",
        "deploy/kubernetes/chart/values.yaml",
        "trafficDistribution: PreferSameNode",
    ),
    (
        &["--multi-cluster=flux"],
        &["traffic_distribution=zone"],
        "none          traffic-distribution: ",
        "deploy/kubernetes/base/shared/service.yaml",
        "trafficDistribution: PreferClose",
    ),
    (
        &[],
        &["image_policy=true"],
        "bootstrap-first  image-policy: ",
        "deploy/kubernetes/namespaces/base/image-policy.yaml",
        "kind: ValidatingAdmissionPolicyBinding",
    ),
    (
        &["--packaging=helm"],
        &["image_policy=true"],
        "bootstrap-first  image-policy: ",
        "deploy/kubernetes/namespaces/base/kustomization.yaml",
        "- image-policy.yaml",
    ),
    (
        &["--multi-cluster=argo-cd"],
        &["image_policy=true"],
        "bootstrap-first  image-policy: ",
        "deploy/kubernetes/namespaces/base/image-policy.yaml",
        "kind: ValidatingAdmissionPolicy\n",
    ),
    (
        &["--multi-cluster=karmada"],
        &["image_policy=true"],
        "bootstrap-first  image-policy: ",
        "deploy/kubernetes/namespaces/base/image-policy.yaml",
        "kind: ValidatingAdmissionPolicy\n",
    ),
];

#[test]
fn a_project_of_before_an_option_gains_it_with_the_transition_that_it_says() {
    for (made, set, said, file, text) in sample::of(GAINS.to_vec(), 1, 3) {
        let live = Live::new(&[&["--target=kubernetes"], made].concat());
        let words: Vec<&str> = set.iter().flat_map(|answer| ["--set", answer]).collect();
        let preview = live.update(&words);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&preview.stdout).contains(&squeezed(said)), "{set:?}: {}", preview.stdout);
        assert_eq!(preview.code, Some(0), "{}", preview.stderr);
        let written = fs::read_to_string(live.path(file)).unwrap();
        assert!(written.contains(text), "{set:?}: {file}\n{written}");
        run(launchway().arg("check").current_dir(live.path(""))).success();
    }
}

#[test]
fn a_project_for_kind_leaves_the_workflow_behind_and_gets_it_back_with_another_provider() {
    let live = Live::new(&["--target=kubernetes"]);
    let workflow = live.path(".github/workflows/deploy-kubernetes.yaml");
    assert!(workflow.exists());
    live.update(&["--set", "provider=kind"]).success();
    assert!(!workflow.exists() && live.path("deploy/kubernetes/kind.yaml").exists());
    live.commit();
    live.update(&["--set", "provider=generic"]).success();
    assert!(workflow.exists() && !live.path("deploy/kubernetes/kind.yaml").exists());
}

#[test]
fn what_is_said_is_korean_and_what_is_written_is_the_same_in_every_language() {
    let live = Live::new(&["--target=kubernetes"]);
    let update = ["update", "--no-input", "--defaults", "--set", "strategy=canary"];
    let said = |words: &[&str]| {
        let command = &mut launchway();
        run(command.args(update).args(words).env("LAUNCHWAY_LANG", "ko").current_dir(live.path(""))).success()
    };
    assert!(said(&["--dry-run"]).contains("Deployment와 별도로 Rollout이 생기며"));
    said(&[]);
    let korean = live.page();
    let english = Live::new(&["--target=kubernetes"]);
    english.update(&["--set", "strategy=canary"]).success();
    assert_eq!(korean, english.page());
}

#[test]
fn the_template_of_a_team_adds_transitions_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template");
    fs::create_dir_all(&template).unwrap();
    fs::write(template.join("template.toml"), TEAM).unwrap();
    let words = ["--template", template.to_str().unwrap()];
    let live = Live::new(&[&words[..], &["--target=ecs"]].concat());
    let said = live.update(&[&words[..], &["--set", "cpu=512", "--dry-run"]].concat()).success();
    assert!(said.contains("  bootstrap-first team-budget: Ask for 512 first."), "{said}");
    assert!(said.contains("  new-tasks     ecs-new-tasks: "), "{said}");
}

const TEAM: &str = r#"
[template]
id = "team"
title = "A team's service"
version = "1.0.0"
extends = "service"

[[transition]]
id = "team-budget"
question = "cpu"
effect = "bootstrap-first"
text = "Ask for {{cpu}} first."
before = [{ command = "budget ask {{service}}", purpose = "asks for the budget" }]
"#;
