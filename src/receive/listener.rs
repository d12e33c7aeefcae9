//! A thread of the port: who may connect, and how each request is answered, RFC 9112 §9.
//!
//! ```text
//! accept ─► read ─► read ─► a whole head? ─► the callback ─► the channel (the tab waits)
//!             │                    └───────► anything else ─► a short page ─► half-close, drain
//!             └─► 10 s without a whole head ─► 408, or nothing, if nothing was sent
//! ```
//!
//! While nobody is connected the thread sleeps in `accept` and costs nothing. While somebody is, it
//! looks at each open connection in turn, so that a silent one holds up nobody.
//!
//! Left out: asking the system which sockets are ready (`poll`), for which std has no call. Shown by
//! `tests/suite/callback.rs` and `tests/suite/crowd.rs`, and with random bytes by `tests/suite/fuzz.rs`.

use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, WouldBlock};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::callback::{ExpectedCallback, NotTaken};
use crate::receive::inbox::{Callback, Event, Refused, Tab, UnreadableRequest};
use crate::receive::page;
use crate::setup::limits::Limits;
use crate::wire::request::{self, Body, Parsed, Rejection, Request};
use crate::wire::response::{LINGER, Response};

/// The pause before the next look at the open connections.
const PAUSE: Duration = Duration::from_millis(5);

/// One socket, and the connections to it, the oldest first.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) connections: Vec<Connection>,
    pub(super) expected: Arc<ExpectedCallback>,
    pub(super) is_closed: Arc<AtomicBool>,
    pub(super) events: SyncSender<Event>,
    pub(super) limits: Limits,
}

pub(super) struct Connection {
    stream: TcpStream,
    /// The part of the head that has arrived.
    head: Vec<u8>,
    /// The end of the time for the head to arrive, or for the answer to be read.
    deadline: Instant,
    is_answered: bool,
}

impl Listener {
    /// Answers until the inbox is closed.
    pub(super) fn run(mut self) {
        loop {
            self.accept();
            let is_closed = self.is_closed.load(Ordering::SeqCst);
            for connection in std::mem::take(&mut self.connections) {
                // Once closed, nothing is taken in any more; what was answered may still be read.
                if is_closed && !connection.is_answered {
                    continue;
                }
                if let Some(connection) = self.look_at(connection) {
                    self.connections.push(connection);
                }
            }
            // Check this before calling `accept` again: nobody will wake it a second time.
            if is_closed && self.connections.is_empty() {
                return;
            }
        }
    }

    /// Accepts one connection. While nobody is connected, sleeps until somebody is.
    fn accept(&mut self) {
        let is_alone = self.connections.is_empty();
        let mode = self.socket.set_nonblocking(!is_alone);
        match mode.and_then(|()| self.socket.accept()) {
            Ok((stream, _)) => self.admit(stream),
            Err(error) => {
                if !matches!(error.kind(), WouldBlock | ConnectionAborted | ConnectionReset) {
                    // The process may be out of descriptors: this frees one.
                    self.drop_oldest();
                }
                thread::sleep(PAUSE);
            }
        }
    }

    fn admit(&mut self, stream: TcpStream) {
        if stream.set_nonblocking(true).is_err() {
            // The peer is gone already.
            return;
        }
        // A descriptor stays free for the sockets of the next legs.
        while stream.try_clone().is_err() && !self.connections.is_empty() {
            self.drop_oldest();
        }
        if self.connections.len() == self.limits.connections {
            self.drop_oldest();
        }
        let deadline = Instant::now() + self.limits.head;
        let connection = Connection { stream, head: Vec::new(), deadline, is_answered: false };
        self.connections.push(connection);
    }

    fn drop_oldest(&mut self) {
        if !self.connections.is_empty() {
            self.connections.remove(0);
        }
    }

    /// Reads what has arrived. Returns the connection if there is more to come.
    fn look_at(&mut self, connection: Connection) -> Option<Connection> {
        if connection.is_answered { drain(connection) } else { self.read_head(connection) }
    }

    fn read_head(&mut self, mut connection: Connection) -> Option<Connection> {
        let mut bytes = [0; 4096];
        loop {
            // Bytes that have arrived in time are read before the deadline is judged.
            let count = match connection.stream.read(&mut bytes) {
                Ok(count) => count,
                Err(error) if error.kind() == WouldBlock => return self.wait_for_more(connection),
                Err(_) => return None,
            };
            connection.head.extend(bytes.iter().take(count));
            let has_ended = count == 0;
            match request::parse(&connection.head) {
                Ok(Parsed::Head { request, .. }) if request.body == Body::Chunked => {
                    let reason = "this port doesn't accept a Transfer-Encoding";
                    self.report(UnreadableRequest::Malformed(reason));
                    return self.refuse(connection, 400, reason);
                }
                Ok(Parsed::Head { request, .. }) => return self.answer(connection, &request),
                Ok(Parsed::Unfinished) if !has_ended => {}
                Ok(Parsed::Unfinished) if connection.head.is_empty() => return None,
                Ok(Parsed::Unfinished) => {
                    return self.refuse(connection, 400, "the request ends in its head");
                }
                Err(Rejection { status, reason }) => {
                    let problem = match status {
                        414 => UnreadableRequest::LongLine,
                        431 => UnreadableRequest::LongHead,
                        _ if request::is_tls(&connection.head) => UnreadableRequest::Tls,
                        _ => UnreadableRequest::Malformed(reason),
                    };
                    self.report(problem);
                    return self.refuse(connection, status, reason);
                }
            }
        }
    }

