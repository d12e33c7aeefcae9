//! The channel between the threads that receive and the main thread that waits.
//!
//! ```text
//! a thread of the port, or of --paste  ─► Event ─►  Inbox::wait, on the main thread
//! ```
//!
//! Nothing here waits for a thread to end: a thread may sleep in `accept`, and nothing but a connection
//! wakes it, which the system may deny. Such a thread ends with the program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::protocol::callback::{AuthorizationResponse, NotTaken};
use crate::secret::opaque;
use crate::wire::response::{Response, send_and_close};

/// How long to look for a callback that came while the program was stopped.
const GRACE: Duration = Duration::from_millis(200);
/// How long the connection that wakes a thread may take.
const WAKE: Duration = Duration::from_millis(100);
/// How long the last pages may take to be read when the port closes.
const CLOSING: Duration = Duration::from_millis(700);

/// The news that the channel carries to the main thread.
#[derive(Debug)]
pub enum Event {
    /// The callback, once.
    Arrived(Callback),
    /// Anything else that the person should hear of.
    Refused(Refused),
}

/// The callback that the login waits for.
#[derive(Debug)]
pub struct Callback {
    /// The provider's answer.
    pub response: AuthorizationResponse,
    /// The browser's tab; none if the callback was pasted.
    pub tab: Option<Tab>,
}

/// A request or a pasted text that wasn't taken, so that the program went on waiting.
pub enum Refused {
    /// A pasted text that isn't the right URL.
    Pasted(NotTaken),
    /// A callback that wasn't taken: why, the request, and its answer.
    Callback { why: NotTaken, request: Vec<u8>, answer: Vec<u8> },
    /// A request that couldn't be read as a callback.
    Request(UnreadableRequest),
}

/// Why a request couldn't be read as a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadableRequest {
    /// Somebody spoke TLS to the callback port.
    Tls,
    /// The request line is longer than 8 KiB.
    LongLine,
    /// The head is longer than 64 KiB, as with very many cookies.
    LongHead,
    /// The request breaks a rule of HTTP, for this reason.
    Malformed(&'static str),
}

impl UnreadableRequest {
    /// The line that says so, and what to do.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Tls => "A browser insists on HTTPS, but this port speaks HTTP. Register the callback \
                URL with the host 127.0.0.1, and set REDIRECT_URI to it."
                .to_owned(),
            Self::LongLine => "A request was refused: its request line is longer than 8 KiB. If it was \
                the callback, run this again with --paste."
                .to_owned(),
            Self::LongHead => "A request was refused: its head is longer than 64 KiB. If it was the \
                callback, clear the cookies of localhost in the browser, or run this again with --paste."
                .to_owned(),
            Self::Malformed(reason) => format!(
                "A request was refused: {reason}. If it was the callback, run this again with --paste."
            ),
        }
    }
}

/// The browser connection that brought the callback, open until its page is known.
pub struct Tab {
    pub(super) stream: TcpStream,
    pub(crate) request: Vec<u8>,
}

opaque!(Refused, Tab);

impl Tab {
    /// Shows the page, and returns its bytes. If the tab has been closed, nothing is lost.
    pub fn show(self, page: &Response) -> Vec<u8> {
        let bytes = page.bytes("GET");
        let _ = send_and_close(&self.stream, &bytes);
        bytes
    }
}

/// The end of the channel where the callback arrives.
#[derive(Debug)]
pub struct Inbox {
    pub(super) events: Receiver<Event>,
    /// Set when nobody waits for the callback any more.
    pub(super) is_closed: Arc<AtomicBool>,
    /// The addresses that are listened on; none with --paste.
    pub(super) addresses: Vec<SocketAddr>,
}

impl Inbox {
    /// Waits for the callback, and reports everything else meanwhile. A timed receive on the channel
    /// is one system call, however long it takes. Errors: [`Error::NoCallback`] or [`Error::NothingPasted`].
    pub fn wait(
        &self,
        timeout: Duration,
        mut report: impl FnMut(&Refused),
    ) -> Result<Callback, Error> {
        if let Some(callback) = self.wait_until(Instant::now() + timeout, &mut report)? {
            return Ok(callback);
        }
        // A callback may have come while the program was stopped.
        match self.wait_until(Instant::now() + GRACE, &mut report)? {
            Some(callback) => Ok(callback),
            None => Err(Error::NoCallback(timeout.as_secs())),
        }
    }

    fn wait_until(
        &self,
        deadline: Instant,
        report: &mut impl FnMut(&Refused),
    ) -> Result<Option<Callback>, Error> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Arrived(callback)) => return Ok(Some(callback)),
                Ok(Event::Refused(refused)) => report(&refused),
                Err(RecvTimeoutError::Disconnected) => return Err(Error::NothingPasted),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
            }
            // A flood must not hold the end up.
            if Instant::now() > deadline {
                return Ok(None);
            }
        }
    }

    /// Closes the port, and reports what has been refused since the callback.
    pub fn close(self, mut report: impl FnMut(&Refused)) {
        // RFC 8252 §8.3: "open the network port only when starting the authorization request and
        // close it once the response is returned."
        self.is_closed.store(true, Ordering::SeqCst);
        for address in &self.addresses {
            // Nothing but a connection wakes `accept`.
            let _ = TcpStream::connect_timeout(&reachable(*address), WAKE);
        }
        if self.addresses.is_empty() {
            // The thread of --paste sleeps until there is a line to read.
            return;
        }
        // A thread that ends drops its sender. Without senders the channel is disconnected.
        let deadline = Instant::now() + CLOSING;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Refused(refused)) => report(&refused),
                Ok(Event::Arrived(_)) => {}
                Err(_) => return,
            }
            if Instant::now() > deadline {
                return;
            }
        }
    }
}

/// The address by which this machine reaches a listener. A listener on `0.0.0.0` is on each address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
