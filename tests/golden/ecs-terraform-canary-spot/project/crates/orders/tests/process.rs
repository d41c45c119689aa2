//! The real process: its signals, its exit status, its logs.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read, Write},
    mem::replace,
    net::{TcpListener, TcpStream},
    os::unix::ffi::OsStrExt,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering::SeqCst},
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

use serde_json::Value;

const BINARY: &str = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
const MOMENT: Duration = Duration::from_millis(300);
const REQUEST: &[u8] =
    b"GET /none HTTP/1.1\r\nhost: a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";

struct Service {
    process: Child,
    port: u16,
    admin_port: u16,
    logs: Option<JoinHandle<Vec<Value>>>,
    /// Kept, so that the pipe stays open.
    unread: Option<Lines>,
}

type Lines = io::Lines<BufReader<ChildStdout>>;

impl Service {
    fn start(variables: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(BINARY), variables)
    }

    fn spawn(command: Command, variables: &[(&str, &str)]) -> Self {
        let (mut service, lines) = Self::listening(command, variables);
        let logs = thread::spawn(move || lines.map(|line| event(&line.unwrap())).collect());
        service.logs = Some(logs);
        service
    }

    /// Starts it with a log that nobody reads after the first lines.
    fn start_unread() -> Self {
        let (mut service, lines) =
            Self::listening(Command::new(BINARY), &[("DRAIN_DELAY_SECONDS", "0")]);
        service.unread = Some(lines);
        service
    }

    fn listening(mut command: Command, variables: &[(&str, &str)]) -> (Self, Lines) {
        command
            .env_clear()
            .envs([("PORT", "0"), ("ADMIN_PORT", "0")])
            .envs(variables.iter().copied());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut events = lines.by_ref().map(|line| event(&line.unwrap()));
        let listening = events
            .find(|event| event["message"] == "listening")
            .expect("it starts");
        let port = |key: &str| u16::try_from(listening[key].as_u64().unwrap()).unwrap();
        let service = Self {
            process,
            port: port("port"),
            admin_port: port("admin_port"),
            logs: None,
            unread: None,
        };
        (service, lines)
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.admin_port)).unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        io::read_to_string(stream).unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let kill = ["-c", "kill -s $0 $1", name, &id];
        assert!(Command::new("sh").args(kill).status().unwrap().success());
    }

    /// Waits for the end; returns the exit status and the events since the start.
    fn end(mut self) -> (Option<i32>, Vec<Value>) {
        let status = self.process.wait().unwrap();
        let logs = self.logs.take().unwrap();
        (status.code(), logs.join().unwrap())
    }
}

impl Drop for Service {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Reads one whole answer and returns its head.
    fn receive(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        self.0.read_exact(&mut body)?;
        Ok(head)
    }

    fn ask(&mut self) -> io::Result<String> {
        self.send(REQUEST)?;
        self.receive()
    }
}

/// Keep-alive clients of whichever service `port` names, which reconnect only when told to.
#[derive(Default)]
struct Load {
    port: AtomicU16,
    answers: AtomicUsize,
    over: AtomicBool,
}

impl Load {
    fn run(&self) -> io::Result<()> {
        while !self.over.load(SeqCst) {
            let mut client = Client::connect(self.port.load(SeqCst))?;
            while !self.over.load(SeqCst) && !client.ask()?.contains("connection: close") {
                self.answers.fetch_add(1, SeqCst);
            }
        }
        Ok(())
    }
}

#[test]
fn a_rolling_restart_loses_no_request() {
    let load = Load::default();
    let mut service = Service::start(&[("DRAIN_DELAY_SECONDS", "1")]);
    load.port.store(service.port, SeqCst);
    let (clients, statuses) = thread::scope(|scope| {
        let clients = [(); 8].map(|()| scope.spawn(|| load.run()));
        let statuses = restart_three_times(&mut service, &load.port);
        load.over.store(true, SeqCst);
        (clients.map(|client| client.join().unwrap()), statuses)
    });
    assert_eq!(statuses, [Some(0); 3]);
    for client in clients {
        client.expect("each request is answered");
    }
    assert!(load.answers.into_inner() > 100);
}

fn restart_three_times(service: &mut Service, port: &AtomicU16) -> [Option<i32>; 3] {
    [(); 3].map(|()| {
        let next = Service::start(&[("DRAIN_DELAY_SECONDS", "1")]);
        sleep(MOMENT);
        service.signal("TERM");
        // A load balancer needs a while to notice; until then it connects to the old one.
        sleep(MOMENT);
        port.store(next.port, SeqCst);
        replace(service, next).end().0
    })
}