    /// Answers a whole request. The callback's connection goes to the inbox, and waits there for its page.
    fn answer(&mut self, connection: Connection, request: &Request) -> Option<Connection> {
        if request.path != self.expected.path() {
            return self.refuse_as(
                connection,
                404,
                "Nothing here",
                "there is nothing at this URL",
                &request.method,
            );
        }
        match request.method.as_str() {
            "GET" if is_prefetch(request) => {
                let reason = "the browser only looked ahead";
                self.refuse_as(connection, 503, "Not yet", reason, &request.method)
            }
            "GET" => match self.expected.take(&request.query) {
                Ok(response) => {
                    let tab = Tab { stream: connection.stream, request: connection.head };
                    let callback = Callback { response, tab: Some(tab) };
                    // If the login has just timed out, the tab ends with the program.
                    let _ = self.events.send(Event::Arrived(callback));
                    None
                }
                // A reload of the tab.
                Err(NotTaken::Late) => self.ignore(connection, request, 409, NotTaken::Late),
                Err(why) => self.ignore(connection, request, 400, why),
            },
            // A link preview takes no code, so nobody needs to hear of it.
            "HEAD" => {
                let reason = NotTaken::OtherMethod.text();
                self.refuse_as(connection, 405, "Callback ignored", reason, &request.method)
            }
            "POST" => self.ignore(connection, request, 405, NotTaken::Posted),
            _ => self.ignore(connection, request, 405, NotTaken::OtherMethod),
        }
    }

    /// Answers a callback that isn't taken, and reports it.
    fn ignore(
        &self,
        connection: Connection,
        request: &Request,
        status: u16,
        why: NotTaken,
    ) -> Option<Connection> {
        let page = self.short_page(status, "Callback ignored", why.text());
        let answer = page.bytes(&request.method);
        let event =
            Refused::Callback { why, request: connection.head.clone(), answer: answer.clone() };
        let _ = self.events.try_send(Event::Refused(event));
        send(connection, &answer)
    }

    /// Nothing more has arrived yet.
    fn wait_for_more(&self, connection: Connection) -> Option<Connection> {
        if Instant::now() < connection.deadline {
            return Some(connection);
        }
        // A browser may open a spare connection. It sends nothing, so it gets no answer.
        if connection.head.is_empty() {
            return None;
        }
        self.refuse(connection, 408, "the request took too long")
    }

    /// Answers a request that can't be read.
    fn refuse(&self, connection: Connection, status: u16, reason: &str) -> Option<Connection> {
        self.refuse_as(connection, status, "Request refused", reason, "GET")
    }

    /// Answers a request that is none of the login's.
    fn refuse_as(
        &self,
        connection: Connection,
        status: u16,
        title: &str,
        reason: &str,
        method: &str,
    ) -> Option<Connection> {
        let page = self.short_page(status, title, reason);
        send(connection, &page.bytes(method))
    }

    fn short_page(&self, status: u16, title: &str, reason: &str) -> Response {
        let origin = self.expected.origin();
        let is_waiting = !self.expected.was_taken();
        page::ignored(&origin, status, title, reason, is_waiting)
    }

    fn report(&self, problem: UnreadableRequest) {
        let _ = self.events.try_send(Event::Refused(Refused::Request(problem)));
    }
}

/// Whether a browser loads the page before anybody has asked for it. RFC 9110 §9.2.1 wants a GET to be
/// safe, and this one would use the code up.
fn is_prefetch(request: &Request) -> bool {
    for name in ["sec-purpose", "purpose", "x-moz"] {
        let value = request.header(name).unwrap_or_default();
        if value.to_ascii_lowercase().contains("prefetch") {
            return true;
        }
    }
    false
}

/// Sends a short page, half-closes, and waits until it has been read, as RFC 9112 §9.6 describes.
fn send(mut connection: Connection, bytes: &[u8]) -> Option<Connection> {
    connection.is_answered = true;
    connection.deadline = Instant::now() + LINGER;
    // A fresh socket takes a short page whole, without blocking.
    let is_sent = connection.stream.write(bytes).is_ok_and(|count| count == bytes.len());
    if is_sent && connection.stream.shutdown(Shutdown::Write).is_ok() {
        Some(connection)
    } else {
        None
    }
}

/// Forgets what still comes after the answer, until the peer closes or its time is over.
fn drain(mut connection: Connection) -> Option<Connection> {
    match connection.stream.read(&mut [0; 4096]) {
        Ok(0) => None,
        Err(error) if error.kind() != WouldBlock => None,
        _ if Instant::now() < connection.deadline => Some(connection),
        _ => None,
    }
}
