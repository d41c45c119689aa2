use std::{future::pending, time::Duration};

use axum::{Router, routing::get};
use platform::{
    App,
    server::{Limits, serve},
};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{app, text};

const SECOND: Duration = Duration::from_secs(1);

/// Serves an answer that takes a second, and connects one client, which has asked for it.
async fn asked() -> (App, TcpStream) {
    let answer = async || {
        sleep(SECOND).await;
        "done"
    };
    let app = app(&[], Router::new().route("/", get(answer))).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        slow_client: 10 * SECOND,
        keep_alive: 10 * SECOND,
        drain: 10 * SECOND,
        connections: 4,
    };
    tokio::spawn(serve(listener, app.traffic.clone(), limits, pending()));
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    client.write_all(request).await.unwrap();
    until_metrics_have(
        &app,
        "http_server_active_requests{http_request_method=\"GET\"} 1",
    )
    .await;
    (app, client)
}

async fn until_metrics_have(app: &App, part: &str) {
    for _ in 0..1000 {
        let metrics = text(crate::get(&app.admin, "/metrics").await).await;
        if metrics.contains(part) {
            return;
        }
        sleep(SECOND / 100).await;
    }
    panic!("{part} does not come");
}

#[tokio::test]
async fn a_connection_that_breaks_before_its_answer_counts_as_left() {
    let (app, client) = asked().await;
    let socket = SockRef::from(&client);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    until_metrics_have(&app, "http_response_status_code=\"499\"").await;
}

#[tokio::test]
async fn a_client_that_only_closes_its_side_is_answered() {
    let (app, mut client) = asked().await;
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    until_metrics_have(&app, "http_response_status_code=\"200\"").await;
}
