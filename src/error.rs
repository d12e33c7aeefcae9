//! Everything that ends a login, in one enum: what happened, and what to do about it.
//!
//! None holds a state, code, verifier, secret or token: a provider's own words are masked where an
//! error is made of them. The terminal and the page escape what they show.

use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, UnexpectedEof};
use std::{error, fmt, io, net::SocketAddr};

use ureq::{Error as Ureq, Timeout};

/// The legs in which the provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    Authorization,
    Token,
    Profile,
    Revocation,
}

impl Leg {
    /// Its name, for an error.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "leg 1, the authorization request",
            Self::Token => "leg 3, the token request",
            Self::Profile => "leg 4, the profile request",
            Self::Revocation => "leg 5, the revocation",
        }
    }

    /// The variable that names its endpoint.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Authorization => "AUTH_URL",
            Self::Token => "TOKEN_URL",
            Self::Profile => "USER_URL",
            Self::Revocation => "REVOKE_URL",
        }
    }
}

/// Why there is no login.
#[derive(Debug)]
pub enum Error {
    /// The command line has something that isn't in the help.
    Usage(String),
    /// An environment variable is missing, or can't be used.
    Variable { name: &'static str, problem: String },
    /// The operating system gives no random bytes, or no thread.
    System(io::Error),
    /// This address can't be listened on. `setting` chooses another.
    Listen { address: SocketAddr, setting: &'static str, source: io::Error },
    /// No callback came within these seconds.
    NoCallback(u64),
    /// Standard input ended too early.
    NothingPasted,
    /// The provider says no: RFC 6749 §4.1.2.1 in leg 2, §5.2 in leg 3.
    Refused { leg: Leg, error: String, description: Option<String> },
    /// No whole answer came: name lookup, connection, TLS, a deadline, or the 1 MiB.
    NoAnswer { leg: Leg, endpoint: String, source: Box<Ureq> },
    /// The answer can't be used: what it is, what to do, and the provider's words, if any.
    BadAnswer { leg: Leg, problem: String, said: Option<String> },
    /// Leg 4 met a rate limit; when to try again.
    RateLimited(String),
    /// Standard output takes no more: a full disk, or a pipe that nobody reads.
    Output(io::Error),
    /// The practice provider can't start, or its consent page isn't one.
    Practice(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) => f.write_str(problem),
            Self::Variable { name, problem } => write!(f, "{name} {problem}"),
            Self::System(_) => f.write_str("the system gave no random bytes or no thread: try again"),
            Self::Listen { address, setting, source } => {
                write!(f, "port `{}` on `{}` ", address.port(), address.ip())?;
                match source.kind() {
                    AddrInUse => write!(f, "is in use: close the program that holds it, or set {setting} to another port"),
                    // There is no IPv6 here, for example.
                    AddrNotAvailable => write!(f, "isn't there: set {setting} to another host"),
                    _ => write!(f, "can't be listened on: set {setting} to another port"),
                }
            }
            Self::NoCallback(seconds) => write!(
                f,
                "no callback within {seconds} s: if the provider showed an error, check REDIRECT_URI; otherwise try \
                 again, with a longer --timeout"
            ),
            Self::NothingPasted => {
                f.write_str("the input ended before the right address was pasted: run this again")
            }
            Self::Refused { leg, error, description } => {
                match leg {
                    Leg::Authorization => f.write_str("the provider refused the authorization")?,
                    leg => write!(f, "{}, was refused", leg.name())?,
                }
                write!(f, ": `{error}`")?;
                if let Some(description) = description {
                    write!(f, " ({description})")?;
                }
                f.write_str(remedy(error))
            }
            Self::NoAnswer { leg, endpoint, source } => {
                let advice = advice(source).replace("*_URL", leg.variable());
                write!(f, "{}, got no usable answer from `{endpoint}`: {advice}", leg.name())
            }
            Self::BadAnswer { leg, problem, said } => {
                write!(f, "{}, was answered with {problem}", leg.name())?;
                match said {
                    Some(words) => write!(f, " (it says: {words})"),
                    None => Ok(()),
                }
            }
            Self::RateLimited(end) => {
                write!(f, "{}, met a rate limit: try again {end}", Leg::Profile.name())
            }
            Self::Output(_) => f.write_str(
                "the result can't be written to standard output: check the file or the program that it goes to",
            ),
            Self::Practice(_) => f.write_str("the practice provider can't be used: try again, or with --no-browser"),
        }
    }
}

/// What to do about the refusals that GitHub and RFC 6749 know.
fn remedy(error: &str) -> &'static str {
    match error {
        "access_denied" => ": run this again and choose Authorize",
        "application_suspended" => ": ask GitHub's support about the app",
        "redirect_uri_mismatch" => {
            ": set REDIRECT_URI to the callback URL that is registered for the app"
        }
        "incorrect_client_credentials" | "invalid_client" => ": check CLIENT_ID and CLIENT_SECRET",
        "bad_verification_code" | "invalid_grant" => {
            ": a code is good once and for ten minutes; run this again"
        }
        "unverified_user_email" => ": verify the email address of the account first",
        "invalid_scope" => ": check SCOPE",
        _ => "",
    }
}

/// What to do when no whole answer came.
fn advice(source: &Ureq) -> &'static str {
    // rustls isn't a package of ours, so its verdict is known only by its words.
    let is_about = |words| source.to_string().contains(words);
    match source {
        Ureq::Timeout(Timeout::Connect | Timeout::Resolve) => {
            "no connection within 10 seconds; check the network and the proxy variables"
        }
        Ureq::Timeout(_) => "it wasn't complete after 30 seconds; try again",
        Ureq::ConnectProxyFailed(_) => "the proxy doesn't lead there; check the proxy variables",
        Ureq::BodyExceedsLimit(_) => "it is longer than 1 MiB; check *_URL",
        Ureq::Io(error) if error.kind() == UnexpectedEof => "it was cut short; try again",
        _ if is_about("CaUsedAsEndEntity") => {
            "its certificate is a CA's own; give the server one that this CA has signed"
        }
        _ if is_about("invalid peer certificate") => {
            "its certificate can't be verified; if a private CA signed it, set SSL_CERT_FILE to that CA's \
             certificates in PEM"
        }
        _ => "check *_URL, the network and the proxy variables",
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. }
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

    fn refused(leg: Leg, error: &str, description: Option<&str>) -> Error {
        Error::Refused { leg, error: error.to_owned(), description: description.map(str::to_owned) }
    }

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let description = "The client_id and/or client_secret passed are incorrect.";
        let error = refused(Leg::Token, "incorrect_client_credentials", Some(description));
        assert_eq!(
            error.to_string(),
            "leg 3, the token request, was refused: `incorrect_client_credentials` (The client_id and/or client_secret \
             passed are incorrect.): check CLIENT_ID and CLIENT_SECRET"
        );
        assert_eq!(
            refused(Leg::Authorization, "access_denied", None).to_string(),
            "the provider refused the authorization: `access_denied`: run this again and choose Authorize"
        );
    }
}
