//! Mischief: the parts of *Break it* that need a socket.
//!
//! ```text
//! GET /callback?code=…&state=… HTTP/1.1\r\n              to the client's callback, once more
//! (nothing)                                              to the client's callback, 30 times
//! HTTP/1.1 200 OK\r\n\r\n                                 and then blanks, to the client
//! ```
//!
//! Shown by `tests/suite/break_it.rs`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::http::{connect, get};
use crate::wire::url::RedirectUri;

/// How long the callback's port may take to answer.
const CALLBACK_DEADLINE: Duration = Duration::from_secs(2);
/// How long a peer may wait for an answer that never comes, or read one that never ends.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// How many blanks are sent at once.
const AT_ONCE: usize = 16 * 1024;
/// The end of an answer without end: 80 MiB tell enough.
pub(super) const MAX_SENT: u64 = 80 * 1024 * 1024;
/// How many connections stay silent, on each of the callback's addresses.
const SILENT_CONNECTIONS: usize = 30;

/// Brings a callback as a browser would, and says in the answer what became of it.
pub(super) fn deliver_again(callback: &str, answer: &mut Answer) {
    match get(callback, CALLBACK_DEADLINE) {
        Ok(page) if page.status == 200 => answer.falls_for_it(
            "delivered the callback again, and got 200: a good client takes the first only, and tells \
             the second tab so",
        ),
        Ok(page) => answer.remarks(&format!(
            "delivered the callback again, and got {}: the client takes the first only",
            page.status
        )),
        Err(_) => {
            answer.remarks("delivered the callback again, and got no answer within two seconds");
        }
    }
}

/// Opens connections to a redirect URI, and says nothing on them.
pub(super) fn stay_silent(redirect_uri: &str) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    let Ok(uri) = RedirectUri::parse(redirect_uri) else { return silent };
    for address in uri.addresses() {
        for _ in 0..SILENT_CONNECTIONS {
            // An address that takes no first connection isn't tried again.
            let Ok(stream) = connect(&[address]) else { break };
            silent.push(stream);
        }
    }
    silent
}

/// Waits until the peer closes the connection, or somebody closes it here. Gives whether that happened
/// before the patience was over.
pub(super) fn waits_until_peer_leaves(mut stream: &TcpStream) -> bool {
    let start = Instant::now();
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.read(&mut [0]);
    start.elapsed() < PATIENCE
}

/// Sends an answer until nobody reads it any more, or [`MAX_SENT`] bytes went out, or the time is over.
/// Gives how many bytes went out.
pub(super) fn send_without_end(mut stream: &TcpStream) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    // Not a constant, which would make the program as much larger.
    let blanks = " ".repeat(AT_ONCE);
    let mut result = stream.write_all(head.as_bytes());
    let mut sent = 0;
    while result.is_ok() && sent < MAX_SENT && Instant::now() < deadline {
        result = stream.write_all(blanks.as_bytes());
        sent += blanks.len() as u64;
    }
    sent
}
