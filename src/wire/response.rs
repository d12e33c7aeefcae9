//! The page at the end of leg 2: an HTTP/1.1 response, RFC 9112 §4 and §6, and how the connection
//! then ends.
//!
//! ```text
//! HTTP/1.1 200 OK\r\n
//! Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n
//! Content-Type: text/html; charset=utf-8\r\n
//! Content-Length: 612\r\n
//! Cache-Control: no-store\r\n
//! Referrer-Policy: no-referrer\r\n
//! X-Content-Type-Options: nosniff\r\n
//! Connection: close\r\n
//! \r\n
//! <!doctype html>…
//! ```
//!
//! Left out: connections that stay open, and bodies of unknown length.
//!
//! Shown by `tests/suite/port.rs`, where a reset is a failure, and in a browser by
//! `tests/browser.rs`.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::date;

/// How long a peer may take to read a response, and again to close after it.
pub const LINGER: Duration = Duration::from_secs(1);

/// A response with a body of text.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

// The body may hold a token, and a redirect a code.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Response {
    /// A response of this media type.
    #[must_use]
    pub fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, headers: vec![("Content-Type", content_type.to_owned())], body }
    }

    /// The same with one header field more. The value must be visible ASCII and spaces.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The octets to send; without the body where the request was a `HEAD`.
    #[must_use]
    pub fn octets(&self, method: &str) -> Vec<u8> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let length = self.body.len().to_string();
        // RFC 9110 §6.6.1: "An origin server with a clock […] MUST generate a Date header field in
        // all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses".
        let date = date::http_date(now.as_secs());
        let fixed = [
            ("Content-Length", length.as_str()),
            ("Cache-Control", "no-store"),
            // RFC 9700 §4.2.4: the address of this page holds the code, so it is named to nobody.
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ];
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in [("Date", date.as_str())].into_iter().chain(own).chain(fixed) {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        // RFC 9110 §9.3.2: "The HEAD method is identical to GET except that the server MUST NOT
        // send content in the response."
        if method != "HEAD" {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

/// RFC 9110 §15: the phrase for a status code that this program sends.
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
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// Sends the last octets of a connection and ends it so that the peer can read them all; within
/// [`LINGER`] for each of the two.
///
/// # Errors
/// When the peer is gone or does not read.
pub fn send_and_close(mut stream: &TcpStream, octets: &[u8]) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    let deadline = Instant::now() + LINGER;
    let mut unsent = octets;
    while !unsent.is_empty() {
        // A peer that reads a little now and then does not start the time again.
        stream.set_write_timeout(Some(time_until(deadline)?))?;
        let sent = stream.write(unsent)?;
        unsent = unsent.get(sent..).unwrap_or_default();
    }
    // RFC 9112 §9.6: "If a server performs an immediate close of a TCP connection, there is a
    // significant risk that the client will not be able to read the last HTTP response. […] To
    // avoid the TCP reset problem, servers typically close a connection in stages. First, the
    // server performs a half-close by closing only the write side of the read/write connection. The
    // server then continues to read from the connection until it receives a corresponding close by
    // the client".
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + LINGER;
    let mut unread = [0; 4096];
    loop {
        stream.set_read_timeout(Some(time_until(deadline)?))?;
        if stream.read(&mut unread)? == 0 {
            return Ok(());
        }
    }
}

fn time_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_its_length_its_headers_and_its_body() {
        let response = Response::new(405, "text/plain", "né".to_owned()).with("Allow", "GET");
        let text = String::from_utf8(response.octets("GET")).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<&str> = head.split("\r\n").collect();
        assert!(lines.remove(1).starts_with("Date: "));
        assert_eq!(
            lines,
            [
                "HTTP/1.1 405 Method Not Allowed",
                "Content-Type: text/plain",
                "Allow: GET",
                "Content-Length: 3",
                "Cache-Control: no-store",
                "Referrer-Policy: no-referrer",
                "X-Content-Type-Options: nosniff",
                "Connection: close",
            ]
        );
        assert_eq!(body, "né");
    }

    #[test]
    fn the_response_to_head_tells_the_length_and_has_no_body() {
        let octets = Response::new(404, "text/plain", "gone".to_owned()).octets("HEAD");
        let text = String::from_utf8(octets).unwrap();
        assert!(text.contains("\r\nContent-Length: 4\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    }

    #[test]
    fn a_peer_that_reads_a_little_now_and_then_is_not_waited_for() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let sender = std::thread::spawn(move || send_and_close(&stream, &vec![b'a'; 64 << 20]));
        let mut little = [0; 4096];
        while !sender.is_finished() {
            peer.read_exact(&mut little).unwrap();
            std::thread::sleep(LINGER / 20);
        }
        assert!(sender.join().unwrap().is_err());
    }
}
