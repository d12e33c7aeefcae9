//! The arrival of a request with its body, within the deadline, on a connection of the provider's.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1\r\n
//! Content-Length: 254\r\n                              or Transfer-Encoding: chunked
//! \r\n
//! grant_type=authorization_code&…
//! ```
//!
//! Left out: a second request, and an answer to `Expect: 100-continue`, without which clients go on
//! after a second. Shown by `tests/suite/provider.rs`.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::chunks::{self, Next};
use crate::wire::request::{self, Body, Parsed, Rejection, Request};

/// How long a request may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_LIMIT: usize = 64 * 1024;
/// The most that is read in all: as much as 64 KiB are in chunks of one byte each, and a head.
const TOTAL_LIMIT: usize = 512 * 1024;

/// A request, or a reason to refuse it.
pub(super) enum Arrival {
    /// A request and its body.
    Whole { request: Request, body: String },
    /// Something else, and what to answer.
    Refused(Answer),
}

/// Why there is no request.
enum Problem {
    Refused {
        status: u16,
        said: String,
    },
    /// The peer is gone, or has sent nothing.
    Gone(io::Error),
}

/// Reads one request. Errors: when the peer is gone, or has sent nothing.
pub(super) fn read(stream: &TcpStream) -> io::Result<Arrival> {
    let deadline = Instant::now() + DEADLINE;
    let mut incoming = Incoming { stream, deadline, received: Vec::new() };
    match incoming.read() {
        Ok(arrival) => Ok(arrival),
        Err(Problem::Refused { status, said }) => {
            Ok(Arrival::Refused(Answer::problem(status, said)))
        }
        Err(Problem::Gone(error)) => Err(error),
    }
}

/// The bytes that have come so far.
struct Incoming<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
    received: Vec<u8>,
}

impl Incoming<'_> {
    fn read(&mut self) -> Result<Arrival, Problem> {
        let (request, head) = loop {
            match request::parse(&self.received).map_err(malformed)? {
                Parsed::Head { request, length } => break (request, length),
                Parsed::Unfinished => self.read_more()?,
            }
        };
        let body = match request.body {
            Body::None if request.method == "POST" => {
                let said = "a POST must say its length in Content-Length (RFC 9110 §15.5.12)";
                return Err(refused(411, said));
            }
            Body::None => Vec::new(),
            Body::Length(length) => self.read_length(head, length)?,
            Body::Chunked => self.read_chunks(head)?,
        };
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Arrival::Whole { request, body })
    }

    fn read_length(&mut self, head: usize, length: u64) -> Result<Vec<u8>, Problem> {
        let too_long = || refused(413, "the body is longer than 64 KiB (RFC 9110 §15.5.14)");
        let length = usize::try_from(length).map_err(|_| too_long())?;
        if length > BODY_LIMIT {
            return Err(too_long());
        }
        loop {
            if let Some(body) = self.received.get(head..head + length) {
                return Ok(body.to_vec());
            }
            self.read_more()?;
        }
    }

    fn read_chunks(&mut self, head: usize) -> Result<Vec<u8>, Problem> {
        let mut body = Vec::new();
        let mut at = head;
        loop {
            let rest = self.received.get(at..).unwrap_or_default();
            match chunks::next(rest, BODY_LIMIT - body.len()).map_err(malformed)? {
                Next::Chunk { data, length } => {
                    body.extend(data);
                    at += length;
                }
                Next::End => return Ok(body),
                Next::Unfinished => self.read_more()?,
            }
        }
    }

    fn read_more(&mut self) -> Result<(), Problem> {
        if self.received.len() > TOTAL_LIMIT {
            return Err(refused(413, "the chunks are too many (RFC 9110 §15.5.14)"));
        }
        // When no time is left, std refuses the timeout of zero.
        let left = self.deadline.saturating_duration_since(Instant::now());
        let mut stream = self.stream;
        let mut bytes = [0; 4096];
        match stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut bytes)) {
            // A browser opened this connection ahead of need.
            Ok(0) if self.received.is_empty() => {
                Err(Problem::Gone(ErrorKind::UnexpectedEof.into()))
            }
            Ok(0) => Err(refused(400, "the request ends too early (RFC 9112 §8)")),
            Ok(count) => {
                self.received.extend(bytes.iter().take(count));
                Ok(())
            }
            Err(error) if Instant::now() < self.deadline || self.received.is_empty() => {
                Err(Problem::Gone(error))
            }
            Err(_) => {
                let said = "the request was not complete after 10 seconds (RFC 9110 §15.5.9)";
                Err(refused(408, said))
            }
        }
    }
}

fn malformed(rejection: Rejection) -> Problem {
    Problem::Refused { status: rejection.status, said: format!("{} (RFC 9112)", rejection.reason) }
}

fn refused(status: u16, said: &str) -> Problem {
    Problem::Refused { status, said: said.to_owned() }
}
