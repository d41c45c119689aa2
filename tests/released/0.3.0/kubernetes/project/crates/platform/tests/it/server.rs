use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use platform::server::{Limits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::sleep,
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const LIMITS: Limits = Limits {
    head: Duration::from_millis(200),
    keep_alive: Duration::from_millis(800),
    drain: Duration::from_millis(1500),
};

struct Server {
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
    let router = Router::new().route("/", get(answer));
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let ended = tokio::spawn(serve(listener, router, LIMITS, stopped));
    let client = TcpStream::connect(address).await.unwrap();
    Server {
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
    let mut server = server(LIMITS.head * 2).await;
    for _ in 0..2 {
        server.client.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut server.client).await.contains("200 OK"));
        sleep(LIMITS.head * 2).await;
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
