//! The life of a process with handlers and tasks of every kind, which is this test program itself.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    mem,
    net::TcpStream,
    process::{self, Child, ChildStdout, Command, ExitCode, Stdio},
    sync::atomic::{AtomicBool, AtomicU16, Ordering::SeqCst},
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
    // Not back to the test runner, which writes to a pipe that nobody may read.
    process::exit(i32::from(status != ExitCode::SUCCESS));
}

async fn routes(setup: &mut Setup) -> Result<Router, Error> {
    let task = setup.environment.or("TASK", String::new());
    setup.environment.check()?;
    match task.as_str() {
        "fails" => setup.spawn("reader", async { Err("the queue is gone".into()) }),
        "panics" => setup.spawn("reader", async { panic!("on purpose") }),
        "ends" => setup.spawn("reader", async { Ok(()) }),
        "finishes" => setup.spawn("reader", finish(setup.draining())),
        "goes on" => setup.spawn("reader", std::future::pending()),
        "finishes before the start" => {
            setup.spawn("reader", finish(setup.draining()));
            std::future::pending::<()>().await;
        }
        "never starts" => std::future::pending().await,
        "cannot start" => panic!("on purpose"),
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

/// Takes a moment for what it has begun when the drain comes.
async fn finish(draining: Draining) -> Result<(), Error> {
    draining.await;
    tokio::time::sleep(SECOND / 2).await;
    tracing::info!("the message is handled");
    Ok(())
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

/// What a client asks again and again, on one connection for as long as the service leaves it open.
#[derive(Clone, Copy, Debug)]
enum Client {
    KeepAlive,
    /// Its requests arrive byte by byte.
    Slow,
    Stream,
}

/// Clients of whichever service `port` names.
#[derive(Default)]
struct Load {
    port: AtomicU16,
    is_over: AtomicBool,
}

impl Load {
    /// Returns how many requests were answered; each one has to be.
    fn run(&self, client: Client) -> io::Result<usize> {
        let mut answers = 0;
        while !self.is_over.load(SeqCst) {
            let stream = TcpStream::connect(("127.0.0.1", self.port.load(SeqCst)))?;
            stream.set_read_timeout(Some(10 * SECOND))?;
            let mut stream = BufReader::new(stream);
            let mut closes = false;
            while !closes && !self.is_over.load(SeqCst) {
                closes = ask(&mut stream, client)?;
                answers += 1;
            }
        }
        Ok(answers)
    }
}

/// Ends the load, also when the test fails.
struct Over<'a>(&'a Load);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, SeqCst);
    }
}

/// Asks once, and tells whether the connection is done for.
fn ask(stream: &mut BufReader<TcpStream>, client: Client) -> io::Result<bool> {
    let path = if matches!(client, Client::Stream) {
        "stream"
    } else {
        ""
    };
    let request = format!("GET /{path} HTTP/1.1\r\nhost: a\r\n\r\n");
    for byte in request
        .as_bytes()
        .chunks(if matches!(client, Client::Slow) {
            1
        } else {
            99
        })
    {
        stream.get_mut().write_all(byte)?;
        if matches!(client, Client::Slow) {
            thread::sleep(SECOND / 50);
        }
    }
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(io::Error::other(format!("no answer: {head}")));
        }
    }
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // `hello`, or a stream of nothing.
    stream.read_exact(&mut [0; 5])?;
    Ok(head.contains("connection: close") || matches!(client, Client::Stream))
}

#[test]
fn restarts_under_every_kind_of_client_lose_no_request() {
    const VARIABLES: [(&str, &str); 3] = [
        ("DRAIN_DELAY_SECONDS", "1"),
        ("DRAIN_TIMEOUT_SECONDS", "20"),
        ("REQUEST_TIMEOUT_SECONDS", "10"),
    ];
    let load = Load::default();
    let mut service = Service::start(&VARIABLES);
    load.port.store(service.port, SeqCst);
    let kinds = [Client::KeepAlive, Client::Slow, Client::Stream].repeat(3);
    let answers = thread::scope(|scope| {
        let load = &load;
        let over = Over(load);
        let start = |&kind: &Client| (kind, scope.spawn(move || load.run(kind)));
        let clients: Vec<_> = kinds.iter().map(start).collect();
        for _ in 0..3 {
            let next = Service::start(&VARIABLES);
            thread::sleep(SECOND / 2);
            service.signal("TERM");
            // A load balancer needs a while to notice; until then it connects to the old one.
            thread::sleep(SECOND / 2);
            load.port.store(next.port, SeqCst);
            let (is_in_order, took) = mem::replace(&mut service, next).end();
            assert!(is_in_order && took < 5 * SECOND, "{took:?}");
        }
        drop(over);
        service.signal("TERM");
        clients
            .into_iter()
            .map(|(kind, client)| (kind, client.join().unwrap()))
            .collect::<Vec<_>>()
    });
    for (kind, answers) in answers {
        let answers = answers.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert!(answers > 2, "{kind:?}: {answers}");
    }
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
fn the_end_waits_for_a_task_until_the_deadline() {
    let mut service = Service::start(&[("TASK", "finishes")]);
    service.signal("TERM");
    service.event("the message is handled");
    service.event("the pool is closed");
    assert!(service.end().0);
    let mut service = Service::start(&[("TASK", "goes on")]);
    service.signal("TERM");
    assert_eq!(service.event("not ended in time")["tasks"], 1);
    service.event("the pool is closed");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 2 * SECOND, "{took:?}");
    let delay = ("DRAIN_DELAY_SECONDS", "60");
    let mut service = Service::spawn(&[("TASK", "finishes before the start"), delay]);
    thread::sleep(SECOND);
    service.signal("TERM");
    service.event("the message is handled");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 2 * SECOND, "{took:?}");
}

#[test]
fn a_start_that_panics_says_so_before_the_end() {
    let mut service = Service::spawn(&[("TASK", "cannot start")]);
    service.event("panicked");
    service.event("cannot start: `routes` panicked");
    let (is_in_order, took) = service.end();
    assert!(!is_in_order && took < 5 * SECOND, "{took:?}");
}

#[test]
fn a_start_that_waits_for_something_can_be_stopped() {
    let service = Service::spawn(&[("TASK", "never starts"), ("DRAIN_DELAY_SECONDS", "60")]);
    thread::sleep(SECOND);
    service.signal("TERM");
    let (is_in_order, took) = service.end();
    assert!(is_in_order && took < 5 * SECOND, "{took:?}");
}
