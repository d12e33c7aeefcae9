//! The channel between the threads that receive and the main thread that waits.
//!
//! ```text
//! a thread of the port, or of --paste  ──►  Event  ──►  Inbox::wait, on the main thread
//! ```

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::protocol::callback::{AuthorizationResponse, NotTaken};
use crate::secret::opaque;
use crate::wire::response::{LINGER, Response, send_and_close};

/// What the channel carries to the main thread.
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
    /// What the provider answers.
    pub response: AuthorizationResponse,
    /// The browser's tab; none if the callback was pasted.
    pub tab: Option<Tab>,
}

/// What was met while the callback was waited for.
pub enum Refused {
    /// A callback that wasn't taken: why, the request, and its answer; both empty if it was pasted.
    Callback { why: NotTaken, request: Vec<u8>, answer: Vec<u8> },
    /// Somebody spoke TLS to the callback port.
    Tls,
}

/// The browser connection that brought the callback, open until its page is known.
pub struct Tab {
    pub(crate) stream: TcpStream,
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

/// Where the callback arrives. Dropped, it closes the port, once the last pages have been read.
#[derive(Debug)]
pub struct Inbox {
    pub(super) events: Receiver<Event>,
    /// Set when nobody waits for the callback any more.
    pub(super) is_closed: Arc<AtomicBool>,
    pub(super) threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Inbox {
    pub(super) fn without_sockets(events: Receiver<Event>) -> Self {
        Self { events, is_closed: Arc::default(), threads: Vec::new() }
    }

    /// Waits for the callback, and tells of everything else meanwhile. A timed receive on the
    /// channel is one system call, however long. Errors: [`Error::NoCallback`], or
    /// [`Error::NothingPasted`].
    pub fn wait(
        &self,
        timeout: Duration,
        mut tell: impl FnMut(&Refused),
    ) -> Result<Callback, Error> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Arrived(callback)) => return Ok(callback),
                Ok(Event::Refused(refused)) => tell(&refused),
                Err(RecvTimeoutError::Disconnected) => return Err(Error::NothingPasted),
                Err(RecvTimeoutError::Timeout) => return Err(Error::NoCallback(timeout.as_secs())),
            }
        }
    }

    /// Closes the port, and tells of what has been refused since the callback.
    pub fn close(self, mut tell: impl FnMut(&Refused)) {
        for event in self.events.try_iter() {
            if let Event::Refused(refused) = event {
                tell(&refused);
            }
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // RFC 8252 §8.3: "open the network port only when starting the authorization request and
        // close it once the response is returned."
        self.is_closed.store(true, Ordering::SeqCst);
        for (address, thread) in self.threads.drain(..) {
            // Nothing but a connection wakes `accept`.
            let _ = TcpStream::connect_timeout(&address, LINGER);
            let _ = thread.join();
        }
    }
}
