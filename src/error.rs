//! Everything that ends a login, in one enum: what happened, and what to do about it.
//!
//! ```text
//! error: port `8000` on `127.0.0.1` is in use: close the program that holds it, or set `REDIRECT_URI` …
//!        └──────────────── what() ───────────┘  └──────────────────── advice() ─────────────────────…
//! ```
//!
//! The terminal joins the two on a line; the page makes a paragraph of each. No error holds a state,
//! code, verifier, secret or token: a provider's own words are masked where an error is made of them.
//! The terminal and the page escape what they show.

pub mod failure;
pub mod remedy;

use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
use std::{error, fmt, io, net::SocketAddr};

use crate::error::failure::{Cause, Failure};

/// The legs in which this program asks the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    Token,
    Profile,
    Revocation,
}

impl Leg {
    /// The name of the leg, for an error.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "leg 3, the token request",
            Self::Profile => "leg 4, the profile request",
            Self::Revocation => "leg 5, the revocation",
        }
    }

    /// The variable that names the leg's endpoint.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Token => "TOKEN_URL",
            Self::Profile => "USER_URL",
            Self::Revocation => "REVOKE_URL",
        }
    }
}

/// Why there is no login.
pub enum Error {
    /// The command line has something that isn't in the help.
    Usage(String),
    /// An environment variable is missing, or can't be used. The problem is the rest of a sentence
    /// that begins with the name: "is not set: set it …".
    Variable { name: &'static str, problem: String },
    /// The operating system gives no random bytes, no thread, or no socket.
    System(io::Error),
    /// This address can't be listened on. `port_setting` chooses another port, and `host_setting` another
    /// host, if any setting does.
    Listen {
        address: SocketAddr,
        host_setting: Option<&'static str>,
        port_setting: &'static str,
        source: io::Error,
    },
    /// No callback came within these seconds.
    NoCallback(u64),
    /// Standard input ended too early.
    NothingPasted,
    /// The browser brings a refusal in leg 2: RFC 6749 §4.1.2.1.
    NotAuthorized { error: String, description: Option<String> },
    /// The provider refuses a request: RFC 6749 §5.2 in leg 3. The status is none if it was a success, as
    /// GitHub's is in leg 3.
    Refused { leg: Leg, status: Option<u16>, error: String, description: Option<String> },
    /// No whole answer came: name lookup, connection, TLS, a deadline, or a body of more than 1 MiB.
    NoAnswer { leg: Leg, endpoint: String, failure: Failure, cause: Cause },
    /// The answer can't be used: what the answer is, what to do, and the provider's words, if any.
    BadAnswer { leg: Leg, problem: String, advice: String, said: Option<String> },
    /// A leg met a rate limit: when to try again, and the provider's words, if any.
    RateLimited { leg: Leg, when: String, said: Option<String> },
    /// Standard output takes no more: a full disk, or a pipe that nobody reads.
    Output(io::Error),
    /// The practice provider can't start, or its consent page isn't one.
    Practice(io::Error),
}

impl Error {
    /// The event, in lower case, without a full stop, with names in backticks.
    pub fn what(&self) -> String {
        match self {
            Self::Usage(problem) => problem.clone(),
            Self::Variable { name, problem } => format!("{name} {problem}"),
            Self::System(_) => "the system gave no random bytes, thread or socket".to_owned(),
            Self::Listen { address, source, .. } => {
                let problem = match source.kind() {
                    AddrInUse => "is in use",
                    // There is no IPv6 here, for example.
                    AddrNotAvailable => "can't be opened, because this machine has no such address",
                    _ => "can't be listened on",
                };
                format!("port `{}` on `{}` {problem}", address.port(), address.ip())
            }
            Self::NoCallback(seconds) => format!("no callback within {seconds} s"),
            Self::NothingPasted => "the input ended before the right URL was pasted".to_owned(),
            Self::NotAuthorized { error, description } => {
                let words = in_words(error, description.as_deref());
                format!("the provider refused the authorization: {words}")
            }
            Self::Refused { leg, status, error, description } => {
                let mut what = format!("{}, was refused", leg.name());
                if let Some(status) = status {
                    what += &format!(" with `{status}`");
                }
                what + ": " + &in_words(error, description.as_deref())
            }
            Self::NoAnswer { leg, endpoint, failure, .. } => {
                let why = failure.why();
                format!("{}, got no usable answer from `{endpoint}`: {why}", leg.name())
            }
            Self::BadAnswer { leg, problem, said, .. } => {
                let what = format!("{}, was answered with {problem}", leg.name());
                with_words(what, said.as_deref())
            }
            Self::RateLimited { leg, said, .. } => {
                with_words(format!("{}, met a rate limit", leg.name()), said.as_deref())
            }
            Self::Output(_) => "the result can't be written to standard output".to_owned(),
            Self::Practice(_) => "the practice provider can't be used".to_owned(),
        }
    }

