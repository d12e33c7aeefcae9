//! Which proxy legs 3 to 5 go through, by the variables that curl made common.
//!
//! ```text
//! HTTPS_PROXY=http://user:password@proxy.example:3128  NO_PROXY=.corp.example,10.0.0.1
//!
//! CONNECT github.com:443 HTTP/1.1
//! Proxy-Authorization: Basic …
//! ```
//!
//! `ureq` speaks CONNECT (RFC 9110 §9.3.6). The proxy learns the host; the rest is TLS.
//!
//! Left out: SOCKS, `HTTP_PROXY` (it is for http only), and entries of `NO_PROXY` with a port, a
//! trailing dot, or a range such as `10.0.0.0/8`, which don't work. Shown by `tests/suite/tls.rs`.

use ureq::{Proxy, ProxyProtocol};

use crate::error::Error;
use crate::setup::Variables;
use crate::wire::url::{self, Endpoint};

/// An endpoint that this program asks itself, in legs 3 to 5, and the proxy on the way to it.
#[derive(Clone, Debug)]
pub struct Destination {
    pub endpoint: Endpoint,
    pub proxy: Option<Proxy>,
}

impl Destination {
    /// The endpoint, with the proxy that the environment names for it. This machine needs no proxy,
    /// and neither does a host that `NO_PROXY` names. Errors: [`Error::Variable`] when the proxy can't
    /// be used.
    pub fn new(endpoint: Endpoint, variables: Variables<'_>) -> Result<Self, Error> {
        if endpoint.is_loopback() || is_direct(&endpoint, variables)? {
            return Ok(Self { endpoint, proxy: None });
        }
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let proxy = match first_set(variables, &names)? {
            Some(variable) => Some(parse(&variable)?),
            None => None,
        };
        Ok(Self { endpoint, proxy })
    }
}

/// Whether `NO_PROXY` names the endpoint's host.
fn is_direct(endpoint: &Endpoint, variables: Variables<'_>) -> Result<bool, Error> {
    let Some(no_proxy) = first_set(variables, &["NO_PROXY", "no_proxy"])? else {
        return Ok(false);
    };
    let mut entries = no_proxy.value.split(',').map(str::trim);
    Ok(entries.any(|entry| entry == "*" || names_host(entry, &endpoint.host)))
}

fn parse(variable: &Variable) -> Result<Proxy, Error> {
    match Proxy::new(&variable.value) {
        Ok(proxy) if can_be_used(&proxy) => Ok(proxy),
        // The value may hold a password, so no error shows it.
        _ => Err(Error::Variable {
            name: variable.name,
            problem:
                "isn't the URL of an HTTP proxy, such as `http://proxy.example:3128`: set it to \
                      one, or unset it"
                    .to_owned(),
        }),
    }
}

fn can_be_used(proxy: &Proxy) -> bool {
    let speaks_http = matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https);
    // If the port were 99999, `ureq` would ask port 80.
    let has_port = proxy.uri().authority().is_some_and(|authority| url::port_of(authority).is_ok());
    speaks_http && has_port
}

/// A variable that is set.
struct Variable {
    name: &'static str,
    value: String,
}

/// The first of these variables that is set.
fn first_set(variables: Variables<'_>, names: &[&'static str]) -> Result<Option<Variable>, Error> {
    for name in names {
        let Some(value) = variables(name) else { continue };
        if value.is_empty() {
            continue;
        }
        let Ok(value) = value.into_string() else {
            let problem = "isn't UTF-8: set it again, or unset it".to_owned();
            return Err(Error::Variable { name, problem });
        };
        return Ok(Some(Variable { name, value }));
    }
    Ok(None)
}

/// Whether an entry of `NO_PROXY` names the host: `example`, `.example` and `*.example` all name
/// `example` and every host below it.
fn names_host(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    let domain = domain.trim_matches(['[', ']']);
    let host = host.trim_matches(['[', ']']);
    !domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn proxy(variables: &[(&str, &str)], endpoint: &str) -> Result<Option<Proxy>, String> {
        let lookup = |name: &str| {
            let given = variables.iter().find(|(known, _)| *known == name);
            given.map(|(_, value)| OsString::from(value))
        };
        let endpoint = Endpoint::parse(endpoint).unwrap();
        match Destination::new(endpoint, &lookup) {
            Ok(destination) => Ok(destination.proxy),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_first_proxy_variable_that_is_set_is_used() {
        for (variables, host) in [
            (&[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b")] as &[_], Some("a")),
            (&[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "")], Some("a")),
            (&[("https_proxy", "a"), ("ALL_PROXY", "b")], Some("a")),
            (&[("ALL_PROXY", "b"), ("all_proxy", "c")], Some("b")),
            (&[("all_proxy", "https://user:password@c:65535/")], Some("c")),
            (&[("all_proxy", "http://[::1]:3128")], Some("[::1]")),
            (&[("HTTP_PROXY", "a"), ("http_proxy", "b")], None),
            (&[], None),
        ] {
            let proxy = proxy(variables, "https://idp.example/").unwrap();
            assert_eq!(proxy.as_ref().map(Proxy::host), host, "{variables:?}");
        }
    }

    #[test]
    fn an_unusable_proxy_is_an_error_that_shows_no_password() {
        for (value, problem) in [
            ("socks5://user:5ecret@a:1080", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("socks4://a", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("ftp://user:5ecret@a", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("http://user:5ecret@a:99999", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("a:65536", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("http://a:+80", "ALL_PROXY isn't the URL of an HTTP proxy"),
            ("http://", "ALL_PROXY isn't the URL of an HTTP proxy"),
        ] {
            let error = proxy(&[("ALL_PROXY", value)], "https://idp.example/").unwrap_err();
            assert!(error.starts_with(problem) && !error.contains("5ecret"), "{error}");
            // An endpoint that doesn't need it doesn't mind.
            proxy(&[("ALL_PROXY", value)], "http://localhost/").unwrap();
            proxy(&[("ALL_PROXY", value), ("NO_PROXY", "idp.example")], "https://idp.example/")
                .unwrap();
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_the_domains_above_them() {
        for (no_proxy, endpoint, direct) in [
            ("", "https://idp.example/", false),
            ("", "https://localhost/", true),
            ("", "http://[::1]:1/", true),
            ("*", "https://idp.example/", true),
            ("idp.example", "https://IDP.example/", true),
            ("IDP.Example", "https://idp.example:8443/", true),
            ("a, idp.example ,b", "https://idp.example/", true),
            (".example", "https://idp.example/", true),
            ("*.example", "https://idp.example/", true),
            ("example", "https://idp.example/", true),
            ("example", "https://idpexample/", false),
            ("dp.example", "https://idp.example/", false),
            ("idp.example.org", "https://idp.example/", false),
            (",,", "https://idp.example/", false),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
        ] {
            let variables = [("NO_PROXY", no_proxy), ("HTTPS_PROXY", "http://a")];
            let proxy = proxy(&variables, endpoint).unwrap();
            assert_eq!(proxy.is_none(), direct, "{no_proxy} {endpoint}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let endpoint = Endpoint::parse("https://idp.example/").unwrap();
        for variable in ["HTTPS_PROXY", "all_proxy", "NO_PROXY"] {
            let lookup = |name: &str| (name == variable).then(|| OsString::from_vec(vec![0xff]));
            let error = Destination::new(endpoint.clone(), &lookup).unwrap_err().to_string();
            assert_eq!(error, format!("{variable} isn't UTF-8: set it again, or unset it"));
        }
    }
}
