//! Pages of other sites, which a browser on this machine may show: they get nothing from the provider.
//!
//! ```text
//! Host: evil.example:8010        a name that was made to lead to this machine (DNS rebinding)
//! Origin: https://evil.example   a form of another site's, sent to the consent page
//! Sec-Fetch-Site: cross-site     the same, as the browser says it
//! ```
//!
//! Left out: a page on another port of this machine that only reads, which no browser lets it do.
//! Shown by `tests/suite/neighbours.rs`, and in a browser by `tests/browser.rs`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::answer::Answer;
use super::route::Route;
use crate::wire::request::Request;

/// The refusal of a request that a page of another site has made, if it is one.
pub(super) fn refusal(request: &Request, route: Route) -> Option<Answer> {
    // RFC 9110 §15.5.20: "the request was directed at a server that is unable or unwilling to produce an
    // authoritative response for the target URI."
    if !is_for_this_machine(request) {
        let said = "the Host is not this machine: use localhost or 127.0.0.1 (RFC 9110 §15.5.20)";
        return Some(Answer::problem(421, said));
    }
    if route == Route::Decision && is_cross_site(request) {
        let said = "a page of another site has sent this form (RFC 6454 §7.3)";
        return Some(Answer::problem(403, said));
    }
    None
}

fn is_for_this_machine(request: &Request) -> bool {
    match request.header("host") {
        Some(host) => is_this_machine(host),
        // HTTP/1.0, which no browser speaks.
        None => true,
    }
}

/// Whether an authority, with a port or without, names this machine.
fn is_this_machine(authority: &str) -> bool {
    let Some((host, port)) = split_port(authority) else { return false };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    is_port && (host.eq_ignore_ascii_case("localhost") || is_loopback(host))
}

/// The host, and the port without its colon.
fn split_port(authority: &str) -> Option<(&str, &str)> {
    let (host, after) = match authority.find(']') {
        Some(end) => authority.split_at_checked(end + 1)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    match after {
        "" => Some((host, "")),
        _ => Some((host, after.strip_prefix(':')?)),
    }
}

fn is_loopback(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(address) => address.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback()),
    }
}

/// Whether the browser says that another page than the consent page has sent the form. A client that is
/// no browser says nothing.
fn is_cross_site(request: &Request) -> bool {
    let site = request.header("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return true;
    }
    match request.header("origin") {
        None => false,
        // The consent page has the Referrer-Policy `no-referrer`, so a browser says no more of it; whose
        // form it is stands in Sec-Fetch-Site then.
        Some("null") => site.is_none(),
        Some(origin) => {
            let here = format!("http://{}", request.header("host").unwrap_or_default());
            !origin.eq_ignore_ascii_case(&here)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_its_names_and_addresses_and_any_port() {
        for host in [
            "localhost",
            "LocalHost:8010",
            "localhost:",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.255.0.3:65535",
            "[::1]",
            "[::1]:8010",
            "[0:0:0:0:0:0:0:1]:8010",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            ":8010",
            "evil.example",
            "evil.example:8010",
            "localhost.evil.example",
            "evil.example.localhost",
            "127.0.0.1.evil.example:8010",
            "128.0.0.1",
            "0.0.0.0:8010",
            "127.1",
            "2130706433",
            "10.0.0.1",
            "[::]",
            "[::2]:8010",
            "[::1]evil",
            "[::1",
            "::1",
            "[::ffff:10.0.0.1]",
            "[127.0.0.1]",
            "localhost:8010:8010",
            "localhost:a",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
