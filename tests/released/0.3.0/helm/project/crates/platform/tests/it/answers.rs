use std::{pin::pin, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    http::{Request, StatusCode},
    response::Response,
    routing::{get, post},
};
use platform::{App, Phase};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{app, call, text};

const LIMITS: [(&str, &str); 3] = [
    ("MAX_BODY_BYTES", "64"),
    ("MAX_IN_FLIGHT", "1"),
    ("REQUEST_TIMEOUT_SECONDS", "1"),
];

fn sample() -> App {
    let echo = async |Json(value): Json<[u8; 1]>| Json(value);
    let slow = async || sleep(Duration::from_mins(1)).await;
    let leak = async || {
        (
            StatusCode::BAD_GATEWAY,
            "the password of the database is 1234",
        )
    };
    let panic = async || -> StatusCode { panic!("on purpose") };
    let routes = Router::new()
        .route("/echo/{name}", post(echo))
        .route("/slow", get(slow))
        .route("/leak", get(leak))
        .route("/panic", get(panic));
    app(&LIMITS, routes)
}

async fn send(app: &App, method: &str, path: &str, content_type: &str, body: &str) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", content_type);
    call(
        &app.traffic,
        request.body(Body::from(body.to_owned())).unwrap(),
    )
    .await
}

async fn metrics(app: &App) -> String {
    text(crate::get(&app.admin, "/metrics").await).await
}

async fn problem(response: Response) -> Value {
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    serde_json::from_str(&text(response).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_error_is_a_problem() {
    let app = sample();
    let json = "application/json";
    let long = "1".repeat(65);
    for (method, path, content_type, body, status) in [
        ("GET", "/none", json, "", 404),
        ("DELETE", "/slow", json, "", 405),
        ("POST", "/readyz", json, "", 405),
        ("POST", "/echo/a", "text/plain", "[1]", 415),
        ("POST", "/echo/a", json, "[1", 400),
        ("POST", "/echo/a", json, "[\"a\"]", 422),
        ("POST", "/echo/a", json, &long, 413),
        ("GET", "/panic", json, "", 500),
        ("GET", "/leak", json, "", 502),
        ("GET", "/slow", json, "", 504),
        ("GET", "/readyz", json, "", 503),
    ] {
        let response = send(&app, method, path, content_type, body).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert!(response.headers().contains_key("x-request-id"));
        assert_eq!(problem(response).await["status"], status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_problem_keeps_what_the_framework_says_and_hides_what_the_server_says() {
    let app = sample();
    let not_allowed = send(&app, "DELETE", "/slow", "", "").await;
    assert_eq!(not_allowed.headers()["allow"], "GET,HEAD");
    let unprocessable = send(&app, "POST", "/echo/a", "application/json", "[\"a\"]").await;
    assert!(
        problem(unprocessable).await["detail"]
            .as_str()
            .unwrap()
            .contains("expected u8")
    );
    let leak = send(&app, "GET", "/leak", "", "").await;
    assert_eq!(problem(leak).await.get("detail"), None);
}

#[tokio::test]
async fn a_full_service_sheds_but_still_answers_its_probes() {
    let app = sample();
    app.lifecycle.enter(Phase::Ready);
    let slow = send(&app, "GET", "/slow", "", "");
    let mut slow = pin!(slow);
    assert!(timeout(Duration::from_millis(50), &mut slow).await.is_err());
    let shed = send(&app, "GET", "/leak", "", "").await;
    assert_eq!(shed.headers()["retry-after"], "1");
    assert_eq!(problem(shed).await["status"], 503);
    assert_eq!(crate::get(&app.traffic, "/readyz").await.status(), 200);
    assert_eq!(slow.await.status(), 504);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_active_request() {
    let app = sample();
    let slow = send(&app, "GET", "/slow", "", "");
    assert!(timeout(Duration::from_millis(50), slow).await.is_err());
    let metrics = metrics(&app).await;
    assert!(
        metrics.contains("http_server_active_requests{http_request_method=\"GET\"} 0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("http_response_status_code=\"499\""),
        "{metrics}"
    );
}

#[tokio::test]
async fn labels_hold_no_word_of_a_client() {
    let app = sample();
    send(&app, "BREW", "/coffee", "", "").await;
    send(&app, "POST", "/echo/secret", "", "").await;
    let metrics = metrics(&app).await;
    assert!(
        metrics.contains(
            "http_request_method=\"_OTHER\",http_route=\"\",http_response_status_code=\"404\""
        ),
        "{metrics}"
    );
    assert!(metrics.contains("http_route=\"/echo/{name}\""), "{metrics}");
    for word in ["BREW", "coffee", "secret"] {
        assert!(!metrics.contains(word), "{metrics}");
    }
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_safe() {
    let app = sample();
    for (sent, kept) in [("a-1", true), ("a b", false), (&"a".repeat(129), false)] {
        let request = Request::get("/none")
            .header("x-request-id", sent)
            .body(Body::empty());
        let response = call(&app.traffic, request.unwrap()).await;
        assert_eq!(response.headers()["x-request-id"] == sent, kept, "{sent}");
    }
}

#[tokio::test]
async fn every_answer_closes_its_connection_while_draining() {
    let app = sample();
    app.lifecycle.enter(Phase::Draining);
    for (router, path) in [
        (&app.traffic, "/none"),
        (&app.traffic, "/readyz"),
        (&app.admin, "/livez"),
    ] {
        let response = crate::get(router, path).await;
        assert_eq!(response.headers()["connection"], "close", "{path}");
    }
}
