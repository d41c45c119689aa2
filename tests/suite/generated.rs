//! The generated services: their own checks pass, and the running binary keeps what the manifests rely on.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use launchway_core::template::{Choices, Kind};
use toml::Table;

use crate::add::Workspace;
use crate::program::run;
use crate::project::{self, Project};
use crate::released::Released;
use crate::rendered::TEMPLATE;
use crate::sample;
use crate::service::{Load, Service, get, load};
use crate::source::{Source, sources};
use crate::validators::environment;

#[test]
fn the_code_of_every_golden_project_is_formatted() {
    for source in sources() {
        source.cargo(&["fmt", "--all", "--check"]);
    }
}

#[test]
fn the_code_of_every_golden_project_is_free_of_warnings() {
    for source in sample::of(sources(), 0, 2) {
        assert_free_of_warnings(&source);
    }
}

#[test]
fn the_tests_of_every_golden_project_pass() {
    for source in sample::of(sources(), 0, 3) {
        assert_tests_pass(&source);
    }
}

#[test]
fn a_service_builds_with_the_lock_file_whatever_its_name() {
    for name in sample::of(vec!["a1", "zulu", "inventory-reservation-and-allocation-api"], 1, 2) {
        let folder = tempfile::tempdir().unwrap();
        let answers = Table::from_iter([("service".into(), name.into()), ("target".into(), "kubernetes".into())]);
        let project = Project::make(answers, &folder.path().join("project"));
        Source::of(&project).build(name);
    }
}

#[test]
fn a_worker_is_built_of_as_many_crates_as_its_question_says() {
    let crates = |case: &str| {
        let tree = ["tree", "--workspace", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"];
        let listed =
            Source::of(&project::named(case)).cargo(&[&tree[..], &["--no-dedupe", "--format", "{p}"]].concat());
        let external = listed.lines().filter(|line| !line.is_empty() && !line.contains(" (/"));
        external.map(|line| line.trim_end_matches(" (proc-macro)").to_owned()).collect::<BTreeSet<_>>().len()
    };
    let Kind::Choice(Choices::Fixed(kinds)) = &TEMPLATE.question("kind").unwrap().kind else { panic!() };
    let said = &kinds.iter().find(|choice| choice.value == "worker").unwrap().consequence;
    let price = format!("{} crates instead of {}", crates("ecs-worker"), crates("ecs-default"));
    assert!(said.as_deref().unwrap().ends_with(&price), "{price}");
}

#[test]
fn without_its_sample_resource_a_service_still_builds_and_passes_its_tests() {
    let (_folder, project) = project::named("both-default").copy();
    delete_sample(&project);
    let source = Source::of(&project);
    source.cargo(&["fmt", "--all", "--check"]);
    assert_free_of_warnings(&source);
    assert_tests_pass(&source);
}

#[test]
fn a_workspace_of_two_services_builds_and_passes_its_tests_from_its_lock_file() {
    let workspace = Workspace::of("both-default").with_billing();
    let source = Source::of(&workspace.projects("both-default").0);
    source.cargo(&["fmt", "--all", "--check"]);
    assert_free_of_warnings(&source);
    assert_tests_pass(&source);
    let said = source.cargo(&["build", "--workspace", "--locked", "--offline"]);
    assert_eq!(said, "");
}

#[test]
fn the_tests_of_an_updated_project_pass() {
    for case in sample::of(vec!["0.1.0/ecs", "0.3.0/helm"], 0, 2) {
        let (_repository, project) = Released::of(case).updated();
        let source = Source::of(&project);
        assert_free_of_warnings(&source);
        assert_tests_pass(&source);
    }
}

fn assert_free_of_warnings(source: &Source) {
    source.cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
}

fn assert_tests_pass(source: &Source) {
    let said = source.cargo(&["test", "--workspace", "--locked"]);
    let counts = said.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next());
    let passed: usize = counts.map(|count| count.parse::<usize>().unwrap()).sum();
    assert!(passed >= 10, "only {passed} tests\n{said}");
}

/// Runs the commands that the README of the project names.
fn delete_sample(project: &Project) {
    let sample = project.path("crates").join(project.service()).join("src/notes.rs");
    assert!(sample.exists());
    let readme = fs::read_to_string(project.path("README.md")).unwrap();
    let commands = readme.split("\n\n").find(|block| block.starts_with("    rm crates/")).unwrap();
    run(Command::new("sh").args(["-euc", commands]).current_dir(&project.folder)).success();
    assert!(!sample.exists());
}

#[test]
fn on_ecs_a_rolling_update_loses_no_request() {
    assert_drains(&project::named("both-default"), "ecs");
}

