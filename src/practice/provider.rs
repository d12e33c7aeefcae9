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
//! Unlike the callback's listener it may keep a thread for each: nobody has to be let through a
//! crowd here. It keeps a log, a line for each answer, where somebody wants to read it.
//!
//! Left out: transfer codings (411), connections that stay open, TLS.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::answer::{Answer, Before, Reply};
use super::grants::{Grants, Registration};
use super::{authorize, mischief, token, user};
use crate::page;
use crate::secret::hidden::Hidden;
use crate::terminal::{escape, say};
use crate::wire::request::{self, Refusal, Request};
use crate::wire::response::send_and_close;

/// How long a request may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;
const MOST_CONNECTIONS: usize = 64;
/// How long a peer may wait for an answer that never comes, or read one that never ends.
const PATIENCE: Duration = Duration::from_mins(2);

/// The provider, on a loopback port of its own.
#[derive(Debug)]
pub struct Provider {
    socket: TcpListener,
    origin: String,
}

impl Provider {
    /// Takes a port; 0 stands for any free one.
    ///
    /// # Errors
    /// When it is taken, or there is none.
    pub fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves this app on a thread of its own, until the program ends.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(self, registration: Registration) -> io::Result<()> {
        thread::Builder::new()
            .name("provider".to_owned())
            .spawn(move || self.run(registration, false))
            .map(drop)
    }

    /// Serves this app until the program ends, and says a line for each answer where it `logs`.
    pub fn run(self, registration: Registration, logs: bool) {
        let hidden = Hidden::default();
        hidden.add(&registration.client_secret);
        let shared = Arc::new(Shared {
            registration,
            hidden,
            issuer: format!("{}/login/oauth", self.origin),
            logs,
            grants: Mutex::default(),
            silent: Mutex::default(),
        });
        for stream in self.socket.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors for a moment, perhaps.
                thread::sleep(Duration::from_millis(16));
                continue;
            };
            // Every open connection holds one reference; what is too much is dropped.
            let shared = Arc::clone(&shared);
            if Arc::strong_count(&shared) <= MOST_CONNECTIONS {
                // A peer that is gone has no use for an answer.
                let serve = move || drop(shared.serve(&stream));
                let _ = thread::Builder::new().name("request".to_owned()).spawn(serve);
            }
        }
    }
}

struct Shared {
    registration: Registration,
    issuer: String,
    logs: bool,
    hidden: Hidden,
    grants: Mutex<Grants>,
    /// The connections that say nothing, until others take their place.
    silent: Mutex<Vec<TcpStream>>,
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let (method, path, mut answer) = match read_request(stream)? {
            Ok((request, body)) => {
                let answer = self.answer(&request, &body);
                (request.method, request.path, answer)
            }
            Err(Refusal { status, reason }) => {
                let page = page::html(status, "Bad request", &page::escape(reason));
                let rule = match status {
                    408 => "RFC 9110 §15.5.9",
                    411 => "RFC 9110 §15.5.12",
                    413 => "RFC 9110 §15.5.14",
                    _ => "RFC 9112",
                };
                let answer = Answer::wrong(page, &format!("{reason} ({rule})"));
                ("GET".to_owned(), String::new(), answer)
            }
        };
        match answer.before.take() {
            None => {}
            Some(Before::Deliver(callback)) => {
                answer.said += "; delivered the callback again, and got ";
                answer.said += &mischief::deliver(&callback).unwrap_or("no answer".to_owned());
            }
            Some(Before::StaySilent(redirect_uri)) => {
                let opened = mischief::stay_silent(&redirect_uri);
                let count = opened.len().to_string();
                answer.said.extend(["; opened ", &count, " silent connections first"]);
                *self.silent.lock().unwrap_or_else(PoisonError::into_inner) = opened;
            }
        }
        if self.logs {
            self.log(&method, &path, &answer);
        }
        match answer.reply {
            Reply::Whole(response) => send_and_close(stream, &response.octets(&method)),
            Reply::Silence => {
                // Until the peer has had enough.
                stream.set_read_timeout(Some(PATIENCE))?;
                (&*stream).read(&mut [0]).map(drop)
            }
            Reply::WithoutEnd => mischief::send_without_end(stream, PATIENCE),
        }
    }

    /// Says what came, what was answered, and why.
    fn log(&self, method: &str, path: &str, answer: &Answer) {
        let kind = match &answer.reply {
            Reply::Whole(response) => response.status.to_string(),
            Reply::Silence => "no answer".to_owned(),
            Reply::WithoutEnd => "an answer without end".to_owned(),
        };
        let what = if path.is_empty() {
            "a request that can't be read".to_owned()
        } else {
            // A client that is wrong may send a token anywhere.
            let masked = self.hidden.mask(path.as_bytes());
            let shown: String = String::from_utf8_lossy(&masked).chars().take(100).collect();
            let method: String = method.chars().take(20).collect();
            format!("{}{method} {shown}", leg(path, &method))
        };
        say(&escape(&format!("{what}: {kind}, {}", answer.said)));
    }

    fn answer(&self, request: &Request, body: &str) -> Answer {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let media_type = request
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        let is_form = media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let (app, issuer) = (&self.registration, self.issuer.as_str());
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/login/oauth/authorize") => {
                authorize::ask(&request.query, app, &mut grants, now, issuer)
            }
            ("POST", "/login/oauth/authorize" | "/login/oauth/access_token") if !is_form => {
                let page = page::html(415, "Not a form", "<p>The body must be a form.</p>");
                let what =
                    "Content-Type is not application/x-www-form-urlencoded (RFC 9110 §15.5.16)";
                Answer::wrong(page, what)
            }
            ("POST", "/login/oauth/authorize") => authorize::decide(body, &mut grants, now, issuer),
            ("POST", "/login/oauth/access_token") => {
                let accept = request.header("accept");
                token::exchange(body, accept, app, &mut grants, now, issuer)
            }
            ("GET", "/user") => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
                user::show(request, &grants, since_1970.unwrap_or_default().as_secs())
            }
            (method, "/login/oauth/elsewhere") => Answer::wrong(
                page::html(404, "Too far", "<p>No client should come here.</p>"),
                match method {
                    "POST" => {
                        "a redirect was followed, with the code and the client secret (RFC 9110 §15.4.8)"
                    }
                    _ => "a redirect was followed (RFC 9110 §15.4)",
                },
            ),
            (_, "/login/oauth/authorize") => not_allowed("GET, POST"),
            (_, "/login/oauth/access_token") => not_allowed("POST"),
            (_, "/user") => not_allowed("GET"),
            _ => Answer::wrong(
                page::html(404, "Not found", "<p>There is nothing at this address.</p>"),
                "there is nothing here (RFC 9110 §15.5.5)",
            ),
        }
    }
}

