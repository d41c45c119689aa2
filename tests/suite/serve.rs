//! `launchway serve`: the routes, every limit, and how it starts and stops.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use xtask::workspace;

use crate::copied::manifest;
use crate::portal_server::{self, Answer, Client, PATIENCE, Portal, curl, post};
use crate::program::{self, copy_executable, launchway, run};
use crate::sample;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const ORDERS: &str = "service=orders&target=ecs";

/// What every answer carries.
const HEADERS: [(&str, &str); 3] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

fn orders() -> Value {
    json!({"answers": {"service": "orders", "target": "ecs"}})
}

/// What the program writes for answers, in one file.
fn archive(answers: &Value, ending: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("answers.json"), answers.to_string()).unwrap();
    let file = format!("packed{ending}");
    let words = ["new", "--no-input", "--answers", "answers.json", "--archive", &file];
    run(launchway().args(words).current_dir(folder.path())).success();
    fs::read(folder.path().join(file)).unwrap()
}

#[test]
fn a_query_a_body_and_a_form_make_the_same_archive() {
    let portal = Portal::start(&[]);
    for ending in [".zip", ".tar.gz"] {
        let path = format!("/v1/archive{ending}");
        let got = portal.get(&format!("{path}?{ORDERS}")).success();
        assert_eq!(got.header("content-disposition"), Some(&*format!("attachment; filename=\"orders{ending}\"")));
        let posted = portal.post_json(&path, &orders()).success();
        let form = portal.post(&path, FORM, &format!("{ORDERS}&template=service&description=&owner=")).success();
        assert!(got.body == posted.body && got.body == form.body && got.body.len() > 10_000);
    }
}

#[test]
fn every_route_answers_what_the_description_says() {
    let portal = Portal::start(&[]);
    let description = portal.get("/openapi.json").success().json();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let place = match &*path.replace("{id}", "service") {
            path @ "/v1/file" => format!("{path}?path=README.md&{ORDERS}"),
            path if path.starts_with("/v1/archive") => format!("{path}?{ORDERS}"),
            path => path.to_owned(),
        };
        for (method, operation) in methods.as_object().unwrap() {
            let body = match &**path {
                "/v1/advise" => json!({"topic": "strategy", "known": {}, "answers": {}}),
                _ => orders(),
            };
            let answer = if method == "get" { portal.get(&place) } else { portal.post_json(path, &body) };
            let media_type = answer.header("content-type").unwrap().split(';').next().unwrap().to_owned();
            let described = &operation["responses"][answer.status.to_string()];
            let described = described["$ref"]
                .as_str()
                .map_or(described.clone(), |place| description.pointer(place.trim_start_matches('#')).unwrap().clone());
            assert!(described["content"][&media_type].is_object(), "{method} {place}: {answer:?}");
            assert!(answer.status == 200 || path == "/v1/advise", "{method} {place}: {answer:?}");
            assert_secured(&answer);
        }
    }
}

#[track_caller]
fn assert_secured(answer: &Answer) {
    for (name, value) in HEADERS {
        assert_eq!(answer.header(name), Some(value), "{answer:?}");
    }
    assert_eq!(answer.header("set-cookie"), None);
}

#[test]
fn what_a_client_knows_is_not_sent_again() {
    let portal = Portal::start(&[]);
    for path in ["/v1/templates", "/v1/templates/service", "/v1/templates/service/schema", "/openapi.json"] {
        let first = portal.get(path).success();
        let tag = first.header("etag").unwrap();
        for known in [tag, "*", &format!("\"other\", W/{tag}")] {
            let again =
                portal.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {known}\r\n\r\n"));
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}");
            assert_eq!(again.header("etag"), Some(tag));
            assert_secured(&again);
        }
        let other = portal.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"other\"\r\n\r\n"));
        assert_eq!(other.success().body, first.body);
    }
    let words = ["template", "show", "service", "--output=json"];
    let shown: Value = serde_json::from_str(&run(launchway().args(words)).success()).unwrap();
    assert_eq!(portal.get("/v1/templates/service").json(), shown, "it is what the program says");
}

