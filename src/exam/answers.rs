//! The answers of the token endpoint and of the profile, right ones and wrong ones. A case names one
//! for each leg.
//!
//! ```text
//! {"access_token":"gho_…","expires_in":28800,…,"scope":"read:user","token_type":"bearer"}      right
//! {"error":"bad_verification_code","error_description":"…"}                                    with 200
//! HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:…/login/oauth/elsewhere        a trap
//! (blanks, as long as somebody reads them)                                                     no end
//! ```

use std::io;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::talk::{Answer, HTML, JSON, Talk, good, start};
use crate::practice::lock::locked;
use crate::practice::profile::PROFILE;

/// What a terminal obeys: a colour that no client uses by itself, a carriage return, a mark that turns the
/// text around, and ESC [ in one character.
pub(super) const ESCAPES: &str = "\u{1b}[38;5;197mThe\r\u{202e}Octo\u{9b}1mcat";
/// Markup that does nothing and is easy to find: an attribute behind quotation marks, and a tag.
pub(super) const MARKUP: &str = "x'\" exam-mark ><exam-mark>";
/// An answer without end ends here, in bytes: this tells enough.
const ENDLESS: u64 = 80 << 20;
/// How many bytes of it are sent at once.
const AT_ONCE: usize = 16 << 10;
const SECOND: Duration = Duration::from_secs(1);
/// How small the pieces of an answer are, in bytes.
const PIECE: usize = 7;

/// The right token answer.
pub(super) const TOKEN: Answer = good(token);
/// The right profile.
pub(super) const USER: Answer = good(user);

fn token(talk: &Talk<'_>) -> io::Result<()> {
    talk.json(200, &talk.token())
}

fn user(talk: &Talk<'_>) -> io::Result<()> {
    talk.text(200, JSON, &PROFILE.replace("octocat", talk.grant.account.login()))
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
    // Not a constant, which would make the program as much larger.
    let blanks = " ".repeat(AT_ONCE);
    let mut sent = 0;
    while sent < ENDLESS && talk.books.goes_on() {
        let result = talk.send(blanks.as_bytes());
        // A client that reads no more keeps this waiting.
        if result.is_err() && talk.is_closed()? {
            break;
        }
        if result.is_ok() {
            sent += blanks.len() as u64;
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

pub(super) fn no_token(talk: &Talk<'_>) -> io::Result<()> {
    talk.text(200, JSON, "{\"token_type\":\"bearer\"}")
}

pub(super) fn redirect_307(talk: &Talk<'_>) -> io::Result<()> {
    talk.elsewhere(307)
}

pub(super) fn redirect_302(talk: &Talk<'_>) -> io::Result<()> {
    talk.elsewhere(302)
}

/// The token is right, and beside it stands what nobody knows.
pub(super) fn unknown_members(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
    members.insert("x_nested".to_owned(), json!({ "a": [1, null, { "b": true }] }));
    members.insert("id_token_hint".to_owned(), json!(null));
    talk.json(200, &members)
}

/// The token is right, and its lifetime is a number in quotes.
pub(super) fn number_in_quotes(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
    members.insert("expires_in".to_owned(), json!("28800"));
    talk.json(200, &members)
}

/// The token is right, and its type is one that needs a signature.
pub(super) fn type_mac(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
    members.insert("token_type".to_owned(), json!("mac"));
    talk.json(200, &members)
}

/// Sent on as it is, this token ends its header and begins another.
pub(super) fn token_with_a_line(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
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
    let escapes = json!(format!("{ESCAPES}{MARKUP}")).to_string();
    let profile = PROFILE.replace("\"octocat\"", &escapes).replace("\"The Octocat\"", &escapes);
    talk.text(200, JSON, &profile)
}

/// The token endpoint takes its time, and meanwhile the script's second callback comes.
pub(super) fn token_after_a_callback(talk: &Talk<'_>) -> io::Result<()> {
    talk.deliver_meanwhile();
    token(talk)
}

/// RFC 6749 §5.2: a client that has tried HTTP Basic gets a 401 with this header.
pub(super) fn error_401(talk: &Talk<'_>) -> io::Result<()> {
    let headers = format!("Content-Type: {JSON}\r\nWWW-Authenticate: Basic realm=\"exam\"\r\n");
    talk.whole(401, &headers, "{\"error\":\"invalid_client\"}")
}

pub(super) fn error_with_escapes(talk: &Talk<'_>) -> io::Result<()> {
    talk.error(400, "invalid_grant", &format!("{ESCAPES}{MARKUP}"))
}

/// The connection ends.
#[expect(clippy::unnecessary_wraps, reason = "the other answers can fail")]
pub(super) fn nothing(_: &Talk<'_>) -> io::Result<()> {
    Ok(())
}

/// A blank a second, each of which may be the last one before an answer.
pub(super) fn drip(talk: &Talk<'_>) -> io::Result<()> {
    let head = format!("{}Content-Type: {JSON}\r\n\r\n", start(200));
    talk.send(head.as_bytes())?;
    while talk.books.goes_on() && !talk.is_closed()? {
        talk.send(b" ")?;
        thread::sleep(SECOND);
    }
    Ok(())
}

pub(super) fn in_pieces(talk: &Talk<'_>) -> io::Result<()> {
    let body = Value::Object(talk.token()).to_string();
    let length = body.len();
    let head = format!("{}Content-Type: {JSON}\r\nContent-Length: {length}\r\n\r\n", start(200));
    talk.stream.set_nodelay(true)?;
    for piece in (head + &body).as_bytes().chunks(PIECE) {
        talk.send(piece)?;
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// RFC 9112 §7.1.
pub(super) fn in_chunks(talk: &Talk<'_>) -> io::Result<()> {
    let body = Value::Object(talk.token()).to_string();
    let headers = format!("Content-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n");
    talk.send((start(200) + &headers).as_bytes())?;
    for piece in body.as_bytes().chunks(PIECE) {
        talk.send(format!("{:x}\r\n", piece.len()).as_bytes())?;
        talk.send(piece)?;
        talk.send(b"\r\n")?;
    }
    talk.send(b"0\r\n\r\n")
}

/// RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
/// response".
pub(super) fn after_a_100(talk: &Talk<'_>) -> io::Result<()> {
    talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    token(talk)
}

pub(super) fn type_in_capitals(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
    members.insert("token_type".to_owned(), json!("BEARER"));
    talk.json(200, &members)
}

pub(super) fn fewer_scopes(talk: &Talk<'_>) -> io::Result<()> {
    let mut members = talk.token();
    members.insert("scope".to_owned(), json!(""));
    talk.json(200, &members)
}

/// A form without a length, whose connection is reset inside the token.
pub(super) fn half_a_token(talk: &Talk<'_>) -> io::Result<()> {
    let media_type = "application/x-www-form-urlencoded";
    let head = format!("{}Content-Type: {media_type}\r\n\r\n", start(200));
    let (half, _) = talk.grant.token.split_at(talk.grant.token.len() / 2);
    talk.send(format!("{head}token_type=bearer&access_token={half}").as_bytes())?;
    // What was sent comes before the reset.
    thread::sleep(SECOND / 2);
    Ok(())
}
