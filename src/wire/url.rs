//! The two kinds of URL in a login, RFC 3986: an endpoint of the provider, for legs 1, 3 and 4, and
//! the redirect URI, which leads back here in leg 2.
//!
//! ```text
//! endpoint      https://github.com/login/oauth/authorize
//! redirect URI  http://localhost:8000/callback
//! ```
//!
//! `http::Uri`, which comes with `ureq`, does the parsing; here stands what a login may use.
//!
//! Left out: international host names (write them in punycode), and user information, which has no
//! place here.
//!
//! Shown by the tables below, and by `tests/suite/configuration.rs`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::http::Uri;

use super::form::Form;

/// What is wrong with a URL, in words that can be shown.
pub type Problem = &'static str;

/// An endpoint of the provider: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    text: String,
    host: String,
    loopback: bool,
}

impl Endpoint {
    /// Reads an endpoint; a query is kept.
    ///
    /// # Errors
    /// When it is not an absolute URL, holds user information or a fragment, or would travel in the
    /// clear.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (uri, host, _) = absolute(text)?;
        let loopback = is_loopback(&host);
        // RFC 6749 §3.1: "Since requests to the authorization endpoint result in user
        // authentication and the transmission of clear-text credentials (in the HTTP response), the
        // authorization server MUST require the use of TLS".
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => return Err("must begin with https:// unless its host is this machine"),
            _ => return Err("must begin with https://"),
        }
        Ok(Self { text: text.to_owned(), host, loopback })
    }

    /// Whether its query can be added to: it has no parameter of the authorization request.
    #[must_use]
    pub fn can_be_added_to(&self) -> bool {
        let query = self.text.split_once('?').map(|(_, query)| query);
        let ours = [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
        ];
        leaves_out(query, &ours)
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL without its query, for errors.
    #[must_use]
    pub fn without_query(&self) -> &str {
        self.text.split('?').next().unwrap_or_default()
    }

    /// The host, in lower case; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

/// The URI that the provider sends the browser back to: http on this machine, with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    host: String,
    port: u16,
    path: String,
}

impl RedirectUri {
    /// Reads a redirect URI. Port 0 stands for any free port; see [`RedirectUri::on_port`].
    ///
    /// # Errors
    /// When it is not http on `localhost`, `127.0.0.1` or `[::1]`, or has no path.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (uri, host, port) = absolute(text)?;
        // RFC 8252 §7.3: "Loopback redirect URIs use the "http" scheme".
        if uri.scheme_str() != Some("http") {
            return Err(
                "must begin with http:// because it leads to this program, which has no certificate",
            );
        }
        if !matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err("must have the host localhost, 127.0.0.1 or [::1]");
        }
        // `Uri` gives the path `/` where there is none.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let rest = text.split_once(authority).map_or("", |(_, rest)| rest);
        if !rest.starts_with('/') {
            return Err("must have a path, such as /callback");
        }
        if !is_kept(uri.path()) {
            return Err(
                "must have a path that a browser keeps: no `.` or `..`, and the rest escaped",
            );
        }
        // They are the response's: RFC 6749 §3.1 allows none of them twice.
        if !leaves_out(uri.query(), &["code", "state", "iss", "error", "error_description"]) {
            return Err("must not have a parameter of the authorization response in its query");
        }
        Ok(Self {
            text: text.to_owned(),
            host,
            port: port.unwrap_or(80),
            path: uri.path().to_owned(),
        })
    }

    /// The same redirect URI on the port that was found free.
    #[must_use]
    pub fn on_port(self, port: u16) -> Self {
        if self.port == port {
            return self;
        }
        let path =
            self.text.match_indices('/').nth(2).and_then(|(start, _)| self.text.get(start..));
        let text = format!("http://{}:{port}{}", self.host, path.unwrap_or_default());
        Self { text, port, ..self }
    }

    /// The URI exactly as the provider is told it, in leg 1 and again in leg 3.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path that a callback must have, still escaped.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The port, which is 0 before it is known.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Scheme, host and port: `http://localhost:8000`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// The addresses to listen on. `localhost` is two: RFC 8252 §7.3 asks to "attempt to bind to
    /// the loopback interface using both IPv4 and IPv6", and Chromium goes to the second one first.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let ips: &[IpAddr] = match self.host.as_str() {
            "127.0.0.1" => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
            "[::1]" => &[IpAddr::V6(Ipv6Addr::LOCALHOST)],
            _ => &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
        };
        ips.iter().map(|&ip| SocketAddr::new(ip, self.port)).collect()
    }
}

