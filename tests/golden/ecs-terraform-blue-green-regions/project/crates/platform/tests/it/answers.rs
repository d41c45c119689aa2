use std::{pin::pin, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, StatusCode},
    response::Response,
    routing::{get, post},
};
use platform::{App, Phase, Problem, Trace};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{app, call, pieces::Pieces, text};

const LIMITS: [(&str, &str); 4] = [
    ("MAX_BODY_BYTES", "64"),
    ("MAX_BODY_BYTES_IN_FLIGHT", "1024"),
    ("MAX_IN_FLIGHT", "1"),
    ("REQUEST_TIMEOUT_SECONDS", "1"),
];

async fn sample() -> App {
    let echo = async |Json(value): Json<[u8; 1]>| Json(value);
    let slow = async || sleep(Duration::from_mins(1)).await;
    let leak = async || {
        (
            StatusCode::BAD_GATEWAY,
            "the password of the database is 1234",
        )
    };
    let panic = async || -> StatusCode { panic!("on purpose") };
    let own = async || (StatusCode::CONFLICT, Json(["taken"]));
    let slow_text = async || {
        let pieces = Pieces::new(1, 16).and_nothing_more();
        let text = [("content-type", "text/plain")];
        (StatusCode::CONFLICT, text, Body::new(pieces))
    };
    let long = async || (StatusCode::CONFLICT, "가".repeat(500));
    let read = async |body: Body| {
        to_bytes(body, usize::MAX)
            .await
            .map(drop)
            .map_err(|_| StatusCode::IM_A_TEAPOT)
    };
    let hold = async |_: Bytes| sleep(Duration::from_millis(500)).await;
    let stream = async || Body::new(Pieces::endless());
    let trace = async |trace: Trace| {
        let mut headers = HeaderMap::new();
        trace.inject(&mut headers);
        headers
    };
    let routes = Router::new()
        .route("/echo/{name}", post(echo))
        .route("/slow", get(slow))
        .route("/leak", get(leak))
        .route("/own", get(own))
        .route("/long", get(long))
        .route("/slow-text", get(slow_text))
        .route("/read", post(read))
        .route("/hold", post(hold))
        .route("/stream", get(stream))
        .route("/trace", get(trace))
        .route("/panic", get(panic));
    app(&LIMITS, routes).await
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
    let app = sample().await;
    let json = "application/json";
    let long = "1".repeat(65);
    for (method, path, content_type, body, status) in [
        ("GET", "/none", json, "", 404),
        ("DELETE", "/slow", json, "", 405),
        ("POST", "/readyz", json, "", 404),
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
    let app = sample().await;
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
    let app = sample().await;
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
async fn a_problem_carries_what_a_handler_adds() {
    let problem = Problem::new(StatusCode::CONFLICT, "taken")
        .with("type", "https://example.com/taken")
        .with("errors", ["name"])
        .with("status", 200);
    let app = app(&[], Router::new().route("/", get(async || problem))).await;
    let response = crate::get(&app.traffic, "/").await;
    let expected = json!({
        "type": "https://example.com/taken", "title": "Conflict", "status": 409, "detail": "taken",
        "errors": ["name"],
    });
    assert_eq!(self::problem(response).await, expected);
}

#[tokio::test]
async fn the_body_that_a_handler_gives_an_error_stays() {
    let response = send(&sample().await, "GET", "/own", "", "").await;
    assert_eq!(response.status(), 409);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(text(response).await, "[\"taken\"]");
}

#[tokio::test]
async fn a_text_that_is_too_long_for_a_detail_is_cut_and_not_dropped() {
    let problem = problem(send(&sample().await, "GET", "/long", "", "").await).await;
    assert_eq!(problem["detail"], "가".repeat(341) + "…");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_does_not_end_holds_up_no_answer() {
    let app = sample().await;
    let answer = send(&app, "GET", "/slow-text", "", "");
    let answer = timeout(Duration::from_mins(1), answer).await.unwrap();
    assert_eq!(problem(answer).await["detail"], "1".repeat(16));
}

async fn upload(app: &App, path: &str, pieces: Pieces) -> Response {
    call(
        &app.traffic,
        Request::post(path).body(Body::new(pieces)).unwrap(),
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_the_fault_of_the_client() {
    let app = sample().await;
    for path in ["/read", "/hold"] {
        let stalled = upload(&app, path, Pieces::new(1, 16).and_nothing_more()).await;
        assert_eq!(stalled.headers()["connection"], "close");
        assert_eq!(problem(stalled).await["status"], 408, "{path}");
    }
}

#[tokio::test]
async fn the_limit_of_a_body_holds_for_a_handler_that_reads_it_itself() {
    let app = sample().await;
    assert_eq!(
        upload(&app, "/read", Pieces::new(4, 16)).await.status(),
        200
    );
    assert_eq!(
        upload(&app, "/read", Pieces::new(5, 16)).await.status(),
        413
    );
    assert_eq!(
        send(&app, "POST", "/read", "", &"1".repeat(65))
            .await
            .status(),
        413
    );
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_held_share_a_budget() {
    let limits = [
        ("MAX_BODY_BYTES", "100"),
        ("MAX_BODY_BYTES_IN_FLIGHT", "300"),
    ];
    let hold = async |_: Bytes| sleep(Duration::from_millis(500)).await;
    let app = app(&limits, Router::new().route("/hold", post(hold))).await;
    let first = upload(&app, "/hold", Pieces::new(1, 100));
    let second = async {
        sleep(Duration::from_millis(100)).await;
        upload(&app, "/hold", Pieces::new(1, 100)).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.status(), 200);
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(problem(second).await["status"], 503);
    drop(first);
    assert_eq!(
        upload(&app, "/hold", Pieces::new(1, 100)).await.status(),
        200
    );
    let crumbs = upload(&app, "/hold", Pieces::new(100, 1)).await;
    assert_eq!(crumbs.status(), 503, "a piece costs more than its bytes");
}

#[tokio::test]
async fn a_request_is_under_way_until_its_answer_has_been_sent() {
    let app = sample().await;
    let stream = crate::get(&app.traffic, "/stream").await;
    assert_eq!(crate::get(&app.traffic, "/own").await.status(), 503);
    assert!(
        metrics(&app)
            .await
            .contains("http_server_active_requests{http_request_method=\"GET\"} 1")
    );
    drop(stream);
    assert_eq!(crate::get(&app.traffic, "/own").await.status(), 409);
}

#[tokio::test]
async fn a_called_service_joins_the_trace() {
    let app = sample().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    for (name, value, is_kept) in [
        ("traceparent", parent.clone(), true),
        (
            "traceparent",
            parent.replacen("00", "cc", 1) + "-more",
            true,
        ),
        ("traceparent", parent.clone() + "-more", false),
        ("traceparent", parent.to_uppercase(), false),
        ("traceparent", parent.replace(trace, &"0".repeat(32)), false),
        ("traceparent", parent.replacen("00", "ff", 1), false),
        ("traceparent", "-".repeat(55), false),
        (
            "x-amzn-trace-id",
            format!(
                "Self=1-67891234-12456789abcdef012345678;Root=1-{}-{};Sampled=1",
                &trace[..8],
                &trace[8..]
            ),
            true,
        ),
        ("x-amzn-trace-id", "Root=1-0af76519".to_owned(), false),
    ] {
        let request = Request::get("/trace")
            .header(name, &value)
            .header("tracestate", "a=1");
        let sent = call(&app.traffic, request.body(Body::empty()).unwrap()).await;
        let joined = sent.headers()["traceparent"].to_str().unwrap();
        assert_eq!(&joined[..3], "00-");
        assert_eq!(joined[3..].starts_with(trace), is_kept, "{value} {joined}");
        assert_ne!(&joined[36..52], "b7ad6b7169203331");
        let has_state = is_kept && name == "traceparent";
        assert_eq!(
            sent.headers().contains_key("tracestate"),
            has_state,
            "{value}"
        );
    }
}

#[tokio::test]
async fn of_headers_that_are_there_twice_the_trace_is_no_guess() {
    let app = sample().await;
    let parent = |digit: &str| format!("00-{}-b7ad6b7169203331-01", digit.repeat(32));
    let request = Request::get("/trace").header("tracestate", "a=1");
    let request = request.header("tracestate", "b=2");
    let once = request.header("traceparent", parent("1"));
    let sent = call(&app.traffic, once.body(Body::empty()).unwrap()).await;
    assert_eq!(sent.headers()["tracestate"], "a=1,b=2");
    drop(sent);
    let request = Request::get("/trace").header("traceparent", parent("1"));
    let twice = request.header("traceparent", parent("2"));
    let sent = call(&app.traffic, twice.body(Body::empty()).unwrap()).await;
    let joined = sent.headers()["traceparent"].to_str().unwrap();
    assert!(!joined.contains(&"1".repeat(32)) && !joined.contains(&"2".repeat(32)));
}

#[tokio::test]
async fn the_metrics_tell_what_runs_and_what_it_takes() {
    let app = app(&[("REVISION", "1a2b3c")], Router::new()).await;
    let metrics = metrics(&app).await;
    for part in [
        "build_info{revision=\"1a2b3c\"} 1",
        "process_cpu_seconds_total ",
        "process_max_fds ",
        "process_open_fds ",
        "process_resident_memory_bytes ",
        "process_start_time_seconds ",
        "log_dropped_lines_total 0",
    ] {
        assert!(metrics.contains(part), "{part} is not in {metrics}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_active_request() {
    let app = sample().await;
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
    let app = sample().await;
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
    let app = sample().await;
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
    let app = sample().await;
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
