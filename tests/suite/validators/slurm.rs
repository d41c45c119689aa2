//! The fleet on a real cluster of Slurm: a controller and three workers on this machine, of which one is killed.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use xtask::{tools, tree};

use crate::fleet::{Fleet, three};
use crate::program::{self, run};

const NODES: [&str; 3] = ["n1", "n2", "n3"];
const PROJECTS: usize = 300;
const SHARDS: usize = 12;

/// How long a state may take to come. Nothing here goes by time alone.
const PATIENCE: Duration = Duration::from_mins(10);

/// A cluster below one folder, which ends with it.
struct Cluster {
    folder: TempDir,
    daemons: BTreeMap<&'static str, Child>,
}

/// A job of an array, as the controller knows it.
#[derive(Debug)]
struct Job {
    id: String,
    /// Its number in the array, which is the one of its shard.
    task: String,
    state: String,
    restarts: String,
    code: String,
    nodes: String,
}

impl Cluster {
    fn start() -> Self {
        tools::install_slurm().unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["log", "spool", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut cluster = Self { folder, daemons: BTreeMap::new() };
        fs::write(cluster.path("slurm.conf"), cluster.settings()).unwrap();
        cluster.start_munge();
        cluster.start_daemon("slurmctld", "slurmctld", &["-D", "-c"]);
        for node in NODES {
            cluster.start_daemon(node, "slurmd", &["-D", "-N", node]);
        }
        let nodes = || run(cluster.command("sinfo").args(["-h", "-N", "-o", "%T"])).stdout;
        cluster.wait("three idle workers", || nodes().lines().filter(|line| *line == "idle").count() == NODES.len());
        cluster
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn settings(&self) -> String {
        let folder = self.folder.path().display();
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let host = host.trim();
        // All are held until each has one, so that no two are the same.
        let sockets: Vec<TcpListener> = (0..=NODES.len()).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect();
        let nodes = NODES.iter().zip(&ports[1..]).map(|(node, port)| {
            format!("NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 State=UNKNOWN\n")
        });
        let nodes: String = nodes.collect();
        format!(
            "ClusterName=fleet\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={}\nSlurmUser=root\n\
             AuthType=auth/munge\nAuthInfo=socket={folder}/munge.socket\nCredType=cred/munge\n\
             StateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool/%n\n\
             SlurmctldPidFile={folder}/slurmctld.pid\nSlurmdPidFile={folder}/slurmd-%n.pid\n\
             SlurmctldLogFile={folder}/log/slurmctld.log\nSlurmdLogFile={folder}/log/slurmd-%n.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_Core\nSchedulerType=sched/backfill\n\
             SchedulerParameters=sched_interval=2,batch_sched_delay=1,bf_interval=2\n\
             ReturnToService=2\nSlurmdTimeout=5\nSlurmctldTimeout=10\nInactiveLimit=0\nKillWait=2\nMinJobAge=3600\n\
             JobRequeue=1\nMpiDefault=none\nJobAcctGatherType=jobacct_gather/none\n\
             AccountingStorageType=accounting_storage/none\nJobCompType=jobcomp/none\n\
             SlurmdParameters=config_overrides\n{nodes}\
             PartitionName=work Nodes=n1,n2,n3 Default=YES MaxTime=60 State=UP\n",
            ports[0]
        )
    }

    fn start_munge(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        let key: String = (0..128).map(|number| char::from(b'a' + number % 26)).collect();
        fs::write(self.path("munge.key"), key).unwrap();
        fs::set_permissions(self.path("munge.key"), fs::Permissions::from_mode(0o400)).unwrap();
        let words: Vec<String> = [("key-file", "munge.key"), ("socket", "munge.socket"), ("pid-file", "munged.pid")]
            .into_iter()
            .chain([("log-file", "log/munged.log"), ("seed-file", "munge.seed")])
            .map(|(flag, path)| format!("--{flag}={}", self.path(path).display()))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.start_daemon("munged", "munged", &[&["--force", "--foreground"], &words[..]].concat());
        self.wait("the socket of munged", || self.path("munge.socket").exists());
    }

    fn start_daemon(&mut self, name: &'static str, program: &str, words: &[&str]) {
        let said = || fs::File::create(self.path(&format!("log/{name}.out"))).unwrap();
        let mut command = self.command(program);
        command.args(words).stdin(Stdio::null()).stdout(said()).stderr(said());
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        self.daemons.insert(name, child);
    }

    /// Returns a program of the cluster. Debian keeps some of them where only an administrator's path leads.
    fn command(&self, program: &str) -> Command {
        let folder = ["/usr/sbin", "/usr/bin"].into_iter().find(|folder| Path::new(folder).join(program).is_file());
        let mut command = Command::new(Path::new(folder.unwrap_or_default()).join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("SLURM_CONF", self.path("slurm.conf"));
        command.current_dir(self.folder.path());
        command
    }

    #[track_caller]
    fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < PATIENCE, "{what} did not come\n{}", self.logs());
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn logs(&self) -> String {
        let files = tree::read(&self.path("log")).unwrap();
        let tail = |text: &str| {
            text.lines().rev().take(15).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let log = |(path, file): (&String, &tree::File)| {
            [path, ":\n", &tail(&String::from_utf8_lossy(&file.bytes)), "\n"].concat()
        };
        files.iter().map(log).collect()
    }

    /// Submits a job in the folder of a fleet, and returns its number.
    fn submit(&self, fleet: &Fleet, words: &[&str]) -> String {
        run(self.submission(fleet).arg("--parsable").args(words)).success().trim().to_owned()
    }

    /// A submission, whose environment is that of the job: launchway is on the path, and has the fleet's home.
    fn submission(&self, fleet: &Fleet) -> Command {
        let mut command = self.command("sbatch");
        for (name, value) in fleet.world.launchway().get_envs() {
            command.envs(value.map(|value| (name, value)));
        }
        let programs = program::path().parent().unwrap().display().to_string();
        command.env("PATH", format!("{programs}:/usr/local/bin:/usr/bin:/bin")).current_dir(fleet.world.folder.path());
        command
    }

    /// Lists the jobs that a submission has become.
    fn jobs(&self, submission: &str) -> Vec<Job> {
        let said = run(self.command("scontrol").args(["show", "job", "-o"])).stdout;
        let jobs = said.lines().map(|line| {
            let field = |name: &str| {
                let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
                found.unwrap_or_default().to_owned()
            };
            let job = Job {
                id: field("JobId"),
                task: field("ArrayTaskId"),
                state: field("JobState"),
                restarts: field("Restarts"),
                code: field("ExitCode"),
                nodes: field("NodeList"),
            };
            (field("ArrayJobId"), job)
        });
        jobs.filter(|(array, job)| array == submission || job.id == submission).map(|(_, job)| job).collect()
    }

    /// Waits until all jobs of a submission have ended. A job that Slurm makes wait before it runs again need not wait here.
    fn ended(&self, submission: &str, mut meanwhile: impl FnMut()) -> Vec<Job> {
        self.wait("the end of the array", || {
            let jobs = self.jobs(submission);
            meanwhile();
            for job in jobs.iter().filter(|job| job.state == "PENDING" && job.restarts != "0") {
                let _ = run(self.command("scontrol").args(["update", &format!("jobid={}", job.id), "starttime=now"]));
            }
            let is_open = |job: &Job| ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING"].contains(&job.state.as_str());
            !jobs.is_empty() && !jobs.iter().any(is_open)
        });
        self.jobs(submission)
    }

    /// Kills a worker with all that runs there, as a machine goes whose power is cut.
    fn kill_worker(&mut self, node: &str) {
        let mut worker = self.daemons.remove(node).unwrap();
        worker.kill().unwrap();
        worker.wait().unwrap();
        let of_node = format!("SLURMD_NODENAME={node}");
        let works = self.processes(&of_node);
        // First what would tell the controller how the others have ended.
        let steps: Vec<String> = works.iter().filter_map(|process| parent(process)).collect();
        let is_step = |process: &&String| {
            fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "slurmstepd")
        };
        steps.iter().filter(is_step).chain(&works).for_each(|process| kill(process));
    }

    /// Lists the processes of this cluster that have a text in their environment.
    fn processes(&self, text: &str) -> Vec<String> {
        let own = format!("SLURM_CONF={}", self.path("slurm.conf").display());
        let names = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let is_own = |process: &String| {
            let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            let environment = String::from_utf8_lossy(&environment).into_owned();
            let has = |wanted: &str| environment.split('\0').any(|variable| variable == wanted);
            has(&own) && (text.is_empty() || has(text))
        };
        names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(is_own).collect()
    }
}

fn parent(process: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")).map(|parent| parent.trim().to_owned())
}

fn kill(process: &str) {
    let _ = run(Command::new("kill").args(["-KILL", process]));
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.values_mut() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        self.processes("").iter().for_each(|process| kill(process));
    }
}

/// Makes a fleet of so many repositories: copies of three, and one more at an address that can be away.
fn fleet() -> Fleet {
    let fleet = three();
    let path = |path: &str| fleet.world.path(path);
    for number in 0..PROJECTS - 4 {
        let from = ["alpha", "beta", "gamma"][number % 3];
        tree::write(
            &tree::read(&path(&format!("fleet/{from}.git"))).unwrap(),
            &path(&format!("fleet/{from}-{number}.git")),
        )
        .unwrap();
    }
    fs::create_dir(path("elsewhere")).unwrap();
    tree::write(&tree::read(&path("fleet/alpha.git")).unwrap(), &path("elsewhere/late.git")).unwrap();
    fs::write(path("list.txt"), format!("file://{}\n", path("elsewhere/late.git").display())).unwrap();
    fleet.settings("\n[[source]]\nkind = \"list\"\npath = \"list.txt\"\n");
    fleet.run(&["plan", "-o", "plan.json"]).success();
    assert_eq!(fleet.json("plan.json")["repositories"].as_array().unwrap().len(), PROJECTS);
    fleet
}

/// Returns the shard of the repository that is away at first.
fn late_shard(fleet: &Fleet) -> String {
    let plan = fleet.json("plan.json");
    let is_late = |it: &Value| it["id"].as_str().unwrap().ends_with("elsewhere/late");
    let place = plan["repositories"].as_array().unwrap().iter().position(is_late).unwrap();
    (place % SHARDS).to_string()
}

fn has_transient(fleet: &Fleet) -> bool {
    fleet.results("results").values().any(|result| result["state"] == "transient")
}

fn results(fleet: &Fleet, folder: &str) -> usize {
    tree::read(&fleet.world.path(folder)).map_or(0, |tree| tree.keys().filter(|path| path.contains(".json")).count())
}

/// Takes the result of the repository that was away out of a folder, without the number of attempts.
fn take_late(fleet: &Fleet, folder: &str) -> (tree::Tree, Value) {
    let mut all = tree::read(&fleet.world.path(folder)).unwrap();
    let is_late = |file: &tree::File| String::from_utf8_lossy(&file.bytes).contains("elsewhere/late\"");
    let path = all.iter().find(|(path, file)| path.contains(".json") && is_late(file)).unwrap().0.clone();
    let mut late: Value = serde_json::from_slice(&all.remove(&path).unwrap().bytes).unwrap();
    late["attempts"] = Value::Null;
    (all, late)
}

#[test]
fn three_hundred_repositories_on_slurm_with_a_killed_worker_end_as_in_one_process() {
    let mut cluster = Cluster::start();
    let fleet = fleet();

    let path = |path: &str| fleet.world.path(path);
    fleet.work("one", &[]);
    let emit = ["emit", "slurm", "--results", "results", "--shards", &SHARDS.to_string(), "-o", "fleet.sh"];
    fleet.run(&emit).success();
    run(cluster.submission(&fleet).args(["--test-only", "fleet.sh"])).success();

    fs::rename(path("elsewhere/late.git"), path("away")).unwrap();
    let submission = cluster.submit(&fleet, &["fleet.sh"]);
    let late = late_shard(&fleet);
    let busy = |jobs: &[Job]| {
        let job = jobs.iter().find(|job| job.state == "RUNNING" && job.task != late);
        job.map(|job| job.nodes.clone())
    };
    let mut victim = None;
    cluster.wait("a worker at work", || {
        victim = (results(&fleet, "results") > 10).then(|| busy(&cluster.jobs(&submission))).flatten();
        victim.is_some()
    });
    assert!(results(&fleet, "results") < PROJECTS);
    cluster.kill_worker(&victim.unwrap());

    let is_away = || path("away").exists();
    let jobs = cluster.ended(&submission, || {
        // Once that is recorded, the shard ends with 75.
        if is_away() && has_transient(&fleet) {
            fs::rename(path("away"), path("elsewhere/late.git")).unwrap();
        }
    });
    assert!(!is_away());
    assert_eq!(jobs.len(), SHARDS, "{jobs:?}");
    assert!(jobs.iter().all(|job| job.state == "COMPLETED" && job.code == "0:0"), "{jobs:?}");
    let restarted = jobs.iter().filter(|job| job.restarts != "0").count();
    assert!(restarted >= 2, "one shard for the worker, and one for the repository: {jobs:?}");
    let [(one, one_late), (all, late)] = ["one", "results"].map(|folder| take_late(&fleet, folder));
    assert_eq!(one.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
    assert!(one == all && one_late == late);

    // What nobody can mend by waiting is not run again.
    let text = fs::read_to_string(path("fleet.sh")).unwrap();
    fs::write(path("usage.sh"), text.replace("--jobs ", "--job ")).unwrap();
    let plan = fs::read_to_string(path("plan.json")).unwrap();
    fs::write(path("edited.json"), plan.replacen("\"gamma\"", "\"gamme\"", 1)).unwrap();
    fs::write(path("edited.sh"), text.replace("work plan.json", "work edited.json")).unwrap();
    let submissions = [
        ("2:0", cluster.submit(&fleet, &["--array=0", "usage.sh"])),
        ("64:0", cluster.submit(&fleet, &["--array=0,3,7", "fleet.sh"])),
        ("65:0", cluster.submit(&fleet, &["--array=0", "edited.sh"])),
        ("0:0", cluster.submit(&fleet, &["--array=5-6", "fleet.sh"])),
    ];
    for (code, submission) in submissions {
        let jobs = cluster.ended(&submission, || {});
        assert!(jobs.iter().all(|job| job.code == code && job.restarts == "0"), "{code}: {jobs:?}");
    }
}
