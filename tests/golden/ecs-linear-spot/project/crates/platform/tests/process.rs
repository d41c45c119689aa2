//! The life of a process with handlers and tasks of every kind, which is this test program itself.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    routing::get,
};
use hyper::body::Frame;
use platform::{Draining, Environment, Error, Setup};
use serde_json::Value;

const SECOND: Duration = Duration::from_secs(1);

/// The service that the other tests start.
#[test]
#[ignore = "runs until it is stopped"]
fn fixture() {
    let status = platform::run("fixture", Environment::of_process(), routes);
    assert_eq!(status, ExitCode::SUCCESS);
}

async fn routes(setup: &mut Setup) -> Result<Router, Error> {
    let task = setup.environment.or("TASK", String::new());
    setup.environment.check()?;
    match task.as_str() {
        "fails" => setup.spawn("reader", async { Err("the queue is gone".into()) }),
        "panics" => setup.spawn("reader", async { panic!("on purpose") }),
        "ends" => setup.spawn("reader", async { Ok(()) }),
        "never starts" => std::future::pending().await,
        _ => {}
    }
    let draining = setup.draining();
    setup.on_shutdown(async { tracing::info!("the pool is closed") });
    Ok(Router::new()
        .route("/", get(async || "hello"))
        .route("/stream", get(async move || stream(draining.clone())))
        .route("/block", get(async || thread::sleep(60 * SECOND)))
        .route("/background", get(background)))
}

async fn background() {
    tokio::task::spawn_blocking(|| thread::sleep(60 * SECOND));
}

/// Sends nothing until the drain begins, and then ends.
fn stream(draining: Draining) -> Body {
    struct Stream(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
    impl HttpBody for Stream {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.0.as_mut().poll(context).map(|()| None)
        }
    }
    Body::new(Stream(draining.into_future()))
}

struct Service {
    process: Child,
    port: u16,
    admin_port: u16,
    lines: BufReader<ChildStdout>,
}

impl Service {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut service = Self::spawn(variables);
        let event = service.event("listening");
        let port = |key: &str| u16::try_from(event[key].as_u64().unwrap()).unwrap();
        (service.port, service.admin_port) = (port("port"), port("admin_port"));
        service
    }

    fn spawn(variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["fixture", "--exact", "--ignored", "--nocapture"])
            .env_clear()
            .envs([
                ("PORT", "0"),
                ("ADMIN_PORT", "0"),
                ("DRAIN_DELAY_SECONDS", "0"),
            ])
            .envs([
                ("DRAIN_TIMEOUT_SECONDS", "1"),
                ("REQUEST_TIMEOUT_SECONDS", "1"),
            ])
            .envs([("TOKIO_WORKER_THREADS", "1")])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            port: 0,
            admin_port: 0,
            lines,
        }
    }

    /// Waits for an event with this message.
    fn event(&mut self, message: &str) -> Value {
        let mut lines = self.lines.by_ref().lines();
        let events = lines
            .by_ref()
            .filter_map(|line| serde_json::from_str(&line.unwrap()).ok());
        let mut events = events.filter(|event: &Value| event["message"] == message);
        events
            .next()
            .unwrap_or_else(|| panic!("`{message}` was not logged"))
    }

    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream.set_read_timeout(Some(10 * SECOND)).unwrap();
        thread::sleep(SECOND / 5);
        stream
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let kill = ["-c", "kill -s $0 $1", name, &id];
        assert!(Command::new("sh").args(kill).status().unwrap().success());
    }

    /// Waits for the end; returns whether it was one in good order, and how long it took.
    fn end(mut self) -> (bool, Duration) {
        let start = Instant::now();
        let status = self.process.wait().unwrap();
        (status.success(), start.elapsed())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

#[test]
fn a_handler_that_blocks_every_thread_cannot_hold_up_the_end() {
    let mut service = Service::start(&[]);
    let _blocking = service.ask("/block");
    service.signal("TERM");
    assert_eq!(service.event("cut off")["reason"], "the drain deadline");
    let (is_in_order, took) = service.end();
    assert!(!is_in_order && took < 5 * SECOND, "{took:?}");
}

#[test]
fn a_thread_in_the_background_does_not_hold_up_the_end() {
    let service = Service::start(&[]);
    let _answer = service.ask("/background");
    service.signal("TERM");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 5 * SECOND, "{took:?}");
}

#[test]
fn an_open_stream_that_knows_of_the_drain_does_not_hold_it_up() {
    let mut service = Service::start(&[("DRAIN_TIMEOUT_SECONDS", "60")]);
    let mut stream = service.ask("/stream");
    service.signal("TERM");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("0\r\n\r\n"), "{answer}");
    service.event("the pool is closed");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 5 * SECOND, "{took:?}");
}

#[test]
fn a_task_that_fails_ends_the_process_in_good_order() {
    for (task, message) in [("fails", "failed"), ("panics", "panicked")] {
        let mut service = Service::spawn(&[("TASK", task)]);
        service.event(message);
        let (is_in_order, took) = service.end();
        assert!(!is_in_order && took < 5 * SECOND, "{task}: {took:?}");
    }
    let service = Service::start(&[("TASK", "ends")]);
    let mut answer = [0; 12];
    service.ask("/").read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[test]
fn a_start_that_waits_for_something_can_be_stopped() {
    let service = Service::spawn(&[("TASK", "never starts"), ("DRAIN_DELAY_SECONDS", "60")]);
    thread::sleep(SECOND);
    service.signal("TERM");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 5 * SECOND, "{took:?}");
}
