//! The routes, in one table: the router is made of it, and `openapi.json` is held to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use launchway_portal::{AdviceRequest, ArchiveFormat, Fault, Portal};
use tokio::time::Instant;

use crate::call::{Call, JSON, Reply, TEXT};
use crate::lifecycle::Lifecycle;
use crate::limits::{self, Limits, REQUEST};
use crate::pages::Pages;
use crate::problem::Problem;
use crate::{form, home};

/// What this server speaks, as `OpenAPI` 3.1.
const OPENAPI: &str = include_str!("openapi.json");

/// Something that can be asked.
struct Route {
    method: Method,
    path: &'static str,
    /// Whether it keeps a processor busy.
    renders: bool,
    answer: fn(&Server, &Call) -> Result<Reply, Problem>,
}

const fn route(method: Method, path: &'static str, answer: fn(&Server, &Call) -> Result<Reply, Problem>) -> Route {
    Route { method, path, renders: true, answer }
}

/// A route whose answer is there.
const fn ready(path: &'static str, answer: fn(&Server, &Call) -> Result<Reply, Problem>) -> Route {
    Route { method: Method::GET, path, renders: false, answer }
}

const ROUTES: [Route; 16] = [
    route(Method::GET, "/", home),
    ready("/readyz", |server, _| server.readiness()),
    ready("/openapi.json", |_, _| Ok(Reply::new(JSON, OPENAPI))),
    route(Method::GET, "/form", |server, call| form::page(&server.portal, call)),
    route(Method::GET, "/v1/templates", |server, _| Ok(Reply::json(&server.portal.templates()?))),
    route(Method::GET, "/v1/templates/{id}", template),
    route(Method::GET, "/v1/templates/{id}/schema", |server, call| {
        Ok(Reply::json(&server.portal.schema(&call.between("/v1/templates/", "/schema")?)?))
    }),
    route(Method::POST, "/v1/validate", |server, call| Ok(Reply::json(&server.portal.validate(&call.json()?)?))),
    route(Method::POST, "/v1/plan", |server, call| Ok(Reply::json(&server.portal.plan(&call.json()?)?))),
    route(Method::POST, "/v1/share", |server, call| Ok(Reply::json(&server.portal.share(&call.json()?)?))),
    route(Method::GET, "/v1/archive.zip", |server, call| archive(server, call, ArchiveFormat::Zip)),
    route(Method::POST, "/v1/archive.zip", |server, call| archive(server, call, ArchiveFormat::Zip)),
    route(Method::GET, "/v1/archive.tar.gz", |server, call| archive(server, call, ArchiveFormat::TarGz)),
    route(Method::POST, "/v1/archive.tar.gz", |server, call| archive(server, call, ArchiveFormat::TarGz)),
    route(Method::GET, "/v1/file", file),
    route(Method::POST, "/v1/advise", |server, call| {
        Ok(Reply::json(&server.portal.advise(&call.json::<AdviceRequest>()?)?))
    }),
];

/// What all requests share.
struct Server {
    portal: Portal,
    limits: Limits,
    lifecycle: Lifecycle,
    pages: Pages,
}

/// Makes the router of the table; every other address is one of the pages.
pub(crate) fn router(lifecycle: Lifecycle, portal: Portal, pages: Pages) -> Router {
    let server = Arc::new(Server { portal, limits: Limits::new(), lifecycle, pages });
    let mut methods: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for route in ROUTES {
        let server = Arc::clone(&server);
        let path = route.path;
        let filter = if route.method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        let method = methods.remove(path).unwrap_or_default();
        let handler = move |request: Request| answer(Arc::clone(&server), route.renders, route.answer, request);
        methods.insert(path, method.on(filter, handler));
    }
    let others = move |request: Request| answer(Arc::clone(&server), false, page, request);
    let router = Router::new().fallback(others);
    methods.into_iter().fold(router, |router, (path, method)| router.route(path, method))
}

