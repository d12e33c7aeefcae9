//! Names to addresses, for the endpoints and for a proxy.
//!
//! ```text
//! https://github.com/…     →  [2001:db8::1]:443  192.0.2.1:443  [2001:db8::2]:443
//! http://localhost:8000/…  →  [::1]:8000  127.0.0.1:8000
//! ```
//!
//! `ureq`'s own resolver panics where the system gives no thread.
//!
//! Left out: DNS itself, which the system speaks, and keeping what it says. Shown by the tests below,
//! and by `tests/suite/connections.rs`.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::ask::broken::Broken;
use crate::setup::in_time::in_time;

/// The most addresses that `ureq` can hold.
const MAX_ADDRESSES: usize = 16;

#[derive(Debug)]
pub(super) struct Names;

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default_port);
        let mut addresses = addresses_without_lookup(host, port);
        if addresses.is_empty() {
            addresses = alternating(look_up(host, port, timeout)?);
        }
        let mut resolved = self.empty();
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            resolved.push(address);
        }
        if resolved.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(resolved) }
    }
}

/// The addresses of a host that needs no lookup; none of any other.
fn addresses_without_lookup(host: &str, port: u16) -> Vec<SocketAddr> {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    if let Ok(ip) = host.parse::<IpAddr>() {
        return vec![SocketAddr::new(ip, port)];
    }
    // RFC 6761 §6.3: "Name resolution APIs and libraries SHOULD recognize localhost names as special
    // and SHOULD always return the IP loopback address for address queries". The machine's files may
    // say otherwise, and what goes to `http://localhost` isn't encrypted.
    if host == "localhost" || host.ends_with(".localhost") {
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        return vec![v6, v4];
    }
    Vec::new()
}

/// Asks the system, on a thread of its own, because it may take longer than anybody waits.
fn look_up(host: &str, port: u16, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
    let host = host.to_owned();
    match in_time(*timeout.after, move || (host.as_str(), port).to_socket_addrs()) {
        Ok(Ok(addresses)) => Ok(addresses.collect()),
        Ok(Err(error)) => Err(Broken::UnknownHost(error).into()),
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            Err(ureq::Error::Timeout(timeout.reason))
        }
        Err(error) => Err(Broken::NoThread(error).into()),
    }
}

/// RFC 8305 §4: "the client SHOULD modify the ordered list to interleave address families." So one
/// family that leads nowhere holds the other up for one turn only.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return addresses };
    let starts_with_v6 = first.is_ipv6();
    let mut these = Vec::new();
    let mut others = Vec::new();
    for address in addresses {
        if address.is_ipv6() == starts_with_v6 {
            these.push(address);
        } else {
            others.push(address);
        }
    }
    let mut others = others.into_iter();
    let mut alternating = Vec::new();
    for address in these {
        alternating.push(address);
        if let Some(other) = others.next() {
            alternating.push(other);
        }
    }
    alternating.extend(others);
    alternating
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn literals_and_localhost_need_no_lookup_and_localhost_is_always_loopback() {
        let both: &[&str] = &["[::1]:80", "127.0.0.1:80"];
        for (host, expected) in [
            ("192.0.2.1", &["192.0.2.1:80"] as &[_]),
            ("[2001:db8::1]", &["[2001:db8::1]:80"]),
            ("localhost", both),
            ("LocalHost.", both),
            ("idp.localhost", both),
            ("a.b.localhost.", both),
            ("localhost.example", &[]),
            ("notlocalhost", &[]),
            ("github.com", &[]),
        ] {
            assert_eq!(addresses_without_lookup(host, 80), addresses(expected), "{host}");
        }
    }

    #[test]
    fn the_families_take_turns_and_the_first_begins() {
        for (given, expected) in [
            (
                &["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"] as &[_],
                &["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"] as &[_],
            ),
            (&["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"], &["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"]),
            (&["1.1.1.1:1", "[::1]:1", "[::2]:1"], &["1.1.1.1:1", "[::1]:1", "[::2]:1"]),
            (&["1.1.1.1:1"], &["1.1.1.1:1"]),
            (&[], &[]),
        ] {
            assert_eq!(alternating(addresses(given)), addresses(expected));
        }
    }
}
