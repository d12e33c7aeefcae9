//! Leg 2's port: where this program listens, who may connect, and how each is answered. RFC
//! 8252 §7.3 and §8.3, RFC 9112 §9.
//!
//! ```text
//! http://localhost:8000/callback  →  127.0.0.1:8000 and [::1]:8000, a socket and a thread each
//!
//! accept ─► read ─► read ─► a whole head? ─► the callback ─► the channel (the tab waits)
//!             │                    └───────► anything else ─► a short page ─► half-close, drain
//!             └─► 10 s without a whole head ─► 408, or nothing, if nothing was sent
//! ```
//!
//! While nobody is connected the thread sleeps in `accept` and costs nothing. While somebody is, it
//! looks at each open connection in turn, so that a silent one holds up nobody.
//!
//! Left out: asking the system which sockets are ready (`poll`), for which std has no call. Shown by
//! `tests/suite/port.rs` and `tests/suite/crowd.rs`, and with random bytes by `tests/suite/fuzz.rs`.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::protocol::callback::{Expected, NotTaken};
use crate::receive::inbox::{Callback, Event, Inbox, Refused, Tab};
use crate::receive::page;
use crate::setup::limits::Limits;
use crate::wire::request::{self, Body, Parsed, Refusal, Request};
use crate::wire::response::LINGER;
use crate::wire::url::RedirectUri;

/// The pause before the next look at the open connections.
const PAUSE: Duration = Duration::from_millis(5);

/// The sockets, bound and listening: from here on the port is ours.
#[derive(Debug)]
pub struct Port {
    /// The redirect URI, with the port that is listened on.
    pub redirect_uri: RedirectUri,
    sockets: Vec<TcpListener>,
}

impl Port {
    /// Listens where the redirect URI leads, on both address families if it names `localhost`.
    /// Errors: [`Error::Listen`], also when another program holds only one of the addresses.
    pub fn open(redirect_uri: &RedirectUri) -> Result<Self, Error> {
        match bind(redirect_uri) {
            // A port that is free on one family may be taken on the other. Another one will do.
            Err(_) if redirect_uri.port == 0 => bind(redirect_uri),
            bound => bound,
        }
    }

    /// Answers, on a thread for each socket, until the inbox is dropped. Errors: [`Error::System`].
    pub fn serve(self, expected: Expected, limits: Limits) -> Result<Inbox, Error> {
        // What a flood adds is dropped.
        let (sender, events) = mpsc::sync_channel(16);
        let mut inbox = Inbox::without_sockets(events);
        let expected = Arc::new(expected);
        for socket in self.sockets {
            let address = socket.local_addr().map_err(Error::System)?;
            let listener = Listener {
                socket,
                connections: Vec::new(),
                expected: Arc::clone(&expected),
                is_closed: Arc::clone(&inbox.is_closed),
                events: sender.clone(),
                limits,
            };
            let thread = thread::Builder::new().spawn(move || listener.run());
            inbox.threads.push((address, thread.map_err(Error::System)?));
        }
        Ok(inbox)
    }
}

