//! What arrives on a connection of the provider's: one request with its body, within the deadline.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1\r\n
//! Content-Length: 254\r\n
//! \r\n
//! grant_type=authorization_code&…
//! ```
//!
//! Left out: transfer codings, and a second request. Shown by `tests/suite/practice.rs`.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::answer::Answer;
use crate::wire::request::{self, Parsed, Refusal, Request};

/// How long a request may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;

/// What has arrived.
pub(super) enum Arrival {
    /// A request and its body.
    Whole { request: Request, body: String },
    /// Something else, and what to answer.
    Refused(Answer),
}

/// Reads one request. Errors: when the peer is gone, or has sent nothing.
pub(super) fn read(mut stream: &TcpStream) -> io::Result<Arrival> {
    let deadline = Instant::now() + DEADLINE;
    let mut received = Vec::new();
    loop {
        if let Some(arrival) = split(&received) {
            return Ok(arrival);
        }
        // When no time is left, std refuses the timeout of zero.
        let left = deadline.saturating_duration_since(Instant::now());
        let mut bytes = [0; 4096];
        match stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut bytes)) {
            // A browser opened this connection ahead of need.
            Ok(0) if received.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(refused(400, "the request ends too early (RFC 9112 §8)")),
            Ok(count) => received.extend(bytes.iter().take(count)),
            Err(error) if Instant::now() < deadline || received.is_empty() => return Err(error),
            Err(_) => {
                let said = "the request was not complete after 10 seconds (RFC 9110 §15.5.9)";
                return Ok(refused(408, said));
            }
        }
    }
}

/// The request and its body, when both are complete, or what is wrong with them.
fn split(received: &[u8]) -> Option<Arrival> {
    let (request, head) = match request::parse(received) {
        Ok(Parsed::Head(request, length)) => (request, length),
        Ok(Parsed::Unfinished) => return None,
        Err(Refusal { status, reason }) => {
            return Some(refused(status, &format!("{reason} (RFC 9112)")));
        }
    };
    let length = match request.header("content-length") {
        Some(digits) => match digits.parse() {
            Ok(length) if length <= BODY_LIMIT => length,
            // It is a number; one that is too long to be read is too long for a body.
            _ => return Some(refused(413, "the body is longer than 64 KiB (RFC 9110 §15.5.14)")),
        },
        None if request.method == "POST" => {
            let said = "a POST must say its length in Content-Length (RFC 9110 §15.5.12)";
            return Some(refused(411, said));
        }
        None => 0,
    };
    let body = received.get(head..head + length)?;
    let body = String::from_utf8_lossy(body).into_owned();
    Some(Arrival::Whole { request, body })
}

fn refused(status: u16, said: &str) -> Arrival {
    Arrival::Refused(Answer::problem(status, said))
}
