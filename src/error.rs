//! Everything that ends a login, in one enum: what happened, and what to do about it.
//!
//! ```text
//! error: port `8000` on `127.0.0.1` is in use: close the program that holds it, or set
//! REDIRECT_URI to another port
//! ```
//!
//! No text holds a state, code, verifier, secret or token; what a provider said is quoted through
//! [`crate::secret::hidden`]. The terminal and the page escape what they show, so the texts here
//! are as they came.

use std::error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The two legs in which this program asks and the provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// Leg 3: code in, token out.
    Token,
    /// Leg 4: token in, profile out.
    Profile,
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "leg 3, the token request",
            Self::Profile => "leg 4, the profile request",
        })
    }
}

impl Leg {
    fn variable(self) -> &'static str {
        match self {
            Self::Token => "TOKEN_URL",
            Self::Profile => "USER_URL",
        }
    }
}

/// Why there is no login.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The command line has something that is not in the help.
    Usage(String),
    /// `CLIENT_ID` or `CLIENT_SECRET` is not set, or empty.
    MissingVariable(&'static str),
    /// An environment variable has a value that can't be used; its problem, and what to do.
    BadVariable {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        problem: String,
    },
    /// A file that a variable names can't be read.
    UnreadableFile {
        /// The variable.
        name: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The operating system gives no random octets, or no thread.
    System(io::Error),
    /// Another program listens where the callback would arrive, and could receive the code; or
    /// where the provider is to listen.
    PortInUse {
        /// The address.
        address: SocketAddr,
        /// Where another port is set.
        setting: &'static str,
    },
    /// An address can't be listened on for another reason.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Where another port is set.
        setting: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// No callback arrived in time; the seconds waited.
    NoCallback(u64),
    /// Leg 2: the provider sent the browser back with `error` (RFC 6749 §4.1.2.1).
    Denied {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
    /// A leg got no whole answer: name lookup, connection, TLS, a deadline, or the 1 MiB.
    NoAnswer {
        /// Which leg.
        leg: Leg,
        /// The endpoint, without its query.
        endpoint: String,
        /// What the client says.
        source: Box<ureq::Error>,
    },
    /// A leg was answered with something that can't be used.
    BadAnswer {
        /// Which leg.
        leg: Leg,
        /// What is wrong with the answer, and what to do.
        problem: String,
    },
    /// Leg 3: the provider refused the code (RFC 6749 §5.2).
    TokenRefused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
    /// Leg 4: 401, the token is not accepted.
    Unauthorized,
    /// Leg 4: 403 or 429 with a rate limit; when it ends, where that is known.
    RateLimited(Option<String>),
    /// The result can't be written to standard output: a full disk, or a pipe that nobody reads.
    Output(io::Error),
    /// The practice provider can't be started, or its consent page can't be answered.
    Practice(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) => f.write_str(problem),
            Self::MissingVariable(name) => write!(
                f,
                "{name} is not set: register an OAuth app at https://github.com/settings/developers and set {name} to \
                 what its page shows, or run `bare-oauth practice`, which needs none"
            ),
            Self::BadVariable { name, problem } => write!(f, "{name} {problem}"),
            Self::UnreadableFile { name, .. } => {
                write!(
                    f,
                    "the file that {name} names can't be read: correct the path, or unset {name}"
                )
            }
            Self::System(_) => {
                f.write_str("the operating system gave no random octets or no thread: try again")
            }
            Self::PortInUse { address, setting } => write!(
                f,
                "port `{}` on `{}` is in use: close the program that holds it, or set {setting} to another port",
                address.port(),
                address.ip()
            ),
            Self::Listen { address, setting, .. } => write!(
                f,
                "can't listen on port `{}` of `{}`: set {setting} to another port",
                address.port(),
                address.ip()
            ),
            Self::NoCallback(seconds) => write!(
                f,
                "no answer came from the browser in `{seconds}` seconds: run this again, or give it more time with --timeout"
            ),
            Self::Denied { error, description } => {
                write!(
                    f,
                    "the provider refused the authorization: {}",
                    ErrorResponse(error, description.as_deref())
                )
            }
            Self::NoAnswer {
                leg,
                endpoint,
                source,
            } => {
                write!(
                    f,
                    "{leg}, got no usable answer from `{endpoint}`: {}",
                    advice(*leg, source)
                )
            }
            Self::BadAnswer { leg, problem } => write!(f, "{leg}, {problem}"),
            Self::TokenRefused { error, description } => {
                write!(
                    f,
                    "{}, was refused: {}",
                    Leg::Token,
                    ErrorResponse(error, description.as_deref())
                )
            }
            Self::Unauthorized => write!(
                f,
                "{}, was answered `401`: the token is not accepted there; check that USER_URL and TOKEN_URL belong together",
                Leg::Profile
            ),
            Self::RateLimited(end) => match end {
                Some(end) => write!(f, "{}, met a rate limit: try again {end}", Leg::Profile),
                None => write!(f, "{}, met a rate limit: try again later", Leg::Profile),
            },
            Self::Output(_) => f.write_str(
                "the result can't be written to standard output: check the file or the program that it goes to",
            ),
            Self::Practice(_) => {
                f.write_str("the practice provider can't be used: run this again, or with --no-browser")
            }
        }
    }
}

