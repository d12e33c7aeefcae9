//! Timeouts and size limits, as a value, so that tests can shorten them.

use std::time::Duration;

/// How long this program waits, and how much it reads, before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the head of a request to arrive at the callback port.
    pub head: Duration,
    /// For the number of connections that each socket of the port holds.
    pub connections: usize,
    /// For a name lookup and a connection in legs 3 to 5.
    pub connect: Duration,
    /// For all of a request and its answer in legs 3 to 5.
    pub exchange: Duration,
    /// For the body of an answer, in bytes.
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            connections: 64,
            connect: Duration::from_secs(10),
            exchange: Duration::from_secs(30),
            body: 1024 * 1024,
        }
    }
}
