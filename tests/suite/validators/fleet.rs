//! The job files that `launchway fleet emit` writes: what runs them, or checks them before somebody runs them, accepts them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::kubernetes::VERSIONS;
use super::repository::{actionlint_of, shellcheck_of, zizmor_of};
use super::{aws_check, check, tools, validate};
use crate::fleet::{Fleet, three};
use crate::program::{run, write_executable};

/// An image by its digest, as the files ask for one; no machine has it.
const IMAGE: &str =
    "registry.example/platform/launchway@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Emits the job file of an engine, with paths that a shell or YAML would read otherwise.
fn emit(fleet: &Fleet, engine: &str, name: &str, words: &[&str]) -> PathBuf {
    let own = ["emit", engine, "the plan's.json", "--results=-results: #1", "--image", IMAGE, "-o", name];
    fleet.run(&[&own[..], words].concat()).success();
    fleet.world.path(name)
}

fn planned() -> Fleet {
    let fleet = three();
    fleet.plan();
    fs::rename(fleet.world.path("plan.json"), fleet.world.path("the plan's.json")).unwrap();
    fleet
}

#[test]
fn bash_and_shellcheck_accept_the_job_of_slurm() {
    let fleet = planned();
    for shards in ["1", "12", "1000"] {
        let script = emit(&fleet, "slurm", "fleet.sh", &["--shards", shards]);
        validate(Command::new("bash").arg("-n").arg(&script)).unwrap();
        shellcheck_of(&[], [script.clone()]).unwrap();
        let text = fs::read_to_string(script).unwrap();
        let last = shards.parse::<usize>().unwrap() - 1;
        assert!(text.contains(&format!("\n#SBATCH --array=0-{last}\n")), "{text}");
    }
}

#[test]
fn the_schemas_of_kubernetes_and_its_strictest_security_standard_accept_the_job() {
    let fleet = planned();
    let job = emit(&fleet, "kubernetes", "job.yaml", &["--shards", "300"]);
    for version in VERSIONS {
        let mut validator = Command::new(tools().linter("kubernetes-validate"));
        validate(validator.args(["--strict", "--quiet", "--no-warn", "-k", version]).arg(&job)).unwrap();
    }
    validate(check("kubernetes_pod_security.py").arg(&job)).unwrap();
    let text = fs::read_to_string(&job).unwrap();
    for (what, from, to) in [
        ("a key that no Job has", "backoffLimitPerIndex:", "backoffLimitsPerIndex:"),
        ("a count that is a text", "completions: 300", "completions: many"),
        ("a code that is a text", "[75, 137, 143]", "[transient]"),
    ] {
        fs::write(&job, text.replacen(from, to, 1)).unwrap();
        let mut validator = Command::new(tools().linter("kubernetes-validate"));
        validate(validator.args(["--strict", "--quiet", "--no-warn", "-k", VERSIONS[0]]).arg(&job)).expect_err(what);
    }
}

#[test]
fn actionlint_and_zizmor_accept_the_workflow() {
    let fleet = planned();
    let folder = fleet.world.path("repository/.github/workflows");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir(fleet.world.path("repository/.git")).unwrap();
    for shards in ["1", "256"] {
        let workflow = emit(&fleet, "github-actions", "repository/.github/workflows/fleet.yaml", &["--shards", shards]);
        actionlint_of([workflow.clone()]).unwrap();
        zizmor_of([workflow]).unwrap();
    }
}

#[test]
fn shellcheck_and_the_api_of_aws_batch_accept_the_array_job() {
    let fleet = planned();
    let script = emit(&fleet, "aws-batch", "fleet.sh", &["--shards", "10000"]);
    shellcheck_of(&[], [script.clone()]).unwrap();
    validate(aws_check("fleet_batch.py").arg(&script).args(["--shards", "10000"])).unwrap();
    // An array has two jobs at least.
    let script = emit(&fleet, "aws-batch", "fleet.sh", &[]);
    let text = fs::read_to_string(&script).unwrap();
    for (what, from, to) in [
        ("a key that no job definition has", "\"evaluateOnExit\"", "\"evaluatedOnExit\""),
        ("a number where a text belongs", "\"value\": \"512\"", "\"value\": 512"),
        ("an end that runs again for ever", "\"onExitCode\": \"75\"", "\"onExitCode\": \"*\""),
        ("an instance that takes its shard with it", "Host EC2*", "Host*EC3"),
        ("a folder that is not the shared one", "cd /fleet", "cd /tmp"),
    ] {
        fs::write(&script, text.replacen(from, to, 1)).unwrap();
        validate(aws_check("fleet_batch.py").arg(&script).args(["--shards", "2"])).expect_err(what);
    }
}

#[test]
fn no_engine_is_given_more_shards_than_it_takes() {
    let fleet = planned();
    for (engine, shards) in
        [("kubernetes", "100001"), ("github-actions", "257"), ("aws-batch", "1"), ("aws-batch", "10001")]
    {
        let words = ["emit", engine, "the plan's.json", "--results=results", "--image", IMAGE, "--shards", shards];
        let said = fleet.run(&words).failure(2);
        assert!(said.contains(&format!("shards, and not {shards}")), "{engine}: {said}");
    }
}

#[test]
fn only_75_runs_again_in_the_shell_of_a_job() {
    let fleet = planned();
    let slurm = fs::read_to_string(emit(&fleet, "slurm", "fleet.sh", &[])).unwrap();
    let workflow = fs::read_to_string(emit(&fleet, "github-actions", "fleet.yaml", &[])).unwrap();
    let step = workflow.split_once("        run: |\n").unwrap().1.split_once("      - name: Keep").unwrap().0;
    let stand_ins = fleet.world.path("stand-ins");
    for name in ["launchway", "scontrol", "sleep"] {
        let text = format!("#!/bin/sh\necho {name} \"$@\" >> said\n[ {name} != launchway ] || exit \"$CODE\"\n");
        write_executable(&stand_ins.join(name), &text);
    }
    let path = format!("{}:{}", stand_ins.display(), std::env::var("PATH").unwrap());
    // The shell of a step ends at the first command that fails.
    let of_step = ["-e", "-o", "pipefail"];
    let shells =
        [(slurm.as_str(), &[][..], "scontrol requeue 7", (0, 1)), (step, &of_step, "launchway fleet work", (1, 5))];
    for (script, options, again, (once, most)) in shells {
        for code in [0, 1, 2, 4, 64, 65, 70, 73, 74, 75, 78] {
            let folder = tempfile::tempdir().unwrap();
            let mut bash = Command::new("bash");
            bash.args(options).args(["-c", script]).current_dir(&folder);
            bash.env("PATH", &path).env("CODE", code.to_string()).env("SHARD", "0/1").env("SLURM_JOB_ID", "7");
            assert_eq!(run(&mut bash).code, Some(code), "the job ends as the work has ended");
            let said = fs::read_to_string(folder.path().join("said")).unwrap();
            let times = said.lines().filter(|line| line.starts_with(again)).count();
            assert_eq!(times, if code == 75 { most } else { once }, "{code}: {said}");
            assert!(
                said.starts_with("launchway fleet work the plan's.json --results ./-results: #1 --shard"),
                "{said}"
            );
        }
    }
}
