//! A **fake** of GitHub, for no real forge can be installed here: real bare repositories behind `git http-backend`, and as much
//! of the REST API as the fleet speaks. It cannot show what GitHub does beyond what its documentation says. So that it does not
//! only agree with us, every request has to be one of GitHub's own description of its API, and octokit speaks with it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::openapi;
use crate::program::write_executable;

/// What the fleet shows to the fake.
pub(crate) const TOKEN: &str = "ghp_s3cretTokenOfTheBot";

const LOGIN: &str = "bot";

/// What is done instead of an answer.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Answers with a status, headers and a message, and does nothing.
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Cuts the connection, and does nothing.
    Dropped,
    /// Does it, and cuts the connection before the answer.
    Lost,
    /// Does it or not, says so, and cuts the connection: whoever asked is killed meanwhile.
    Killed(bool, Sender<()>),
}

/// A pull request.
#[derive(Clone)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) state: &'static str,
    pub(crate) is_merged: bool,
    pub(crate) is_draft: bool,
    pub(crate) labels: Vec<String>,
}

/// What the fake knows and was asked.
#[derive(Default)]
pub(crate) struct Forge {
    pub(crate) pulls: BTreeMap<String, Vec<Pull>>,
    pub(crate) archived: BTreeSet<String>,
    pub(crate) forks: BTreeSet<String>,
    /// The name that a repository had, and the one that it has.
    pub(crate) renamed: BTreeMap<String, String>,
    /// By the number of the request.
    pub(crate) faults: BTreeMap<usize, Fault>,
    /// By method and the end of the path: the next such request.
    pub(crate) next: Option<(&'static str, &'static str, Fault)>,
    pub(crate) requests: Vec<String>,
    pub(crate) is_app: bool,
    violations: Vec<String>,
}

struct Shared {
    root: PathBuf,
    forge: Mutex<Forge>,
    count: AtomicUsize,
    is_ended: AtomicBool,
}

/// The fake, which ends when it is dropped.
pub(crate) struct FakeForge {
    shared: Arc<Shared>,
    port: u16,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn json(status: u16, value: &Value) -> Self {
        let kind = ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned());
        Self { status, headers: vec![kind], body: value.to_string().into_bytes() }
    }

    fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    fn invalid(error: &Value) -> Self {
        Self::json(422, &json!({ "message": "Validation Failed", "errors": [error] }))
    }

    fn moved(to: String) -> Self {
        Self { status: 301, headers: vec![("Location".to_owned(), to)], body: Vec::new() }
    }
}

impl FakeForge {
    /// Serves the bare repositories `OWNER/NAME.git` below a folder.
    pub(crate) fn start(root: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let forge = Mutex::default();
        let shared =
            Shared { root: root.to_owned(), forge, count: AtomicUsize::new(0), is_ended: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if served.is_ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&served);
                thread::spawn(move || drop(shared.serve(&stream, port)));
            }
        });
        Self { shared, port }
    }

    pub(crate) fn api(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, repository: &str) -> String {
        format!("{}/{repository}.git", self.api())
    }

    /// Looks at what the fake knows, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Forge) -> T) -> T {
        look(&mut self.shared.forge.lock().unwrap())
    }

    /// Counts the requests from here, and forgets those before.
    pub(crate) fn count_anew(&self) {
        self.shared.count.store(0, Ordering::SeqCst);
        self.with(|forge| forge.requests.clear());
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// Has a request killed whoever asks, and says when.
    pub(crate) fn kill_at(&self, number: usize, is_done: bool) -> std::sync::mpsc::Receiver<()> {
        let (sender, receiver) = channel();
        self.with(|forge| forge.faults.insert(number, Fault::Killed(is_done, sender)));
        receiver
    }

    /// Fails the test if a request was none that GitHub's description has.
    #[track_caller]
    pub(crate) fn assert_described(&self) {
        let violations = self.with(|forge| forge.violations.clone());
        assert!(violations.is_empty(), "{violations:#?}");
    }
}

