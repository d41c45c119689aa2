//! The sample of a generated service as the examples of axum would write it: no log, no limits, no metrics, no drain.

use std::env;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

type Texts = Arc<Mutex<Vec<String>>>;

#[derive(Deserialize)]
struct Draft {
    text: String,
}

#[derive(Serialize)]
struct Note {
    id: usize,
    text: String,
}

async fn write(State(texts): State<Texts>, Json(Draft { text }): Json<Draft>) -> (StatusCode, Json<Note>) {
    let mut texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
    texts.push(text.clone());
    (StatusCode::CREATED, Json(Note { id: texts.len(), text }))
}

async fn read(State(texts): State<Texts>, Path(id): Path<usize>) -> Result<Json<Note>, StatusCode> {
    let texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
    let text = texts.get(id.wrapping_sub(1)).cloned().ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(Note { id, text }))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let routes = Router::new().route("/notes", post(write)).route("/notes/{id}", get(read));
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, routes.with_state(Texts::default())).await
}
