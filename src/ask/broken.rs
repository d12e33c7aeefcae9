//! Why an exchange broke off: `ureq`'s errors, and those of this program's own pieces of its chain,
//! sorted into the kinds that have a remedy.
//!
//! ```text
//! io: invalid peer certificate: UnknownIssuer   →   Failure::Certificate(Peer::Provider, Flaw::UnknownAuthority)
//! ```
//!
//! Left out: the rare ones, which are all [`Failure::Other`]. Shown by the table below, and with real
//! servers by `tests/suite/tls.rs` and `tests/suite/connections.rs`.

use std::{error, fmt, io};

use ureq::{Error as Ureq, Timeout};

use crate::error::failure::{Failure, Flaw, Peer};

/// An error of this program's own pieces of the chain. It travels inside of `ureq`'s.
#[derive(Debug)]
pub(super) enum Broken {
    NoThread(io::Error),
    UnknownHost(io::Error),
    Unreachable(io::Error),
    /// The connection ended before the first byte of an answer.
    Closed,
    /// The connection ended in the middle of an answer.
    CutShort(io::Error),
    /// On the way to a proxy, or while it connects.
    Proxy(Box<Ureq>),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoThread(error)
            | Self::UnknownHost(error)
            | Self::Unreachable(error)
            | Self::CutShort(error) => error.fmt(f),
            Self::Closed => f.write_str("no byte came"),
            Self::Proxy(error) => f.write_str(&words(error)),
        }
    }
}

impl error::Error for Broken {}

impl From<Broken> for Ureq {
    fn from(broken: Broken) -> Self {
        Self::Other(Box::new(broken))
    }
}