#[test]
fn what_is_wrong_is_said_in_one_form_and_in_the_words_of_the_program() {
    let portal = Portal::start(&[]);
    let refused = portal.post_json("/v1/plan", &json!({"answers": {"service": "Orders", "target": "ecs"}}));
    let problem = refused.problem(422);
    assert_eq!(problem["errors"][0]["question"], "service", "{problem}");
    let said = run(launchway().args(["new", "Orders", "--target=ecs", "--no-input", "--dry-run"])).failure(2);
    assert!(said.contains(problem["errors"][0]["detail"].as_str().unwrap()), "{said}\n{problem}");
    portal.get("/v1/archive.zip?service=orders").problem(422);
    portal.get("/v1/templates/servce").problem(404);
    portal.get("/v1/templates/%ff").problem(400);
    portal.get("/nothing").problem(404);
    let method = portal.ask("DELETE /v1/plan HTTP/1.1\r\nHost: localhost\r\n\r\n");
    method.problem(405);
    assert_eq!(method.header("allow"), Some("POST"));
    portal.post("/v1/plan", "text/plain", "{}").problem(415);
    portal.post("/v1/plan", FORM, ORDERS).problem(415);
    portal.post("/v1/archive.zip", FORM, &orders().to_string()).problem(415);
    assert_secured(&method);
}

#[test]
fn hostile_json_is_refused_and_costs_nothing() {
    let portal = Portal::start(&[]);
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let bodies = [
        "",
        "null",
        "[]",
        "{",
        "{\"answers\": 1}",
        "{\"answers\": {\"service\": 1e999}}",
        "\u{feff}{}",
        "{}{}",
        "{\"template\": \"a\", \"template\": \"b\"}",
        "{\"other\": 1}",
        "{\"answers\": {\"service\": \"\\ud800\"}}",
        &deep,
    ];
    for body in bodies {
        portal.post("/v1/plan", JSON, body).problem(400);
    }
    let answers = [
        json!({"service": {"a": 1}}),
        json!({"service": [[["a"]]]}),
        json!({"service": "../x"}),
        json!({"service": "a\0b"}),
        json!({"service": "orders\n", "target": "ecs"}),
        json!({"service": 18_446_744_073_709_551_615_u64}),
        json!({"__proto__": "x"}),
    ];
    for answers in answers {
        portal.post_json("/v1/plan", &json!({"answers": answers})).problem(422);
        portal.post_json("/v1/validate", &json!({"answers": answers})).success();
    }
    portal.post_json("/v1/plan", &orders()).success();
}

#[test]
fn a_body_of_64_kib_is_read_and_no_byte_more() {
    let portal = Portal::start(&[]);
    let filled = |size: usize| format!("{}{}", orders(), " ".repeat(size - orders().to_string().len()));
    portal.post("/v1/plan", JSON, &filled(65_536)).success();
    let large = portal.post("/v1/plan", JSON, &filled(65_537));
    large.problem(413);
    assert_eq!(large.header("connection"), Some("close"));
    // The same without a length beforehand.
    let chunk = " ".repeat(8_192);
    let chunks = format!("2000\r\n{chunk}\r\n").repeat(9);
    let head = "POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    portal.ask(&format!("{head}{chunks}0\r\n\r\n")).problem(413);
}

#[test]
fn an_address_of_4_kib_is_read_and_no_byte_more() {
    let portal = Portal::start(&[]);
    let address = |size: usize| format!("/v1/templates?{}", "a".repeat(size - "/v1/templates?".len()));
    portal.get(&address(4096)).success();
    portal.get(&address(4097)).problem(414);
    portal.get(&address(20_000)).problem(414);
    // More than a whole head may have, which no handler sees.
    assert_eq!(portal.get(&address(200_000)).status, 431);
}