impl Drop for FakeForge {
    fn drop(&mut self) {
        self.shared.is_ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream, port: u16) -> std::io::Result<()> {
        let Some(request) = read(stream)? else { return Ok(()) };
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let line = format!("{} {}", request.method, request.path);
        let fault = {
            let mut forge = self.forge.lock().unwrap();
            forge.requests.push(line);
            let is_next =
                |(method, end, _): &(&str, &str, Fault)| *method == request.method && request.path.ends_with(end);
            if forge.next.as_ref().is_some_and(is_next) {
                forge.next.take().map(|(_, _, fault)| fault)
            } else {
                forge.faults.remove(&number)
            }
        };
        let answer = match fault {
            None => self.answer(&request, port),
            Some(Fault::Status(status, headers, message)) => {
                let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                let mut answer = Answer::error(status, message);
                answer.headers.extend(headers);
                answer
            }
            Some(Fault::Dropped) => return Ok(()),
            Some(Fault::Lost) => {
                self.answer(&request, port);
                return Ok(());
            }
            Some(Fault::Killed(is_done, sender)) => {
                if is_done {
                    self.answer(&request, port);
                }
                let _ = sender.send(());
                // The connection stays until the one who asks is gone.
                let mut rest = Vec::new();
                let mut stream = stream;
                drop(stream.read_to_end(&mut rest));
                return Ok(());
            }
        };
        write(stream, &answer)
    }

