//! Connections to the endpoints and to a proxy.
//!
//! ```text
//! eight addresses that lead nowhere, and one that answers
//! first round    111 ms  111 ms  111 ms  111 ms  111 ms  111 ms  111 ms  111 ms  connected
//! second round   shares of the nine seconds that are left, where nobody has answered
//! ```
//!
//! `ureq`'s own connector gives the first address half of the ten seconds, the next half of the rest,
//! and so on: one that leads nowhere costs more than all of them do here.
//!
//! Left out: connections at the same time (RFC 8305 §5), which need threads. Shown by the tests below,
//! and by `tests/suite/connections.rs`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ureq::Error as Ureq;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Either, TcpConnector, Transport,
};

use crate::ask::broken::Broken;
use crate::secret::opaque;

/// The longest that the first round takes.
const FIRST_ROUND: Duration = Duration::from_secs(1);

/// Connects to the address that answers first.
#[derive(Debug, Default)]
pub(super) struct Dial(TcpConnector);

impl<In: Transport> Connector<In> for Dial {
    type Out = <TcpConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Ureq> {
        let has_tunnel = chained.is_some();
        if has_tunnel {
            return self.0.connect(details, chained);
        }
        dial(&details.addrs, *details.timeout.after, |address, share| {
            self.0.connect(&details_of_one(details, address, share), None)
        })
    }
}

/// The details of a connection to this address alone, which may take this long.
fn details_of_one<'a>(
    details: &ConnectionDetails<'a>,
    address: SocketAddr,
    share: Duration,
) -> ConnectionDetails<'a> {
    let mut addrs = details.resolver.empty();
    addrs.push(address);
    let mut timeout = details.timeout;
    timeout.after = share.into();
    ConnectionDetails {
        uri: details.uri,
        addrs,
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: (details.current_time)(),
        timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    }
}

/// Connects to one of these addresses, of which there is at least one.
fn dial<T>(
    addresses: &[SocketAddr],
    limit: Duration,
    connect: impl Fn(SocketAddr, Duration) -> Result<T, Ureq>,
) -> Result<T, Ureq> {
    let start = Instant::now();
    let undialed = match dial_in_turn(addresses, FIRST_ROUND.min(limit), &connect) {
        Ok(connection) => return Ok(connection),
        Err(undialed) => undialed,
    };
    if undialed.silent.is_empty() {
        return Err(undialed.error);
    }
    let left = limit.saturating_sub(start.elapsed());
    dial_in_turn(&undialed.silent, left, &connect).map_err(|undialed| undialed.error)
}

/// No address has connected.
struct Undialed {
    error: Ureq,
    /// The addresses that said nothing: only there does another try make sense.
    silent: Vec<SocketAddr>,
}

/// Tries one address after the other, each for its share of the time that is left.
fn dial_in_turn<T>(
    addresses: &[SocketAddr],
    limit: Duration,
    connect: &impl Fn(SocketAddr, Duration) -> Result<T, Ureq>,
) -> Result<T, Undialed> {
    let start = Instant::now();
    let mut undialed = Undialed { error: Ureq::ConnectionFailed, silent: Vec::new() };
    let mut turns_left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let left = limit.saturating_sub(start.elapsed());
        // `ureq` treats a timeout of zero as one of a second.
        let share = (left / turns_left).max(Duration::from_millis(1));
        turns_left -= 1;
        match connect(*address, share) {
            Ok(connection) => return Ok(connection),
            Err(error @ Ureq::Timeout(_)) => {
                undialed.silent.push(*address);
                undialed.error = error;
            }
            // A refusal is reported only if no address has timed out.
            Err(Ureq::Io(error)) if undialed.silent.is_empty() => {
                undialed.error = Broken::Unreachable(error).into();
            }
            Err(_) => {}
        }
    }
    Err(undialed)
}

/// Asks a proxy to connect, if there is one on the way, and marks its failures as the proxy's.
#[derive(Default)]
pub(super) struct AskProxy(ConnectProxyConnector);

opaque!(AskProxy);

impl<In: Transport> Connector<In> for AskProxy {
    type Out = Either<In, Box<dyn Transport>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Ureq> {
        self.0.connect(details, chained).map_err(|error| Broken::Proxy(Box::new(error)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use ureq::Timeout;

    const REFUSING: &str = "192.0.2.1:1";
    const ANSWERING: &str = "192.0.2.2:1";

    /// Connects, for these tests, to one of three kinds of address: most say nothing.
    fn connect(address: SocketAddr, share: Duration) -> Result<SocketAddr, Ureq> {
        match address.to_string().as_str() {
            REFUSING => Err(Ureq::Io(io::ErrorKind::ConnectionRefused.into())),
            ANSWERING => Ok(address),
            _ => {
                std::thread::sleep(share);
                Err(Ureq::Timeout(Timeout::Connect))
            }
        }
    }

    fn dial_each(addresses: &[&str], limit: Duration) -> (String, Duration) {
        let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let start = Instant::now();
        let end = match dial(&addresses, limit, connect) {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        };
        (end, start.elapsed())
    }

    #[test]
    fn eight_addresses_that_lead_nowhere_cost_a_second() {
        for silent in ["198.51.100.1:1", "[2001:db8::1]:1"] {
            let mut addresses = vec![silent; 8];
            addresses.push(ANSWERING);
            let (end, took) = dial_each(&addresses, Duration::from_secs(10));
            assert_eq!(end, ANSWERING);
            assert!(took < Duration::from_millis(1500), "{took:?}");
        }
    }

    #[test]
    fn silence_ends_at_the_limit_and_a_refusal_at_once() {
        for (limit, addresses) in [
            (1500, &["198.51.100.1:1"; 3] as &[_]),
            (300, &["198.51.100.1:1"; 3]),
            (1500, &[REFUSING, "198.51.100.1:1", REFUSING]),
        ] {
            let limit = Duration::from_millis(limit);
            let (end, took) = dial_each(addresses, limit);
            assert_eq!(end, "timeout: connect");
            assert!(took >= limit / 2 && took < 2 * limit, "{took:?}");
        }
        let (end, took) = dial_each(&[REFUSING, REFUSING], Duration::from_secs(10));
        assert_eq!(end, "other: connection refused");
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
}
