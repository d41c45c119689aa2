//! The page of the portal, from the folder that holds it. It is read once: what is not in memory cannot be asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_ENCODING, VARY};
use flate2::Compression;
use flate2::write::GzEncoder;
use launchway_portal::{Fault, Offer, OfferedFile};
use serde::Deserialize;

use crate::call::{HTML, JSON, Reply, TEXT};

/// What the files of a page are, by the ends of their names.
const KINDS: [(&str, &str); 9] = [
    ("html", HTML),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("json", JSON),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", TEXT),
    ("wasm", "application/wasm"),
];

/// The files of a folder by the paths at which they are asked for.
#[derive(Default)]
pub(crate) struct Pages(BTreeMap<String, Page>);

/// A file, as it is and packed.
struct Page {
    media_type: &'static str,
    bytes: Bytes,
    packed: Bytes,
}

impl Pages {
    /// Reads a folder with all below it. Links are not followed.
    ///
    /// # Errors
    ///
    /// When something of it cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let mut pages = Self::default();
        pages.add(folder, "/")?;
        Ok(pages)
    }

    fn add(&mut self, folder: &Path, place: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (kind, name) = (entry.file_type()?, entry.file_name());
            let Some(name) = name.to_str() else { continue };
            if kind.is_dir() {
                self.add(&entry.path(), &format!("{place}{name}/"))?;
            } else if kind.is_file() {
                let bytes = fs::read(entry.path())?;
                let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
                gzip.write_all(&bytes)?;
                let packed = gzip.finish()?.into();
                let page = Page { media_type: media_type(name), bytes: bytes.into(), packed };
                self.0.insert(format!("{place}{name}"), page);
            }
        }
        Ok(())
    }

    /// Returns the templates that the page offers beside the built-in ones, `templates.json`: the server has the same.
    pub(crate) fn offers(&self) -> Result<Vec<Offer>, Fault> {
        let Some(page) = self.0.get("/templates.json") else { return Ok(Vec::new()) };
        let templates: Vec<OfferedTemplate> = serde_json::from_slice(&page.bytes)
            .map_err(|error| Fault::unreadable(format!("`templates.json` lists no templates: {error}")))?;
        templates.into_iter().map(|OfferedTemplate { name, files }| Offer::of_files(name, files)).collect()
    }

    /// Returns what is at a path; at that of a folder, its page. Packed it is a quarter of the size.
    pub(crate) fn get(&self, path: &str, is_packed: bool) -> Option<Reply> {
        let index = format!("{path}index.html");
        let page = self.0.get(if path.ends_with('/') { index.as_str() } else { path })?;
        let bytes = if is_packed { &page.packed } else { &page.bytes };
        let mut reply = Reply::new(page.media_type, bytes.clone());
        reply.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if is_packed {
            reply.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Some(reply)
    }
}

/// A template as `cargo xtask portal` packs it.
#[derive(Deserialize)]
struct OfferedTemplate {
    name: String,
    files: BTreeMap<String, OfferedFile>,
}

fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    KINDS.iter().find(|(known, _)| *known == ending).map_or("application/octet-stream", |(_, kind)| kind)
}
