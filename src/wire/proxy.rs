//! Which proxy legs 3 and 4 go through, by the variables that curl made common.
//!
//! ```text
//! HTTPS_PROXY=http://user:password@proxy.example:3128  NO_PROXY=.corp.example,10.0.0.1
//!
//! CONNECT github.com:443 HTTP/1.1
//! Proxy-Authorization: Basic …
//! ```
//!
//! `ureq` speaks CONNECT (RFC 9110 §9.3.6); here stands only whom it asks. What travels through the
//! proxy is TLS, so the proxy sees the host and no secret.
//!
//! Left out: SOCKS. Shown by `tests/suite/tls.rs`.

use std::ffi::OsString;

use ureq::{Proxy, ProxyProtocol};

use super::url::Endpoint;
use crate::error::Error;

/// The variables that may name a proxy, in the order in which they are asked.
const VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

/// The proxy of the environment, and who is reached without it.
#[derive(Debug)]
pub struct Proxies {
    proxy: Option<Proxy>,
    no_proxy: String,
}

impl Proxies {
    /// Reads the variables. A proxy that none of these endpoints needs is not looked at.
    ///
    /// # Errors
    /// [`Error::BadVariable`] when the proxy that an endpoint needs can't be used.
    pub fn read(
        variables: &dyn Fn(&str) -> Option<OsString>,
        endpoints: &[&Endpoint],
    ) -> Result<Self, Error> {
        let no_proxy = first(variables, &["NO_PROXY", "no_proxy"])?;
        let no_proxy = no_proxy.map(|(_, value)| value).unwrap_or_default();
        let mut proxies = Self { proxy: None, no_proxy };
        if endpoints.iter().any(|endpoint| !proxies.is_direct(endpoint))
            && let Some((name, value)) = first(variables, &VARIABLES)?
        {
            proxies.proxy = Some(usable(name, &value)?);
        }
        Ok(proxies)
    }

    /// The proxy to go through to an endpoint.
    #[must_use]
    pub fn proxy_for(&self, endpoint: &Endpoint) -> Option<Proxy> {
        self.proxy.clone().filter(|_| !self.is_direct(endpoint))
    }

    /// Whether an endpoint is reached without the proxy: this machine always, other hosts where
    /// `NO_PROXY` names them or a domain above them.
    fn is_direct(&self, endpoint: &Endpoint) -> bool {
        let host = endpoint.host().trim_matches(['[', ']']);
        let mut entries = self.no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase());
        endpoint.is_loopback() || entries.any(|entry| entry == "*" || names(&entry, host))
    }
}

/// The first of these variables that is set, with its value.
fn first(
    variables: &dyn Fn(&str) -> Option<OsString>,
    names: &[&'static str],
) -> Result<Option<(&'static str, String)>, Error> {
    for &name in names {
        if let Some(value) = variables(name).filter(|value| !value.is_empty()) {
            let problem = "is not UTF-8: set it again, or unset it".to_owned();
            let value = value.into_string().map_err(|_| Error::BadVariable { name, problem })?;
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// Whether an entry of `NO_PROXY` names the host: `example`, `.example` and `*.example` all name
/// `example` and every host below it.
fn names(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('*').trim_start_matches('.').trim_matches(['[', ']']);
    let below = host.strip_suffix(domain).filter(|_| !domain.is_empty());
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

fn usable(name: &'static str, value: &str) -> Result<Proxy, Error> {
    // The value may hold a password, so no error shows it.
    let problem = |problem: &str| Error::BadVariable { name, problem: problem.to_owned() };
    let proxy = Proxy::new(value)
        .map_err(|_| problem("is not the URL of a proxy: set it to one such as `http://proxy.example:3128`, or unset it"))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ => Err(problem(
            "names a SOCKS proxy, which this program can't use: set it to an http:// proxy, or unset it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)], endpoint: &str) -> Result<Proxies, String> {
        let lookup = |name: &str| {
            let given = variables.iter().find(|(known, _)| *known == name);
            given.map(|(_, value)| OsString::from(value))
        };
        let endpoint = Endpoint::parse(endpoint).unwrap();
        Proxies::read(&lookup, &[&endpoint]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_proxy_variable_that_is_set_is_used() {
        for (variables, host) in [
            (&[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b")] as &[_], Some("a")),
            (&[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "")], Some("a")),
            (&[("ALL_PROXY", "b"), ("HTTP_PROXY", "c")], Some("b")),
            (&[("http_proxy", "c:3128")], Some("c")),
            (&[], None),
        ] {
            let proxies = proxies(variables, "https://idp.example/").unwrap();
            assert_eq!(proxies.proxy.as_ref().map(Proxy::host), host, "{variables:?}");
        }
    }

    #[test]
    fn a_proxy_that_can_not_be_used_is_an_error_that_shows_no_password() {
        for (value, problem) in [
            ("socks5://user:5ecret@a:1080", "ALL_PROXY names a SOCKS proxy"),
            ("socks4://a", "ALL_PROXY names a SOCKS proxy"),
            ("ftp://user:5ecret@a", "ALL_PROXY is not the URL of a proxy"),
            ("http://", "ALL_PROXY is not the URL of a proxy"),
        ] {
            let error = proxies(&[("ALL_PROXY", value)], "https://idp.example/").unwrap_err();
            assert!(error.starts_with(problem) && !error.contains("5ecret"), "{error}");
            // Where it is not needed it does not matter.
            proxies(&[("ALL_PROXY", value)], "http://localhost/").unwrap();
            proxies(&[("ALL_PROXY", value), ("NO_PROXY", "idp.example")], "https://idp.example/")
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
            let proxies = proxies(&[("NO_PROXY", no_proxy)], endpoint).unwrap();
            assert_eq!(
                proxies.is_direct(&Endpoint::parse(endpoint).unwrap()),
                direct,
                "{no_proxy} {endpoint}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_an_error_and_not_passed_by() {
        use std::os::unix::ffi::OsStringExt;
        let endpoint = Endpoint::parse("https://idp.example/").unwrap();
        for variable in ["HTTPS_PROXY", "http_proxy", "NO_PROXY"] {
            let lookup = |name: &str| (name == variable).then(|| OsString::from_vec(vec![0xff]));
            let error = Proxies::read(&lookup, &[&endpoint]).unwrap_err().to_string();
            assert_eq!(error, format!("{variable} is not UTF-8: set it again, or unset it"));
        }
    }
}