/// Which leg a request belongs to, for the log.
fn leg(path: &str, method: &str) -> &'static str {
    match (path, method) {
        ("/login/oauth/authorize", "POST") => "leg 2: ",
        ("/login/oauth/authorize", _) => "leg 1: ",
        ("/login/oauth/access_token" | "/login/oauth/elsewhere", _) => "leg 3: ",
        ("/user", _) => "leg 4: ",
        _ => "",
    }
}

fn not_allowed(allow: &str) -> Answer {
    let page = page::html(405, "Method not allowed", "<p>This address takes another method.</p>");
    let what = format!("the method must be one of: {allow} (RFC 9110 §15.5.6)");
    Answer::wrong(page.with("Allow", allow), &what)
}

/// One request with its body, within the deadline.
fn read_request(mut stream: &TcpStream) -> io::Result<Result<(Request, String), Refusal>> {
    let deadline = Instant::now() + DEADLINE;
    let late = Refusal::new(408, "the request was not complete after 10 seconds");
    let mut received = Vec::new();
    loop {
        match request::parse(&received) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Some((request, head))) => match body_length(&request) {
                Err(refusal) => return Ok(Err(refusal)),
                Ok(length) => {
                    if let Some(body) = received.get(head..head + length) {
                        let body = String::from_utf8_lossy(body).into_owned();
                        return Ok(Ok((request, body)));
                    }
                }
            },
            Ok(None) => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Err(late));
        }
        stream.set_read_timeout(Some(left))?;
        let mut octets = [0; 4096];
        match stream.read(&mut octets) {
            // A connection that a browser has opened ahead of need.
            Ok(0) if received.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(Err(Refusal::malformed("the request ends too early"))),
            Ok(count) => received.extend_from_slice(octets.get(..count).unwrap_or_default()),
            Err(_) if Instant::now() >= deadline && !received.is_empty() => return Ok(Err(late)),
            Err(error) => return Err(error),
        }
    }
}

fn body_length(request: &Request) -> Result<usize, Refusal> {
    if request.header("transfer-encoding").is_some() {
        return Err(Refusal::new(411, "the length of the body must be said in Content-Length"));
    }
    // RFC 9110 §8.6: "Content-Length = 1*DIGIT"
    let length = request.header("content-length").map(|length| {
        let all_digits = !length.is_empty() && length.bytes().all(|octet| octet.is_ascii_digit());
        // A number that is too long to be read is too long for a body.
        all_digits.then(|| length.parse().unwrap_or(usize::MAX))
    });
    match length {
        None if request.method == "POST" => {
            Err(Refusal::new(411, "the length of the body must be said in Content-Length"))
        }
        None => Ok(0),
        Some(Some(length)) if length <= BODY_LIMIT => Ok(length),
        Some(Some(_)) => Err(Refusal::new(413, "the body is longer than 64 KiB")),
        Some(None) => Err(Refusal::malformed("Content-Length is no number")),
    }
}
