//! The two kinds of URL in a login, RFC 3986: the provider's endpoints, and the redirect URI, which
//! leads back here in leg 2.
//!
//! ```text
//! endpoint      https://github.com/login/oauth/authorize
//! redirect URI  http://localhost:8000/callback
//! ```
//!
//! `http::Uri`, which comes with `ureq`, does the parsing; this file says what a login may use.
//!
//! Left out: international host names (write them in punycode), and user names and passwords. Shown
//! by the tables below, and by `tests/suite/configuration.rs`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::http::uri::{Authority, Uri};

use crate::wire::form::{Form, Problem};

/// An endpoint of the provider: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host in lower case; an IPv6 address in brackets.
    pub host: String,
    /// The port, if the URL names one.
    pub port: Option<u16>,
    /// The URL as it was given.
    pub text: String,
}

impl Endpoint {
    /// Reads an endpoint. It must be an absolute URL without a password or a fragment, and nothing
    /// may travel to another machine in the clear.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let url = absolute(text)?;
        let endpoint = Self { host: url.host, port: url.port, text: text.to_owned() };
        // RFC 6749 §3.1: "Since requests to the authorization endpoint result in user
        // authentication and the transmission of clear-text credentials (in the HTTP response), the
        // authorization server MUST require the use of TLS".
        match url.uri.scheme_str() {
            Some("https") => Ok(endpoint),
            Some("http") if endpoint.is_loopback() => Ok(endpoint),
            Some("http") => Err("must begin with https:// unless it leads to this machine"),
            _ => Err("must begin with https://"),
        }
    }

    /// Whether leg 1 can add its parameters without repeating one.
    pub fn has_room_for_the_request(&self) -> bool {
        has_none_of(&self.text, &REQUEST_PARAMETERS)
    }

    /// The URL without its query, for errors.
    pub fn without_query(&self) -> &str {
        match self.text.split_once('?') {
            Some((url, _)) => url,
            None => &self.text,
        }
    }

    /// Whether the host is this machine. RFC 6761 §6.3: every name below `localhost` is, too.
    pub fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "[::1]")
            || self.host.ends_with(".localhost")
            || self.host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
    }
}

/// The URI that the provider sends the browser back to: http on this machine, with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    /// The port, which is 0 until one is found.
    pub port: u16,
    /// The URI exactly as the provider hears it, in leg 1 and again in leg 3.
    pub text: String,
    host: String,
    path_and_query: String,
}

impl RedirectUri {
    /// Reads a redirect URI: http on `localhost`, `127.0.0.1` or `[::1]`, with a path. Port 0 means
    /// any free port; see [`RedirectUri::on_port`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let url = absolute(text)?;
        // RFC 8252 §7.3: "Loopback redirect URIs use the "http" scheme".
        if url.uri.scheme_str() != Some("http") {
            return Err("must begin with http://, because this program has no certificate");
        }
        if !matches!(url.host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err("must have the host localhost, 127.0.0.1 or [::1]");
        }
        // `Uri` makes up the path `/` if there is none.
        let path_and_query = url.uri.path_and_query().map_or("", |target| target.as_str());
        if !path_and_query.starts_with('/') || !text.ends_with(path_and_query) {
            return Err("must have a path, such as /callback");
        }
        if !is_kept_by_browsers(url.uri.path()) {
            return Err("must have a path that is escaped and has no `.` or `..` segments");
        }
        // The response brings these, and RFC 6749 §3.1 allows none of them twice.
        if !has_none_of(text, &RESPONSE_PARAMETERS) {
            return Err("must not have a parameter of the authorization response in its query");
        }
        Ok(Self {
            port: url.port.unwrap_or(80),
            text: text.to_owned(),
            path_and_query: path_and_query.to_owned(),
            host: url.host,
        })
    }

    /// The same redirect URI on the port that turned out to be free.
    pub fn on_port(mut self, port: u16) -> Self {
        if self.port != port {
            self.port = port;
            self.text = self.origin() + &self.path_and_query;
        }
        self
    }

    /// The path that a callback must have, still escaped.
    pub fn path(&self) -> &str {
        match self.path_and_query.split_once('?') {
            Some((path, _)) => path,
            None => &self.path_and_query,
        }
    }

    /// The query that the redirect URI brings itself, still escaped; empty if there is none.
    pub fn query(&self) -> &str {
        match self.path_and_query.split_once('?') {
            Some((_, query)) => query,
            None => "",
        }
    }

    /// Scheme, host and port: `http://localhost:8000`.
    pub fn origin(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// The addresses to listen on. `localhost` is two: RFC 8252 §7.3 asks to "attempt to bind to
    /// the loopback interface using both IPv4 and IPv6", and Chromium tries the second one first.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, self.port));
        match self.host.as_str() {
            "localhost" => vec![v4, v6],
            "[::1]" => vec![v6],
            _ => vec![v4],
        }
    }
}

/// An absolute URL, taken apart.
struct Absolute {
    uri: Uri,
    host: String,
    port: Option<u16>,
}