    fn answer(&self, request: &Request, port: u16) -> Answer {
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        if parts.get(1).is_some_and(|name| name.contains(".git")) {
            return self.git(request, port, &parts);
        }
        let mut forge = self.forge.lock().unwrap();
        let violations = openapi::violations(&request.method, &request.path, &request.query, &request.body);
        forge.violations.extend(violations);
        if !request.headers.contains_key("user-agent") {
            forge.violations.push("GitHub refuses whoever has no name".to_owned());
        }
        let shown = request.headers.get("authorization").map(String::as_str).unwrap_or_default();
        if shown != format!("Bearer {TOKEN}") && shown != format!("token {TOKEN}") {
            return Answer::error(401, "Bad credentials");
        }
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["user"]) => Answer::json(200, &json!({ "login": LOGIN })),
            ("GET", ["issues"]) => issues(&forge, &request.query, port),
            ("GET", ["orgs", organisation, "repos"]) => self.organisation(&forge, organisation, &request.query, port),
            (_, ["repos", owner, name, rest @ ..]) => {
                let full = format!("{owner}/{name}");
                if let Some(now) = forge.renamed.get(&full) {
                    let path = format!("repos/{now}/{}", rest.join("/"));
                    let path = path.trim_end_matches('/');
                    return Answer::moved(format!("http://127.0.0.1:{port}/{path}?{}", request.query));
                }
                if !self.folder(&full).is_dir() {
                    return Answer::error(404, "Not Found");
                }
                self.repository(&mut forge, &full, rest, request, port)
            }
            _ => Answer::error(404, "Not Found"),
        }
    }

    fn folder(&self, full: &str) -> PathBuf {
        self.root.join(format!("{full}.git"))
    }

    fn repository(&self, forge: &mut Forge, full: &str, rest: &[&str], request: &Request, port: u16) -> Answer {
        let parameter = |name: &str| parameter(&request.query, name);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.close_without_branch(forge, full);
        match (request.method.as_str(), rest) {
            ("GET", []) => Answer::json(200, &described(forge, full, port)),
            ("GET", ["branches", branch]) => match self.tip(full, &decoded(branch)) {
                Some((commit, tree)) => {
                    let commit = json!({ "sha": commit, "commit": { "tree": { "sha": tree } } });
                    Answer::json(200, &json!({ "name": decoded(branch), "commit": commit }))
                }
                None => Answer::error(404, "Branch not found"),
            },
            ("GET", ["pulls"]) => {
                let owner = full.split('/').next().unwrap();
                let is_asked = |pull: &&Pull| {
                    let head = format!("{owner}:{}", pull.head);
                    parameter("head").is_none_or(|wanted| wanted == head)
                        && parameter("state").is_none_or(|wanted| wanted == "all" || wanted == pull.state)
                };
                let pulls = forge.pulls.get(full).into_iter().flatten().filter(is_asked);
                Answer::json(200, &pulls.map(|pull| shown(full, pull, port)).collect())
            }
            ("POST", ["pulls"]) => self.open(forge, full, &body, port),
            (_, ["pulls", number]) => {
                let pulls = forge.pulls.entry(full.to_owned()).or_default();
                let Some(pull) = pulls.iter_mut().find(|pull| pull.number.to_string() == *number) else {
                    return Answer::error(404, "Not Found");
                };
                if request.method == "PATCH" {
                    let text = |name: &str| body[name].as_str().map(str::to_owned);
                    pull.title = text("title").unwrap_or_else(|| pull.title.clone());
                    pull.body = text("body").unwrap_or_else(|| pull.body.clone());
                }
                Answer::json(200, &shown(full, pull, port))
            }
            ("POST", ["issues", number, "labels"]) => {
                let pulls = forge.pulls.entry(full.to_owned()).or_default();
                let Some(pull) = pulls.iter_mut().find(|pull| pull.number.to_string() == *number) else {
                    return Answer::error(404, "Not Found");
                };
                let new = body["labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
                pull.labels.extend(new.map(str::to_owned));
                Answer::json(200, &pull.labels.iter().map(|name| json!({ "name": name })).collect())
            }
            _ => Answer::error(404, "Not Found"),
        }
    }

    /// GitHub closes a pull request whose branch is gone.
    fn close_without_branch(&self, forge: &mut Forge, full: &str) {
        for pull in forge.pulls.get_mut(full).into_iter().flatten().filter(|pull| pull.state == "open") {
            if self.tip(full, &pull.head).is_none() {
                pull.state = "closed";
            }
        }
    }

    fn open(&self, forge: &mut Forge, full: &str, body: &Value, port: u16) -> Answer {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (head, base) = (text("head"), text("base"));
        let (Some(tip), Some(onto)) = (self.tip(full, &head), self.tip(full, &base)) else {
            return Answer::invalid(&json!({ "resource": "PullRequest", "field": "head", "code": "invalid" }));
        };
        if tip.0 == onto.0 {
            return Answer::invalid(&json!({ "message": format!("No commits between {base} and {head}") }));
        }
        let number = forge.pulls.values().flatten().map(|pull| pull.number).max().unwrap_or(0) + 1;
        let pulls = forge.pulls.entry(full.to_owned()).or_default();
        if pulls.iter().any(|pull| pull.state == "open" && pull.head == head && pull.base == base) {
            let owner = full.split('/').next().unwrap();
            return Answer::invalid(
                &json!({ "message": format!("A pull request already exists for {owner}:{head}.") }),
            );
        }
        pulls.push(Pull {
            number,
            head,
            base,
            title: text("title"),
            body: text("body"),
            state: "open",
            is_merged: false,
            is_draft: body["draft"].as_bool().unwrap_or_default(),
            labels: Vec::new(),
        });
        Answer::json(201, &shown(full, pulls.last().unwrap(), port))
    }

    fn organisation(&self, forge: &Forge, organisation: &str, query: &str, port: u16) -> Answer {
        let Ok(entries) = self.root.join(organisation).read_dir() else { return Answer::error(404, "Not Found") };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there = names.filter_map(|name| Some(format!("{organisation}/{}", name.strip_suffix(".git")?)));
        let all: BTreeSet<String> = there.chain(forge.archived.iter().cloned()).collect();
        let all: Vec<Value> = all.iter().map(|full| described(forge, full, port)).collect();
        Answer::json(200, &page(all, query))
    }

    fn tip(&self, full: &str, branch: &str) -> Option<(String, String)> {
        let reference = format!("refs/heads/{branch}");
        let mut git = xtask::workspace::hermetic(Path::new("git")).unwrap();
        let words = ["rev-parse", "--quiet", &reference, &format!("{reference}^{{tree}}")];
        let output = git.arg("--git-dir").arg(self.folder(full)).args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let (commit, tree) = said.trim().split_once('\n')?;
        output.status.success().then(|| (commit.to_owned(), tree.to_owned()))
    }

    /// Answers by `git http-backend`. Anybody reads; who pushes shows the token.
    fn git(&self, request: &Request, port: u16, parts: &[&str]) -> Answer {
        let full = format!("{}/{}", parts[0], parts[1].trim_end_matches(".git"));
        let renamed = self.forge.lock().unwrap().renamed.get(&full).cloned();
        if let Some(now) = renamed {
            let rest = parts[2..].join("/");
            return Answer::moved(format!("http://127.0.0.1:{port}/{now}.git/{rest}?{}", request.query));
        }
        let header = |name: &str| request.headers.get(name).map(String::as_str).unwrap_or_default();
        let pushes = request.query.contains("git-receive-pack") || request.path.ends_with("git-receive-pack");
        if pushes && header("authorization") != basic(&format!("x-access-token:{TOKEN}")) {
            let wanted = ("WWW-Authenticate".to_owned(), "Basic realm=\"GitHub\"".to_owned());
            return Answer { status: 401, headers: vec![wanted], body: Vec::new() };
        }
        let mut backend = xtask::workspace::hermetic(Path::new("git")).unwrap();
        backend
            .arg("http-backend")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("PATH_INFO", &request.path)
            .env("QUERY_STRING", &request.query)
            .env("REQUEST_METHOD", &request.method)
            .env("CONTENT_TYPE", header("content-type"))
            .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
            .env("GIT_PROTOCOL", header("git-protocol"))
            .env("REMOTE_ADDR", "127.0.0.1");
        if pushes {
            backend.env("REMOTE_USER", LOGIN);
        }
        let output = fed(&mut backend, &request.body);
        let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&output[..end]).into_owned();
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        let (status, headers): (Vec<_>, Vec<_>) = headers.partition(|(name, _)| *name == "Status");
        let status = status.first().map_or(200, |(_, value)| value[..3].parse().unwrap());
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Answer { status, headers, body: output[end + 4..].to_vec() }
    }
}

