//! The real process, on a small server that speaks as much of Amazon SQS as it needs.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard},
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const BINARY: &str = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
const MOMENT: Duration = Duration::from_millis(300);
const ORDER: &str = r#"{"order": 7, "cents": 1250}"#;

/// The server, and the messages in it by their id, with when they are visible again.
#[derive(Clone)]
struct Sqs {
    port: u16,
    messages: Arc<Mutex<BTreeMap<String, (String, Instant)>>>,
}

impl Sqs {
    fn start(bodies: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let numbered = bodies.iter().enumerate();
        let messages = numbered.map(|(id, body)| {
            let message = ((*body).to_owned(), Instant::now());
            (format!("id-{id}"), message)
        });
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            messages: Arc::new(Mutex::new(messages.collect())),
        };
        let accepting = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let server = accepting.clone();
                thread::spawn(move || server.serve(&stream.unwrap()));
            }
        });
        server
    }

    fn messages(&self) -> MutexGuard<'_, BTreeMap<String, (String, Instant)>> {
        self.messages.lock().unwrap()
    }

    /// Answers one connection until the client closes it.
    fn serve(&self, mut stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let (mut length, mut action) = (0, String::new());
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                if let Some((name, value)) = line.split_once(": ") {
                    match name.to_ascii_lowercase().as_str() {
                        "content-length" => length = value.parse().ok()?,
                        "x-amz-target" => value.clone_into(&mut action),
                        _ => {}
                    }
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let asked = serde_json::from_slice(&body).ok()?;
            let answer = self.answer(&action, &asked).to_string();
            let length = answer.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0";
            write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{answer}").ok()?;
        }
    }

    fn answer(&self, action: &str, asked: &Value) -> Value {
        let receipt = asked["ReceiptHandle"].as_str().unwrap_or_default();
        let visible = || {
            let seconds = asked["VisibilityTimeout"].as_u64().unwrap();
            Instant::now() + Duration::from_secs(seconds)
        };
        match action {
            "AmazonSQS.ReceiveMessage" => self.receive(asked, visible()),
            "AmazonSQS.DeleteMessage" => {
                self.messages().remove(receipt);
                json!({})
            }
            "AmazonSQS.ChangeMessageVisibility" => {
                if let Some((_, until)) = self.messages().get_mut(receipt) {
                    *until = visible();
                }
                json!({})
            }
            _ => panic!("{action} is not among the rights of the worker"),
        }
    }

    fn receive(&self, asked: &Value, until: Instant) -> Value {
        let end = Instant::now() + Duration::from_secs(asked["WaitTimeSeconds"].as_u64().unwrap());
        let most = usize::try_from(asked["MaxNumberOfMessages"].as_u64().unwrap()).unwrap();
        loop {
            let mut messages = self.messages();
            let visible = messages.iter_mut();
            let visible = visible.filter(|(_, message)| message.1 <= Instant::now());
            let received: Vec<_> = visible
                .take(most)
                .map(|(id, (body, visible))| {
                    *visible = until;
                    json!({ "MessageId": id, "ReceiptHandle": id, "Body": body })
                })
                .collect();
            drop(messages);
            if !received.is_empty() || Instant::now() >= end {
                return json!({ "Messages": received });
            }
            sleep(Duration::from_millis(10));
        }
    }
}

struct Worker {
    process: Child,
    admin_port: u16,
    logs: JoinHandle<Vec<Value>>,
}

impl Worker {
    fn start(sqs: &Sqs) -> Self {
        let server = format!("http://127.0.0.1:{}", sqs.port);
        let mut process = command()
            .envs([("ADMIN_PORT", "0"), ("AWS_REGION", "us-east-1")])
            .envs([("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "a")])
            .env("QUEUE_URL", format!("{server}/000000000000/orders"))
            .env("AWS_ENDPOINT_URL_SQS", server)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut events = lines.by_ref().map(|line| event(&line.unwrap()));
        let listening = events.find(|event| event["message"] == "listening");
        let port = listening.expect("it starts")["admin_port"]
            .as_u64()
            .unwrap();
        Self {
            process,
            admin_port: u16::try_from(port).unwrap(),
            logs: thread::spawn(move || lines.map(|line| event(&line.unwrap())).collect()),
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.admin_port)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        io::read_to_string(stream).unwrap()
    }

    /// Sends a signal, and waits for the end: its status, how long it took, and what was logged.
    fn end(mut self, signal: &str) -> (Option<i32>, Duration, Vec<Value>) {
        let start = Instant::now();
        let id = self.process.id().to_string();
        let kill = ["-c", "kill -s $0 $1", signal, &id];
        assert!(Command::new("sh").args(kill).status().unwrap().success());
        let status = self.process.wait().unwrap();
        (status.code(), start.elapsed(), self.logs.join().unwrap())
    }
}

fn command() -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear();
    command
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))
}

fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "it takes too long");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn messages_are_handled_and_deleted_and_an_idle_worker_ends_at_once() {
    let sqs = Sqs::start(&[ORDER; 25]);
    let worker = Worker::start(&sqs);
    until(|| sqs.messages().is_empty());
    assert!(worker.get("/livez").starts_with("HTTP/1.1 200"));
    assert!(worker.get("/readyz").starts_with("HTTP/1.1 200"));
    let metrics = worker.get("/metrics");
    assert!(
        metrics.contains("queue_messages_succeeded_total 25\n"),
        "{metrics}"
    );
    let healthcheck = command()
        .env("ADMIN_PORT", worker.admin_port.to_string())
        .arg("healthcheck")
        .status();
    assert!(healthcheck.unwrap().success());
    let (status, took, events) = worker.end("TERM");
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let handled = events.iter().filter(|event| event["message"] == "handled");
    let mut keys: Vec<_> = handled.map(|event| event["key"].to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 25);
}

#[test]
fn a_message_that_cannot_be_handled_is_hidden_and_kept() {
    let sqs = Sqs::start(&["hello"]);
    let worker = Worker::start(&sqs);
    until(|| {
        worker
            .get("/metrics")
            .contains("queue_messages_failed_total 1\n")
    });
    until(|| {
        let until = sqs.messages()["id-0"].1;
        until.saturating_duration_since(Instant::now()) < Duration::from_secs(3)
    });
    let (status, _, events) = worker.end("INT");
    assert_eq!(status, Some(0));
    let failed = events
        .iter()
        .find(|event| event["message"] == "failed")
        .unwrap();
    assert!(
        failed["error"].to_string().contains("expected value"),
        "{failed}"
    );
    assert_eq!(sqs.messages().len(), 1);
}

#[test]
fn a_message_that_arrives_after_the_signal_is_left_to_others() {
    let sqs = Sqs::start(&[]);
    let worker = Worker::start(&sqs);
    until(|| worker.get("/readyz").starts_with("HTTP/1.1 200"));
    sleep(MOMENT);
    let (status, _, _) = worker.end("TERM");
    assert_eq!(status, Some(0));
    let message = (ORDER.to_owned(), Instant::now());
    sqs.messages().insert("late".to_owned(), message);
    sleep(MOMENT);
    assert_eq!(sqs.messages().len(), 1);
}

#[test]
fn all_mistakes_in_the_environment_are_logged_together() {
    let variables = [("WORK_TIMEOUT_SECONDS", "30"), ("ADMIN_PORT", "a")];
    let output = command().envs(variables).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for mistake in [
        "`QUEUE_URL` is missing",
        "`ADMIN_PORT`",
        "`DRAIN_TIMEOUT_SECONDS` must not",
    ] {
        assert!(text.contains(mistake), "{mistake}: {text}");
    }
}