fn absolute(text: &str) -> Result<Absolute, Problem> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be visible ASCII without spaces");
    }
    // RFC 6749 §3.1 and §3.1.2: "The endpoint URI MUST NOT include a fragment component."
    if text.contains('#') {
        return Err("must not have a fragment");
    }
    let Ok(uri) = text.parse::<Uri>() else { return Err("isn't an absolute URL") };
    let Some(authority) = uri.authority() else { return Err("isn't an absolute URL") };
    if uri.scheme().is_none() {
        return Err("isn't an absolute URL");
    }
    if authority.host().is_empty() {
        return Err("must name a host");
    }
    if authority.as_str().contains('@') {
        return Err("must not hold a user name or a password");
    }
    let host = authority.host().to_ascii_lowercase();
    let port = port_of(authority)?;
    Ok(Absolute { uri, host, port })
}

/// The port that an authority names, if any. `http` itself ignores a port that isn't a number.
pub(crate) fn port_of(authority: &Authority) -> Result<Option<u16>, Problem> {
    let host_and_port = match authority.as_str().rsplit_once('@') {
        Some((_, host_and_port)) => host_and_port,
        None => authority.as_str(),
    };
    let Some(port) = host_and_port.strip_prefix(authority.host()) else { return Ok(None) };
    let Some(digits) = port.strip_prefix(':') else { return Ok(None) };
    match digits.parse() {
        // `parse` takes `+1` too.
        Ok(port) if !digits.starts_with('+') => Ok(Some(port)),
        _ => Err("must have a port from 0 to 65535"),
    }
}

/// Whether a browser sends this path as it is. It resolves `.` and `..`, and escapes what isn't in
/// RFC 3986 §3.3: "pchar = unreserved / pct-encoded / sub-delims / ":" / "@"".
fn is_kept_by_browsers(path: &str) -> bool {
    let is_pchar =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    let path_in_dots = path.to_ascii_lowercase().replace("%2e", ".");
    let has_dots = path_in_dots.split('/').any(|segment| matches!(segment, "." | ".."));
    path.bytes().all(is_pchar) && !has_dots
}

/// Whether the query of a URL has none of these parameters.
fn has_none_of(url: &str, names: &[&str]) -> bool {
    let Some((_, query)) = url.split_once('?') else { return true };
    Form::decode(query).pairs().all(|(name, _)| !names.contains(&name))
}

/// The parameters that leg 1 adds to the authorization endpoint.
const REQUEST_PARAMETERS: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// The parameters that leg 2 adds to the redirect URI.
const RESPONSE_PARAMETERS: [&str; 5] = ["code", "state", "iss", "error", "error_description"];

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
            ("http://idp.localhost/a", "idp.localhost", true),
            ("http://127.0.0.1:65535", "127.0.0.1", true),
            ("http://127.9.9.9/", "127.9.9.9", true),
            ("http://[::1]:8080/a", "[::1]", true),
            ("https://localhost/", "localhost", true),
        ] {
            let endpoint = Endpoint::parse(text).expect(text);
            assert_eq!(
                (endpoint.text.as_str(), endpoint.host.as_str(), endpoint.is_loopback()),
                (text, host, loopback)
            );
        }
    }

    #[test]
    fn an_endpoint_tells_the_port_that_it_names() {
        for (text, port) in [
            ("https://github.com/", None),
            ("https://localhost:8443", Some(8443)),
            ("http://[::1]:0/", Some(0)),
            ("http://[::1]/", None),
            ("https://1:65535/", Some(65535)),
            ("https://443:443/", Some(443)),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().port, port, "{text}");
        }
    }

    #[test]
    fn other_endpoints_are_refused_with_the_reason() {
        for (text, problem) in [
            ("", "isn't an absolute URL"),
            ("github.com", "isn't an absolute URL"),
            ("/login", "isn't an absolute URL"),
            ("https://", "isn't an absolute URL"),
            ("https://:80/", "must name a host"),
            ("http://github.com/", "must begin with https:// unless it leads to this machine"),
            (
                "http://127.0.0.1.example/",
                "must begin with https:// unless it leads to this machine",
            ),
            (
                "http://localhost.example/",
                "must begin with https:// unless it leads to this machine",
            ),
            ("ftp://localhost/", "must begin with https://"),
            ("https://a/#b", "must not have a fragment"),
            ("https://user:secret@a/", "must not hold a user name or a password"),
            ("https://a:b/", "must have a port from 0 to 65535"),
            ("https://a:+1/", "must have a port from 0 to 65535"),
            ("http://[127.0.0.1]/", "must begin with https:// unless it leads to this machine"),
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
            assert_eq!(
                (uri.text.as_str(), uri.origin().as_str(), uri.path()),
                (text, origin, path)
            );
            assert_eq!(listening.join(" "), addresses);
        }
    }

    #[test]
    fn other_redirect_uris_are_refused_with_the_reason() {
        let scheme = "must begin with http://, because this program has no certificate";
        let host = "must have the host localhost, 127.0.0.1 or [::1]";
        let path = "must have a path that is escaped and has no `.` or `..` segments";
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
            ("localhost:8000/callback", "isn't an absolute URL"),
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
        assert_eq!(uri.text.as_str(), "http://[::1]:54321/call/back?a=/b");
        assert_eq!(uri.port, 54321);
        let uri = RedirectUri::parse("http://localhost/callback").unwrap().on_port(80);
        assert_eq!(uri.text.as_str(), "http://localhost/callback");
    }
}
