//! Leg 2's sockets: who may knock at the callback port, for how long, and how each is answered. RFC 8252 §7.3, §8.3.
//!
//! One thread for each listening socket. While nobody is connected it sleeps in `accept` and costs nothing. While
//! somebody is, it takes turns among the open connections, none of which can hold up another:
//!
//! ```text
//! accept ─► read ─► read ─► a whole head? ─► the callback ─► the channel      (the tab waits for its page)
//!             │                    └───────► anything else ─► a short page ─► half-close, drain, close
//!             └─► 10 s without a whole head ─► 408, or nothing where nothing was said
//! ```
//!
//! A larger program would ask the system which sockets are ready (`poll`); std has no such call, so while somebody is
//! connected the thread looks every few milliseconds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::callback::{Arrival, Event, Expected, Tab};
use crate::error::Error;
use crate::page;
use crate::wire::request::{self, Refusal, Request};
use crate::wire::response::{LINGER, Response};
use crate::wire::url::RedirectUri;

/// How long a connection may take to say its whole head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How many connections are held; one more, and the one that has been silent longest goes.
const MOST_CONNECTIONS: usize = 64;
/// How many are accepted in one turn, so that a flood leaves each connection time to speak before it is the oldest.
const MOST_ACCEPTED: usize = 16;
/// The pauses between turns: short after a turn in which something moved, longer with each one in which nothing did.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(16));

/// The sockets, bound and listening: from here on the port is ours.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    redirect_uri: RedirectUri,
}

impl Listener {
    /// Listens where the redirect URI leads to, on both address families where it names `localhost`.
    ///
    /// # Errors
    /// [`Error::PortInUse`] when another program holds one of the addresses, [`Error::Listen`] otherwise.
    pub fn bind(redirect_uri: RedirectUri) -> Result<Self, Error> {
        let any_port = redirect_uri.port() == 0;
        // A port that is free on one family may be taken on the other; with port 0, another one will do.
        for _ in 0..16 {
            match bind_all(&redirect_uri) {
                Err(Error::PortInUse(_)) if any_port => {}
                Err(error) => return Err(error),
                Ok((sockets, port)) => {
                    return Ok(Self {
                        sockets,
                        redirect_uri: redirect_uri.on_port(port),
                    });
                }
            }
        }
        bind_all(&redirect_uri).map(|(sockets, port)| Self {
            sockets,
            redirect_uri: redirect_uri.on_port(port),
        })
    }

    /// The redirect URI, with the port that is listened on.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Starts to answer, until the [`Server`] is dropped; what matters goes into the channel.
    ///
    /// # Errors
    /// [`Error::System`] when no thread can be started.
    pub fn serve(self, expected: &Arc<Expected>, events: &Sender<Event>) -> Result<Server, Error> {
        let closing = Arc::new(AtomicBool::new(false));
        let (ended, all_ended) = mpsc::channel();
        let mut addresses = Vec::new();
        for socket in self.sockets {
            addresses.extend(socket.local_addr());
            let mut turns = Turns {
                socket,
                connections: Vec::new(),
                expected: Arc::clone(expected),
                events: events.clone(),
                closing: Arc::clone(&closing),
            };
            let ended = ended.clone();
            let run = move || {
                turns.run();
                drop(ended);
            };
            thread::Builder::new()
                .name("callback".to_owned())
                .spawn(run)
                .map_err(Error::System)?;
        }
        Ok(Server {
            addresses,
            closing,
            all_ended,
        })
    }
}

fn bind_all(redirect_uri: &RedirectUri) -> Result<(Vec<TcpListener>, u16), Error> {
    let mut port = redirect_uri.port();
    let mut sockets: Vec<TcpListener> = Vec::new();
    let mut missing = None;
    for mut address in redirect_uri.addresses() {
        address.set_port(port);
        match TcpListener::bind(address).and_then(|socket| Ok((socket.local_addr()?, socket))) {
            Ok((bound, socket)) => {
                port = bound.port();
                sockets.push(socket);
            }
            // Whoever listens there could receive the code, so there is no going on with the other family alone.
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                return Err(Error::PortInUse(address));
            }
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Error::Listen { address, source });
            }
            // A machine without this address family.
            Err(source) => missing = Some(Error::Listen { address, source }),
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

/// The running listener. Dropped, it closes the port, and waits until the pages that were just sent
/// have been read: a second and a half at the most.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    closing: Arc<AtomicBool>,
    all_ended: Receiver<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // RFC 8252 §8.3: "Clients should only open the network port when starting the authorization
        // request and close it once the response is returned."
        self.closing.store(true, Ordering::SeqCst);
        for address in &self.addresses {
            // Nothing but a connection wakes `accept`.
            let _ = TcpStream::connect_timeout(address, LINGER / 2);
        }
        // No message ever comes; the channel ends when the last thread has.
        let _ = self.all_ended.recv_timeout(LINGER + LINGER / 2);
    }
}

/// One listening socket and its open connections.
struct Turns {
    socket: TcpListener,
    connections: Vec<Connection>,
    expected: Arc<Expected>,
    events: Sender<Event>,
    closing: Arc<AtomicBool>,
}

struct Connection {
    stream: TcpStream,
    /// What has arrived of the head; `None` once the connection is answered and only drained.
    head: Option<Vec<u8>>,
    deadline: Instant,
    last_heard: Instant,
}

