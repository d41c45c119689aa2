//! A sample resource. It lives in memory: each replica has its own notes, and a restart loses them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::LOCATION},
    response::IntoResponse,
    routing::{get, post},
};
use platform::Problem;
use serde::{Deserialize, Serialize};

/// The oldest note makes room for the next, and none is long: memory stays bounded.
const CAPACITY: usize = 1000;
const TEXT_BYTES: usize = 4096;

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    last: u64,
    texts: BTreeMap<u64, String>,
}

#[derive(Deserialize)]
struct Draft {
    text: String,
}

#[derive(Serialize)]
struct Note {
    id: u64,
    text: String,
}

pub fn routes() -> Router {
    Router::new()
        .route("/notes", post(write))
        .route("/notes/{id}", get(read))
        .with_state(Notes::default())
}

async fn write(
    State(notes): State<Notes>,
    Json(Draft { text }): Json<Draft>,
) -> Result<impl IntoResponse, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "`text` is empty",
        ));
    }
    if text.len() > TEXT_BYTES {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`text` is longer than {TEXT_BYTES} bytes"),
        ));
    }
    let note = notes.add(text);
    tracing::debug!(note.id, "wrote a note");
    let location = [(LOCATION, format!("/notes/{}", note.id))];
    Ok((StatusCode::CREATED, location, Json(note)))
}

async fn read(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<Json<Note>, Problem> {
    let note = notes.find(id).map(|text| Json(Note { id, text }));
    note.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no such note"))
}

impl Notes {
    fn add(&self, text: String) -> Note {
        let mut stored = self.lock();
        stored.last += 1;
        let id = stored.last;
        stored.texts.insert(id, text.clone());
        if stored.texts.len() > CAPACITY {
            stored.texts.pop_first();
        }
        Note { id, text }
    }

    fn find(&self, id: u64) -> Option<String> {
        self.lock().texts.get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // Each change is complete before the next can panic, so a poisoned lock is still in order.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
