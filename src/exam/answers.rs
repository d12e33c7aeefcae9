//! The answers of the token endpoint and of the profile, right ones and wrong ones. A case names one
//! for each leg.
//!
//! ```text
//! {"access_token":"gho_…","expires_in":28800,…,"scope":"read:user","token_type":"bearer"}      right
//! {"error":"bad_verification_code","error_description":"…"}                                    with 200
//! HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:…/login/oauth/elsewhere        a trap
//! (blanks, as long as somebody reads them)                                                     no end
//! ```

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::books::{Books, Grant, random_text};
use super::visit::{self, Cookies};
use crate::practice::profile::PROFILE;
use crate::show::locked;

/// What a terminal obeys: a colour, a carriage return, and a mark that turns the text around.
pub(super) const ESCAPES: &str = "\u{1b}[31mThe\r\u{202e}Octocat";
/// An answer without end ends here, in bytes: this tells enough.
const ENDLESS: u64 = 80 << 20;
/// How long an answer is that has no end: a second at a time.
const SECOND: Duration = Duration::from_secs(1);

/// How a leg is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Whether a good client has what it wants then: a token, or a profile.
    pub(super) grants: bool,
    pub(super) send: fn(&Talk<'_>) -> io::Result<()>,
}

/// An answer that a good client uses.
pub(super) const fn good(send: fn(&Talk<'_>) -> io::Result<()>) -> Answer {
    Answer { grants: true, send }
}

/// An answer that a good client doesn't use.
pub(super) const fn bad(send: fn(&Talk<'_>) -> io::Result<()>) -> Answer {
    Answer { grants: false, send }
}

/// The right token answer.
pub(super) const TOKEN: Answer = good(|talk| talk.json(200, &talk.token()?));
/// The right profile.
pub(super) const USER: Answer = good(|talk| talk.text(200, JSON, &profile(talk.grant)));

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
    pub(super) fn token(&self) -> io::Result<Map<String, Value>> {
        let answer = json!({
            "access_token": self.grant.token,
            "expires_in": 28_800,
            "refresh_token": format!("ghr_{}", random_text(43)?),
            "refresh_token_expires_in": 15_897_600,
            "scope": self.grant.scope.replace(' ', ","),
            "token_type": "bearer",
        });
        Ok(answer.as_object().cloned().unwrap_or_default())
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
        let mut stream = self.stream;
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// A redirect to another origin: `localhost` instead of `127.0.0.1`.
    fn elsewhere(&self, status: u16) -> io::Result<()> {
        let issuer = self.books.issuer().replacen("127.0.0.1", "localhost", 1);
        self.whole(status, &format!("Location: {issuer}/elsewhere\r\n"), "")
    }

    /// Brings to the client what its script has laid ready.
    pub(super) fn deliver_meanwhile(&self) {
        let url = locked(&self.books.meanwhile).take();
        if let Some(url) = url {
            visit::open(&url, self.books, &mut Cookies::default());
        }
    }

    /// Waits as long as the run goes on and the client holds the connection.
    fn wait(&self) -> io::Result<()> {
        while self.books.goes_on() && !self.is_closed()? {
            thread::sleep(SECOND / 10);
        }
        Ok(())
    }

    /// Whether the client has closed the connection.
    fn is_closed(&self) -> io::Result<bool> {
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

fn profile(grant: &Grant) -> String {
    PROFILE.replace("octocat", grant.account.login())
}

/// The answer never comes.
pub(super) fn silence(talk: &Talk<'_>) -> io::Result<()> {
    talk.wait()
}

/// The answer never ends.
pub(super) fn endless(talk: &Talk<'_>) -> io::Result<()> {
    let head = format!("{}Content-Type: {JSON}\r\n\r\n", start(200));
    talk.send(head.as_bytes())?;
    talk.stream.set_write_timeout(Some(SECOND))?;
    let mut sent = 0;
    while sent < ENDLESS && talk.books.goes_on() {
        let result = talk.send(&[b' '; 16 * 1024]);
        // A client that reads no more keeps this waiting.
        if result.is_err() && talk.is_closed()? {
            break;
        }
        if result.is_ok() {
            sent += 16 * 1024;
            locked(&talk.books.record).sent = sent;
        }
    }
    Ok(())
}

pub(super) fn error_200(talk: &Talk<'_>) -> io::Result<()> {
    let description = "The client_id and/or client_secret passed are incorrect.";
    talk.error(200, "incorrect_client_credentials", description)
}

pub(super) fn error_400(talk: &Talk<'_>) -> io::Result<()> {
    talk.error(400, "invalid_grant", "The code passed is incorrect or expired.")
}

pub(super) fn late_refusal(talk: &Talk<'_>) -> io::Result<()> {
    thread::sleep(SECOND);
    talk.error(200, "unverified_user_email", "The primary email address isn't verified.")
}

pub(super) fn server_error(talk: &Talk<'_>) -> io::Result<()> {
    talk.text(500, HTML, "<h1>Server error</h1><p>Something broke.</p>")
}

pub(super) fn page(talk: &Talk<'_>) -> io::Result<()> {
    talk.text(200, HTML, "<h1>Welcome</h1><p>This is a page for people.</p>")
}

pub(super) fn redirect_307(talk: &Talk<'_>) -> io::Result<()> {
    talk.elsewhere(307)
}

pub(super) fn redirect_302(talk: &Talk<'_>) -> io::Result<()> {
    talk.elsewhere(302)
}

/// The token is right, and its type is one that needs a signature.
pub(super) fn type_mac(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token()?;
    members.insert("token_type".to_owned(), json!("mac"));
    talk.json(200, &members)
}

/// Sent on as it is, this token ends its header and begins another.
pub(super) fn token_with_a_line(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token()?;
    let token = format!("{}\r\nX-Injected: 1", talk.grant.token);
    members.insert("access_token".to_owned(), json!(token));
    talk.json(200, &members)
}

pub(super) fn revoked(talk: &Talk<'_>) -> io::Result<()> {
    let headers = format!("Content-Type: {JSON}\r\nWWW-Authenticate: Bearer\r\n");
    talk.whole(401, &headers, "{\"message\":\"Bad credentials\",\"status\":\"401\"}")
}

pub(super) fn rate_limit(talk: &Talk<'_>) -> io::Result<()> {
    let limit = "x-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 0\r\nretry-after: 600\r\n";
    let headers = format!("Content-Type: {JSON}\r\n{limit}");
    talk.whole(403, &headers, "{\"message\":\"API rate limit exceeded for user ID 583231.\"}")
}

pub(super) fn profile_with_escapes(talk: &Talk<'_>) -> io::Result<()> {
    let mut profile: Map<String, Value> = serde_json::from_str(PROFILE)?;
    for name in ["login", "name"] {
        profile.insert(name.to_owned(), json!(ESCAPES));
    }
    talk.json(200, &profile)
}
