//! The tap: the bytes of legs 2, 3 and 4, shown as they are on the wire.
//!
//! ```text
//! sent, 412 octets:
//! > POST /login/oauth/access_token HTTP/1.1
//! > accept: application/json
//! >
//! > grant_type=authorization_code&code=4f2c… (20 characters)&redirect_uri=http%3A%2F%2F…
//! received, 316 octets:
//! < HTTP/1.1 200 OK
//! < …
//! ```
//!
//! A line ends as its message ends it, in CRLF or LF. Secrets are masked; control characters and
//! what is no UTF-8 are spelled out; everything else stands as it was.
//!
//! `ureq` lets a program put its own piece between the request and the connection. This one is the
//! last of the chain, so under TLS it sees what TLS protects. What is sent is shown when the answer
//! is waited for; what is received only when the leg has read it, because its secrets are not known
//! before.
//!
//! Left out: the handshake of TLS, and what a proxy is asked. Shown by `tests/suite/explain.rs`.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::http::Uri;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};

use crate::secret::hidden::Hidden;
use crate::terminal;

/// How much of a message is shown, in octets.
const SHOWN_LIMIT: usize = 64 * 1024;

/// How much of it is searched for secrets, so that none that begins in what is shown is cut.
const READ_LIMIT: usize = 4 * SHOWN_LIMIT;

/// Which way a message went, as this program sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// By this program.
    Sent,
    /// To this program.
    Received,
}

/// Shows the bytes of one login. Its clones are one.
#[derive(Clone)]
pub struct Trace {
    hidden: Hidden,
    reveal: bool,
    colour: bool,
    tape: Arc<Mutex<Tape>>,
}

/// What has gone over the wire and is not shown yet.
#[derive(Default)]
struct Tape {
    sent: Vec<u8>,
    /// The front of what was received, and how much it was.
    received: (Vec<u8>, usize),
}

// The tape holds secrets.
impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").finish_non_exhaustive()
    }
}

impl Trace {
    /// A trace that masks what is `hidden`, or reveals it.
    #[must_use]
    pub fn new(hidden: Hidden, reveal: bool) -> Self {
        Self { hidden, reveal, colour: terminal::has_colour(), tape: Arc::default() }
    }

    /// Shows a whole message.
    pub fn show(&self, direction: Direction, message: &[u8]) {
        self.show_part(direction, message, message.len());
    }

    /// Shows a message of this length, of which this is the front.
    fn show_part(&self, direction: Direction, front: &[u8], length: usize) {
        let masked = if self.reveal { front.to_vec() } else { self.hidden.mask(front) };
        let (mark, word, colour) = match direction {
            Direction::Sent => ("> ", "sent", "\x1b[36m"),
            Direction::Received => ("< ", "received", "\x1b[32m"),
        };
        let (colour, plain) = if self.colour { (colour, "\x1b[0m") } else { ("", "") };
        let shown = masked.get(..SHOWN_LIMIT).unwrap_or(&masked);
        let mut text = format!("{word}, {length} octets:\n");
        for line in shown.split_inclusive(|&octet| octet == b'\n') {
            let (line, end) = match line {
                [line @ .., b'\r', b'\n'] => (line, "\r\n"),
                [line @ .., b'\n'] => (line, "\n"),
                _ => (line, "\n"),
            };
            let line = terminal::escape_octets(line);
            text.extend([colour, mark, &line, plain, end]);
        }
        if shown.len() < masked.len() || front.len() < length {
            text.push_str("(the rest is not shown)");
        }
        terminal::say(text.trim_end_matches('\n'));
    }

    /// Shows what an exchange has left on the tape: the request, where nobody waited for its
    /// answer, and the answer.
    pub fn show_rest(&self) {
        self.show_sent();
        let (received, length) = std::mem::take(&mut self.tape().received);
        if length > 0 {
            self.show_part(Direction::Received, &received, length);
        }
    }

    fn show_sent(&self) {
        let sent = std::mem::take(&mut self.tape().sent);
        if !sent.is_empty() {
            self.show(Direction::Sent, &sent);
        }
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The piece of `ureq`'s chain that taps the connections to some endpoints.
#[derive(Debug)]
pub struct Tap {
    trace: Option<Trace>,
    endpoints: Vec<Uri>,
}

impl Tap {
    /// Taps the connections to these endpoints, or none where there is nobody to show them to.
    /// `ureq` makes the one to a proxy with the same chain; what goes over that is no message of a
    /// leg.
    #[must_use]
    pub fn new(trace: Option<Trace>, endpoints: Vec<Uri>) -> Self {
        Self { trace, endpoints }
    }
}

impl<In: Transport> Connector<In> for Tap {
    type Out = Either<In, Tapped<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|connection| match &self.trace {
            Some(trace) if self.endpoints.contains(details.uri) => {
                let trace = trace.clone();
                Either::B(Tapped { connection, trace })
            }
            _ => Either::A(connection),
        }))
    }
}

/// A connection that keeps what goes over it on the tape.
#[derive(Debug)]
pub struct Tapped<In> {
    connection: In,
    trace: Trace,
}

impl<In: Transport> Transport for Tapped<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let octets = self.connection.buffers().output();
        let octets = octets.get(..amount).unwrap_or_default();
        self.trace.tape().sent.extend_from_slice(octets);
        self.connection.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.trace.show_sent();
        // The buffer keeps what is not yet consumed in front, and adds to it.
        let known = self.connection.buffers().input().len();
        let progress = self.connection.await_input(timeout)?;
        let octets = self.connection.buffers().input().get(known..);
        let octets = octets.unwrap_or_default();
        let (received, length) = &mut self.trace.tape().received;
        let room = READ_LIMIT.saturating_sub(received.len());
        received.extend(octets.iter().take(room));
        *length += octets.len();
        Ok(progress)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