/// The words of an error, which no error may show before they are masked.
pub(super) fn words(error: &Ureq) -> String {
    match error {
        Ureq::Io(error) => error.to_string(),
        Ureq::Other(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Which certificates are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    BuiltIn,
    FromFile,
}

/// The kind of an error, with the name of the proxy on the way, if there is one.
pub(super) fn kind(error: &Ureq, proxy: Option<&str>, roots: Roots) -> Failure {
    let broken = match error {
        Ureq::Other(error) => error.downcast_ref::<Broken>(),
        _ => None,
    };
    match (broken, proxy) {
        (Some(Broken::Proxy(error)), Some(proxy)) => kind_at_proxy(error, proxy, roots),
        (Some(broken), _) => own_kind(broken, Peer::Provider),
        (None, _) => foreign_kind(error, Peer::Provider, roots),
    }
}

fn kind_at_proxy(error: &Ureq, proxy: &str, roots: Roots) -> Failure {
    let peer = Peer::Proxy(proxy.to_owned());
    let failure = match error {
        Ureq::Other(error) => match error.downcast_ref::<Broken>() {
            Some(broken) => own_kind(broken, peer),
            None => Failure::Other,
        },
        error => foreign_kind(error, peer, roots),
    };
    match failure {
        // Its answer to CONNECT is no answer of the provider's.
        Failure::Closed | Failure::CutShort | Failure::Other => {
            Failure::RefusedByProxy(proxy.to_owned())
        }
        failure => failure,
    }
}

fn own_kind(broken: &Broken, peer: Peer) -> Failure {
    match broken {
        Broken::NoThread(_) => Failure::NoThread,
        Broken::UnknownHost(_) => Failure::UnknownHost(peer),
        Broken::Unreachable(_) => Failure::Unreachable(peer),
        Broken::Closed => Failure::Closed,
        Broken::CutShort(_) => Failure::CutShort,
        Broken::Proxy(_) => Failure::Other,
    }
}

fn foreign_kind(error: &Ureq, peer: Peer, roots: Roots) -> Failure {
    match error {
        Ureq::Timeout(Timeout::Connect | Timeout::Resolve) => Failure::NoConnectionInTime(peer),
        Ureq::Timeout(_) => Failure::TooSlow(peer),
        Ureq::BodyExceedsLimit(_) => Failure::TooLong,
        Ureq::LargeResponseHeader(..) => Failure::HeadTooLong,
        Ureq::Protocol(_) => Failure::NotHttp(peer),
        Ureq::Tls(_) => Failure::Tls(peer),
        Ureq::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::CutShort,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Failure::Closed,
            // The verdicts of rustls.
            io::ErrorKind::InvalidData => match flaw(&error.to_string(), roots) {
                Some(flaw) => Failure::Certificate(peer, flaw),
                None => Failure::Tls(peer),
            },
            _ => Failure::Other,
        },
        _ => Failure::Other,
    }
}

/// The flaw of a certificate. rustls isn't a package of ours, so its verdict is known only by its words.
/// Later words may be the certificate's, so the first ones decide.
fn flaw(words: &str, roots: Roots) -> Option<Flaw> {
    let verdict = words.strip_prefix("invalid peer certificate: ")?;
    let begins = |word| verdict.starts_with(word);
    // If the file holds an older CA of the same name, the signature doesn't fit that CA's key.
    let flaw = if begins("UnknownIssuer") || (begins("BadSignature") && roots == Roots::FromFile) {
        match roots {
            Roots::BuiltIn => Flaw::UnknownAuthority,
            Roots::FromFile => Flaw::NotInFile,
        }
    } else if begins("certificate expired") || begins("Expired") {
        Flaw::Expired
    } else if begins("certificate not valid yet") || begins("NotValidYet") {
        Flaw::NotYetValid
    } else if begins("certificate not valid for name") || begins("NotValidForName") {
        Flaw::OtherHost
    } else if begins("Other(OtherError(CaUsedAsEndEntity") {
        Flaw::OfAnAuthority
    } else {
        Flaw::Unusable
    };
    Some(flaw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(words: &str) -> Ureq {
        Ureq::Io(io::Error::new(io::ErrorKind::InvalidData, words.to_owned()))
    }

    #[test]
    fn each_verdict_on_a_certificate_is_a_flaw_of_its_own() {
        for (verdict, built_in, from_file) in [
            ("UnknownIssuer", Flaw::UnknownAuthority, Flaw::NotInFile),
            ("BadSignature", Flaw::Unusable, Flaw::NotInFile),
            ("certificate expired: verification time 2", Flaw::Expired, Flaw::Expired),
            ("certificate not valid yet: verification", Flaw::NotYetValid, Flaw::NotYetValid),
            (
                "certificate not valid for name \"a\"; certificate is only valid for UnknownIssuer",
                Flaw::OtherHost,
                Flaw::OtherHost,
            ),
            ("Other(OtherError(CaUsedAsEndEntity))", Flaw::OfAnAuthority, Flaw::OfAnAuthority),
            ("Revoked", Flaw::Unusable, Flaw::Unusable),
        ] {
            let error = invalid(&format!("invalid peer certificate: {verdict}"));
            let provider = |flaw| Failure::Certificate(Peer::Provider, flaw);
            assert_eq!(kind(&error, None, Roots::BuiltIn), provider(built_in), "{verdict}");
            assert_eq!(kind(&error, Some("http://p:1"), Roots::FromFile), provider(from_file));
            let error = Broken::Proxy(Box::new(error)).into();
            assert_eq!(
                kind(&error, Some("http://p:1"), Roots::BuiltIn),
                Failure::Certificate(Peer::Proxy("http://p:1".to_owned()), built_in)
            );
        }
        let alert = invalid("received fatal alert: ProtocolVersion");
        assert_eq!(kind(&alert, None, Roots::BuiltIn), Failure::Tls(Peer::Provider));
    }

    #[test]
    fn what_fails_before_the_proxy_has_connected_is_said_of_the_proxy() {
        let io = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let proxy = || Peer::Proxy("http://p:1".to_owned());
        let refused = || Failure::RefusedByProxy("http://p:1".to_owned());
        for (error, failure) in [
            (Broken::UnknownHost(io()).into(), Failure::UnknownHost(proxy())),
            (Broken::Unreachable(io()).into(), Failure::Unreachable(proxy())),
            (Ureq::Timeout(Timeout::Connect), Failure::NoConnectionInTime(proxy())),
            (Ureq::Timeout(Timeout::Global), Failure::TooSlow(proxy())),
            (Ureq::ConnectProxyFailed("407".to_owned()), refused()),
            (Broken::Closed.into(), refused()),
            (Broken::CutShort(io()).into(), refused()),
        ] {
            let error = Broken::Proxy(Box::new(error)).into();
            assert_eq!(kind(&error, Some("http://p:1"), Roots::BuiltIn), failure);
        }
    }
}
