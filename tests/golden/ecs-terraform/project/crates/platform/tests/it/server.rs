use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use platform::server::{BUFFER_BYTES, Limits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::sleep,
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const LIMITS: Limits = Limits {
    slow_client: Duration::from_millis(200),
    keep_alive: Duration::from_millis(800),
    drain: Duration::from_millis(1500),
    connections: 4,
};

struct Server {
    address: SocketAddr,
    client: TcpStream,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// Serves an answer that takes `work`, and connects one client.
async fn server(work: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = async move || {
        sleep(work).await;
        "done"
    };
    let large = async || vec![0; 64 * 1024 * 1024];
    let router = Router::new()
        .route("/", get(answer))
        .route("/large", get(large));
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let ended = tokio::spawn(serve(listener, router, LIMITS, stopped));
    let client = TcpStream::connect(address).await.unwrap();
    Server {
        address,
        client,
        stop,
        ended,
    }
}

async fn answer(client: &mut TcpStream) -> String {
    let mut buffer = [0; 1024];
    let count = client.read(&mut buffer).await.unwrap_or_default();
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

#[tokio::test]
async fn a_head_that_dribbles_in_is_cut_off() {
    let mut server = server(Duration::ZERO).await;
    let start = Instant::now();
    for byte in REQUEST {
        if server.client.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(30)).await;
    }
    assert!(!answer(&mut server.client).await.contains("200 OK"));
    assert!(start.elapsed() < LIMITS.keep_alive);
}

#[tokio::test]
async fn an_idle_connection_outlives_the_limit_for_heads_but_not_the_keep_alive() {
    let mut server = server(LIMITS.slow_client * 2).await;
    for _ in 0..2 {
        server.client.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut server.client).await.contains("200 OK"));
        sleep(LIMITS.slow_client * 2).await;
    }
    sleep(LIMITS.keep_alive).await;
    assert_eq!(server.client.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn stopping_waits_for_the_requests_under_way() {
    let mut server = server(Duration::from_secs(1)).await;
    server.client.write_all(REQUEST).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    assert!(answer(&mut server.client).await.contains("200 OK"));
    server.ended.await.unwrap();
}

#[tokio::test]
async fn stopping_still_serves_a_connection_whose_request_is_on_its_way() {
    let mut server = server(Duration::ZERO).await;
    sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    sleep(Duration::from_millis(100)).await;
    server.client.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut server.client).await.contains("200 OK"));
    server.ended.await.unwrap();
}

#[tokio::test]
async fn stopping_ends_at_the_deadline() {
    let mut server = server(Duration::from_mins(1)).await;
    server.client.write_all(REQUEST).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    let start = Instant::now();
    server.ended.await.unwrap();
    assert!(start.elapsed() < LIMITS.drain * 2);
    assert_eq!(answer(&mut server.client).await, "");
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_cut_off() {
    let mut server = server(Duration::ZERO).await;
    let request = b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n";
    server.client.write_all(request).await.unwrap();
    sleep(LIMITS.slow_client * 4).await;
    let mut taken = Vec::new();
    let end = server.client.read_to_end(&mut taken).await;
    assert!(
        end.is_err() || taken.len() < 64 * 1024 * 1024,
        "{} bytes",
        taken.len()
    );
}

#[tokio::test]
async fn a_client_that_has_sent_everything_still_gets_its_answer() {
    let mut server = server(Duration::from_millis(100)).await;
    server.client.write_all(REQUEST).await.unwrap();
    server.client.shutdown().await.unwrap();
    assert!(answer(&mut server.client).await.contains("200 OK"));
}

#[tokio::test]
async fn a_request_names_one_host() {
    for (hosts, status) in [
        ("1\r\n", "400"),
        ("1\r\nhost: a\r\n", "200"),
        ("1\r\nhost: [::1]:8080\r\n", "200"),
        ("1\r\nhost: a\r\nhost: b\r\n", "400"),
        ("1\r\nhost: a b\r\n", "400"),
        ("1\r\nhost: a/b\r\n", "400"),
        ("1\r\nhost: a@b\r\n", "400"),
        ("0\r\n", "200"),
        ("0\r\nhost: a\r\nhost: b\r\n", "400"),
    ] {
        let mut server = server(Duration::ZERO).await;
        let request = format!("GET / HTTP/1.{hosts}\r\n");
        server.client.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut server.client).await;
        assert!(answer.contains(status), "{hosts}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_before_it_is_complete() {
    let mut server = server(Duration::ZERO).await;
    let head = format!("GET / HTTP/1.1\r\na: {}", "a".repeat(2 * BUFFER_BYTES));
    server.client.write_all(head.as_bytes()).await.unwrap();
    assert!(answer(&mut server.client).await.contains("431"));
}

#[tokio::test]
async fn when_all_places_are_taken_the_connection_that_was_idle_longest_makes_room() {
    let mut server = server(Duration::from_millis(400)).await;
    let mut others = Vec::new();
    for _ in 1..LIMITS.connections {
        sleep(Duration::from_millis(20)).await;
        others.push(TcpStream::connect(server.address).await.unwrap());
    }
    // The oldest one of all has a request under way, and stays.
    server.client.write_all(REQUEST).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let mut next = TcpStream::connect(server.address).await.unwrap();
    next.write_all(REQUEST).await.unwrap();
    assert_eq!(others[0].read(&mut [0]).await.unwrap(), 0);
    assert!(answer(&mut server.client).await.contains("200 OK"));
    assert!(answer(&mut next).await.contains("200 OK"));
    others[1].write_all(REQUEST).await.unwrap();
    assert!(answer(&mut others[1]).await.contains("200 OK"));
}
