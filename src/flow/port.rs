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
//! `tests/suite/port.rs`, and with random bytes by `tests/suite/fuzz.rs`.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{sync::Arc, sync::atomic::Ordering};

use super::callback::{Arrival, Event, Expected, NotTaken, Tab};
use crate::wire::request::{self, Refusal, Request};
use crate::{error::Error, limits::Limits, page, wire::response::LINGER, wire::url::RedirectUri};

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
        let has_choice = redirect_uri.port == 0;
        // A port that is free on one family may be taken on the other. Another one will do.
        bind(redirect_uri).or_else(|error| if has_choice { bind(redirect_uri) } else { Err(error) })
    }

    /// Answers, on a thread for each socket, until the inbox is dropped. Errors: [`Error::System`].
    pub fn serve(self, expected: Expected, limits: Limits) -> Result<Inbox, Error> {
        // What a flood adds is dropped.
        let (sender, events) = mpsc::sync_channel(16);
        let mut inbox = Inbox { events, expected: Arc::new(expected), threads: Vec::new() };
        for socket in self.sockets {
            let address = socket.local_addr().map_err(Error::System)?;
            let (expected, events) = (Arc::clone(&inbox.expected), sender.clone());
            let visits = Visits { socket, open: Vec::new(), expected, events, limits };
            let run: Box<dyn FnOnce() + Send> = Box::new(move || visits.run());
            let thread = thread::Builder::new().spawn(run);
            inbox.threads.push((address, thread.map_err(Error::System)?));
        }
        Ok(inbox)
    }
}

fn bind(redirect_uri: &RedirectUri) -> Result<Port, Error> {
    let (mut sockets, mut port, mut missing) = (Vec::new(), redirect_uri.port, None);
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
                missing = Some(Error::Listen { address, setting: "REDIRECT_URI", source });
                // Whoever listens there could receive the code, so the other family alone won't do.
                if is_held {
                    sockets.clear();
                    break;
                }
            }
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        // Otherwise this machine has no such family.
        _ => Ok(Port { redirect_uri: redirect_uri.clone().on_port(port), sockets }),
    }
}

