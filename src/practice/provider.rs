//! The practice provider's socket: one thread for each connection, one request on each, then the
//! connection ends.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1\r\n             in, head and body within 10 seconds
//! Content-Length: 254\r\n
//! \r\n
//! grant_type=authorization_code&…
//!
//! HTTP/1.1 200 OK\r\n … Connection: close\r\n\r\n…         out
//! ```
//!
//! Unlike the callback's listener it can afford a thread for each: no browser has to get past a
//! crowd here. Its log has a line for each answer.
//!
//! Left out: transfer codings, connections that stay open, TLS. Shown by `tests/suite/alone.rs`.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::answer::{Answer, Reply, problem_page, shown};
use super::fault::Fault;
use super::grants::{Grants, Registration};
use super::{authorize, mischief, revoke, token, user};
use crate::terminal::{escape, say};
use crate::wire::request::{self, Request};
use crate::wire::response::send_and_close;

/// How long a request may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;
const MOST_CONNECTIONS: usize = 64;
/// How long a peer may wait for an answer that never comes, or read one that never ends.
const PATIENCE: Duration = Duration::from_secs(2 * 60);

/// The provider, on a loopback port of its own.
#[derive(Debug)]
pub struct Provider {
    socket: TcpListener,
    origin: String,
}

impl Provider {
    /// Takes a port; 0 stands for any free one.
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves this app on a thread of its own, until the program ends.
    pub(super) fn start(self, registration: Registration) -> io::Result<()> {
        let run = move || self.run(registration, false);
        thread::Builder::new().name("provider".to_owned()).spawn(run).map(drop)
    }

    /// Serves this app until the program ends, and says a line for each answer if it `logs`.
    pub(super) fn run(self, registration: Registration, logs: bool) {
        let grants = Grants::new(registration, format!("{}/login/oauth", self.origin));
        let shared = Arc::new(Mutex::new(grants));
        for stream in self.socket.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors for a moment, perhaps.
                thread::sleep(Duration::from_millis(16));
                continue;
            };
            // Every open connection holds one reference; too many are dropped.
            let grants = Arc::clone(&shared);
            if Arc::strong_count(&shared) <= MOST_CONNECTIONS {
                // A peer that is gone has no use for an answer.
                let serve = move || drop(serve(&stream, &grants, logs));
                let _ = thread::Builder::new().name("request".to_owned()).spawn(serve);
            }
        }
    }
}

fn serve(stream: &TcpStream, grants: &Mutex<Grants>, logs: bool) -> io::Result<()> {
    let (request, mut answer) = match read_request(stream)? {
        Ok((request, body)) => {
            let answer = route(&request, &body, grants);
            (Some(request), answer)
        }
        Err(problem) => (None, problem),
    };
    let mut silent = Vec::new();
    match (answer.broken_by, &answer.callback) {
        (Some(Fault::CodeTwice), Some(callback)) => {
            let status = mischief::deliver(callback).unwrap_or("no answer".to_owned());
            answer.said.extend(["; delivered the callback again, and got ", &status]);
        }
        (Some(Fault::SilentConnections), Some(callback)) => {
            silent = mischief::stay_silent(callback);
            let count = silent.len().to_string();
            answer.said.extend(["; opened ", &count, " silent connections first"]);
        }
        _ => {}
    }
    if logs {
        say(&escape(&log_line(request.as_ref(), &answer)));
    }
    match answer.reply {
        Reply::Whole(response) => {
            let method = request.as_ref().map_or("GET", |request| &request.method);
            send_and_close(stream, &response.bytes(method))?;
        }
        // Until the peer has had enough.
        Reply::Silence => {
            stream.set_read_timeout(Some(PATIENCE))?;
            let _ = (&*stream).read(&mut [0])?;
        }
        Reply::WithoutEnd => mischief::send_without_end(stream, PATIENCE)?,
    }
    if !silent.is_empty() {
        // They stay open.
        thread::sleep(PATIENCE);
    }
    Ok(())
}