/// What to do when a leg got no whole answer.
fn advice(leg: Leg, source: &ureq::Error) -> String {
    use ureq::Timeout;
    match source {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            "no connection in 10 seconds; check the network and the proxy variables".to_owned()
        }
        ureq::Error::Timeout(_) => "the exchange was not complete after 30 seconds; try again".to_owned(),
        ureq::Error::ConnectProxyFailed(_) => {
            "the proxy does not lead there; check the proxy variables".to_owned()
        }
        ureq::Error::BodyExceedsLimit(_) => {
            format!("it is longer than 1 MiB; check {}", leg.variable())
        }
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it was cut short; try again".to_owned()
        }
        // rustls is no package of ours, so its verdict is known by its words only.
        other if other.to_string().contains("invalid peer certificate") => {
            "its certificate can't be verified; if it is signed by a private CA, set SSL_CERT_FILE to that CA's \
             certificates in PEM"
                .to_owned()
        }
        _ => format!("check {}, the network and the proxy variables", leg.variable()),
    }
}

/// `error` and `error_description` of a refusal, and what to do about the ones that GitHub sends.
struct ErrorResponse<'a>(&'a str, Option<&'a str>);

impl fmt::Display for ErrorResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error, description) = self;
        write!(f, "`{error}`")?;
        if let Some(description) = description {
            write!(f, " ({description})")?;
        }
        f.write_str(match *error {
            "access_denied" => ": run this again and press Authorize",
            "application_suspended" => ": ask GitHub's support about the app",
            "redirect_uri_mismatch" => {
                ": set REDIRECT_URI to the callback URL that is registered for the app"
            }
            "incorrect_client_credentials" | "invalid_client" => {
                ": check CLIENT_ID and CLIENT_SECRET"
            }
            "bad_verification_code" | "invalid_grant" => {
                ": a code is good once and for ten minutes; run this again"
            }
            "unverified_user_email" => ": verify the email address of the account first",
            "invalid_scope" => ": check SCOPE",
            _ => "",
        })
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::UnreadableFile { source, .. }
            | Self::Listen { source, .. }
            | Self::System(source)
            | Self::Output(source)
            | Self::Practice(source) => Some(source),
            Self::NoAnswer { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let error = Error::TokenRefused {
            error: "incorrect_client_credentials".to_owned(),
            description: Some(
                "The client_id and/or client_secret passed are incorrect.".to_owned(),
            ),
        };
        assert_eq!(
            error.to_string(),
            "leg 3, the token request, was refused: `incorrect_client_credentials` (The client_id and/or client_secret \
             passed are incorrect.): check CLIENT_ID and CLIENT_SECRET"
        );
        let error = Error::Denied { error: "access_denied".to_owned(), description: None };
        assert_eq!(
            error.to_string(),
            "the provider refused the authorization: `access_denied`: run this again and press Authorize"
        );
    }
}
