//! How long this program waits, and how much it reads, before it gives up. They are a value, so that
//! a test can pass shorter ones.

use std::time::Duration;

/// The limits: for a head to arrive at the callback port, and for how many connections each socket
/// holds there; for legs 3 to 5 to look up a name and to connect, for all of each, and for the bytes
/// of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub head: Duration,
    pub connections: usize,
    pub connect: Duration,
    pub exchange: Duration,
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let ten = Duration::from_secs(10);
        Self { head: ten, connections: 64, connect: ten, exchange: 3 * ten, body: 1 << 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_that_the_texts_name() {
        let limits = Limits::default();
        assert_eq!((limits.head.as_secs(), limits.connections), (10, 64));
        assert_eq!((limits.connect.as_secs(), limits.exchange.as_secs()), (10, 30));
        assert_eq!(limits.body, 1_048_576);
    }
}
