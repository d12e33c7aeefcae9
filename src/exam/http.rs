//! HTTP as the exam hears it, from both sides: a client's request to the provider, and a client's
//! answer to the browser. It reads what it can, within a size and a time.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1\r\n      the start line
//! Content-Length: 254\r\n                          the head
//! \r\n
//! grant_type=authorization_code&…                  the body, by its length, in chunks, or to the end
//! ```
//!
//! Left out: connections that stay open. Each carries one request.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// How many bytes of a message are read.
const LIMIT: usize = 128 * 1024;
/// How many header lines of a message are read.
const MAX_HEADERS: usize = 200;
/// The memory that a header takes besides its text, in bytes.
const HEADER_SIZE: usize = 100;
/// How often a reader looks whether it should still wait.
const TICK: Duration = Duration::from_millis(100);

#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: String,
}

/// A request or an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    /// `GET / HTTP/1.1`, or `HTTP/1.1 200 OK`.
    pub(super) start: String,
    pub(super) headers: Vec<Header>,
    pub(super) body: String,
}

/// Which of the two a message is, which says how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Without a length it has no body.
    Request,
    /// Without a length its body ends with the connection.
    Answer,
}

impl Message {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&header.value)
    }

    /// The status of an answer.
    pub(super) fn status(&self) -> u16 {
        let status = self.start.split(' ').nth(1).unwrap_or_default();
        status.parse().unwrap_or(0)
    }

    /// How much memory it takes.
    pub(super) fn size(&self) -> usize {
        let mut size = self.start.len() + self.body.len();
        for header in &self.headers {
            size += header.name.len() + header.value.len() + HEADER_SIZE;
        }
        size
    }

    /// The method of a request.
    pub(super) fn method(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }

    /// Path and query of a request, without the origin that the absolute form has.
    pub(super) fn target(&self) -> &str {
        let target = self.start.split(' ').nth(1).unwrap_or_default();
        if target.starts_with('/') {
            return target;
        }
        let Some((_, rest)) = target.split_once("://") else { return target };
        let start = rest.find('/').unwrap_or(rest.len());
        let (_, target) = rest.split_at(start);
        target
    }

    pub(super) fn path(&self) -> &str {
        let (path, _) = self.target().split_once('?').unwrap_or((self.target(), ""));
        path
    }

    pub(super) fn query(&self) -> &str {
        let (_, query) = self.target().split_once('?').unwrap_or((self.target(), ""));
        query
    }
}

/// Reads a message. What a peer breaks off is given as far as it came; none if not even the head did.
pub(super) fn read(
    mut stream: &TcpStream,
    kind: Kind,
    goes_on: &dyn Fn() -> bool,
) -> Option<Message> {
    let mut received = Vec::new();
    let mut bytes = [0; 8192];
    stream.set_read_timeout(Some(TICK)).ok()?;
    let mut was_told_to_go_on = false;
    while received.len() < LIMIT && !is_whole(&received, kind) && goes_on() {
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(error) if is_timeout(&error) => {}
            Err(_) => break,
        }
        if !was_told_to_go_on && waits_for_100(&received) {
            was_told_to_go_on = true;
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
    }
    let (head, body) = split(&received)?;
    let mut message = parse_head(head);
    message.body = decode_body(&message, body);
    Some(message)
}

/// Reads a request. Of one to this path the last byte stays unread: a connection that is closed then
/// ends with a reset.
pub(super) fn read_request(
    mut stream: &TcpStream,
    unread: Option<&str>,
    goes_on: &dyn Fn() -> bool,
) -> Option<Message> {
    let Some(path) = unread else { return read(stream, Kind::Request, goes_on) };
    let mut bytes = vec![0; LIMIT];
    stream.set_read_timeout(Some(TICK)).ok()?;
    while goes_on() {
        let length = stream.peek(&mut bytes).unwrap_or(0);
        let received = bytes.get(..length)?;
        if !is_whole(received, Kind::Request) {
            thread::sleep(TICK / 10);
            continue;
        }
        let (head, body) = split(received)?;
        let mut message = parse_head(head);
        message.body = decode_body(&message, body);
        let kept = usize::from(message.path() == path);
        stream.read_exact(bytes.get_mut(..length - kept)?).ok()?;
        return Some(message);
    }
    None
}

/// RFC 9110 §10.1.1: a client that sends `Expect: 100-continue` may wait for it.
fn waits_for_100(received: &[u8]) -> bool {
    let Some((head, _)) = split(received) else { return false };
    parse_head(head).header("expect").is_some()
}