#[test]
fn only_the_names_of_this_server_are_answered() {
    let portal = Portal::start(&["--host", "portal.example.com"]);
    let asked = |host: &str| portal.ask(&format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for host in [
        "localhost",
        "LOCALHOST:4747",
        "127.0.0.1",
        "[::1]:80",
        "10.1.2.3",
        "portal.example.com",
        "Portal.Example.com:443",
    ] {
        asked(host).success();
    }
    for host in
        ["example.com", "localhost.example.com", "portal.example.com.evil.example", "127.0.0.1.nip.io", "2130706433.a"]
    {
        let answer = asked(host);
        answer.problem(421);
        assert_secured(&answer);
    }
    for host in ["", "a b", "user@localhost", "localhost\r\nHost: localhost"] {
        asked(host).problem(400);
    }
    portal.ask("GET /readyz HTTP/1.1\r\n\r\n").problem(400);
    portal.ask("GET http://evil.example/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").problem(400);
    portal.ask("GET /readyz HTTP/1.0\r\n\r\n").success();
}

#[test]
fn the_page_of_another_server_is_refused() {
    let portal = Portal::start(&[]);
    let sent = |headers: &str| {
        let head = format!("POST /v1/archive.zip HTTP/1.1\r\nHost: localhost:4747\r\n{headers}\r\n");
        portal.ask(&format!("{head}Content-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{ORDERS}", ORDERS.len()))
    };
    sent("Origin: http://localhost:4747").success();
    sent("Origin: https://localhost:4747").success();
    // A form of a page with `no-referrer` has no other origin.
    sent("Origin: null\r\nSec-Fetch-Site: same-origin").success();
    sent("Origin: null").success();
    for origin in ["http://evil.example", "http://localhost:4748", "http://localhost", "file://", "localhost:4747", ""]
    {
        sent(&format!("Origin: {origin}")).problem(403);
    }
    sent("Origin: null\r\nSec-Fetch-Site: cross-site").problem(403);
    sent("Origin: http://localhost:4747\r\nOrigin: http://evil.example").problem(403);
    let json = "Origin: null\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    portal.ask(&format!("POST /v1/plan HTTP/1.1\r\nHost: localhost:4747\r\n{json}")).problem(403);
}

#[test]
fn no_path_leads_out_of_the_project() {
    let portal = Portal::start(&[]);
    for path in [
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "%2fetc%2fpasswd",
        "..%5c..%5c",
        "%00",
        "README.md%00",
        "./README.md",
    ] {
        portal.get(&format!("/v1/file?{ORDERS}&path={path}")).problem(404);
    }
    for path in [
        "/..%2f..%2fetc%2fpasswd",
        "/v1/templates/..%2f..%2fetc",
        "/v1/templates/..",
        "/v1/../../etc/passwd",
        "//etc/passwd",
    ] {
        portal.get(path).problem(404);
    }
    portal.get(&format!("/v1/file?{ORDERS}&path=%ff")).problem(400);
    portal.get(&format!("/v1/file?{ORDERS}")).problem(400);
    let file = portal.get(&format!("/v1/file?{ORDERS}&path=deploy%2fecs/service.yaml")).success();
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(file.text().contains("AWS::ECS::Service"));
}

#[test]
fn a_client_that_is_slow_hears_so_after_ten_seconds() {
    let portal = Portal::start(&[]);
    let start = Instant::now();
    let slow = |sent: &str| {
        let mut client = Client::connect(portal.address).unwrap();
        client.send(sent.as_bytes()).unwrap();
        client.answer()
    };
    thread::scope(|scope| {
        let head = scope.spawn(|| slow("GET /readyz HTTP/1.1\r\nHost: local"));
        let whole = post("/v1/plan", JSON, &orders().to_string());
        let body = scope.spawn(move || slow(whole.strip_suffix("}}").unwrap()));
        let silent = scope.spawn(|| slow(""));
        let trickle = scope.spawn(|| {
            let mut client = Client::connect(portal.address).unwrap();
            while start.elapsed() < PATIENCE && client.send(b"a").is_ok() {
                thread::sleep(Duration::from_millis(300));
            }
            start.elapsed()
        });
        assert!(head.join().unwrap().unwrap().problem(408)["detail"].as_str().unwrap().contains("head of the request"));
        assert!(body.join().unwrap().unwrap().problem(408)["detail"].as_str().unwrap().contains("body of the request"));
        assert!(silent.join().unwrap().is_err(), "who has not begun hears nothing");
        assert!(trickle.join().unwrap() < PATIENCE, "bytes that come one by one give no more time");
    });
    assert!(start.elapsed() >= Duration::from_secs(10));
}

#[test]
fn what_is_too_much_at_a_time_is_put_off_and_nothing_else_fails() {
    let portal = Portal::start(&[]);
    portal.post_json("/v1/plan", &orders()).success();
    let request = post("/v1/plan", JSON, &orders().to_string());
    let answers: Vec<Answer> = thread::scope(|scope| {
        let mut clients: Vec<Client> = (0..48).map(|_| Client::connect(portal.address).unwrap()).collect();
        for client in &mut clients {
            client.send(request.as_bytes()).unwrap();
        }
        let answers = clients.into_iter().map(|mut client| scope.spawn(move || client.answer().unwrap()));
        answers.collect::<Vec<_>>().into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    let busy: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(answers.len() - busy.len() >= 8, "{} of 48 were answered", answers.len() - busy.len());
    for answer in busy {
        answer.problem(503);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    portal.post_json("/v1/plan", &orders()).success();
}

#[test]
fn many_connections_cost_little_memory_and_keep_nobody_out() {
    let portal = Portal::start(&[]);
    let many = sample::size(1_000, 10_000);
    // Each begins something that it never ends; this process may have few files open, so that they come in parts.
    let mut held = Vec::new();
    for number in 0..many {
        let Ok(mut client) = Client::connect(portal.address) else { continue };
        let body = format!("{{\"answers\": {{\"description\": \"{}", "x".repeat(2_000));
        let begun = match number % 3 {
            0 => String::new(),
            1 => "GET /v1/templates HTTP/1.1\r\nHost: localhost\r\nX: ".to_owned(),
            _ => post("/v1/plan", JSON, &body).replace("Content-Length: 2", "Content-Length: 3"),
        };
        // It may have been closed already, to make room.
        let _ = client.send(begun.as_bytes());
        held.push(client);
        if held.len() > 800 {
            held.drain(..200);
        }
        if number % (many / 4) == 0 {
            let answer = portal.get("/readyz");
            assert_eq!(answer.status, 200, "after {number}");
        }
    }
    drop(held);
    portal.post_json("/v1/plan", &orders()).success();
    let peak = portal.peak_memory();
    assert!(peak <= 100 << 10, "{peak} KiB");
}

#[test]
fn sigterm_finishes_what_is_under_way_and_loses_nothing() {
    let mut portal = Portal::start(&[]);
    let (is_stopped, address) = (AtomicBool::new(false), portal.address);
    let request = post("/v1/plan", JSON, &orders().to_string());
    portal.post_json("/v1/plan", &orders()).success();
    let answered = thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut answered = 0;
                    while let Ok(mut client) = Client::connect(address) {
                        match client.ask(request.as_bytes()) {
                            Ok(answer) if answer.status == 200 || answer.status == 503 => answered += 1,
                            other => return Err(format!("{other:?} after {answered}")),
                        }
                    }
                    assert!(is_stopped.load(Ordering::Relaxed), "it was stopped before it was told to");
                    Ok(answered)
                })
            })
            .collect();
        thread::sleep(Duration::from_secs(1));
        is_stopped.store(true, Ordering::Relaxed);
        portal.signal(Signal::TERM);
        clients.into_iter().map(|client| client.join().unwrap().unwrap()).sum::<usize>()
    });
    assert!(answered > 4, "{answered}");
    assert_eq!(portal.ends().code(), Some(0));
}

