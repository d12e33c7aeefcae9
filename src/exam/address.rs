//! A URL on this machine, read as generously as a browser reads it.
//!
//! ```text
//! http://localhost:8000/callback?keep=1      host, port, and the target of a request
//! http://127.0.0.1:8000                      no path, and a browser asks for /
//! ```
//!
//! Left out: https, because the exam has no certificate that a client would trust.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As it stands in the URL, with its brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query.
    pub(super) target: String,
}

impl Address {
    /// Reads a URL; none if it doesn't lead to this machine by http.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let (target, _) = target.split_once('#').unwrap_or((target, ""));
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        let address = Self { host: host.to_ascii_lowercase(), port, target };
        if address.sockets().is_empty() { None } else { Some(address) }
    }

    /// The target of a request: of a URL, or of a path on the same origin.
    pub(super) fn join(&self, location: &str) -> Option<Self> {
        if location.starts_with("//") {
            return Self::parse(&format!("http:{location}"));
        }
        if location.starts_with("http://") || location.starts_with("https://") {
            return Self::parse(location);
        }
        let target = if location.starts_with('/') {
            location.to_owned()
        } else {
            let folder = self.path().rfind('/').unwrap_or(0);
            let (folder, _) = self.path().split_at(folder);
            format!("{folder}/{location}")
        };
        Some(Self { target, ..self.clone() })
    }

    pub(super) fn path(&self) -> &str {
        let (path, _) = self.target.split_once('?').unwrap_or((&self.target, ""));
        path
    }

    /// The value of the Host header.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Where it leads; nowhere, if not to this machine. RFC 6761 §6.3: `localhost` and all names below it are
    /// the two loopback addresses.
    pub(super) fn sockets(&self) -> Vec<SocketAddr> {
        if self.host == "localhost" || self.host.ends_with(".localhost") {
            let four = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let six = SocketAddr::from((Ipv6Addr::LOCALHOST, self.port));
            return vec![four, six];
        }
        let literal = self.host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(ip) if ip.is_loopback() => vec![SocketAddr::from((ip, self.port))],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_that_lead_here_by_http_are_addresses() {
        for (url, authority, target) in [
            ("http://localhost:8000/callback?a=b", "localhost:8000", "/callback?a=b"),
            ("http://LOCALHOST:8000", "localhost:8000", "/"),
            ("http://127.0.0.1:1?a=b", "127.0.0.1:1", "/?a=b"),
            ("http://127.4.5.6/#part", "127.4.5.6:80", "/"),
            ("http://[::1]:8000/a#b", "[::1]:8000", "/a"),
            ("http://[::1]", "[::1]:80", "/"),
            ("http://app.localhost:8000/", "app.localhost:8000", "/"),
        ] {
            let address = Address::parse(url).expect(url);
            assert_eq!((&*address.authority(), &*address.target), (authority, target), "{url}");
        }
        for url in [
            "https://localhost/",
            "http://example.com/",
            "http://localhost.example/",
            "com.example.app:/callback",
            "http://10.0.0.1/",
            "http://localhost:port/",
            "http://[::2]/",
            "http://user@localhost/",
            "http://",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(Address::parse(url), None, "{url}");
        }
    }

    #[test]
    fn a_redirect_may_name_a_url_a_path_or_a_file_beside() {
        let here = Address::parse("http://localhost:8000/a/b?c").unwrap();
        for (location, authority, target) in [
            ("/x", "localhost:8000", "/x"),
            ("x?y", "localhost:8000", "/a/x?y"),
            ("//127.0.0.1:9/z", "127.0.0.1:9", "/z"),
            ("http://127.0.0.1:9/z", "127.0.0.1:9", "/z"),
        ] {
            let next = here.join(location).expect(location);
            assert_eq!((&*next.authority(), &*next.target), (authority, target), "{location}");
        }
        assert_eq!(here.join("https://attacker.example/"), None);
    }
}
