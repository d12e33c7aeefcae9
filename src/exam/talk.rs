//! A connection that waits for its answer, and the ways to send one.
//!
//! ```text
//! HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 211\r\n\r\n{…}
//! ```

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::books::{Books, Callback, Grant};
use super::visit::{self, Cookies, Visit};
use crate::practice::lock::locked;
use crate::show::terminal::escape_message;

/// An answer is told if it has more bytes than the first of these, and fewer than the second: its small
/// pieces are left out, and so is one without end.
const MIN_TOLD: usize = 16;
const MAX_TOLD: usize = 8 * 1024;
/// How often a connection is looked at.
const TICK: Duration = Duration::from_millis(100);

/// How a leg is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Whether a good client has what it wants then: a token, or a profile.
    pub(super) grants: bool,
    pub(super) send: fn(&Talk<'_>) -> io::Result<()>,
    /// Whether the last byte of the request stays unread, so that the connection ends with a reset.
    pub(super) leaves_a_byte: bool,
}

/// An answer that a good client uses.
pub(super) const fn good(send: fn(&Talk<'_>) -> io::Result<()>) -> Answer {
    Answer { grants: true, send, leaves_a_byte: false }
}

/// An answer that a good client doesn't use.
pub(super) const fn bad(send: fn(&Talk<'_>) -> io::Result<()>) -> Answer {
    Answer { grants: false, send, leaves_a_byte: false }
}

pub(super) const JSON: &str = "application/json; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A connection that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk<'a> {
    pub(super) stream: &'a TcpStream,
    pub(super) books: &'a Books,
    pub(super) grant: &'a Grant,
}

impl Talk<'_> {
    /// RFC 6749 §5.1, with the members that GitHub's answer has for apps whose tokens expire.
    pub(super) fn token(&self) -> Map<String, Value> {
        let refresh_token = format!("ghr_{}", self.books.random_text(43));
        let tokens = [self.grant.token.clone(), refresh_token.clone()];
        locked(&self.books.record).tokens.extend(tokens);
        let answer = json!({
            "access_token": self.grant.token,
            "expires_in": 28_800,
            "refresh_token": refresh_token,
            "refresh_token_expires_in": 15_897_600,
            "scope": self.grant.scope.replace(' ', ","),
            "token_type": "bearer",
        });
        answer.as_object().cloned().unwrap_or_default()
    }

    pub(super) fn json(&self, status: u16, members: &Map<String, Value>) -> io::Result<()> {
        self.text(status, JSON, &Value::Object(members.clone()).to_string())
    }

    /// RFC 6749 §5.2.
    pub(super) fn error(&self, status: u16, error: &str, description: &str) -> io::Result<()> {
        let body = json!({ "error": error, "error_description": description });
        self.text(status, JSON, &body.to_string())
    }

    pub(super) fn text(&self, status: u16, media_type: &str, body: &str) -> io::Result<()> {
        self.whole(status, &format!("Content-Type: {media_type}\r\n"), body)
    }

    /// Sends an answer with these header lines.
    pub(super) fn whole(&self, status: u16, headers: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        let head = format!("{}{headers}Content-Length: {length}\r\n\r\n", start(status));
        self.send((head + body).as_bytes())
    }

    /// Sends bytes as they are.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > MIN_TOLD && bytes.len() < MAX_TOLD {
            self.books.happens(format!("the provider answers {}", escape_message(bytes)));
        }
        let mut stream = self.stream;
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// A redirect to another origin: `localhost` instead of `127.0.0.1`.
    pub(super) fn elsewhere(&self, status: u16) -> io::Result<()> {
        let issuer = self.books.issuer().replacen("127.0.0.1", "localhost", 1);
        self.whole(status, &format!("Location: {issuer}/elsewhere\r\n"), "")
    }

    /// Brings to the client what its script has laid ready.
    pub(super) fn deliver_meanwhile(&self) {
        let callback = locked(&self.books.meanwhile).take();
        let Some(Callback { address, form }) = callback else { return };
        let visit = match form {
            Some(form) => Visit::post(form),
            None => Visit::get(),
        };
        let method = visit.method;
        self.books.happens(format!("the browser sends {method} {} meanwhile", address.target));
        visit::follow(address, visit, self.books, &mut Cookies::default());
    }

    /// Waits as long as the run goes on and the client holds the connection.
    pub(super) fn wait(&self) -> io::Result<()> {
        while self.books.goes_on() && !self.is_closed()? {
            thread::sleep(TICK);
        }
        Ok(())
    }

    /// Whether the client has closed the connection.
    pub(super) fn is_closed(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let result = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        Ok(match result {
            Ok(count) => count == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        })
    }
}

/// The first lines of an answer.
pub(super) fn start(status: u16) -> String {
    format!(
        "HTTP/1.1 {status} {}\r\nConnection: close\r\nCache-Control: no-store\r\n",
        reason(status)
    )
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        _ => "Answer",
    }
}
