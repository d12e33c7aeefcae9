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
//! crowd here.
//!
//! Left out: transfer codings (411), connections that stay open, TLS.

use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::grants::{Grants, Registration};
use super::{authorize, token, user};
use crate::page;
use crate::wire::request::{self, Refusal, Request};
use crate::wire::response::{Response, send_and_close};

/// How long a request may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;
const MOST_CONNECTIONS: usize = 64;

/// The provider, on a loopback port of its own.
#[derive(Debug)]
pub struct Provider {
    socket: TcpListener,
    origin: String,
}

impl Provider {
    /// Takes a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let origin = format!("http://{}", socket.local_addr()?);
        Ok(Self { socket, origin })
    }

    /// Where it listens: `http://127.0.0.1:…`
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves this app until the program ends.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn serve(self, registration: Registration) -> io::Result<()> {
        let shared = Arc::new(Shared {
            registration,
            issuer: format!("{}/login/oauth", self.origin),
            grants: Mutex::default(),
        });
        let run = move || {
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
                    let _ = thread::Builder::new()
                        .name("request".to_owned())
                        .spawn(serve);
                }
            }
        };
        thread::Builder::new()
            .name("provider".to_owned())
            .spawn(run)
            .map(drop)
    }
}

struct Shared {
    registration: Registration,
    issuer: String,
    grants: Mutex<Grants>,
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let (method, response) = match read_request(stream)? {
            Ok((request, body)) => (request.method.clone(), self.answer(&request, &body)),
            Err(Refusal { status, reason }) => (
                "GET".to_owned(),
                page::html(status, "Bad request", &page::escape(reason)),
            ),
        };
        send_and_close(stream, &response.octets(&method))
    }

    fn answer(&self, request: &Request, body: &str) -> Response {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let media_type = request
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        let is_form = media_type
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded");
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/login/oauth/authorize") => authorize::ask(
                &request.query,
                &self.registration,
                &mut grants,
                now,
                &self.issuer,
            ),
            ("POST", "/login/oauth/authorize" | "/login/oauth/access_token") if !is_form => {
                page::html(415, "Not a form", "<p>The body must be a form.</p>")
            }
            ("POST", "/login/oauth/authorize") => {
                authorize::decide(body, &mut grants, now, &self.issuer)
            }
            ("POST", "/login/oauth/access_token") => token::exchange(
                body,
                request.header("accept"),
                &self.registration,
                &mut grants,
                now,
            ),
            ("GET", "/user") => user::show(request, &grants),
            (_, "/login/oauth/authorize") => not_allowed("GET, POST"),
            (_, "/login/oauth/access_token") => not_allowed("POST"),
            (_, "/user") => not_allowed("GET"),
            _ => page::html(404, "Not found", "<p>There is nothing at this address.</p>"),
        }
    }
}

fn not_allowed(allow: &str) -> Response {
    page::html(
        405,
        "Method not allowed",
        "<p>This address takes another method.</p>",
    )
    .with("Allow", allow)
}

/// One request with its body, within the deadline.
fn read_request(mut stream: &TcpStream) -> io::Result<Result<(Request, String), Refusal>> {
    let deadline = Instant::now() + DEADLINE;
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
        let left = deadline
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        let mut octets = [0; 4096];
        match stream.read(&mut octets)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => received.extend_from_slice(octets.get(..count).unwrap_or_default()),
        }
        if Instant::now() > deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

fn body_length(request: &Request) -> Result<usize, Refusal> {
    if request.header("transfer-encoding").is_some() {
        return Err(Refusal::new(
            411,
            "the length of the body must be said in Content-Length",
        ));
    }
    // RFC 9110 §8.6: "Content-Length = 1*DIGIT"
    let length = request.header("content-length").map(|length| {
        let all_digits = length.bytes().all(|octet| octet.is_ascii_digit());
        length.parse().ok().filter(|_| all_digits)
    });
    match length {
        None if request.method == "POST" => Err(Refusal::new(
            411,
            "the length of the body must be said in Content-Length",
        )),
        None => Ok(0),
        Some(Some(length)) if length <= BODY_LIMIT => Ok(length),
        Some(Some(_)) => Err(Refusal::new(413, "the body is longer than 64 KiB")),
        Some(None) => Err(Refusal::malformed("Content-Length is no number")),
    }
}
