//! Leg 2: the authorization response, RFC 6749 §4.1.2. The provider sends the browser here.
//!
//! ```text
//! GET /callback?code=4f2c…&state=6GtQ…&iss=https%3A%2F%2Fgithub.com%2Flogin%2Foauth    granted
//! GET /callback?error=access_denied&error_description=…&state=6GtQ…                    refused
//! ```
//!
//! Anybody on this machine, and any web page, can send such a request. So `state` is read first,
//! and what does not carry the right one is answered and waited past: it can neither bring a code
//! nor end the login.
//!
//! Here stands what a callback says; [`super::listener`] holds the sockets, and [`super::paste`]
//! takes the same address from the terminal. Both hand an [`Arrival`] through one channel to the
//! main thread.
//!
//! Left out: `error_uri`, which would be one more address to trust. And what no check here can
//! stop: the browser's command line holds the whole authorization URL, so a program of this machine
//! that may list processes can read the state from it, and send a callback with a code of its own.
//!
//! Shown by the tables below, and over real sockets by `tests/suite/port.rs`.

use std::fmt;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::error::Error;
use crate::secret::hidden::Hidden;
use crate::secret::{Code, State};
use crate::wire::form::{Form, is_vschar};
use crate::wire::response::{Response, send_and_close};
use crate::wire::url::RedirectUri;

/// What the provider answered.
#[derive(Debug)]
pub enum Answer {
    /// The person agreed.
    Granted(Code),
    /// The person declined, or the provider did.
    Refused {
        /// `error`
        error: String,
        /// `error_description`
        description: Option<String>,
    },
}

/// The callback that was waited for.
#[derive(Debug)]
pub struct Arrival {
    /// What the provider answered.
    pub answer: Answer,
    /// The browser's tab; none where the address was pasted.
    pub tab: Option<Tab>,
}

/// What the channel carries to the main thread.
pub enum Event {
    /// The callback, once.
    Arrived(Arrival),
    /// One that was not taken, for whoever follows the bytes; the first few on each socket.
    NotTaken {
        /// The request head, as it came.
        request: Vec<u8>,
        /// What was answered.
        answer: Vec<u8>,
    },
    /// Somebody spoke TLS to the callback port; once for each listening socket.
    TlsSpoken,
    /// Whoever was to bring the callback can't.
    GivenUp(Error),
}

// A refused request may hold somebody's code.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arrived(_) => "Arrived",
            Self::NotTaken { .. } => "NotTaken",
            Self::TlsSpoken => "TlsSpoken",
            Self::GivenUp(_) => "GivenUp",
        })
    }
}

/// The browser connection that brought the callback, open until its page is known.
pub struct Tab {
    stream: TcpStream,
    /// The request, as the browser sent it.
    pub request: Vec<u8>,
}

// The request holds the code.
impl fmt::Debug for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tab").finish_non_exhaustive()
    }
}

impl Tab {
    /// Takes the connection over, and what came through it.
    #[must_use]
    pub fn new(stream: TcpStream, request: Vec<u8>) -> Self {
        Self { stream, request }
    }

    /// Shows the page, and gives its octets. A tab that was closed meanwhile is no failure of the
    /// login.
    #[must_use]
    pub fn show(self, page: &Response) -> Vec<u8> {
        let octets = page.octets("GET");
        let _ = send_and_close(&self.stream, &octets);
        octets
    }
}

/// Why a callback was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It is malformed or belongs to another login: what is wrong with it, as in `the callback …`.
    Refused(&'static str),
    /// It belongs to this login, and came after the one that was taken.
    Late,
}

/// What the right callback looks like. Shared by everybody who may receive it.
#[derive(Debug)]
pub struct Expected {
    /// The path of the redirect URI.
    pub path: String,
    state: State,
    issuer: Option<String>,
    hidden: Hidden,
    taken: AtomicBool,
    refused: AtomicU32,
}

impl Expected {
    /// The callback that answers the request with this state. The state and its code are added to
    /// what is `hidden`.
    #[must_use]
    pub fn new(
        redirect_uri: &RedirectUri,
        state: State,
        issuer: Option<String>,
        hidden: &Hidden,
    ) -> Self {
        hidden.add(&state);
        Self {
            path: redirect_uri.path().to_owned(),
            state,
            issuer,
            hidden: hidden.clone(),
            taken: AtomicBool::new(false),
            refused: AtomicU32::new(0),
        }
    }