fn route(request: &Request, body: &str, grants: &Mutex<Grants>) -> Answer {
    let grants = &mut *grants.lock().unwrap_or_else(PoisonError::into_inner);
    grants.now = Instant::now();
    match (request.path.as_str(), request.method.as_str()) {
        ("/login/oauth/authorize", "GET") => authorize::ask(&request.query, grants),
        ("/login/oauth/authorize" | "/login/oauth/access_token", "POST") if !is_form(request) => {
            let said = "Content-Type is not application/x-www-form-urlencoded (RFC 9110 §15.5.16)";
            Answer::problem(415, said)
        }
        ("/login/oauth/authorize", "POST") => authorize::decide(body, grants),
        ("/login/oauth/access_token", "POST") => {
            token::exchange(body, request.header("accept"), grants)
        }
        ("/user", "GET") => user::show(request, grants),
        (revoke::PATH, "DELETE") => revoke::end(request, body, grants),
        ("/login/oauth/elsewhere", method) => {
            let more = if method == "POST" { " with the code and the client secret" } else { "" };
            Answer::problem(404, format!("the client followed a redirect{more} (RFC 9110 §15.4.8)"))
        }
        ("/login/oauth/authorize", _) => not_allowed("GET, POST"),
        ("/login/oauth/access_token", _) => not_allowed("POST"),
        ("/user", _) => not_allowed("GET"),
        (revoke::PATH, _) => not_allowed("DELETE"),
        _ => Answer::problem(404, "there is nothing at this address (RFC 9110 §15.5.5)"),
    }
}

/// What came, what was answered, and why.
fn log_line(request: Option<&Request>, answer: &Answer) -> String {
    let came = request.map_or("a request that can't be read".to_owned(), |request| {
        let (path, method) = (request.path.as_str(), request.method.as_str());
        let leg = match (path, method) {
            ("/login/oauth/authorize", "POST") => "leg 2: ",
            ("/login/oauth/authorize", _) => "leg 1: ",
            ("/login/oauth/access_token" | "/login/oauth/elsewhere", _) => "leg 3: ",
            ("/user", _) => "leg 4: ",
            (revoke::PATH, _) => "leg 5: ",
            _ => "",
        };
        format!("{leg}{} {}", shown(method), shown(path))
    });
    let went = match &answer.reply {
        Reply::Whole(response) => response.status.to_string(),
        Reply::Silence => "no answer".to_owned(),
        Reply::WithoutEnd => "an answer without end".to_owned(),
    };
    let broken = answer.broken_by.map(|fault| fault.button().label);
    let broken = broken.map_or(String::new(), |label| format!("broken on purpose ({label}), "));
    let refused = if answer.is_refused { "refused: " } else { "" };
    format!("{came}: {went}, {broken}{refused}{}", answer.said)
}

fn is_form(request: &Request) -> bool {
    let media_type = request.header("content-type").and_then(|value| value.split(';').next());
    media_type
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn not_allowed(allow: &str) -> Answer {
    let said = format!("the method must be one of: {allow} (RFC 9110 §15.5.6)");
    Answer::refused(problem_page(405, &said).with("Allow", allow), said)
}

/// One request with its body, within the deadline; or what to answer instead.
fn read_request(mut stream: &TcpStream) -> io::Result<Result<(Request, String), Answer>> {
    let deadline = Instant::now() + DEADLINE;
    let problem = |status, said| Ok(Err(Answer::problem(status, said)));
    let mut received = Vec::new();
    loop {
        if let Some(result) = split(&received).transpose() {
            return Ok(result);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return problem(
                408,
                "the request was not complete after 10 seconds (RFC 9110 §15.5.9)",
            );
        }
        stream.set_read_timeout(Some(left))?;
        let mut bytes = [0; 4096];
        match stream.read(&mut bytes) {
            // A browser opened this connection ahead of need.
            Ok(0) if received.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return problem(400, "the request ends too early (RFC 9112 §8)"),
            Ok(count) => received.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(_) if Instant::now() >= deadline && !received.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
}

/// The request and its body, when both are complete.
fn split(received: &[u8]) -> Result<Option<(Request, String)>, Answer> {
    let parsed = request::parse(received)
        .map_err(|(status, reason)| Answer::problem(status, format!("{reason} (RFC 9112)")))?;
    let Some((request, head)) = parsed else {
        return Ok(None);
    };
    let length = match request.header("content-length").map(str::parse) {
        None if request.method == "POST" => {
            let said = "a POST must say its length in Content-Length (RFC 9110 §15.5.12)";
            return Err(Answer::problem(411, said));
        }
        None => 0,
        Some(Ok(length)) if length <= BODY_LIMIT => length,
        // It is a number; one that is too long to be read is too long for a body.
        Some(_) => {
            return Err(Answer::problem(413, "the body is longer than 64 KiB (RFC 9110 §15.5.14)"));
        }
    };
    let body = received.get(head..head + length);
    Ok(body.map(|body| (request, String::from_utf8_lossy(body).into_owned())))
}