#[test]
fn a_server_that_others_reach_says_first_that_it_is_going() {
    let mut portal = Portal::start(&["--allow-remote"]);
    portal.get("/readyz").success();
    portal.signal(Signal::TERM);
    let start = Instant::now();
    let going = loop {
        let answer = portal.get("/readyz");
        if answer.status != 200 {
            break answer;
        }
        assert!(start.elapsed() < PATIENCE);
    };
    going.problem(503);
    assert_eq!(going.header("connection"), Some("close"));
    portal.post_json("/v1/plan", &orders()).success();
    assert_eq!(portal.ends().code(), Some(0));
    let mut hurried = Portal::start(&["--allow-remote"]);
    hurried.signal(Signal::TERM);
    hurried.signal(Signal::INT);
    assert!(hurried.ends().code().is_some());
    let mut interrupted = Portal::start(&["--allow-remote"]);
    interrupted.signal(Signal::INT);
    assert_eq!(interrupted.ends().code(), Some(0), "Ctrl-C waits for no load balancer");
}

#[test]
fn a_browser_without_javascript_sends_a_form_and_gets_the_project() {
    let portal = Portal::start(&[]);
    let page = portal.get("/form?service=orders&target=").success();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.text().contains("<form method=\"post\" action=\"/v1/archive.zip\">") && !page.text().contains("<script")
    );
    let sent = |form: &str| {
        let head = "POST /v1/archive.zip HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,*/*;q=0.8\r\n";
        portal.ask(&format!("{head}Content-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{form}", form.len()))
    };
    let refused = sent("service=Orders+%3Cb%3E&target=ecs&description=kept");
    assert_eq!((refused.status, refused.header("content-type")), (422, Some("text/html; charset=utf-8")));
    for text in ["value=\"Orders &lt;b&gt;\"", "value=\"kept\"", "<option value=\"ecs\" selected>", "<strong>"] {
        assert!(refused.text().contains(text), "{text} is not in\n{}", refused.text());
    }
    assert!(sent(&format!("{ORDERS}&template=service&lang=en&description=")).success().body.starts_with(b"PK"));
    assert!(portal.get("/form?lang=ko").success().text().contains("<html lang=\"ko\">"));
}

