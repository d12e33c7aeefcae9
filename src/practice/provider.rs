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
//! crowd here.
//!
//! Left out: transfer codings, connections that stay open, TLS. Shown by `tests/suite/alone.rs`.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::answer::{Answer, Observer, Seen};
use super::fault::Fault;
use super::grants::{Grants, Registration, SharedGrants};
use super::{authorize, examined, metadata, mischief, revoke, token, user};
use crate::wire::form::Form;
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
    pub(crate) fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What it knows when it begins to serve this app.
    pub(crate) fn grants(&self, registration: Registration) -> SharedGrants {
        let issuer = format!("{}/login/oauth", self.origin);
        Arc::new(Mutex::new(Grants::new(registration, issuer)))
    }

    /// Serves on a thread of its own, until the program ends.
    pub(crate) fn start(self, grants: SharedGrants, observer: Arc<Observer>) -> io::Result<()> {
        let run = move || self.run(&grants, &observer);
        thread::Builder::new().name("provider".to_owned()).spawn(run).map(drop)
    }

    /// Serves until the program ends, and tells the observer.
    pub(super) fn run(self, shared: &SharedGrants, observer: &Arc<Observer>) {
        for stream in self.socket.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors for a moment, perhaps.
                thread::sleep(Duration::from_millis(16));
                continue;
            };
            // Every open connection holds one reference; too many are dropped.
            let (grants, observer) = (Arc::clone(shared), Arc::clone(observer));
            if Arc::strong_count(shared) <= MOST_CONNECTIONS {
                // A peer that is gone has no use for an answer.
                let serve = move || drop(serve(&stream, &grants, &*observer));
                let _ = thread::Builder::new().name("request".to_owned()).spawn(serve);
            }
        }
    }
}

fn serve(stream: &TcpStream, grants: &Mutex<Grants>, observer: &Observer) -> io::Result<()> {
    let (request, body, mut answer) = match read_request(stream)? {
        Ok((request, body)) => {
            let answer = route(&request, &body, grants);
            let random = |_| Answer::problem(502, "the system gives no random bytes");
            (Some(request), body, answer.unwrap_or_else(random))
        }
        Err(problem) => (None, String::new(), problem),
    };
    let mut silent = Vec::new();
    match &answer.mischief {
        Some((Fault::CodeTwice, callback)) => {
            let status = mischief::deliver(callback).unwrap_or("no answer".to_owned());
            let means = match status.as_str() {
                "200" => "the client took it twice, and a good client takes the first only",
                _ => "the client takes the first only",
            };
            answer.said.extend(["; delivered the callback again, and got ", &status, ": ", means]);
        }
        Some((Fault::SilentConnections, callback)) => {
            silent = mischief::stay_silent(callback);
            let count = silent.len().to_string();
            answer.said.extend(["; opened ", &count, " silent connections first"]);
        }
        _ => {}
    }
    observer(Seen::Asked(request.as_ref(), &body, &answer));
    match answer.mischief {
        // Until the peer has had enough.
        Some((Fault::TokenSilence, _)) => {
            stream.set_read_timeout(Some(PATIENCE))?;
            return (&*stream).read(&mut [0]).map(drop);
        }
        Some((Fault::TokenEndless, _)) => {
            // 80 MiB tell an exam enough.
            let is_examined = locked(grants).registration.is_examined;
            let most = if is_examined { 80 << 20 } else { u64::MAX };
            observer(Seen::Sent(mischief::send_without_end(stream, most, PATIENCE)));
            return Ok(());
        }
        Some((Fault::LateRefusal, _)) => thread::sleep(Duration::from_secs(1)),
        _ => {}
    }
    let method = request.as_ref().map_or("GET", |request| &request.method);
    send_and_close(stream, &answer.response.bytes(method))?;
    if !silent.is_empty() {
        // They stay open.
        thread::sleep(PATIENCE);
    }
    Ok(())
}

