//! What no good provider does: the parts of *Break it* that need a socket.
//!
//! ```text
//! GET /callback?code=…&state=… HTTP/1.1\r\n              to the client's callback, once more
//! (nothing)                                              to the client's callback, 30 times
//! HTTP/1.1 200 OK\r\n\r\n                                 and then blanks, to the client
//! ```
//!
//! Shown by `tests/suite/break_it.rs`.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::wire::url::RedirectUri;

/// How long the callback's port may take to be reached, and to answer.
const CALLBACK_DEADLINE: Duration = Duration::from_secs(2);
/// How many connections stay silent, on each of the callback's addresses.
const SILENT_CONNECTIONS: usize = 30;

/// Brings a callback as a browser would, and gives the status of its answer.
pub(super) fn deliver(url: &str) -> io::Result<String> {
    let answer = visit(url, None, CALLBACK_DEADLINE)?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().chars().take(3).collect())
}

/// Fetches an address on this machine, or sends a form there, and gives the whole answer.
pub(crate) fn visit(url: &str, form: Option<&str>, patience: Duration) -> io::Result<String> {
    // RFC 6761 §6.3: users "may assume that IPv4 and IPv6 address queries for localhost names will
    // always resolve to the respective IP loopback address."
    let uri = RedirectUri::parse(url.split('?').next().unwrap_or_default());
    let uri = uri.map_err(io::Error::other)?;
    let (origin, target) = (uri.origin(), url.splitn(4, '/').nth(3).unwrap_or_default());
    let (method, body) = form.map_or(("GET", String::new()), |form| {
        let head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
        ("POST", format!("{head}{}\r\n\r\n{form}", form.len()))
    });
    let host = origin.trim_start_matches("http://");
    let head = format!("{method} /{target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let request = head + if body.is_empty() { "\r\n" } else { &body };
    let mut stream = connect(&uri.addresses())?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(1024 * 1024).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Connects to the first of the addresses that takes a connection.
fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let try_one = |address| TcpStream::connect_timeout(address, CALLBACK_DEADLINE).ok();
    let stream = addresses.iter().find_map(try_one).ok_or(io::ErrorKind::NotConnected)?;
    stream.set_write_timeout(Some(CALLBACK_DEADLINE))?;
    Ok(stream)
}

/// Opens connections to a redirect URI, and says nothing on them.
pub(crate) fn stay_silent(redirect_uri: &str) -> Vec<TcpStream> {
    let addresses = RedirectUri::parse(redirect_uri).map_or(Vec::new(), |uri| uri.addresses());
    let each = addresses.iter().flat_map(|address| {
        // An address that takes no first connection isn't tried again.
        (0..SILENT_CONNECTIONS).map_while(move |_| connect(&[*address]).ok())
    });
    each.collect()
}

/// Sends an answer until nobody reads it any more, or this much went out, or this time has passed.
/// Gives how many bytes went out.
pub(super) fn send_without_end(mut stream: &TcpStream, most: u64, patience: Duration) -> u64 {
    let (deadline, mut sent) = (Instant::now() + patience, 0);
    let _ = stream.set_write_timeout(Some(patience));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    let mut result = stream.write_all(head.as_bytes());
    while result.is_ok() && sent < most && Instant::now() < deadline {
        result = stream.write_all(&[b' '; 16 * 1024]);
        sent += 16 * 1024;
    }
    sent
}
