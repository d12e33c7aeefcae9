//! Leg 2: the authorization response, RFC 6749 §4.1.2. The provider sends the browser here.
//!
//! ```text
//! GET /callback?code=4f2c…&state=6GtQ…&iss=https%3A%2F%2Fgithub.com%2Flogin%2Foauth    granted
//! GET /callback?error=access_denied&error_description=…&state=6GtQ…                    refused
//! ```
//!
//! Anybody on this machine, and any web page, can send such a request. So `state` is read first. A
//! request without the right state gets an error page, and the program goes on waiting. Such a request
//! can neither deliver a code nor end the login.
//!
//! Left out: `error_uri`, which would be one more URL to trust.
//!
//! Shown by the tables below, and over real sockets by `tests/suite/callback.rs`.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::secret::{Code, State, is_vschar};
use crate::setup::config::Issuer;
use crate::show::hidden::Hidden;
use crate::wire::form::Form;
use crate::wire::url::RedirectUri;

/// The provider's answer to the authorization request.
#[derive(Debug)]
pub enum AuthorizationResponse {
    /// The person agreed.
    Granted(Code),
    /// The person or the provider said no.
    Refused(Error),
}

/// Why a callback isn't taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It is malformed, or belongs to another login.
    Ignored(&'static str),
    /// It came as a form in a POST, as with `response_mode=form_post`.
    Posted,
    /// It came by a method other than GET and POST.
    OtherMethod,
    /// It has the right state, but names another issuer.
    OtherIssuer { named: String, expected: String },
    /// It has the right state, but names no issuer, and one is set.
    NoIssuer { expected: String },
    /// It belongs to this login, but came after the one that was taken.
    Late,
}

impl NotTaken {
    /// The reason, for the page and the terminal.
    pub(crate) fn text(&self) -> &'static str {
        match self {
            Self::Ignored(reason) => reason,
            Self::Posted | Self::OtherMethod => "it must be fetched with GET",
            Self::OtherIssuer { .. } => "it names an issuer other than this login's provider",
            Self::NoIssuer { .. } => "it doesn't name its issuer",
            Self::Late => "this login is already being completed in another tab",
        }
    }
}

/// Lets `?` turn a form's problem, such as "it has a parameter twice", into [`NotTaken::Ignored`].
impl From<&'static str> for NotTaken {
    fn from(problem: &'static str) -> Self {
        Self::Ignored(problem)
    }
}

/// The callback that this login waits for. The threads that may receive it share it.
#[derive(Debug)]
pub struct ExpectedCallback {
    redirect_uri: RedirectUri,
    state: State,
    issuer: Issuer,
    hidden: Hidden,
    is_taken: AtomicBool,
}

impl ExpectedCallback {
    /// The callback that answers the request with this state. From here on no error shows the state, or
    /// the code that comes with it.
    pub fn new(redirect_uri: &RedirectUri, state: State, issuer: &Issuer, hidden: &Hidden) -> Self {
        hidden.add_state(&state);
        Self {
            redirect_uri: redirect_uri.clone(),
            state,
            issuer: issuer.clone(),
            hidden: hidden.clone(),
            is_taken: AtomicBool::new(false),
        }
    }

    /// The path at which the callback arrives.
    pub fn path(&self) -> &str {
        self.redirect_uri.path()
    }

    /// Scheme, host and port of the redirect URI.
    pub fn origin(&self) -> String {
        self.redirect_uri.origin()
    }

    /// Whether the callback has come, and nobody waits for it any more.
    pub fn was_taken(&self) -> bool {
        self.is_taken.load(Ordering::SeqCst)
    }

    /// Takes the query of a callback, if it is the right one. That happens once: the state is then
    /// used up.
    pub fn take(&self, query: &str) -> Result<AuthorizationResponse, NotTaken> {
        let form = Form::decode(query);
        self.check_state(&form)?;
        self.check_query(&form)?;
        let code = form.get("code")?;
        if let Some(code) = code {
            // The error, its description and the issuer may repeat the code: its mask will stand there.
            let mask = Code::new(code.to_owned()).to_string();
            self.hidden.add(code, &mask);
        }
        self.check_issuer(&form)?;
        let error = form.get("error")?;
        let description = form.get("error_description")?;
        // An error counts even if there is a code as well.
        let response = if let Some(error) = error {
            AuthorizationResponse::Refused(Error::NotAuthorized {
                // `quote` masks secrets, and cuts a long text.
                error: self.hidden.quote(error),
                description: description.map(|words| self.hidden.quote(words)),
            })
        } else if let Some(code) = code {
            // RFC 6749 appendix A.11: "code = 1*VSCHAR"
            if !is_vschar(code) {
                return Err(NotTaken::Ignored("its code isn't printable ASCII"));
            }
            AuthorizationResponse::Granted(Code::new(code.to_owned()))
        } else {
            return Err(NotTaken::Ignored("it has neither a code nor an error"));
        };
        // RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once." `swap` sets
        // the flag and returns the old value in one step, so of two threads only one gets `false`.
        let was_taken = self.is_taken.swap(true, Ordering::SeqCst);
        if was_taken { Err(NotTaken::Late) } else { Ok(response) }
    }

