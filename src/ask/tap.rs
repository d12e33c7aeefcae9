//! The tap: the piece of `ureq`'s chain that sees the bytes of legs 3 to 5.
//!
//! ```text
//! ureq  →  the tap  →  TLS, where the endpoint has it  →  TCP
//! ```
//!
//! The tap stands above TLS, so it sees what TLS protects. It keeps the bytes for the trace, and lets no
//! connection outlive its limit: `ureq` gives a proxy that long for each byte of its answer to CONNECT.
//! And it sees how an answer ends, so that one that is cut short is refused.
//!
//! Left out: the handshake of TLS, and the CONNECT request to a proxy. Shown by `tests/suite/trace.rs`.

use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
use std::time::{Duration, Instant};

use ureq::Timeout;
use ureq::http::Uri;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::ask::broken::Broken;
use crate::ask::trace::Trace;
use crate::secret::opaque;

/// Taps the connections of one exchange.
pub(super) struct Tap {
    pub(super) trace: Trace,
    /// The URL of the leg's request. A proxy's own connection passes here too, and is no part of a leg.
    pub(super) endpoint: Option<Uri>,
    pub(super) limit: Duration,
}

opaque!(Tap);

impl<In: Transport> Connector<In> for Tap {
    type Out = Tapped;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(connection) = chained else { return Ok(None) };
        let is_of_the_leg = self.endpoint.as_ref() == Some(details.uri);
        let trace = if is_of_the_leg { self.trace.clone() } else { Trace::default() };
        let deadline = Instant::now() + self.limit;
        Ok(Some(Tapped { connection: Box::new(connection), trace, deadline, has_answered: false }))
    }
}

/// A connection with a deadline, whose bytes the trace keeps.
pub(super) struct Tapped {
    connection: Box<dyn Transport>,
    trace: Trace,
    deadline: Instant,
    has_answered: bool,
}

opaque!(Tapped);

impl Tapped {
    /// RFC 9112 §8: "A client that receives an incomplete response message, which can occur when a
    /// connection is closed prematurely […], MUST record the message as incomplete." Where only the end
    /// of the connection ends a body, `ureq` would accept a reset, or TLS that stops without its
    /// `close_notify` (§9.8), as the end of the body.
    fn cut(&self, error: ureq::Error) -> ureq::Error {
        let ureq::Error::Io(error) = error else { return error };
        match error.kind() {
            UnexpectedEof | ConnectionAborted | ConnectionReset if self.has_answered => {
                Broken::CutShort(error).into()
            }
            UnexpectedEof | ConnectionAborted | ConnectionReset => Broken::Closed.into(),
            _ => ureq::Error::Io(error),
        }
    }

    /// The time that is left: no more than until the deadline.
    fn capped(&self, mut timeout: NextTimeout) -> NextTimeout {
        let left = self.deadline.saturating_duration_since(Instant::now()).into();
        if left < timeout.after {
            timeout.after = left;
            timeout.reason = Timeout::Global;
        }
        timeout
    }
}

impl Transport for Tapped {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let bytes = self.connection.buffers().output().iter().take(amount);
        self.trace.keep_of_request(bytes);
        self.connection.transmit_output(amount, self.capped(timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.trace.show_request();
        // The buffer keeps what isn't consumed yet in front, and adds to it.
        let known = self.connection.buffers().input().len();
        let has_come = match self.connection.await_input(self.capped(timeout)) {
            Ok(has_come) => has_come,
            Err(error) => return Err(self.cut(error)),
        };
        if !has_come && !self.has_answered {
            return Err(Broken::Closed.into());
        }
        self.has_answered = true;
        let bytes = self.connection.buffers().input().iter().skip(known);
        self.trace.keep_of_answer(bytes);
        Ok(has_come)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}