#[test]
fn curl_is_told_which_lines_to_run() {
    let portal = Portal::start(&[]);
    let place = format!("http://{}/", portal.address);
    let said = run(curl().arg(&place)).success();
    let lines: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  curl ")).collect();
    assert_eq!(lines.len(), 6, "{said}");
    let folder = tempfile::tempdir().unwrap();
    for line in lines {
        let line = format!("curl --silent --show-error --fail-with-body {line}");
        run(program::shell(&line).current_dir(folder.path())).success();
    }
    assert_eq!(fs::read(folder.path().join("orders.zip")).unwrap(), archive(&orders()["answers"], ".zip"));
}

#[test]
fn the_lines_of_the_page_run() {
    let portal = Portal::start(&[]);
    let page = fs::read_to_string(workspace::root().join("docs/serve.md")).unwrap();
    let (_, lines) = page.split_once("```sh\n").unwrap();
    let (lines, _) = lines.split_once("```").unwrap();
    let quick = lines.replace("curl ", "curl --silent --show-error --fail-with-body ");
    let here = quick.replace("127.0.0.1:4747", &portal.address.to_string());
    let folder = tempfile::tempdir().unwrap();
    let said = run(program::shell(&format!("set -e\n{here}")).current_dir(folder.path())).success();
    assert!(said.contains("\"launchway.plan/1\"") && said.contains("# orders"), "{said}");
    assert_eq!(fs::read(folder.path().join("orders.zip")).unwrap(), archive(&orders()["answers"], ".zip"));
    let description = portal.get("/openapi.json").json();
    for path in description["paths"].as_object().unwrap().keys() {
        assert!(
            page.contains(&format!("`{path}`"))
                || page.contains(&format!(" {path}`"))
                || page.contains(&format!(" {path}?")),
            "{path}"
        );
    }
}