async fn answer(
    server: Arc<Server>,
    renders: bool,
    work: fn(&Server, &Call) -> Result<Reply, Problem>,
    request: Request,
) -> Response {
    let limits = server.limits.clone();
    let deadline = Instant::now() + REQUEST;
    let answered = async {
        let (parts, body) = request.into_parts();
        let body = limits::read(body, deadline).await?;
        let work = move || {
            let reply = work(&server, &Call::new(parts.clone(), body))?;
            Ok(reply.unless_known(&parts))
        };
        let reply = if renders { limits.render(deadline, work).await? } else { work()? };
        let mut response = Response::new(limits.body(reply.bytes)?);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    };
    answered.await.unwrap_or_else(|problem: Problem| problem.into_response())
}

impl Server {
    /// Tells load balancers whether to send requests here.
    fn readiness(&self) -> Result<Reply, Problem> {
        if self.lifecycle.is_draining() {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"));
        }
        Ok(Reply::new(TEXT, "ready\n"))
    }
}

/// Answers whoever asks for the address alone: with the page, or with the lines for curl.
fn home(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let reply = if !call.accepts("text/html") {
        home::text(call.host())
    } else if let Some(page) = server.pages.get("/", false) {
        home::with_form(page)
    } else {
        form::page(&server.portal, call)?
    };
    Ok(reply.by_accept())
}

fn page(server: &Server, call: &Call) -> Result<Reply, Problem> {
    server.pages.get(call.path(), call.takes_gzip()).ok_or_else(Problem::nowhere)
}

fn template(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let language = call.query().split('&').find_map(|pair| pair.strip_prefix("lang=")).unwrap_or("en");
    Ok(Reply::json(&server.portal.template(&call.between("/v1/templates/", "")?, language)?))
}

fn archive(server: &Server, call: &Call, format: ArchiveFormat) -> Result<Reply, Problem> {
    let packed = call.request(&server.portal).and_then(|request| Ok(server.portal.archive(&request, format)?));
    match packed {
        Ok(archive) => {
            let media_type = if format == ArchiveFormat::Zip { "application/zip" } else { "application/gzip" };
            Ok(Reply::new(media_type, archive.bytes).named(&archive.name))
        }
        // A person has sent it, and sees the form again, as it was filled, with what is wrong.
        Err(problem) if call.is_form() && call.accepts("text/html") => form::refused(&server.portal, call, problem),
        Err(problem) => Err(problem),
    }
}

/// Returns one file of a project: as it is, or for a program as `/v1/plan` has it.
fn file(server: &Server, call: &Call) -> Result<Reply, Problem> {
    let (paths, answers): (Vec<&str>, Vec<&str>) = call.query().split('&').partition(|pair| pair.starts_with("path="));
    let [path] = paths[..] else {
        return Err(Fault::unreadable("name one file: `path=Cargo.toml`").into());
    };
    let path = path["path=".len()..].replace('+', " ");
    let path = percent_encoding::percent_decode_str(&path).decode_utf8();
    let path = path.map_err(|_| Fault::unreadable("the path is not UTF-8 once it is decoded"))?;
    let request = server.portal.shared(&answers.join("&"))?;
    let file = server.portal.file(&request, &path)?;
    if call.accepts(JSON) {
        return Ok(Reply::json(&file).by_accept());
    }
    match file.text {
        Some(text) => Ok(Reply::new(TEXT, text).by_accept()),
        None => Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "the file is no text of at most 256 KiB; `/v1/archive.zip` has it, and `accept: application/json` says how large it is",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_description_has_every_route_and_no_other() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let described: BTreeSet<(String, String)> = paths
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
            })
            .collect();
        let routed = ROUTES.iter().map(|route| (route.path.to_owned(), route.method.to_string())).collect();
        assert_eq!(described, routed);
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["openapi"], "3.1.0");
    }
}
