//! A small HTTP client for pages on this machine: the person and the mischief fetch with it. It shares
//! nothing with the client that logs in, so a client that is broken on purpose can't break it.
//!
//! ```text
//! GET /callback?code=…&state=… HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n     out
//! HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html>…                          in
//! ```
//!
//! Left out: redirects, cookies, connections that stay open, and trailers. Shown by the tests below, and by
//! `tests/suite/break_it.rs`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::chunks::{self, Next};
use crate::secret::opaque;
use crate::wire::form::encode;
use crate::wire::url::RedirectUri;

/// How long a connection to this machine may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// The most that is read of an answer.
const PAGE_LIMIT: usize = 1024 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// An answer: its status, and what the tab shows.
#[derive(Clone, Default)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) body: String,
    head: String,
}

// A redirect may hold a code.
opaque!(Page);

impl Page {
    /// Reads an answer, which may be cut short in its body. None if it has no whole head.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(HEAD_END.len()).position(|window| window == HEAD_END)?;
        let (head, after) = bytes.split_at_checked(end)?;
        let body = after.strip_prefix(HEAD_END)?;
        let head = String::from_utf8_lossy(head);
        let (line, fields) = head.split_once("\r\n").unwrap_or((&head, ""));
        // RFC 9112 §4: "status-line = HTTP-version SP status-code SP [ reason-phrase ]".
        let (_, rest) = line.split_once(' ')?;
        let (code, _) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = code.parse().ok()?;
        let mut page = Self { status, body: String::new(), head: fields.to_owned() };
        let body = match page.header("transfer-encoding") {
            Some(_) => join_chunks(body),
            None => body.to_vec(),
        };
        page.body = String::from_utf8_lossy(&body).into_owned();
        Some(page)
    }

    /// The value of a header; the first one, if there are several.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        for line in self.head.lines() {
            if let Some((known, value)) = line.split_once(':') {
                if known.eq_ignore_ascii_case(name) {
                    return Some(value.trim());
                }
            }
        }
        None
    }
}

/// The chunks, up to the last one or to where they are cut short.
fn join_chunks(body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    let mut rest = body;
    while let Ok(Next::Chunk { data, length }) = chunks::next(rest, PAGE_LIMIT) {
        joined.extend(data);
        rest = rest.get(length..).unwrap_or_default();
    }
    joined
}

/// Fetches a URL on this machine.
pub(super) fn get(url: &str, patience: Duration) -> io::Result<Page> {
    send(url, "GET", "", patience)
}

/// Sends a form to a URL on this machine.
pub(super) fn post(url: &str, form: &[(&str, &str)], patience: Duration) -> io::Result<Page> {
    let body = encode(form);
    let length = body.len();
    let rest = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    send(url, "POST", &rest, patience)
}

/// Sends a request; `rest` is what follows its usual headers, if not only their end.
fn send(url: &str, method: &str, rest: &str, patience: Duration) -> io::Result<Page> {
    let deadline = Instant::now() + patience;
    let (without_query, _) = url.split_once('?').unwrap_or((url, ""));
    // A redirect URI is what this can reach: http, on this machine.
    let uri = RedirectUri::parse(without_query).map_err(io::Error::other)?;
    let after_scheme = url.get("http://".len()..).unwrap_or_default();
    let (host, target) = after_scheme.split_once('/').unwrap_or((after_scheme, ""));
    let rest = if rest.is_empty() { "\r\n" } else { rest };
    let request =
        format!("{method} /{target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{rest}");
    let mut stream = connect(&uri.addresses())?;
    stream.write_all(request.as_bytes())?;
    read_page(&stream, deadline)
}

/// Connects to the first of the addresses that takes a connection.
pub(super) fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    for address in addresses {
        if let Ok(stream) = TcpStream::connect_timeout(address, CONNECT_DEADLINE) {
            stream.set_write_timeout(Some(CONNECT_DEADLINE))?;
            return Ok(stream);
        }
    }
    Err(ErrorKind::NotConnected.into())
}

/// Reads an answer to its end. An end that comes too early, or too late, leaves what came before it.
pub(super) fn read_page(mut stream: &TcpStream, deadline: Instant) -> io::Result<Page> {
    let mut received = Vec::new();
    let mut bytes = [0; 4096];
    while received.len() < PAGE_LIMIT {
        // When no time is left, std refuses the timeout of zero.
        let left = deadline.saturating_duration_since(Instant::now());
        let read = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut bytes));
        match read {
            Ok(count @ 1..) => received.extend(bytes.iter().take(count)),
            Ok(0) | Err(_) => break,
        }
    }
    Page::parse(&received).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn an_answer_has_a_status_headers_and_a_body_that_may_be_cut_short() {
        let page = Page::parse(b"HTTP/1.1 302 Found\r\nLocation: /a: b\r\n\r\n<p>").unwrap();
        assert_eq!((page.status, page.body.as_str()), (302, "<p>"));
        assert_eq!(page.header("location"), Some("/a: b"));
        assert_eq!(page.header("content-type"), None);
        // RFC 9112 §4: the reason may be missing, and so may the headers.
        for bytes in ["HTTP/1.1 204\r\n\r\n", "HTTP/1.0 204 No Content\r\n\r\n"] {
            assert_eq!(Page::parse(bytes.as_bytes()).unwrap().status, 204);
        }
        for bytes in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 99999 A\r\n\r\n"] {
            assert!(Page::parse(bytes.as_bytes()).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn chunks_are_joined_and_end_where_their_sizes_say() {
        for (body, joined) in [
            ("8\r\nSigned\r\n\r\n2\r\nin\r\n0\r\n\r\n", "Signed\r\nin"),
            ("2;name=value\r\nin\r\n0\r\n\r\n", "in"),
            ("2\r\nin\r\n5\r\ncut", "in"),
            ("ffffffffffffffff\r\nin", ""),
            ("no size\r\nin", ""),
            ("0\r\n\r\n", ""),
            ("", ""),
        ] {
            let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
            assert_eq!(Page::parse(answer.as_bytes()).unwrap().body, joined, "{body:?}");
        }
    }

    #[test]
    fn a_page_that_drips_is_read_until_the_deadline() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", server.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
        });
        let start = Instant::now();
        let page = get(&url, Duration::from_millis(200)).unwrap();
        assert_eq!(page.status, 200);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