#[test]
fn in_a_cluster_a_rolling_update_loses_no_request() {
    assert_drains(&project::named("both-default"), "kubernetes");
}

#[test]
fn behind_an_ingress_a_rolling_update_loses_no_request() {
    assert_drains(&project::named("kubernetes-ingress"), "kubernetes");
}

/// Starts the service as `platform` does, and ends it as `platform` does, under load.
fn assert_drains(project: &Project, platform: &str) {
    let environment = environment(project, platform, &project.production());
    let seconds = |key: &str| Duration::from_secs(value(&environment, key).parse().unwrap());
    let mut service = Service::start(&Source::of(project).build(project.service()), &environment);
    for (address, path) in [(service.admin, "/livez"), (service.admin, "/readyz"), (service.traffic, "/readyz")] {
        assert_eq!(get(address, path).unwrap().status, 200, "{path}");
    }

    let is_over = AtomicBool::new(false);
    let address = service.traffic;
    let loads: Vec<Load> = thread::scope(|scope| {
        let client = || load(address, || is_over.load(Relaxed));
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        thread::sleep(Duration::from_millis(500));
        service.terminate();
        // By the end of the drain delay, no load balancer sends anything here.
        thread::sleep(seconds("DRAIN_DELAY_SECONDS").saturating_sub(Duration::from_secs(1)));
        is_over.store(true, Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });

    let readiness = get(service.admin, "/readyz").unwrap().status;
    let status = service.ends_within(Duration::from_secs(2) + seconds("DRAIN_TIMEOUT_SECONDS"));
    for load in loads {
        assert!(load.lost.is_empty(), "{load:?}\n{}", service.log());
        assert!(load.answered > 100, "{load:?}");
    }
    assert_eq!(readiness, 503, "a draining service is not ready");
    assert_eq!(status.code(), Some(0), "{}", service.log());
}

/// In a network of its own, whose settings are nobody else's: IPv4 and IPv6 are answered, whichever there is.
#[test]
fn a_service_is_reached_over_each_protocol_that_its_machine_has() {
    let project = project::named("both-default");
    let binary = Source::of(&project).build(project.service());
    for (case, settings, addresses) in [
        ("bindv6only", "echo 1 >/proc/sys/net/ipv6/bindv6only", &["127.0.0.1", "::1"][..]),
        ("without IPv6", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6", &["127.0.0.1"]),
        ("without IPv4", "ip address del 127.0.0.1/8 dev lo", &["::1"]),
    ] {
        let script = format!(
            r#"ip link set lo up; {settings}
            PORT=8080 ADMIN_PORT=9090 "$0" >/dev/null & trap 'kill -s INT $!; wait' EXIT
            for _ in $(seq 50); do ADMIN_PORT=9090 "$0" healthcheck 2>/dev/null && break; sleep 0.1; done
            ADMIN_PORT=9090 "$0" healthcheck
            for address in {}; do
                exec 3<>"/dev/tcp/$address/8080"
                printf 'GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n' >&3
                read -r line <&3
                [[ $line == "HTTP/1.1 200"* ]] || {{ echo "$address: $line"; exit 1; }}
            done"#,
            addresses.join(" "),
        );
        let mut command = Command::new("unshare");
        let ran = run(command.args(["--net", "bash", "-euc", &script]).arg(&binary));
        let hint = "as root, and with `unshare` and `ip` (util-linux, iproute2)";
        assert_eq!(ran.code, Some(0), "{case} ({hint}): {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_manifests_and_the_code_agree_on_the_ports() {
    for project in project::all() {
        let platforms = [("ecs", project.is_for_ecs()), ("kubernetes", project.is_for_kubernetes())];
        for (platform, _) in platforms.into_iter().filter(|(_, is_used)| *is_used) {
            let environment = environment(&project, platform, &project.production());
            let dockerfile = fs::read_to_string(project.path("Dockerfile")).unwrap();
            let admin = value(&environment, "ADMIN_PORT");
            // A worker has no port for traffic.
            let ports = match find(&environment, "PORT") {
                Some(traffic) => format!("\nEXPOSE {traffic} {admin}\n"),
                None => format!("\nEXPOSE {admin}\n"),
            };
            assert!(dockerfile.contains(&ports), "{}: {ports}", project.case);
        }
    }
}

fn find<'a>(environment: &'a [(String, String)], key: &str) -> Option<&'a str> {
    environment.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn value<'a>(environment: &'a [(String, String)], key: &str) -> &'a str {
    find(environment, key).unwrap_or_else(|| panic!("{key} is in {environment:?}"))
}