/// Where the callback arrives. Dropped, it closes the port, once the last pages have been read.
#[derive(Debug)]
pub struct Inbox {
    /// Boxed, because the channel moves what it carries in many places.
    pub(crate) events: Receiver<Box<Event>>,
    pub(super) expected: Arc<Expected>,
    pub(super) threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Inbox {
    /// Waits for the callback, and tells of everything else meanwhile. A timed receive on the
    /// channel is one system call, however long. Errors: [`Error::NoCallback`], or
    /// [`Error::NothingPasted`].
    pub fn wait(&self, timeout: Duration, mut tell: impl FnMut(&Event)) -> Result<Arrival, Error> {
        let start = Instant::now();
        loop {
            match self.events.recv_timeout(timeout.saturating_sub(start.elapsed())) {
                Ok(event) => match *event {
                    Event::Arrived(arrival) => return Ok(arrival),
                    other => tell(&other),
                },
                Err(RecvTimeoutError::Disconnected) => return Err(Error::NothingPasted),
                Err(RecvTimeoutError::Timeout) => return Err(Error::NoCallback(timeout.as_secs())),
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // RFC 8252 §8.3: "open the network port only when starting the authorization request and
        // close it once the response is returned."
        self.expected.is_closed.store(true, Ordering::SeqCst);
        for (address, thread) in self.threads.drain(..) {
            // Nothing but a connection wakes `accept`.
            let _ = TcpStream::connect_timeout(&address, LINGER);
            let _ = thread.join();
        }
    }
}

/// One socket, and whoever is connected to it, the newest first.
struct Visits {
    socket: TcpListener,
    open: Vec<Visit>,
    expected: Arc<Expected>,
    events: SyncSender<Box<Event>>,
    limits: Limits,
}

struct Visit {
    stream: TcpStream,
    /// What has arrived of the head.
    head: Vec<u8>,
    /// Until when the head may arrive, or the answer may be read.
    deadline: Instant,
    is_answered: bool,
}

impl Visits {
    fn run(mut self) {
        loop {
            self.accept();
            let is_closed = self.expected.is_closed.load(Ordering::SeqCst);
            for visit in std::mem::take(&mut self.open) {
                // Once closed, nothing is taken in any more; what was answered may still be read.
                if visit.is_answered || !is_closed {
                    let kept = self.look_at(visit);
                    self.open.extend(kept);
                }
            }
            // Before `accept`: it has been woken already, and would sleep for ever.
            if is_closed && self.open.is_empty() {
                return;
            }
        }
    }

    /// Accepts one connection. While nobody is connected, sleeps until somebody is.
    fn accept(&mut self) {
        let set = self.socket.set_nonblocking(!self.open.is_empty());
        match set.and_then(|()| self.socket.accept()) {
            Ok((stream, _)) if stream.set_nonblocking(true).is_ok() => {
                // A descriptor stays free for the sockets of the next legs.
                while stream.try_clone().is_err() && self.open.pop().is_some() {}
                let (head, deadline) = (Vec::new(), Instant::now() + self.limits.head);
                self.open.insert(0, Visit { stream, head, deadline, is_answered: false });
                if self.open.len() > self.limits.connections {
                    self.open.pop();
                }
            }
            // It is gone already.
            Ok(_) => {}
            Err(error) => {
                use ErrorKind::{ConnectionAborted, ConnectionReset, WouldBlock};
                if !matches!(error.kind(), WouldBlock | ConnectionAborted | ConnectionReset) {
                    // The process may be out of descriptors: this frees one.
                    self.open.pop();
                }
                thread::sleep(PAUSE);
            }
        }
    }

    fn look_at(&mut self, mut visit: Visit) -> Option<Visit> {
        let mut bytes = [0; 4096];
        loop {
            // What has arrived in time is read before the deadline is judged.
            let received = match visit.stream.read(&mut bytes) {
                Ok(count) => bytes.get(..count)?,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return None,
                Err(_) if Instant::now() < visit.deadline => return Some(visit),
                // A browser may open a spare connection. It sends nothing, so it gets no answer.
                Err(_) if visit.is_answered || visit.head.is_empty() => return None,
                Err(_) => return refuse(visit, (408, "the request took too long")),
            };
            if visit.is_answered {
                // What still comes is forgotten, until the peer closes or its time is over.
                let goes_on = !received.is_empty() && Instant::now() < visit.deadline;
                return goes_on.then_some(visit);
            }
            visit.head.extend_from_slice(received);
            match request::parse(&visit.head) {
                Ok(Some((request, _))) => return self.answer(visit, &request),
                Ok(None) if !received.is_empty() => {}
                // The peer has closed its side.
                Ok(None) if visit.head.is_empty() => return None,
                Ok(None) => return refuse(visit, (400, "the request ends in its head")),
                Err(refusal) => {
                    if request::is_tls(&visit.head) {
                        let _ = self.events.try_send(Box::new(Event::TlsSpoken));
                    }
                    return refuse(visit, refusal);
                }
            }
        }
    }

    /// Answers a whole request. Only the callback keeps its connection waiting, and not here.
    fn answer(&mut self, visit: Visit, request: &Request) -> Option<Visit> {
        let is_callback = request.path == self.expected.path;
        let (status, reason) = match request.method.as_str() {
            "GET" if is_callback => match self.expected.read(&request.query) {
                Ok(answer) => {
                    let tab = Some(Tab { stream: visit.stream, request: visit.head });
                    // If the login has just timed out, the tab ends with the program.
                    let _ = self.events.send(Box::new(Event::Arrived((answer, tab))));
                    return None;
                }
                // A reload of the tab.
                Err(NotTaken::Late) => (409, NotTaken::Late),
                Err(reason) => (400, reason),
            },
            _ if !is_callback => (404, NotTaken::Ignored("there is nothing at this address")),
            _ => (405, NotTaken::Ignored("it must be fetched with GET")),
        };
        let title = if is_callback { "Callback ignored" } else { "Nothing here" };
        let page = page::ignored(status, title, reason.text()).bytes(&request.method);
        if is_callback {
            let request = visit.head.clone();
            let _ = self.events.try_send(Box::new(Event::NotTaken(reason, request, page.clone())));
        }
        send(visit, &page)
    }
}

fn refuse(visit: Visit, (status, reason): Refusal) -> Option<Visit> {
    send(visit, &page::ignored(status, "Request refused", reason).bytes("GET"))
}

/// Sends a short page, half-closes, and waits until it has been read, as RFC 9112 §9.6 asks.
fn send(mut visit: Visit, bytes: &[u8]) -> Option<Visit> {
    visit.is_answered = true;
    visit.deadline = Instant::now() + LINGER;
    // A fresh socket takes a short page whole, without blocking.
    let is_sent = visit.stream.write(bytes).is_ok_and(|count| count == bytes.len());
    (is_sent && visit.stream.shutdown(Shutdown::Write).is_ok()).then_some(visit)
}
