//! Leg 2 is answered: an HTTP/1.1 response, RFC 9112 §4 and §6, and the end of the connection.
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
//! Left out: connections that stay open, and bodies of unknown length. Shown by
//! `tests/suite/callback.rs`, where a reset is a failure, and by `tests/browser.rs`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::http::StatusCode;

use crate::secret::opaque;
use crate::wire::date::http_date;

/// How long a peer may take to read a response, and then to close the connection.
pub const LINGER: Duration = Duration::from_secs(1);

/// A response with a body of text.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: String,
    body: String,
}

// The body may hold a token, and a redirect a code.
opaque!(Response);

impl Response {
    /// A response of this media type.
    pub fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, headers: String::new(), body }.with("Content-Type", content_type)
    }

    /// Adds a header. The value must be visible ASCII and spaces.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.extend([name, ": ", &value.into(), "\r\n"]);
        self
    }

    /// The body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The bytes to send in answer to a request with this method.
    pub fn bytes(&self, method: &str) -> Vec<u8> {
        let Self { status, headers, body } = self;
        let known = StatusCode::from_u16(*status).ok();
        let reason = known.and_then(|status| status.canonical_reason()).unwrap_or_default();
        // RFC 9110 §6.6.1: "An origin server with a clock […] MUST generate a Date header field in
        // all 2xx (Successful), 3xx (Redirection), and 4xx (Client Error) responses".
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // RFC 9110 §9.3.2: "The HEAD method is identical to GET except that the server MUST NOT
        // send content in the response."
        let content = if method == "HEAD" { "" } else { body };
        let date = http_date(now.as_secs());
        // RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response with
        // a status code of 1xx (Informational) or 204 (No Content)."
        let length = format!("Content-Length: {}\r\n", body.len());
        let length = if *status == 204 { "" } else { &length };
        // RFC 9700 §4.2.4 asks for the Referrer-Policy: the URL of this page holds the code.
        format!(
            "HTTP/1.1 {status} {reason}\r\nDate: {date}\r\n{headers}{length}\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{content}"
        )
        .into_bytes()
    }
}

/// Sends the last bytes of a connection and closes it so that the peer can read them all. Sending
/// and closing may take [`LINGER`] each; then, or when the peer is gone, this is an error.
pub fn send_and_close(mut stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    let deadline = Instant::now() + LINGER;
    let mut unsent = bytes;
    while !unsent.is_empty() {
        // A peer that reads slowly gets no extra time. When none is left, std refuses the timeout of zero.
        stream.set_write_timeout(Some(deadline.saturating_duration_since(Instant::now())))?;
        let sent = stream.write(unsent)?;
        unsent = unsent.get(sent..).unwrap_or_default();
    }
    // RFC 9112 §9.6: "If a server performs an immediate close of a TCP connection, there is a
    // significant risk that the client will not be able to read the last HTTP response. […] First,
    // the server performs a half-close by closing only the write side of the read/write connection.
    // The server then continues to read from the connection until it receives a corresponding close
    // by the client".
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + LINGER;
    loop {
        stream.set_read_timeout(Some(deadline.saturating_duration_since(Instant::now())))?;
        if stream.read(&mut [0; 512])? == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_its_length_its_headers_and_its_body() {
        let response = Response::new(405, "text/plain", "né".to_owned()).with("Allow", "GET");
        let text = String::from_utf8(response.bytes("GET")).unwrap();
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
        let bytes = Response::new(404, "text/plain", "gone".to_owned()).bytes("HEAD");
        let text = String::from_utf8(bytes).unwrap();
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