fn fed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let feeding = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap().stdout;
    feeding.join().unwrap();
    output
}

fn described(forge: &Forge, full: &str, port: u16) -> Value {
    json!({
        "full_name": full,
        "clone_url": format!("http://127.0.0.1:{port}/{full}.git"),
        "default_branch": "main",
        "archived": forge.archived.contains(full),
        "fork": forge.forks.contains(full),
    })
}

fn shown(full: &str, pull: &Pull, port: u16) -> Value {
    json!({
        "number": pull.number,
        "html_url": format!("http://127.0.0.1:{port}/{full}/pull/{}", pull.number),
        "state": pull.state,
        "merged_at": pull.is_merged.then_some("2026-11-30T00:00:00Z"),
        "title": pull.title,
        "body": pull.body,
        "draft": pull.is_draft,
        "head": { "ref": pull.head },
    })
}

fn issues(forge: &Forge, query: &str, port: u16) -> Answer {
    if forge.is_app {
        return Answer::error(403, "Resource not accessible by integration");
    }
    let issue = |(full, pull): (&String, &Pull)| {
        let pull_request = json!({ "merged_at": shown(full, pull, port)["merged_at"] });
        json!({
            "number": pull.number,
            "state": pull.state,
            "repository": { "full_name": full },
            "pull_request": pull_request,
        })
    };
    let all = forge.pulls.iter().flat_map(|(full, pulls)| pulls.iter().map(move |pull| (full, pull)));
    Answer::json(200, &page(all.map(issue).collect(), query))
}

fn page(all: Vec<Value>, query: &str) -> Value {
    let number = |name: &str, default: usize| parameter(query, name).map_or(default, |it| it.parse().unwrap());
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    all.into_iter().skip((page - 1) * size).take(size).collect()
}

pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| decoded(value)).next()
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                decoded.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).unwrap()
}

/// Writes what a client shows that has a name and a password.
fn basic(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encoded = text.as_bytes().chunks(3).flat_map(|chunk| {
        let number =
            chunk.iter().chain([0, 0].iter()).take(3).fold(0, |number: usize, byte| number << 8 | *byte as usize);
        let letter = move |at: usize| LETTERS[number >> (18 - 6 * at) & 63];
        (0..4).map(|at| if at > chunk.len() { b'=' } else { letter(at) }).collect::<Vec<u8>>()
    });
    format!("Basic {}", String::from_utf8(encoded.collect()).unwrap())
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    if headers.get("expect").is_some_and(|value| value == "100-continue") {
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|value| value == "chunked") {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or_default();
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            if size == 0 {
                break;
            }
            body.extend(&chunk[..size]);
        }
    } else if let Some(length) = headers.get("content-length") {
        body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body)?;
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Ok(Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body }))
}

fn write(mut stream: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    let mut head =
        format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&answer.body)
}

/// Makes a hook of a bare repository, as protection of branches and scopes of tokens act.
pub(crate) fn refuse_pushes(repository: &Path, script: &str) {
    write_executable(&repository.join("hooks/pre-receive"), &format!("#!/bin/sh\n{script}\n"));
}