    /// RFC 6749 §10.12: "The client MUST implement CSRF protection for its redirection URI." No other
    /// parameter counts until the state is right.
    fn check_state(&self, form: &Form) -> Result<(), NotTaken> {
        let Some(state) = form.get("state")? else {
            return Err(NotTaken::Ignored("it has no state"));
        };
        if self.state.matches(state) {
            Ok(())
        } else {
            Err(NotTaken::Ignored("its state isn't the one this login sent"))
        }
    }

    /// RFC 8252 §8.10: A native app "MUST verify that the URI on which the authorization response was
    /// received exactly matches" its redirect URI. The path is checked where the callback arrives; its
    /// query must hold that of the redirect URI.
    fn check_query(&self, form: &Form) -> Result<(), NotTaken> {
        let own = Form::decode(self.redirect_uri.query());
        for pair in own.pairs() {
            if !form.pairs().any(|other| other == pair) {
                return Err(NotTaken::Ignored("it lacks the query of the redirect URI"));
            }
        }
        Ok(())
    }

    /// Checks which issuer the callback names, if any: RFC 9207 §2.4.
    fn check_issuer(&self, form: &Form) -> Result<(), NotTaken> {
        let named = form.get("iss")?;
        let expected = match &self.issuer {
            // No issuer is known for this provider, so any will do.
            Issuer::Unknown => return Ok(()),
            Issuer::Known(expected) | Issuer::Required(expected) => expected.clone(),
        };
        match named {
            Some(named) if named == expected => Ok(()),
            // "If the value does not match the expected issuer identifier, clients MUST reject the
            // authorization response and MUST NOT proceed with the authorization grant. For error
            // responses, clients MUST NOT assume that the error originates from the intended
            // authorization server."
            Some(named) => Err(NotTaken::OtherIssuer { named: self.hidden.quote(named), expected }),
            // "Clients MUST reject authorization responses without the iss parameter from
            // authorization servers that do support the parameter according to the client's
            // configuration." ISSUER is that configuration.
            None if matches!(self.issuer, Issuer::Required(_)) => {
                Err(NotTaken::NoIssuer { expected })
            }
            // GitHub differs: it has sent its issuer since about 20 August 2026, after a first try in
            // April that it took back, so its issuer may be missing unless ISSUER is set.
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(issuer: &Issuer) -> ExpectedCallback {
        let redirect_uri = RedirectUri::parse("http://localhost:1/cb").unwrap();
        ExpectedCallback::new(
            &redirect_uri,
            State::new("Right".to_owned()),
            issuer,
            &Hidden::default(),
        )
    }

    fn known() -> Issuer {
        Issuer::Known("https://idp.example".to_owned())
    }

    fn refusal(query: &str) -> &'static str {
        match expected(&known()).take(query) {
            Err(NotTaken::Ignored(reason)) => reason,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn a_code_is_granted_when_the_state_is_right() {
        for query in [
            "code=c0de&state=Right",
            "state=Right&code=c0de&unknown=1&unknown=2&unknown=%FF",
            "code=c0de&state=Right&iss=https%3A%2F%2Fidp.example",
            "c%6fde=c0d%65&st%61te=Righ%74&error=&iss=",
        ] {
            match expected(&known()).take(query) {
                Ok(AuthorizationResponse::Granted(code)) => {
                    assert_eq!(code.expose(), "c0de", "{query}");
                }
                other => panic!("{query}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_refusal_counts_when_the_state_is_right() {
        match expected(&Issuer::Unknown)
            .take("error=access_denied&error_description=The+user+said+no+to+Right&state=Right")
        {
            Ok(AuthorizationResponse::Refused(Error::NotAuthorized { error, description })) => {
                assert_eq!(
                    (error.as_str(), description.as_deref()),
                    ("access_denied", Some("The user said no to … (5 characters)"))
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_in_another_character_set_counts_too() {
        let query = "error=access_denied&error_description=ung%FCltig&error_uri=%E9&state=Right";
        let error = match expected(&known()).take(query) {
            Ok(AuthorizationResponse::Refused(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(error.contains("ung\u{fffd}ltig"), "{error}");
    }

    #[test]
    fn a_callback_without_the_right_state_is_refused_whatever_it_says() {
        let foreign = "its state isn't the one this login sent";
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
            assert_eq!(refusal(query), "it has no state");
        }
    }

    #[test]
    fn a_malformed_callback_is_refused_even_with_the_right_state() {
        for (query, reason) in [
            ("state=Right", "it has neither a code nor an error"),
            ("state=Right&code=&error=", "it has neither a code nor an error"),
            ("state=Right&state=Right&code=a", "it has a parameter twice"),
            ("state=Right&code=a&code=a", "it has a parameter twice"),
            ("state=Right&code=a&c%6Fde=b", "it has a parameter twice"),
            ("state=Right&error=a&error=b", "it has a parameter twice"),
            ("state=Right&error=a&code=b&code=c", "it has a parameter twice"),
            ("state=Right&code=a%0d%0aB:c", "its code isn't printable ASCII"),
            ("state=Right&code=%00", "its code isn't printable ASCII"),
            ("state=Right&code=%C3%A9", "its code isn't printable ASCII"),
            ("state=Right&code=%FF", "its code isn't printable ASCII"),
            ("state=Right&code=a&iss=a&iss=a", "it has a parameter twice"),
        ] {
            assert_eq!(refusal(query), reason, "{query}");
        }
    }

    #[test]
    fn another_issuer_is_named_whatever_the_callback_says() {
        for (query, named) in [
            ("state=Right&code=a&iss=https://evil.example", "https://evil.example"),
            ("state=Right&error=a&iss=https://idp.example/", "https://idp.example/"),
        ] {
            let other = NotTaken::OtherIssuer {
                named: named.to_owned(),
                expected: "https://idp.example".to_owned(),
            };
            assert_eq!(expected(&known()).take(query).unwrap_err(), other);
        }
    }

    #[test]
    fn an_issuer_that_repeats_the_code_is_told_without_it() {
        let query = "state=Right&code=c0de-0123456789&iss=https://evil.example/c0de-0123456789";
        let NotTaken::OtherIssuer { named, .. } = expected(&known()).take(query).unwrap_err()
        else {
            panic!("{query}");
        };
        assert_eq!(named, "https://evil.example/c0de… (15 characters)");
    }

    #[test]
    fn an_issuer_that_is_not_known_is_not_compared() {
        assert!(
            expected(&Issuer::Unknown).take("state=Right&code=a&iss=https://any.example").is_ok()
        );
    }

    #[test]
    fn an_issuer_that_is_set_must_be_named_and_githubs_may_be_missing() {
        let required = Issuer::Required("https://idp.example".to_owned());
        let not_named = NotTaken::NoIssuer { expected: "https://idp.example".to_owned() };
        for query in ["state=Right&code=a", "state=Right&code=a&iss=", "state=Right&error=a"] {
            assert_eq!(expected(&required).take(query).unwrap_err(), not_named);
            assert!(expected(&known()).take(query).is_ok(), "{query}");
        }
        assert!(expected(&required).take("state=Right&code=a&iss=https://idp.example").is_ok());
    }

    #[test]
    fn the_redirect_uris_own_query_must_come_back() {
        let redirect_uri = RedirectUri::parse("http://localhost:1/cb?keep=a%20b&flag").unwrap();
        let take = |query: &str| {
            let state = State::new("Right".to_owned());
            let hidden = Hidden::default();
            ExpectedCallback::new(&redirect_uri, state, &Issuer::Unknown, &hidden).take(query)
        };
        for query in [
            "keep=a+b&flag&code=c&state=Right",
            "code=c&flag=&keep=%61%20b&state=Right&more=1",
            "keep=a%20b&flag&error=access_denied&state=Right",
        ] {
            assert!(take(query).is_ok(), "{query}");
        }
        for query in [
            "code=c&state=Right",
            "keep=a%20b&code=c&state=Right",
            "keep=a&flag&code=c&state=Right",
            "keep=a%20b&flag=1&code=c&state=Right",
        ] {
            let why = NotTaken::Ignored("it lacks the query of the redirect URI");
            assert_eq!(take(query).unwrap_err(), why, "{query}");
        }
    }

    #[test]
    fn only_the_first_callback_is_taken() {
        let expected = expected(&Issuer::Unknown);
        assert!(matches!(expected.take("state=Wrong&code=a"), Err(NotTaken::Ignored(_))));
        assert!(expected.take("state=Right&code=a").is_ok());
        for query in ["state=Right&code=a", "state=Right&code=b", "state=Right&error=a"] {
            assert!(matches!(expected.take(query), Err(NotTaken::Late)));
        }
    }
}