    /// The advice, if there is any.
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Usage(_) | Self::Variable { .. } => return None,
            Self::System(_) => "try again".to_owned(),
            Self::Listen { address, host_setting, port_setting, source } => {
                match source.kind() {
                    AddrInUse => format!(
                        "close the program that holds it, or set `{port_setting}` to another port"
                    ),
                    AddrNotAvailable => match host_setting {
                        Some(setting) => format!("set `{setting}` to another host"),
                        None => format!("set up the address `{}` on this machine", address.ip()),
                    },
                    PermissionDenied => format!("set `{port_setting}` to another port"),
                    // Too many open files, for example.
                    _ => "try again".to_owned(),
                }
            }
            Self::NoCallback(_) => {
                "if the provider showed an error, check `CLIENT_ID` and `REDIRECT_URI`; \
                otherwise try again, with a longer `--timeout`"
                    .to_owned()
            }
            Self::NothingPasted => "run this again".to_owned(),
            // Keycloak, Gitea and Auth0 say so of a wrong client secret.
            Self::Refused { leg: Leg::Token | Leg::Revocation, error, .. }
                if matches!(error.as_str(), "access_denied" | "unauthorized_client") =>
            {
                return remedy::remedy("invalid_client").map(str::to_owned);
            }
            Self::NotAuthorized { error, .. } | Self::Refused { error, .. } => {
                return remedy::remedy(error).map(str::to_owned);
            }
            Self::NoAnswer { leg, failure, .. } => failure.advice(leg.variable()),
            Self::BadAnswer { advice, .. } => advice.clone(),
            Self::RateLimited { when, .. } => format!("try again {when}"),
            Self::Output(_) => "check the file or the program that it goes to".to_owned(),
            Self::Practice(_) => "try again, or with `--no-browser`".to_owned(),
        };
        Some(advice)
    }
}

/// An event with the provider's words, if there are some.
fn with_words(what: String, said: Option<&str>) -> String {
    match said {
        Some(words) => format!("{what} (the provider says: {words})"),
        None => what,
    }
}

/// An error code with the provider's description, if there is one.
fn in_words(error: &str, description: Option<&str>) -> String {
    match description {
        // Withheld words stand in brackets already.
        Some(description) if description.starts_with('(') => format!("`{error}` {description}"),
        Some(description) => format!("`{error}` ({description})"),
        None => format!("`{error}`"),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        if let Some(advice) = self.advice() {
            write!(f, ": {advice}")?;
        }
        Ok(())
    }
}

/// As it is displayed. A derived one would name each variant and field, which every error brings along.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. }
            | Self::System(source)
            | Self::Output(source)
            | Self::Practice(source) => Some(source),
            // There ureq says the same in other words.
            Self::NoAnswer { failure: Failure::TooLong | Failure::HeadTooLong, .. } => None,
            Self::NoAnswer { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(error: &str, description: Option<&str>) -> Error {
        let description = description.map(str::to_owned);
        Error::Refused { leg: Leg::Token, status: None, error: error.to_owned(), description }
    }

    #[test]
    fn a_port_that_can_not_be_had_names_the_setting_that_chooses_another() {
        let host = Some("LISTEN");
        for (kind, host_setting, advice) in [
            (
                AddrInUse,
                host,
                "close the program that holds it, or set `REDIRECT_URI` to another port",
            ),
            (AddrNotAvailable, host, "set `LISTEN` to another host"),
            (AddrNotAvailable, None, "set up the address `127.0.0.1` on this machine"),
            (PermissionDenied, host, "set `REDIRECT_URI` to another port"),
            (io::ErrorKind::Other, host, "try again"),
        ] {
            let address = SocketAddr::from(([127, 0, 0, 1], 80));
            let source = io::Error::from(kind);
            let port_setting = "REDIRECT_URI";
            let error = Error::Listen { address, host_setting, port_setting, source };
            assert_eq!(error.advice().as_deref(), Some(advice), "{kind}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let description = "The client_id and/or client_secret passed are incorrect.";
        let error = refused("incorrect_client_credentials", Some(description));
        assert_eq!(
            error.to_string(),
            "leg 3, the token request, was refused: `incorrect_client_credentials` (The client_id and/or client_secret \
             passed are incorrect.): check `CLIENT_ID` and `CLIENT_SECRET`"
        );
        let error = "access_denied".to_owned();
        assert_eq!(
            Error::NotAuthorized { error, description: None }.to_string(),
            "the provider refused the authorization: `access_denied`: run this again and choose Authorize"
        );
        assert_eq!(
            refused("access_denied", Some("Unauthorized")).advice().as_deref(),
            Some("check `CLIENT_ID`, `CLIENT_SECRET` and `CLIENT_AUTH`")
        );
        assert_eq!(
            refused("a_new_one", None).to_string(),
            "leg 3, the token request, was refused: `a_new_one`"
        );
    }
}
