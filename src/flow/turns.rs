//! Leg 2's connections: who may knock at the callback port, and how each is answered. RFC 9112 §9.
//!
//! While nobody is connected the thread sleeps in `accept` and costs nothing. While somebody is, it
//! takes turns among the open connections, none of which can hold up another:
//!
//! ```text
//! accept ─► read ─► read ─► a whole head? ─► the callback ─► the channel (the tab waits)
//!             │                    └───────► anything else ─► a short page ─► half-close, drain
//!             └─► 10 s without a whole head ─► 408, or nothing where nothing was said
//! ```
//!
//! ```text
//! HTTP/1.1 408 Request Timeout\r\n … Connection: close\r\n\r\n<!doctype html>…
//! ```
//!
//! Left out: asking the system which sockets are ready (`poll`), for which std has no call. So
//! while somebody is connected the thread looks every few milliseconds; a larger program would not.
//!
//! Shown by `tests/suite/port.rs`, and with random octets by `tests/suite/fuzz.rs`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use super::callback::{Arrival, Event, Expected, NotTaken, Tab};
use crate::page;
use crate::wire::request::{self, Refusal, Request};
use crate::wire::response::{LINGER, Response};

/// How long a connection may take to say its whole head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How many connections are held; one more, and the one that has been silent longest goes.
const MOST_CONNECTIONS: usize = 64;
/// How many are accepted in one turn, so that a flood leaves each connection time to speak before
/// it is the oldest.
const MOST_ACCEPTED: usize = 16;
/// How many callbacks that were not taken are told of, so that a flood of them stays outside.
const MOST_REPORTED: u32 = 8;
/// The pauses between turns: short after a turn in which something moved, longer with each one in
/// which nothing did.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(16));

/// One listening socket and its open connections.
pub(super) struct Turns {
    socket: TcpListener,
    connections: Vec<Connection>,
    expected: Arc<Expected>,
    events: Sender<Event>,
    closing: Arc<AtomicBool>,
    tls_reported: bool,
    refusals_reported: u32,
}

struct Connection {
    stream: TcpStream,
    /// What has arrived of the head; `None` once the connection is answered and only drained.
    head: Option<Vec<u8>>,
    deadline: Instant,
    last_heard: Instant,
}

impl Turns {
    pub(super) fn new(
        socket: TcpListener,
        expected: Arc<Expected>,
        events: Sender<Event>,
        closing: Arc<AtomicBool>,
    ) -> Self {
        Self {
            socket,
            connections: Vec::new(),
            expected,
            events,
            closing,
            tls_reported: false,
            refusals_reported: 0,
        }
    }

    /// Takes turns until `closing` is set and what was answered has been read.
    pub(super) fn run(&mut self) {
        let mut pause = PAUSES.0;
        loop {
            let mut moved = self.accept();
            if self.closing.load(Ordering::SeqCst) {
                // Nothing is taken in any more; what was answered may still be read.
                self.connections.retain(|connection| connection.head.is_none());
                if self.connections.is_empty() {
                    return;
                }
            }
            for connection in std::mem::take(&mut self.connections) {
                let (kept, heard) = self.turn(connection);
                moved |= heard;
                self.connections.extend(kept);
            }
            pause = if moved { PAUSES.0 } else { (pause * 2).min(PAUSES.1) };
            if !self.connections.is_empty() {
                thread::sleep(pause);
            }
        }
    }

    /// Takes in who is waiting; while nobody is connected, sleeps until somebody is.
    fn accept(&mut self) -> bool {
        let may_sleep = self.connections.is_empty();
        for accepted in 0..MOST_ACCEPTED {
            let wait = may_sleep && accepted == 0;
            let stream = self.socket.set_nonblocking(!wait).and_then(|()| self.socket.accept());
            let now = Instant::now();
            match stream {
                Ok((stream, _)) if stream.set_nonblocking(true).is_ok() => {
                    if self.connections.len() == MOST_CONNECTIONS {
                        self.drop_oldest();
                    }
                    let (head, deadline) = (Some(Vec::new()), now + HEAD_DEADLINE);
                    self.connections.push(Connection { stream, head, deadline, last_heard: now });
                }
                // A connection that was gone before it was accepted.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return accepted > 0,
                Err(_) => {
                    // The process may be out of descriptors: one is made free.
                    self.drop_oldest();
                    thread::sleep(PAUSES.1);
                    return false;
                }
            }
        }
        true
    }

    fn drop_oldest(&mut self) {
        let connections = (0..).zip(&self.connections);
        if let Some((oldest, _)) = connections.min_by_key(|(_, connection)| connection.last_heard) {
            self.connections.swap_remove(oldest);
        }
    }

