//! A generated service with no more memory than its manifest gives it, under loads that are made to fill it.

use std::fs;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::project::{self, Project};
use crate::service::{Service, get};
use crate::source::Source;
use crate::validators::environment;

const MIB: usize = 1 << 20;
/// How many clients connect at a time.
const CLIENTS: usize = 16;
/// For a client whose bytes the service does not take.
const PATIENCE: Duration = Duration::from_secs(2);

/// One test loads its service at a time.
static LOADS: Mutex<()> = Mutex::new(());

#[test]
fn in_a_cluster_no_load_fills_the_memory() {
    let project = project::named("both-default");
    let manifest = fs::read_to_string(project.path("deploy/kubernetes/base/workload/deployment.yaml")).unwrap();
    let limit = manifest.split("limits:\n").nth(1).and_then(|limits| between(limits, "memory: ", "Mi\n"));
    assert_survives(&project, "kubernetes", limit.unwrap());
}

#[test]
fn on_ecs_no_load_fills_the_memory() {
    let project = project::named("both-default");
    let stack = fs::read_to_string(project.path("deploy/ecs/service.yaml")).unwrap();
    assert_survives(&project, "ecs", between(&stack, "      Memory: \"", "\"\n").unwrap());
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

fn assert_survives(project: &Project, platform: &str, memory: &str) {
    let environment = environment(project, platform, &project.production());
    let memory = MIB * memory.parse::<usize>().unwrap();
    let places = environment.iter().find(|(key, _)| key == "MAX_CONNECTIONS").unwrap().1.parse().unwrap();
    let binary = Source::of(project).build(project.service());
    // The clients of both tests are in this process, which has a descriptor for each of their connections.
    let _alone = LOADS.lock().unwrap_or_else(PoisonError::into_inner);
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    assert!(maximum.is_none_or(|most| most > 13_000), "this needs 13,000 descriptors: `ulimit -Hn 20000` as root");
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    for (load, count) in [
        (Load::Idle, 12_000),
        (Load::UnfinishedHead { bytes: 360_000 }, 1_000),
        (Load::UnfinishedHead { bytes: 32_000 }, places),
        (Load::Body { is_finished: false }, 600),
        (Load::Body { is_finished: true }, 600),
        (Load::Crumbs, 300),
    ] {
        let cgroup = Cgroup::new(memory);
        let mut service = Service::start_in(&cgroup.folder, &binary, &environment);
        let clients = load.run(service.traffic, count);
        let answer = get(service.admin, "/livez");
        assert!(!service.has_ended(), "{load:?} on {platform} ended it, with {} connections", clients.len());
        assert_eq!(answer.unwrap().status, 200, "{load:?} on {platform}");
    }
}

/// What each connection of a load brings.
#[derive(Clone, Copy, Debug)]
enum Load {
    Idle,
    UnfinishedHead {
        bytes: usize,
    },
    /// A mebibyte, but for its last byte where it is not finished.
    Body {
        is_finished: bool,
    },
    /// A body in the smallest pieces there are.
    Crumbs,
}

impl Load {
    /// Opens `count` connections, and keeps those open that the service leaves open.
    fn run(self, address: SocketAddr, count: usize) -> Vec<TcpStream> {
        let bytes = self.bytes();
        let left = AtomicUsize::new(count);
        let take = || left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        thread::scope(|scope| {
            let client = || {
                let mut open = Vec::new();
                while take() {
                    // Cut off, or not taken: that is what the service is for here.
                    open.extend(send(address, &bytes));
                }
                open
            };
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        })
    }

    fn bytes(self) -> Vec<u8> {
        let post = "POST /notes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        match self {
            Self::Idle => Vec::new(),
            Self::UnfinishedHead { bytes } => format!("GET / HTTP/1.1\r\na: {}", "a".repeat(bytes)).into(),
            Self::Body { is_finished } => {
                let mut body = format!(r#"{{"text":"{}"}}"#, "a".repeat(MIB - 11));
                assert_eq!(body.len(), MIB);
                if !is_finished {
                    body.pop();
                }
                format!("{post}content-length: {MIB}\r\n\r\n{body}").into()
            }
            Self::Crumbs => format!("{post}transfer-encoding: chunked\r\n\r\n{}", "1\r\na\r\n".repeat(200_000)).into(),
        }
    }
}

fn send(address: SocketAddr, bytes: &[u8]) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(bytes)?;
    Ok(stream)
}

/// A group of processes that may use so much memory together.
struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    #[track_caller]
    fn new(bytes: usize) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (root, file) = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")]
            .into_iter()
            .find(|(root, _)| ["tasks", "cgroup.controllers"].iter().any(|file| Path::new(root).join(file).exists()))
            .expect("this machine has no cgroups");
        let name = format!("launchway-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let cgroup = Self { folder: Path::new(root).join(name) };
        let made = fs::create_dir(&cgroup.folder)
            .and_then(|()| fs::write(cgroup.folder.join(file), bytes.to_string()))
            // Where there is swap, memory alone limits nothing; where there is none, there may be no such file.
            .map(|()| {
                let _ = fs::write(cgroup.folder.join("memory.swap.max"), "0");
                let _ = fs::write(cgroup.folder.join("memory.swappiness"), "0");
            });
        if let Err(error) = made {
            let line = "sudo -E env PATH=\"$PATH\" cargo test --package launchway-tests memory";
            panic!("no memory cgroup may be made below {root} ({error}); run it as root: {line}");
        }
        cgroup
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Empty by now: the service is dropped before.
        let _ = Command::new("rmdir").arg(&self.folder).status();
    }
}