#[test]
fn a_request_that_began_before_the_signal_is_answered_after_it() {
    let service = Service::start(&[("DRAIN_DELAY_SECONDS", "0")]);
    let mut client = Client::connect(service.port).unwrap();
    client.send(&REQUEST[..10]).unwrap();
    sleep(MOMENT);
    service.signal("TERM");
    sleep(MOMENT);
    client.send(&REQUEST[10..]).unwrap();
    let head = client.receive().unwrap();
    assert!(
        head.starts_with("HTTP/1.1 404") && head.contains("connection: close"),
        "{head}"
    );
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn an_interrupt_skips_the_delay() {
    let service = Service::start(&[("DRAIN_DELAY_SECONDS", "60")]);
    let start = Instant::now();
    service.signal("INT");
    assert_eq!(service.end().0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn running_out_of_file_descriptors_is_survived() {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "ulimit -n 32; exec \"$0\"", BINARY]);
    let service = Service::spawn(shell, &[]);
    let start = Instant::now();
    let crowd = [service.port, service.admin_port]
        .map(|port| (0..64).map(|_| Client::connect(port)).collect::<Vec<_>>());
    sleep(3 * MOMENT);
    drop(crowd);
    assert!(Client::connect(service.port).unwrap().ask().is_ok());
    service.signal("INT");
    let (status, events) = service.end();
    assert_eq!(status, Some(0));
    let complaints = events
        .iter()
        .filter(|event| event["message"] == "cannot accept");
    // Once a second and port, not once an attempt.
    let most = 2 * (1 + start.elapsed().as_secs());
    assert!((1..=most).contains(&(complaints.count() as u64)));
}

#[test]
fn each_event_names_the_service_and_its_request() {
    let service = Service::start(&[("ENVIRONMENT", "test")]);
    Client::connect(service.port).unwrap().ask().unwrap();
    service.signal("INT");
    let (_, events) = service.end();
    let answered = events
        .iter()
        .find(|event| event["message"] == "answered")
        .unwrap();
    assert_eq!(answered["service"], env!("CARGO_PKG_NAME"));
    assert_eq!(answered["environment"], "test");
    assert_eq!(answered["status"], 404);
    assert_eq!(answered["path"], "/none");
    assert_eq!(answered["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(answered["span_id"].as_str().unwrap().len(), 16);
    assert_eq!(answered["revision"], "unknown");
    assert_eq!(answered["request_id"].as_str().unwrap().len(), 36);
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let mut service = Service::start_unread();
    let mut client = Client::connect(service.port).unwrap();
    let path = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(4000));
    for _ in 0..1000 {
        client.send(path.as_bytes()).unwrap();
        client.receive().unwrap();
    }
    let metrics = service.metrics();
    let dropped = metrics
        .lines()
        .find_map(|line| line.strip_prefix("log_dropped_lines_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() > 100, "{metrics}");
    service.signal("TERM");
    let start = Instant::now();
    assert_eq!(service.process.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_full_disk_behind_the_log_holds_up_nothing() {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$0\" > /dev/full 2> /dev/full", BINARY]);
    let port = free_port();
    let port_text = port.to_string();
    let variables = [
        ("PORT", port_text.as_str()),
        ("ADMIN_PORT", "0"),
        ("DRAIN_DELAY_SECONDS", "0"),
    ];
    let mut process = shell.env_clear().envs(variables).spawn().unwrap();
    let mut client = (0..50).find_map(|_| {
        sleep(MOMENT / 3);
        Client::connect(port).ok()
    });
    client.as_mut().expect("it listens").ask().unwrap();
    let id = process.id().to_string();
    Command::new("sh")
        .args(["-c", "kill -s TERM $0", &id])
        .status()
        .unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_second_signal_means_now() {
    let mut service = Service::start(&[("DRAIN_DELAY_SECONDS", "60")]);
    service.signal("TERM");
    sleep(MOMENT);
    assert_eq!(service.process.try_wait().unwrap(), None);
    let start = Instant::now();
    service.signal("TERM");
    let (status, events) = service.end();
    assert_eq!(status, Some(1));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(events.last().unwrap()["reason"], "a second signal");
}

#[test]
fn the_last_line_is_written_before_the_end() {
    let service = Service::start(&[]);
    service.signal("INT");
    assert_eq!(service.end().1.last().unwrap()["message"], "stopped");
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    let Output { status, stdout, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn the_healthcheck_tells_life_from_death() {
    let service = Service::start(&[]);
    let admin_port = service.admin_port.to_string();
    let variables = [("ADMIN_PORT", admin_port.as_str())];
    assert_eq!(run(&["healthcheck"], &variables).0, Some(0));
    service.signal("INT");
    service.end();
    assert_eq!(run(&["healthcheck"], &variables).0, Some(1));
    assert_eq!(run(&["unknown"], &[]).0, Some(2));
}

#[test]
fn mistakes_are_logged_together_and_end_the_start() {
    let (status, logs) = run(&[], &[("PORT", "a"), ("LOG_LEVEL", "b")]);
    assert_eq!(status, Some(1));
    assert_eq!(
        logs.lines()
            .map(|line| event(line)["level"] == "ERROR")
            .filter(|&error| error)
            .count(),
        2
    );
}

#[test]
fn a_value_that_is_no_text_ends_the_start() {
    let no_text = OsStr::from_bytes(b"caf\xe9");
    let mut command = Command::new(BINARY);
    let ended = command.env_clear().env("ENVIRONMENT", no_text).output();
    let Output { status, stdout, .. } = ended.unwrap();
    assert_eq!(status.code(), Some(1));
    let logs = String::from_utf8(stdout).unwrap();
    assert_eq!(event(&logs)["message"], "`ENVIRONMENT` is not UTF-8");
}

#[test]
fn a_port_in_use_ends_the_start() {
    let service = Service::start(&[]);
    let (status, logs) = run(
        &[],
        &[
            ("PORT", "0"),
            ("ADMIN_PORT", &service.admin_port.to_string()),
        ],
    );
    assert_eq!(status, Some(1));
    assert!(logs.contains("cannot listen on port"), "{logs}");
    service.signal("INT");
    service.end();
}