    /// Reads the query of a callback. `Ok` is given once: the state is then used up.
    ///
    /// # Errors
    /// When the query is malformed, or does not belong to this login.
    pub fn read(&self, query: &str) -> Result<Answer, NotTaken> {
        let form = Form::decode(query).map_err(NotTaken::Refused)?;
        // RFC 6749 §10.12: "The client MUST implement CSRF protection for its redirection URI."
        // No other parameter is looked at before the state is right.
        match form.get("state").map_err(NotTaken::Refused)? {
            None => return Err(NotTaken::Refused("has no `state`")),
            Some(state) if !self.state.matches(state) => {
                return Err(NotTaken::Refused(
                    "has another `state` than the request of this login: it belongs to another one",
                ));
            }
            Some(_) => {}
        }
        // RFC 9207 §2.4: "If the value does not match the expected issuer identifier, clients MUST
        // reject the authorization response and MUST NOT proceed with the authorization grant. For
        // error responses, clients MUST NOT assume that the error originates from the intended
        // authorization server."
        // GitHub differs: it does not send one every time yet, so a missing one is let pass.
        let issuer = form.get("iss").map_err(NotTaken::Refused)?;
        if let (Some(issuer), Some(known)) = (issuer, &self.issuer)
            && issuer != known
        {
            return Err(NotTaken::Refused("names another `iss` than the provider of this login"));
        }
        let (error, code) = (
            form.get("error").map_err(NotTaken::Refused)?,
            form.get("code").map_err(NotTaken::Refused)?,
        );
        let description = form.get("error_description").map_err(NotTaken::Refused)?;
        if let Some(code) = code {
            self.hidden.add(&Code::new(code.to_owned()));
        }
        let answer = match (error, code) {
            (Some(error), _) => {
                let description = description.map(|text| self.hidden.quote(text));
                Answer::Refused { error: self.hidden.quote(error), description }
            }
            // RFC 6749 appendix A.11: "code = 1*VSCHAR"
            (None, Some(code)) if is_vschar(code) => Answer::Granted(Code::new(code.to_owned())),
            (None, Some(_)) => {
                return Err(NotTaken::Refused("has a `code` that is not printable ASCII"));
            }
            (None, None) => return Err(NotTaken::Refused("has neither `code` nor `error`")),
        };
        // RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once."
        if self.taken.swap(true, Ordering::SeqCst) {
            return Err(NotTaken::Late);
        }
        Ok(answer)
    }

    /// Whether the callback has been taken.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    /// Counts a callback that was refused.
    pub fn count_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many callbacks have been refused.
    #[must_use]
    pub fn refusals(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://idp.example";

    fn expected(issuer: Option<&str>) -> Expected {
        let redirect_uri = RedirectUri::parse("http://localhost:1/cb").unwrap();
        Expected::new(
            &redirect_uri,
            State::new("Right".to_owned()),
            issuer.map(str::to_owned),
            &Hidden::default(),
        )
    }

    fn refusal(query: &str) -> &'static str {
        match expected(Some(ISSUER)).read(query) {
            Err(NotTaken::Refused(reason)) => reason,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn a_code_is_granted_when_the_state_is_right() {
        for query in [
            "code=c0de&state=Right",
            "state=Right&code=c0de&unknown=1&unknown=2",
            "code=c0de&state=Right&iss=https%3A%2F%2Fidp.example",
            "c%6fde=c0d%65&st%61te=Righ%74&error=&iss=",
        ] {
            match expected(Some(ISSUER)).read(query) {
                Ok(Answer::Granted(code)) => assert_eq!(code.expose(), "c0de", "{query}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_refusal_counts_when_the_state_is_right() {
        match expected(None)
            .read("error=access_denied&error_description=The+user+said+no+to+Right&state=Right")
        {
            Ok(Answer::Refused { error, description }) => {
                assert_eq!(
                    (error.as_str(), description.as_deref()),
                    ("access_denied", Some("The user said no to …"))
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_does_not_carry_the_right_state_is_refused_whatever_it_says() {
        let foreign =
            "has another `state` than the request of this login: it belongs to another one";
        for state in
            ["Righ", "Rights", "right", "RIGHT", "Right%00", "Right+", "%52%69ght%20", "null"]
        {
            for rest in ["code=c0de", "error=access_denied", "code=a&code=b", ""] {
                assert_eq!(refusal(&format!("{rest}&state={state}")), foreign);
            }
        }
        for query in
            ["", "code=c0de", "error=access_denied", "state=", "State=Right", "code=c0de&state"]
        {
            assert_eq!(refusal(query), "has no `state`");
        }
    }

    #[test]
    fn a_malformed_callback_is_refused_even_with_the_right_state() {
        for (query, reason) in [
            ("state=Right", "has neither `code` nor `error`"),
            ("state=Right&code=&error=", "has neither `code` nor `error`"),
            ("state=Right&state=Right&code=a", "has a parameter twice"),
            ("state=Right&code=a&code=a", "has a parameter twice"),
            ("state=Right&code=a&c%6Fde=b", "has a parameter twice"),
            ("state=Right&error=a&error=b", "has a parameter twice"),
            ("state=Right&error=a&code=b&code=c", "has a parameter twice"),
            ("state=Right&code=a%0d%0aB:c", "has a `code` that is not printable ASCII"),
            ("state=Right&code=%00", "has a `code` that is not printable ASCII"),
            ("state=Right&code=%C3%A9", "has a `code` that is not printable ASCII"),
            ("state=Right&code=%FF", "is not UTF-8"),
            (
                "state=Right&code=a&iss=https://evil.example",
                "names another `iss` than the provider of this login",
            ),
            (
                "state=Right&error=a&iss=https://idp.example/",
                "names another `iss` than the provider of this login",
            ),
            ("state=Right&code=a&iss=a&iss=a", "has a parameter twice"),
        ] {
            assert_eq!(refusal(query), reason, "{query}");
        }
    }

    #[test]
    fn an_issuer_that_is_not_known_is_not_compared() {
        assert!(expected(None).read("state=Right&code=a&iss=https://any.example").is_ok());
    }

    #[test]
    fn only_the_first_callback_is_taken() {
        let expected = expected(None);
        assert!(matches!(expected.read("state=Wrong&code=a"), Err(NotTaken::Refused(_))));
        assert!(expected.read("state=Right&code=a").is_ok());
        for query in ["state=Right&code=a", "state=Right&code=b", "state=Right&error=a"] {
            assert!(matches!(expected.read(query), Err(NotTaken::Late)));
        }
    }
}