#[test]
fn the_page_of_a_folder_is_served_as_it_was_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("index.html", "<noscript></noscript>the page");
    file(
        "templates.json",
        &json!([{"name": "ours", "files": {
            "template.toml": {"bytes": manifest("name", "").as_bytes()},
            "files/hello.txt": {"bytes": b"hello\n"},
        }}])
        .to_string(),
    );
    file("ko/index.html", "<p>쪽");
    file("app.js", "1");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.txt")).unwrap();
    let portal = Portal::start(&["--folder", folder.path().to_str().unwrap()]);
    file("app.js", "2");
    let browser = portal.ask("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n").success();
    assert!(
        browser.text().contains("href=\"/form\"") && browser.text().ends_with("</noscript>the page"),
        "{browser:?}"
    );
    assert_eq!(browser.header("vary"), Some("accept"));
    let hello = portal.get("/v1/file?template=ours&name=orders&path=hello.txt").success();
    assert_eq!(hello.text(), "hello\n", "the templates of the page are those of the server");
    assert_eq!(portal.get("/ko/").success().text(), "<p>쪽");
    let script = portal.get("/app.js").success();
    assert_eq!((script.text(), script.header("content-type")), ("1", Some("text/javascript; charset=utf-8")));
    assert_secured(&script);
    let get = "GET /app.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br, gzip\r\n\r\n";
    let packed = portal.ask(get).success();
    assert_eq!((packed.header("content-encoding"), &packed.body[..2]), (Some("gzip"), &[0x1f, 0x8b][..]));
    for path in ["/link.txt", "/../index.html", "/..%2findex.html", "/ko", "/index.html/"] {
        portal.get(path).problem(404);
    }
    assert!(portal.get("/").success().text().contains("curl "), "curl gets its lines");
    let said = run(Command::new(portal_server::path()).args(["--port=0", "--folder=/nowhere"])).failure(74);
    assert!(said.contains("error: cannot read `/nowhere`") && said.contains("`launchway serve`"), "{said}");
}

#[test]
fn the_program_starts_the_server_beside_it_or_says_where_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("launchway");
    copy_executable(program::path(), &own);
    let alone = run(workspace::hermetic(&own).unwrap().arg("serve").env("PATH", ""));
    let said = alone.failure(74);
    assert!(said.contains("there is no `launchway-portal` beside launchway or on the path"), "{said}");
    copy_executable(portal_server::path(), &folder.path().join("launchway-portal"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = run(workspace::hermetic(&own).unwrap().args(["serve", "--port", &port])).failure(74);
    assert!(
        said.contains(&format!("error: cannot listen on port {port}")) && said.contains("`launchway serve --port"),
        "{said}"
    );
    let said = run(Command::new(portal_server::path()).args(["--port", "70000"])).failure(2);
    assert!(said.contains("`launchway serve --help`"), "{said}");
    let said = run(workspace::hermetic(&own).unwrap().args(["serve", "--host", "http://a"])).failure(2);
    assert!(said.contains("for example `portal.example.com`"), "{said}");
}

#[test]
fn the_program_and_the_server_take_the_same_flags() {
    let flags = |help: &str| {
        let lines = help.lines().map(str::trim).filter(|line| line.starts_with("--"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let own = run(launchway().args(["serve", "--help"])).success();
    let portal = run(workspace::hermetic(portal_server::path()).unwrap().arg("--help")).success();
    let portal = flags(&portal);
    assert!(portal.len() >= 3, "{portal:?}");
    for line in portal {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(own.split_whitespace().collect::<Vec<_>>().windows(words.len()).any(|it| it == words), "{line}\n{own}");
    }
}
