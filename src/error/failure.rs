//! Why no whole answer came to a request of legs 3 to 5: each kind of failure, with its remedy.
//!
//! ```text
//! its certificate has expired: check this machine's clock; if the clock is right, the server needs …
//! └────── why() ────────────┘  └─────────────────────────── advice() ─────────────────────────────…
//! ```
//!
//! Left out: the numbers of the operating system's errors, which the cause gives. Shown by
//! `tests/suite/connections.rs` and `tests/suite/tls.rs`.

use std::fmt;

/// Who is at the other end: the provider, or a proxy on the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    Provider,
    /// The proxy, as `http://proxy.example:3128`.
    Proxy(String),
}

/// A part of a request that can be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Url,
    AccessToken,
    ClientCredentials,
}

/// The flaw of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No authority that is built in has signed it.
    UnknownAuthority,
    /// No authority in the file that `SSL_CERT_FILE` names has signed it.
    NotInFile,
    Expired,
    NotYetValid,
    OtherHost,
    /// The certificate of a CA, which isn't meant for a server.
    OfAnAuthority,
    Unusable,
}

/// Why no whole answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The system gives no thread to look a name up.
    NoThread,
    UnknownHost(Peer),
    Unreachable(Peer),
    /// No connection came about in 10 seconds.
    NoConnectionInTime(Peer),
    Certificate(Peer, Flaw),
    Tls(Peer),
    /// The proxy refuses CONNECT, or doesn't answer it.
    RefusedByProxy(String),
    RequestTooLong(Part),
    /// The connection ended before the first byte of an answer.
    Closed,
    CutShort,
    /// No whole answer after 30 seconds.
    TooSlow(Peer),
    /// The body has more than 1 MiB.
    TooLong,
    /// The head has more than 64 KiB.
    HeadTooLong,
    NotHttp(Peer),
    Other,
}

const PROXY_VARIABLES: &str = "check `HTTPS_PROXY` and `ALL_PROXY`";

impl Failure {
    /// The reason. In it, `it` is the endpoint, which is named in front.
    pub fn why(&self) -> String {
        match self {
            Self::NoThread => "the system gives no thread to look its name up".to_owned(),
            Self::UnknownHost(Peer::Provider) => "its host name can't be looked up".to_owned(),
            Self::UnknownHost(Peer::Proxy(proxy)) => {
                format!("the host name of the proxy `{proxy}` can't be looked up")
            }
            Self::Unreachable(Peer::Provider) => "it can't be reached".to_owned(),
            Self::Unreachable(Peer::Proxy(proxy)) => {
                format!("the proxy `{proxy}` can't be reached")
            }
            Self::NoConnectionInTime(Peer::Provider) => {
                "no connection within 10 seconds".to_owned()
            }
            Self::NoConnectionInTime(Peer::Proxy(proxy)) => {
                format!("no connection through the proxy `{proxy}` within 10 seconds")
            }
            Self::Certificate(Peer::Provider, flaw) => format!("its certificate {}", flaw.why()),
            Self::Certificate(Peer::Proxy(proxy), flaw) => {
                format!("the certificate of the proxy `{proxy}` {}", flaw.why())
            }
            Self::Tls(Peer::Provider) => "no TLS connection to it can be set up".to_owned(),
            Self::Tls(Peer::Proxy(proxy)) => {
                format!("no TLS connection to the proxy `{proxy}` can be set up")
            }
            Self::RefusedByProxy(proxy) => format!("the proxy `{proxy}` didn't connect to it"),
            Self::RequestTooLong(part) => {
                let part = match part {
                    Part::Url => "URL",
                    Part::AccessToken => "access token",
                    Part::ClientCredentials => "client id and secret",
                };
                format!("the request can't be sent, because the {part} has more than 32,000 bytes")
            }
            Self::Closed => "it closed the connection without an answer".to_owned(),
            Self::CutShort => "the answer was cut short".to_owned(),
            Self::TooSlow(Peer::Provider) => {
                "the answer wasn't complete after 30 seconds".to_owned()
            }
            Self::TooSlow(Peer::Proxy(proxy)) => {
                format!("the proxy `{proxy}` hadn't connected after 30 seconds")
            }
            Self::TooLong => "the answer is longer than 1 MiB".to_owned(),
            Self::HeadTooLong => "the answer's head is longer than 64 KiB".to_owned(),
            Self::NotHttp(Peer::Provider) => {
                "the answer isn't HTTP, or its head has too many lines".to_owned()
            }
            Self::NotHttp(Peer::Proxy(proxy)) => format!("the proxy `{proxy}` doesn't speak HTTP"),
            Self::Other => "the request failed".to_owned(),
        }
    }

