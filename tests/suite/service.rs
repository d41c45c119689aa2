//! A generated service as a running process, and clients of it.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(10);

/// A started service; it is killed when the test is over.
pub(crate) struct Service {
    child: Child,
    pub(crate) traffic: SocketAddr,
    pub(crate) admin: SocketAddr,
    folder: TempDir,
}

impl Service {
    /// Starts `binary` with exactly `environment`, but for the two ports: the machine may have those in use, so it
    /// chooses them.
    pub(crate) fn start(binary: &Path, environment: &[(String, String)]) -> Self {
        Self::spawn(Command::new(binary), environment)
    }

    /// Starts it in a control group.
    pub(crate) fn start_in(group: &Path, binary: &Path, environment: &[(String, String)]) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-euc", "echo $$ > \"$0\"; exec \"$1\""]).arg(group.join("cgroup.procs")).arg(binary);
        Self::spawn(shell, environment)
    }

    fn spawn(mut command: Command, environment: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = command
            .env_clear()
            .envs(environment.iter().cloned())
            .envs([("PORT", "0"), ("ADMIN_PORT", "0")])
            .current_dir(folder.path())
            .stdout(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut service = Self { child, traffic: unknown, admin: unknown, folder };
        service.wait_until_listening();
        service
    }

    fn wait_until_listening(&mut self) {
        let start = Instant::now();
        let listening = loop {
            let events = self.log();
            let mut events = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(event) = events.find(|event| event["message"] == "listening") {
                break event;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?} before it listened\n{}", self.log());
            assert!(start.elapsed() < PATIENCE, "not listening in time\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        };
        let port = |key: &str| listening[key].as_u64().unwrap().try_into().unwrap();
        self.traffic.set_port(port("port"));
        self.admin.set_port(port("admin_port"));
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end of the process, for as long as `limit`.
    pub(crate) fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < limit, "still there after {limit:?}\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it logged until now.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already in a test that got to its end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, without its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether the server asked to close the connection.
    pub(crate) closes: bool,
}

/// Asks once, on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    Client::connect(address)?.ask(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"))
}

/// A connection that is kept alive.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn ask(&mut self, request: &str) -> io::Result<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut answer = Answer { status: status.ok_or_else(|| io::Error::other(line))?, closes: false };
        let mut length = 0;
        loop {
            let header = self.line()?.to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("connection", value)) => answer.closes = value == "close",
                Some(("content-length", value)) => length = value.parse().map_err(io::Error::other)?,
                Some(_) => {}
                None => break,
            }
        }
        self.0.read_exact(&mut vec![0; length])?;
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

/// What a keep-alive client saw: how many requests were answered, and each one that was not.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) answered: usize,
    pub(crate) lost: Vec<String>,
}

/// Writes to the sample resource on kept-alive connections until `end`. A connection that the server closes after an
/// answer is opened again, as a load balancer does.
pub(crate) fn load(address: SocketAddr, end: impl Fn() -> bool) -> Load {
    let body = r#"{"text":"hello"}"#;
    let head = "POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut load = Load::default();
    let mut connection = None;
    while !end() {
        let answer = take_or_connect(&mut connection, address).and_then(|mut client| {
            let answer = client.ask(&request)?;
            Ok((client, answer))
        });
        match answer {
            Ok((client, Answer { status: 201, closes })) => {
                load.answered += 1;
                connection = (!closes).then_some(client);
            }
            Ok((_, answer)) => load.lost.push(format!("{answer:?}")),
            Err(error) => load.lost.push(error.to_string()),
        }
        thread::sleep(Duration::from_millis(1));
    }
    load
}

fn take_or_connect(connection: &mut Option<Client>, address: SocketAddr) -> io::Result<Client> {
    connection.take().map_or_else(|| Client::connect(address), Ok)
}