/// A read that took too long has failed with the one on Unix, and with the other on Windows.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The head, and what came of the body. A browser also takes lines that end in LF alone (RFC 9112 §2.2).
fn split(received: &[u8]) -> Option<(&[u8], &[u8])> {
    for (at, _) in received.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let (head, rest) = received.split_at(at);
        for end in [&b"\n\r\n"[..], b"\n\n"] {
            if let Some(body) = rest.strip_prefix(end) {
                return Some((head, body));
            }
        }
    }
    None
}

fn is_whole(received: &[u8], kind: Kind) -> bool {
    let Some((head, body)) = split(received) else { return false };
    let message = parse_head(head);
    if is_chunked(&message) {
        return body.ends_with(b"0\r\n\r\n");
    }
    match length(&message) {
        Some(length) => body.len() >= length,
        None => kind == Kind::Request || matches!(message.status(), 204 | 304),
    }
}

fn parse_head(head: &[u8]) -> Message {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.trim_end().lines();
    let mut message =
        Message { start: lines.next().unwrap_or_default().to_owned(), ..Message::default() };
    for line in lines.take(MAX_HEADERS) {
        if let Some((name, value)) = line.split_once(':') {
            let header = Header { name: name.to_owned(), value: value.trim().to_owned() };
            message.headers.push(header);
        }
    }
    message
}

fn length(message: &Message) -> Option<usize> {
    message.header("content-length")?.parse().ok()
}

fn is_chunked(message: &Message) -> bool {
    message.header("transfer-encoding").is_some_and(|value| value.contains("chunked"))
}

fn decode_body(message: &Message, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if !is_chunked(message) {
        return text.into_owned();
    }
    let mut whole = String::new();
    let mut rest = &*text;
    while let Some((chunk, after)) = chunk(rest) {
        whole += chunk;
        rest = after;
    }
    whole
}

/// RFC 9112 §7.1: a chunk, after its size in bytes, and what follows it.
fn chunk(body: &str) -> Option<(&str, &str)> {
    let (size, rest) = body.trim_start_matches("\r\n").split_once("\r\n")?;
    rest.split_at_checked(usize::from_str_radix(size, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_where_their_sizes_say() {
        let body = "8\r\nSigned\r\n\r\n2\r\nin\r\n0\r\n\r\n";
        assert_eq!(chunk(body), Some(("Signed\r\n", "\r\n2\r\nin\r\n0\r\n\r\n")));
        assert_eq!(chunk("\r\n2\r\nin\r\n0\r\n\r\n"), Some(("in", "\r\n0\r\n\r\n")));
        assert_eq!(chunk("\r\n0\r\n\r\n"), Some(("", "\r\n")));
        for body in ["", "\r\n", "5\r\ncut", "ffffffffffffffff\r\n", "no size\r\n", "2"] {
            assert_eq!(chunk(body), None, "{body:?}");
        }
    }

    #[test]
    fn a_message_is_whole_where_its_length_its_last_chunk_or_its_kind_says_so() {
        for (text, kind, whole) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Kind::Request, true),
            ("GET / HTTP/1.1\r\nHost: a\r\n", Kind::Request, false),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", Kind::Request, false),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", Kind::Request, true),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
                Kind::Request,
                false,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
                Kind::Request,
                true,
            ),
            ("HTTP/1.1 200 OK\r\n\r\nwhatever", Kind::Answer, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", Kind::Answer, true),
        ] {
            assert_eq!(is_whole(text.as_bytes(), kind), whole, "{text:?}");
        }
    }

    #[test]
    fn a_head_ends_at_the_first_empty_line() {
        for (text, head, body) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\n\n", 1, "body\n\n"),
            ("HTTP/1.1 200 OK\nA: b\nC: d\n\nbody\r\n\r\n", 2, "body\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n\r\n", 0, ""),
        ] {
            let (start, rest) = split(text.as_bytes()).unwrap();
            let message = parse_head(start);
            assert_eq!(message.start, "HTTP/1.1 200 OK", "{text:?}");
            assert_eq!((message.headers.len(), rest), (head, body.as_bytes()), "{text:?}");
        }
        assert_eq!(split(b"HTTP/1.1 200 OK\r\nA: b\r\n"), None);
    }

    #[test]
    fn a_target_has_no_origin() {
        for (start, method, path, query) in [
            ("GET /a?b=c HTTP/1.1", "GET", "/a", "b=c"),
            ("GET /a?b=http://c/d HTTP/1.1", "GET", "/a", "b=http://c/d"),
            ("POST http://127.0.0.1:80/a HTTP/1.1", "POST", "/a", ""),
            ("", "", "", ""),
        ] {
            let message = Message { start: start.to_owned(), ..Message::default() };
            assert_eq!((message.method(), message.path(), message.query()), (method, path, query));
        }
    }
}