    /// The advice. The variable is the one that names the endpoint.
    pub fn advice(&self, variable: &str) -> String {
        match self {
            Self::NoThread => "end some other programs, or raise the limit on processes".to_owned(),
            Self::UnknownHost(Peer::Proxy(_)) | Self::Unreachable(Peer::Proxy(_)) => {
                format!("{PROXY_VARIABLES}, and the network")
            }
            Self::NoConnectionInTime(_) => {
                "check the network, `HTTPS_PROXY` and `ALL_PROXY`".to_owned()
            }
            Self::Certificate(peer, flaw) => flaw.advice(peer, variable),
            Self::Tls(Peer::Provider) => {
                format!("check `{variable}`; the server needs TLS 1.2 or 1.3")
            }
            Self::Tls(Peer::Proxy(_)) | Self::NotHttp(Peer::Proxy(_)) => {
                format!("{PROXY_VARIABLES}; most proxies have a URL that begins with `http://`")
            }
            Self::RefusedByProxy(_) => {
                format!(
                    "{PROXY_VARIABLES} (a proxy may want a password in its URL), or name the host in \
                     `NO_PROXY`"
                )
            }
            Self::RequestTooLong(Part::AccessToken) => {
                "ask for fewer scopes in `SCOPE`, or the provider for shorter tokens".to_owned()
            }
            Self::RequestTooLong(Part::ClientCredentials) => {
                "check `CLIENT_ID` and `CLIENT_SECRET`, or set `CLIENT_AUTH` to `post`".to_owned()
            }
            Self::Closed => format!("check `{variable}`, and try again"),
            Self::CutShort | Self::TooSlow(Peer::Provider) => "try again".to_owned(),
            Self::TooSlow(Peer::Proxy(_)) => format!("try again, and {PROXY_VARIABLES}"),
            Self::RequestTooLong(Part::Url)
            | Self::TooLong
            | Self::HeadTooLong
            | Self::NotHttp(Peer::Provider) => format!("check `{variable}`"),
            Self::UnknownHost(Peer::Provider) | Self::Unreachable(Peer::Provider) | Self::Other => {
                format!("check `{variable}`, the network, `HTTPS_PROXY` and `ALL_PROXY`")
            }
        }
    }
}

impl Flaw {
    fn why(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "is signed by an authority that this program doesn't know",
            Self::NotInFile => {
                "isn't signed by an authority in the file that `SSL_CERT_FILE` names"
            }
            Self::Expired => "has expired",
            Self::NotYetValid => "isn't valid yet",
            Self::OtherHost => "is for another host",
            Self::OfAnAuthority => "is a CA's, not a server's",
            Self::Unusable => "can't be used",
        }
    }

    fn advice(self, of: &Peer, variable: &str) -> String {
        match self {
            Self::UnknownAuthority => {
                "if a private CA signed it, set `SSL_CERT_FILE` to that CA's \
                certificates in PEM; otherwise don't trust this network"
                    .to_owned()
            }
            Self::NotInFile => {
                "unset `SSL_CERT_FILE`, or set it to the certificates in PEM of the \
                CA that signed it"
                    .to_owned()
            }
            Self::Expired => {
                "check this machine's clock; if the clock is right, the server needs a new certificate"
                    .to_owned()
            }
            Self::NotYetValid => "correct this machine's clock".to_owned(),
            Self::OtherHost if *of == Peer::Provider => format!("check the host in `{variable}`"),
            Self::OtherHost => PROXY_VARIABLES.to_owned(),
            Self::OfAnAuthority => "give the server one that this CA has signed".to_owned(),
            Self::Unusable => "the server needs another certificate".to_owned(),
        }
    }
}

/// The words of the system, of TLS or of a proxy about a failure: masked and cut where the error is made,
/// so that nothing unmasked is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause(String);

impl Cause {
    /// A cause in these words, which must be masked already.
    pub fn new(masked: String) -> Self {
        Self(masked)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}
