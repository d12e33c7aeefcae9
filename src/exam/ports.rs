//! A port for the client's callback, which no other exam gives at the same time.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The ports lie below those that the system gives to others.
const FIRST: u128 = 10_000;
/// How many ports there are to choose from: every second one.
const COUNT: u128 = 11_000;
/// How long it is one port's turn.
const TURN: Duration = Duration::from_millis(10);

/// A port for one run.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) port: u16,
    /// The next program that listens on the port has the right to it.
    _right: TcpListener,
}

impl Claim {
    /// Takes a port that is free on both loopback addresses. Exams may run side by side: every 10 ms
    /// it is the next port's turn. It comes again after 110 s, when the system has forgotten its
    /// connections; until then a client that doesn't reuse addresses would find it taken.
    pub(super) fn take() -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let turn = now.as_millis() / TURN.as_millis();
        for later in 0..1000 {
            let port = u16::try_from(FIRST + (turn + later) % COUNT * 2).unwrap_or(u16::MAX - 1);
            let Ok(right) = TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)) else { continue };
            if !is_answered(port) {
                return Ok(Self { port, _right: right });
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}

/// Whether somebody listens on a port.
fn is_answered(port: u16) -> bool {
    let four = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    [four, six].iter().any(|address| TcpStream::connect_timeout(address, TURN).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_claims_are_two_ports() {
        let one = Claim::take().unwrap();
        let other = Claim::take().unwrap();
        assert_ne!(one.port, other.port);
    }
}