/// What threads share. A thread that died with it has spoilt nothing.
pub(crate) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The answer. Errors: when the system gives no random bytes.
fn route(request: &Request, body: &str, grants: &Mutex<Grants>) -> io::Result<Answer> {
    let grants = &mut *locked(grants);
    grants.now = Instant::now();
    let revoke = revoke::path(&grants.registration.client_id);
    Ok(match (request.path.as_str(), request.method.as_str()) {
        ("/login/oauth/access_token", _) if grants.registration.is_examined => {
            let body = examined::parameters(request, body);
            token::exchange(&body, request.header("accept"), grants)?
        }
        ("/login/oauth/authorize", "GET") => authorize::ask(&request.query, grants)?,
        ("/login/oauth/authorize" | "/login/oauth/access_token", "POST") if !is_form(request) => {
            let said = "Content-Type is not application/x-www-form-urlencoded (RFC 9110 §15.5.16)";
            Answer::problem(415, said)
        }
        ("/login/oauth/authorize", "POST") => authorize::decide(body, grants)?,
        ("/login/oauth/access_token", "POST") => {
            token::remarked(token::exchange(body, request.header("accept"), grants)?, request)
        }
        ("/user", "GET") => user::show(request, grants),
        (path, "DELETE") if path == revoke => revoke::end(request, body, grants),
        ("/login/oauth/elsewhere", _) => elsewhere(request, body, grants),
        ("/", "GET") => grants.board.page(),
        (metadata::PATH | metadata::OLDER_PATH, "GET") => metadata::show(grants),
        ("/login/oauth/authorize", _) => not_allowed("GET, POST"),
        ("/login/oauth/access_token", _) => not_allowed("POST"),
        ("/user", _) => not_allowed("GET"),
        (path, _) if path == revoke => not_allowed("DELETE"),
        _ => Answer::problem(404, "there is nothing at this address (RFC 9110 §15.5.5)"),
    })
}

/// A client that follows a redirect comes here, with the code or the token of a login.
fn elsewhere(request: &Request, body: &str, grants: &Grants) -> Answer {
    let form = Form::decode(body).ok();
    let code = form.as_ref().and_then(|form| form.get("code").ok()?).unwrap_or_default();
    let token = request.header("authorization").and_then(|value| value.split_once(' '));
    let of_token = token.and_then(|(_, token)| grants.of_token(token)).map(|asked| asked.login);
    let said = "the client followed a redirect, with its secrets, which a good client doesn't (RFC 9110 §15.4)";
    let login = of_token.unwrap_or_else(|| grants.login_of(code));
    Answer { login, ..Answer::problem(404, said) }
}

fn is_form(request: &Request) -> bool {
    let media_type = request.header("content-type").and_then(|value| value.split(';').next());
    media_type
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn not_allowed(allow: &str) -> Answer {
    let said = format!("the method must be one of: {allow} (RFC 9110 §15.5.6)");
    let answer = Answer::problem(405, said);
    Answer { response: answer.response.with("Allow", allow), ..answer }
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
        // When no time is left, std refuses the timeout of zero.
        let left = deadline.saturating_duration_since(Instant::now());
        let mut bytes = [0; 4096];
        match stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut bytes)) {
            // A browser opened this connection ahead of need.
            Ok(0) if received.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return problem(400, "the request ends too early (RFC 9112 §8)"),
            Ok(count) => received.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(error) if Instant::now() < deadline || received.is_empty() => return Err(error),
            Err(_) => {
                let said = "the request was not complete after 10 seconds (RFC 9110 §15.5.9)";
                return problem(408, said);
            }
        }
    }
}

/// The request and its body, when both are complete.
fn split(received: &[u8]) -> Result<Option<(Request, String)>, Answer> {
    let refused = |status, said: &str| Err(Answer::problem(status, said));
    let (request, head) = match request::parse(received) {
        Ok(request::Parsed::Head(request, length)) => (request, length),
        Ok(request::Parsed::Unfinished) => return Ok(None),
        Err(request::Refusal { status, reason }) => {
            return refused(status, &format!("{reason} (RFC 9112)"));
        }
    };
    let length = match request.header("content-length").map(str::parse) {
        None if request.method == "POST" => {
            let said = "a POST must say its length in Content-Length (RFC 9110 §15.5.12)";
            return refused(411, said);
        }
        None => 0,
        Some(Ok(length)) if length <= BODY_LIMIT => length,
        // It is a number; one that is too long to be read is too long for a body.
        Some(_) => return refused(413, "the body is longer than 64 KiB (RFC 9110 §15.5.14)"),
    };
    let body = received.get(head..head + length);
    Ok(body.map(|body| (request, String::from_utf8_lossy(body).into_owned())))
}