/// The URL, its host in lower case, and its port if it names one.
fn absolute(text: &str) -> Result<(Uri, String, Option<u16>), Problem> {
    if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err("must be visible ASCII without spaces");
    }
    // RFC 6749 §3.1 and §3.1.2: "The endpoint URI MUST NOT include a fragment component."
    if text.contains('#') {
        return Err("must not have a fragment");
    }
    let uri: Uri = text.parse().map_err(|_| "is not a URL")?;
    let authority =
        uri.authority().filter(|_| uri.scheme().is_some()).ok_or("is not an absolute URL")?;
    if authority.as_str().contains('@') {
        return Err("must not hold a user name or a password");
    }
    let host = authority.host();
    if host.is_empty() {
        return Err("must name a host");
    }
    let port = match authority.as_str().strip_prefix(host).and_then(|rest| rest.strip_prefix(':')) {
        None => None,
        Some(digits) => {
            let only_digits = digits.bytes().all(|octet| octet.is_ascii_digit());
            let port = digits.parse().ok().filter(|_| only_digits);
            Some(port.ok_or("must have a port from 0 to 65535")?)
        }
    };
    let host = host.to_ascii_lowercase();
    Ok((uri, host, port))
}

fn is_loopback(host: &str) -> bool {
    let ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let ip = match ipv6 {
        Some(host) => host.parse().map(IpAddr::V6),
        None => host.parse().map(IpAddr::V4),
    };
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Whether a browser sends this path as it is. It resolves `.` and `..`, and escapes what is not in
/// RFC 3986 §3.3: "pchar = unreserved / pct-encoded / sub-delims / ":" / "@"".
fn is_kept(path: &str) -> bool {
    let is_pchar =
        |octet: u8| octet.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&octet);
    let lower = path.to_ascii_lowercase().replace("%2e", ".");
    path.bytes().all(is_pchar) && !lower.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Whether the query of a URL has none of these parameters.
fn leaves_out(query: Option<&str>, names: &[&str]) -> bool {
    let form = Form::decode(query.unwrap_or_default());
    form.is_ok_and(|form| names.iter().all(|name| form.get(name) == Ok(None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_or_on_this_machine() {
        for (text, host, loopback) in [
            ("https://github.com/login/oauth/authorize", "github.com", false),
            ("https://GitHub.example:8443/a?b=c", "github.example", false),
            ("HTTPS://a", "a", false),
            ("http://localhost:1/a", "localhost", true),
            ("http://LOCALHOST/a", "localhost", true),
            ("http://127.0.0.1:65535", "127.0.0.1", true),
            ("http://127.9.9.9/", "127.9.9.9", true),
            ("http://[::1]:8080/a", "[::1]", true),
            ("https://localhost/", "localhost", true),
        ] {
            let endpoint = Endpoint::parse(text).expect(text);
            assert_eq!(
                (endpoint.as_str(), endpoint.host(), endpoint.is_loopback()),
                (text, host, loopback)
            );
        }
    }

    #[test]
    fn other_endpoints_are_refused_with_the_reason() {
        for (text, problem) in [
            ("", "is not a URL"),
            ("github.com", "is not an absolute URL"),
            ("/login", "is not an absolute URL"),
            ("https://", "is not a URL"),
            ("https://:80/", "must name a host"),
            ("http://github.com/", "must begin with https:// unless its host is this machine"),
            (
                "http://127.0.0.1.example/",
                "must begin with https:// unless its host is this machine",
            ),
            (
                "http://localhost.example/",
                "must begin with https:// unless its host is this machine",
            ),
            ("ftp://localhost/", "must begin with https://"),
            ("https://a/#b", "must not have a fragment"),
            ("https://user:secret@a/", "must not hold a user name or a password"),
            ("https://a:b/", "must have a port from 0 to 65535"),
            ("https://a:+1/", "must have a port from 0 to 65535"),
            ("http://[127.0.0.1]/", "must begin with https:// unless its host is this machine"),
            ("https://a:65536/", "must have a port from 0 to 65535"),
            ("https://a b/", "must be visible ASCII without spaces"),
            ("https://é/", "must be visible ASCII without spaces"),
            ("https://a/\n", "must be visible ASCII without spaces"),
        ] {
            assert_eq!(Endpoint::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn redirect_uris_lead_to_this_machine() {
        for (text, origin, path, addresses) in [
            (
                "http://localhost:8000/callback",
                "http://localhost:8000",
                "/callback",
                "127.0.0.1:8000 [::1]:8000",
            ),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1", "/", "127.0.0.1:1"),
            ("http://[::1]:2/a/b", "http://[::1]:2", "/a/b", "[::1]:2"),
            (
                "http://localhost/callback?keep=1",
                "http://localhost:80",
                "/callback",
                "127.0.0.1:80 [::1]:80",
            ),
        ] {
            let uri = RedirectUri::parse(text).expect(text);
            let listening: Vec<String> = uri.addresses().iter().map(ToString::to_string).collect();
            assert_eq!((uri.as_str(), uri.origin().as_str(), uri.path()), (text, origin, path));
            assert_eq!(listening.join(" "), addresses);
        }
    }

    #[test]
    fn other_redirect_uris_are_refused_with_the_reason() {
        let scheme =
            "must begin with http:// because it leads to this program, which has no certificate";
        let host = "must have the host localhost, 127.0.0.1 or [::1]";
        let path = "must have a path that a browser keeps: no `.` or `..`, and the rest escaped";
        let query = "must not have a parameter of the authorization response in its query";
        for (text, problem) in [
            ("https://localhost:8000/callback", scheme),
            ("http://example.com/callback", host),
            ("http://0.0.0.0:8000/callback", host),
            ("http://127.0.0.2:8000/callback", host),
            ("http://localhost:8000", "must have a path, such as /callback"),
            ("http://localhost:8000?a=/", "must have a path, such as /callback"),
            ("http://localhost:8000/callback#a", "must not have a fragment"),
            ("http://localhost:99999/callback", "must have a port from 0 to 65535"),
            ("localhost:8000/callback", "is not a URL"),
            ("http://localhost:+8000/callback", "must have a port from 0 to 65535"),
            ("http://localhost:8000/a/../callback", path),
            ("http://localhost:8000/./callback", path),
            ("http://localhost:8000/%2e%2E/callback", path),
            ("http://localhost:8000/c{b}", path),
            ("http://localhost:8000/callback?a=b&state=c", query),
            ("http://localhost:8000/callback?c%6fde=a&code=b", query),
        ] {
            assert_eq!(RedirectUri::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn port_0_becomes_the_port_that_was_found() {
        let uri = RedirectUri::parse("http://[::1]:0/call/back?a=/b").unwrap().on_port(54321);
        assert_eq!(uri.as_str(), "http://[::1]:54321/call/back?a=/b");
        assert_eq!(uri.port(), 54321);
        let uri = RedirectUri::parse("http://localhost/callback").unwrap().on_port(80);
        assert_eq!(uri.as_str(), "http://localhost/callback");
    }
}
