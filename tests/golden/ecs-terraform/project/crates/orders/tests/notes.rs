//! The sample resource, called in process.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    response::Response,
};
use platform::{App, Environment};
use serde_json::{Value, json};
use tower::ServiceExt;

use orders::routes;

async fn service() -> Router {
    let app = App::new(Environment::default(), routes).await;
    app.unwrap().traffic
}

async fn write(service: &Router, draft: Value) -> Response {
    let request = Request::post("/notes").header("content-type", "application/json");
    let request = request.body(Body::from(draft.to_string())).unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn read(service: &Router, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    service.clone().oneshot(request).await.unwrap()
}

async fn body(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_note_can_be_written_and_read() {
    let service = service().await;
    let written = write(&service, json!({ "text": "hello" })).await;
    assert_eq!(written.status(), StatusCode::CREATED);
    let path = written.headers()["location"].to_str().unwrap().to_owned();
    let note = json!({ "id": 1, "text": "hello" });
    assert_eq!(body(written).await, note);
    assert_eq!(body(read(&service, &path).await).await, note);
}

#[tokio::test]
async fn a_note_without_text_is_refused() {
    let refused = write(&service().await, json!({ "text": " " })).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body(refused).await["detail"], "`text` is empty");
}

#[tokio::test]
async fn a_long_note_is_refused() {
    let refused = write(&service().await, json!({ "text": "a".repeat(4097) })).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        body(refused).await["detail"],
        "`text` is longer than 4096 bytes"
    );
}

#[tokio::test]
async fn the_oldest_note_makes_room() {
    let service = service().await;
    for number in 0..=1000 {
        write(&service, json!({ "text": number.to_string() })).await;
    }
    assert_eq!(
        read(&service, "/notes/1").await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(read(&service, "/notes/2").await.status(), StatusCode::OK);
}