    /// Gives one connection its turn: the connection, if it stays open, and whether it has moved.
    fn turn(&mut self, mut connection: Connection) -> (Option<Connection>, bool) {
        let now = Instant::now();
        if now >= connection.deadline {
            return (expire(connection), true);
        }
        let mut octets = [0; 4096];
        let received = match connection.stream.read(&mut octets) {
            Ok(count) => octets.get(..count).unwrap_or_default(),
            Err(error) if is_not_yet(&error) => return (Some(connection), false),
            Err(_) => return (None, true),
        };
        connection.last_heard = now;
        let Some(head) = &mut connection.head else {
            // Answered before: what still comes is forgotten, until the peer closes.
            return ((!received.is_empty()).then_some(connection), true);
        };
        head.extend_from_slice(received);
        let kept = match request::parse(head) {
            Ok(Some((request, _))) => self.answer(connection, &request),
            Ok(None) if !received.is_empty() => Some(connection),
            // The peer has closed its side.
            Ok(None) if head.is_empty() => None,
            Ok(None) => refuse(connection, Refusal::malformed("the request ends in its head")),
            Err(refusal) => {
                if request::is_tls(head) && !self.tls_reported {
                    self.tls_reported = true;
                    let _ = self.events.send(Event::TlsSpoken);
                }
                refuse(connection, refusal)
            }
        };
        (kept, true)
    }

    /// Answers a whole request. Only the callback keeps the connection waiting, outside of this
    /// thread.
    fn answer(&mut self, connection: Connection, request: &Request) -> Option<Connection> {
        let method = request.method.as_str();
        let wrong_method = || page::refused(405, "it must be fetched with GET");
        if request.path != self.expected.path {
            // `*` and `host:port` are no paths, and have methods of their own.
            let page = if request.path.starts_with('/') {
                page::refused(404, "there is nothing here")
            } else {
                wrong_method()
            };
            return respond(connection, method, &page);
        }
        if method != "GET" {
            self.expected.count_refusal();
            return self.not_taken(connection, method, &wrong_method());
        }
        match self.expected.read(&request.query) {
            Ok(answer) => {
                let request = connection.head.unwrap_or_default();
                let tab = Some(Tab::new(connection.stream, request));
                // Where the login has just timed out, the tab ends with the program.
                let _ = self.events.send(Event::Arrived(Arrival { answer, tab }));
                None
            }
            Err(NotTaken::Refused(reason)) => {
                self.expected.count_refusal();
                let page = page::refused(400, &format!("the callback {reason}"));
                self.not_taken(connection, method, &page)
            }
            // A reload of the tab is no forgery.
            Err(NotTaken::Late) => {
                let reason = "this login is already being completed in another tab";
                self.not_taken(connection, method, &page::refused(409, reason))
            }
        }
    }

    /// Answers a callback that was not taken, and tells of it.
    fn not_taken(
        &mut self,
        mut connection: Connection,
        method: &str,
        page: &Response,
    ) -> Option<Connection> {
        let request = connection.head.take().unwrap_or_default();
        let answer = page.octets(method);
        let kept = send(connection, &answer);
        if self.refusals_reported < MOST_REPORTED {
            self.refusals_reported += 1;
            let _ = self.events.send(Event::NotTaken { request, answer });
        }
        kept
    }
}

fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Ends a connection whose time is over.
fn expire(connection: Connection) -> Option<Connection> {
    match &connection.head {
        Some(head) if !head.is_empty() => {
            refuse(connection, Refusal::new(408, "the request was not complete after 10 seconds"))
        }
        // It said nothing, as connections that a browser opens ahead of need, or it has its answer.
        _ => None,
    }
}

/// Answers what never became a request.
fn refuse(connection: Connection, refusal: Refusal) -> Option<Connection> {
    respond(connection, "GET", &page::refused(refusal.status, refusal.reason))
}

/// Answers with a short page.
fn respond(connection: Connection, method: &str, page: &Response) -> Option<Connection> {
    send(connection, &page.octets(method))
}

/// Sends an answer, half-closes, and keeps the connection for draining.
fn send(mut connection: Connection, octets: &[u8]) -> Option<Connection> {
    // A fresh socket takes a short page whole, without blocking.
    let sent = connection.stream.write(octets).is_ok_and(|count| count == octets.len());
    let half_closed = sent && connection.stream.shutdown(Shutdown::Write).is_ok();
    connection.head = None;
    connection.deadline = Instant::now() + LINGER;
    half_closed.then_some(connection)
}