impl Turns {
    fn run(&mut self) {
        let mut pause = PAUSES.0;
        loop {
            let mut moved = self.accept();
            let connections = std::mem::take(&mut self.connections);
            for connection in connections {
                let (kept, heard) = self.turn(connection);
                moved |= heard;
                self.connections.extend(kept);
            }
            if self.closing.load(Ordering::SeqCst) {
                self.connections
                    .retain(|connection| connection.head.is_none());
                if self.connections.is_empty() {
                    return;
                }
            }
            pause = if moved {
                PAUSES.0
            } else {
                (pause * 2).min(PAUSES.1)
            };
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
            let stream = self
                .socket
                .set_nonblocking(!wait)
                .and_then(|()| self.socket.accept());
            let now = Instant::now();
            match stream {
                Ok((stream, _)) if stream.set_nonblocking(true).is_ok() => {
                    if self.connections.len() == MOST_CONNECTIONS {
                        let oldest = (0..)
                            .zip(&self.connections)
                            .min_by_key(|(_, connection)| connection.last_heard);
                        if let Some((index, _)) = oldest {
                            self.connections.swap_remove(index);
                        }
                    }
                    let (head, deadline) = (Some(Vec::new()), now + HEAD_DEADLINE);
                    self.connections.push(Connection {
                        stream,
                        head,
                        deadline,
                        last_heard: now,
                    });
                }
                // A connection that was gone before it was accepted.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return accepted > 0,
                Err(_) => {
                    // The process may be out of descriptors for a moment: no reason to spin, nor to give up.
                    thread::sleep(PAUSES.1);
                    return false;
                }
            }
        }
        true
    }

    /// Gives one connection its turn: the connection, if it stays open, and whether anything came from it.
    fn turn(&self, mut connection: Connection) -> (Option<Connection>, bool) {
        let now = Instant::now();
        let mut octets = [0; 4096];
        let received = match connection.stream.read(&mut octets) {
            Ok(count) => octets.get(..count).unwrap_or_default(),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                let kept = if now < connection.deadline {
                    Some(connection)
                } else {
                    expire(connection)
                };
                return (kept, false);
            }
            Err(_) => return (None, true),
        };
        connection.last_heard = now;
        let Some(head) = &mut connection.head else {
            // Answered before; what still comes is read and forgotten until the peer closes or the time is over.
            return (
                (!received.is_empty() && now < connection.deadline).then_some(connection),
                true,
            );
        };
        head.extend_from_slice(received);
        let kept = match request::parse(head) {
            Ok(Some((request, _))) => self.answer(connection, &request),
            Err(refusal) => {
                if request::is_tls(head) {
                    let _ = self.events.send(Event::TlsSpoken);
                }
                refuse(connection, "GET", refusal)
            }
            Ok(None) if !received.is_empty() => {
                if now < connection.deadline {
                    Some(connection)
                } else {
                    expire(connection)
                }
            }
            // The peer has closed its side.
            Ok(None) if head.is_empty() => None,
            Ok(None) => refuse(
                connection,
                "GET",
                Refusal {
                    status: 400,
                    reason: "the request ends in its head",
                },
            ),
        };
        (kept, true)
    }

    /// Answers a whole request. Only the callback keeps the connection waiting, outside of this thread.
    fn answer(&self, connection: Connection, request: &Request) -> Option<Connection> {
        let is_callback = request.path == self.expected.path;
        if !is_callback && request.path.starts_with('/') {
            return refuse(
                connection,
                &request.method,
                Refusal {
                    status: 404,
                    reason: "there is nothing at this address",
                },
            );
        }
        let result = if request.method == "GET" {
            self.expected.read(&request.query)
        } else {
            Err(Refusal {
                status: 405,
                reason: "must be fetched with GET",
            })
        };
        match result {
            Ok(answer) => {
                let arrival = Arrival {
                    answer,
                    tab: Some(Tab::new(connection.stream)),
                };
                // Nobody receives any more where the login has just timed out.
                let _ = self.events.send(Event::Arrived(arrival));
                None
            }
            Err(Refusal { status, reason }) => {
                // A reload of the tab is no forgery.
                if status != 409 {
                    self.expected.count_refusal();
                }
                respond(
                    connection,
                    &request.method,
                    &page::refused(status, &format!("the callback {reason}")),
                )
            }
        }
    }
}

/// Ends a connection whose head did not come in time.
fn expire(connection: Connection) -> Option<Connection> {
    let reason = "the request was not complete after 10 seconds";
    match &connection.head {
        Some(head) if !head.is_empty() => refuse(
            connection,
            "GET",
            Refusal {
                status: 408,
                reason,
            },
        ),
        // It said nothing, so there is nothing to answer: a browser opens connections ahead of need.
        _ => None,
    }
}

fn refuse(connection: Connection, method: &str, refusal: Refusal) -> Option<Connection> {
    respond(
        connection,
        method,
        &page::refused(refusal.status, refusal.reason),
    )
}

/// Sends a short page, half-closes, and keeps the connection for draining; see [`LINGER`].
fn respond(mut connection: Connection, method: &str, page: &Response) -> Option<Connection> {
    let octets = page.octets(method);
    // A fresh socket takes a short page whole, without blocking.
    let sent = connection
        .stream
        .write(&octets)
        .is_ok_and(|count| count == octets.len());
    let half_closed = sent && connection.stream.shutdown(Shutdown::Write).is_ok();
    connection.head = None;
    connection.deadline = Instant::now() + LINGER;
    half_closed.then_some(connection)
}