fn bind(redirect_uri: &RedirectUri) -> Result<Port, Error> {
    let mut port = redirect_uri.port;
    let mut sockets = Vec::new();
    let mut missing = None;
    for mut address in redirect_uri.addresses() {
        address.set_port(port);
        match TcpListener::bind(address) {
            Ok(socket) => {
                port = socket.local_addr().map_err(Error::System)?.port();
                sockets.push(socket);
            }
            Err(source) => {
                let is_held =
                    matches!(source.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied);
                let error = Error::Listen { address, setting: "REDIRECT_URI", source };
                // Whoever listens there could receive the code, so the other family alone won't do.
                if is_held {
                    return Err(error);
                }
                // Otherwise this machine has no such family.
                missing = Some(error);
            }
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok(Port { redirect_uri: redirect_uri.clone().on_port(port), sockets }),
    }
}

/// One socket, and whoever is connected to it, the oldest first.
struct Listener {
    socket: TcpListener,
    connections: Vec<Connection>,
    expected: Arc<Expected>,
    is_closed: Arc<AtomicBool>,
    events: SyncSender<Event>,
    limits: Limits,
}

struct Connection {
    stream: TcpStream,
    /// What has arrived of the head.
    head: Vec<u8>,
    /// Until when the head may arrive, or the answer may be read.
    deadline: Instant,
    is_answered: bool,
}

impl Listener {
    fn run(mut self) {
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
            // Before `accept`: it has been woken already, and would sleep for ever.
            if is_closed && self.connections.is_empty() {
                return;
            }
        }
    }

    /// Accepts one connection. While nobody is connected, sleeps until somebody is.
    fn accept(&mut self) {
        let is_alone = self.connections.is_empty();
        let accepted = self.socket.set_nonblocking(!is_alone).and_then(|()| self.socket.accept());
        match accepted {
            Ok((stream, _)) => self.admit(stream),
            Err(error) => {
                use ErrorKind::{ConnectionAborted, ConnectionReset, WouldBlock};
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
            // It is gone already.
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
            // What has arrived in time is read before the deadline is judged.
            let count = match connection.stream.read(&mut bytes) {
                Ok(count) => count,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return None,
                Err(_) if Instant::now() < connection.deadline => return Some(connection),
                // A browser may open a spare connection. It sends nothing, so it gets no answer.
                Err(_) if connection.head.is_empty() => return None,
                Err(_) => return refuse(connection, 408, "the request took too long"),
            };
            connection.head.extend(bytes.iter().take(count));
            let has_ended = count == 0;
            match request::parse(&connection.head) {
                Ok(Parsed::Head(request, _)) if request.body == Body::Chunked => {
                    let reason = "this port doesn't accept a Transfer-Encoding";
                    return refuse(connection, 400, reason);
                }
                Ok(Parsed::Head(request, _)) => return self.answer(connection, &request),
                Ok(Parsed::Unfinished) if !has_ended => {}
                Ok(Parsed::Unfinished) if connection.head.is_empty() => return None,
                Ok(Parsed::Unfinished) => {
                    return refuse(connection, 400, "the request ends in its head");
                }
                Err(Refusal { status, reason }) => {
                    if request::is_tls(&connection.head) {
                        let _ = self.events.try_send(Event::Refused(Refused::Tls));
                    }
                    return refuse(connection, status, reason);
                }
            }
        }
    }

    /// Answers a whole request. Only the callback keeps its connection waiting, and not here.
    fn answer(&mut self, connection: Connection, request: &Request) -> Option<Connection> {
        if request.path != self.expected.path() {
            let why = "there is nothing at this address";
            let page = page::ignored(404, "Nothing here", why).bytes(&request.method);
            return send(connection, &page);
        }
        let taken = match request.method.as_str() {
            "GET" => self.expected.take(&request.query),
            _ => Err(NotTaken::Ignored("it must be fetched with GET")),
        };
        let why = match taken {
            Ok(response) => {
                let tab = Tab { stream: connection.stream, request: connection.head };
                let callback = Callback { response, tab: Some(tab) };
                // If the login has just timed out, the tab ends with the program.
                let _ = self.events.send(Event::Arrived(callback));
                return None;
            }
            Err(why) => why,
        };
        let status = match why {
            // A reload of the tab.
            NotTaken::Late => 409,
            _ if request.method != "GET" => 405,
            _ => 400,
        };
        let page = page::ignored(status, "Callback ignored", why.text()).bytes(&request.method);
        let refused =
            Refused::Callback { why, request: connection.head.clone(), answer: page.clone() };
        let _ = self.events.try_send(Event::Refused(refused));
        send(connection, &page)
    }
}

fn refuse(connection: Connection, status: u16, reason: &str) -> Option<Connection> {
    send(connection, &page::ignored(status, "Request refused", reason).bytes("GET"))
}

/// Sends a short page, half-closes, and waits until it has been read, as RFC 9112 §9.6 asks.
fn send(mut connection: Connection, bytes: &[u8]) -> Option<Connection> {
    connection.is_answered = true;
    connection.deadline = Instant::now() + LINGER;
    // A fresh socket takes a short page whole, without blocking.
    let is_sent = connection.stream.write(bytes).is_ok_and(|count| count == bytes.len());
    let is_closed = is_sent && connection.stream.shutdown(Shutdown::Write).is_ok();
    if is_closed { Some(connection) } else { None }
}

/// What still comes after the answer is forgotten, until the peer closes or its time is over.
fn drain(mut connection: Connection) -> Option<Connection> {
    match connection.stream.read(&mut [0; 4096]) {
        Ok(0) => None,
        Err(error) if error.kind() != ErrorKind::WouldBlock => None,
        _ if Instant::now() < connection.deadline => Some(connection),
        _ => None,
    }
}
