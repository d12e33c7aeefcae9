//! The kind of a client, as its first login shows it: a case that needs something else is skipped.
//!
//! ```text
//! This client is confidential (its secret is in the body), uses state and PKCE, asks for a profile, …
//! ```

use super::basic::{self, Basic};
use super::seen::{Asked, LastLeg, Record};

/// Where a client's secret comes in leg 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Credentials {
    /// It is public, and has no secret.
    None,
    #[default]
    Body,
    Basic,
    Both,
    /// RFC 7521 §4.2: it signs an assertion, whose subject is its `client_id`.
    Assertion,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub(super) struct Kind {
    pub(super) last_leg: LastLeg,
    pub(super) credentials: Credentials,
    pub(super) has_state: bool,
    pub(super) has_pkce: bool,
    pub(super) has_scope: bool,
    pub(super) wants_form_post: bool,
    pub(super) has_own_port: bool,
}

impl Kind {
    /// The kind of a client that has just logged in.
    pub(super) fn of(login: &Record) -> Self {
        let credentials = match login.leg_3.first() {
            Some(asked) => credentials(asked),
            None => Credentials::None,
        };
        Self {
            last_leg: login.last_leg,
            credentials,
            has_state: login.leg_1_parameter("state").is_some(),
            has_pkce: login.leg_1_parameter("code_challenge").is_some(),
            has_scope: login.leg_1_parameter("scope").is_some(),
            wants_form_post: login.leg_1_parameter("response_mode") == Some("form_post"),
            has_own_port: login.has_own_port,
        }
    }

    /// In a sentence.
    pub(super) fn sentence(self) -> String {
        let credentials = match self.credentials {
            Credentials::None => "is public",
            Credentials::Body => "is confidential (its secret is in the body)",
            Credentials::Basic => "is confidential (its secret is in HTTP Basic)",
            Credentials::Both => "is confidential (its secret is in the body and in HTTP Basic)",
            Credentials::Assertion => "is confidential (it signs an assertion)",
        };
        let protection = match (self.has_state, self.has_pkce) {
            (true, true) => "uses state and PKCE",
            (true, false) => "uses state, but not PKCE",
            (false, true) => "uses PKCE, but no state",
            (false, false) => "uses neither state nor PKCE",
        };
        let last_leg = match self.last_leg {
            LastLeg::Token => "stops at the token",
            LastLeg::Profile => "asks for a profile",
        };
        let method = if self.wants_form_post { "a POST" } else { "a GET" };
        let port = if self.has_own_port { "a port of its own" } else { "the given port" };
        format!(
            "This client {credentials}, {protection}, {last_leg}, and takes its callback as {method} on {port}."
        )
    }
}

/// Where the secret is in a token request.
pub(super) fn credentials(asked: &Asked) -> Credentials {
    if asked.parameter("client_assertion").is_some() {
        return Credentials::Assertion;
    }
    let is_in_body = asked.parameter("client_secret").is_some();
    let header = asked.request.header("authorization").unwrap_or_default();
    let is_in_basic = match basic::credentials(header) {
        // RFC 6749 §2.3.1: "The client MAY omit the parameter if the client secret is an empty string."
        Some(credentials) => basic::read(credentials).is_none_or(|basic| !basic.secret.is_empty()),
        None => false,
    };
    match (is_in_body, is_in_basic) {
        (false, false) => Credentials::None,
        (true, false) => Credentials::Body,
        (false, true) => Credentials::Basic,
        (true, true) => Credentials::Both,
    }
}

/// The id and the secret of a token request's HTTP Basic, if they can be read.
fn read_basic(asked: &Asked) -> Option<Basic> {
    let header = asked.request.header("authorization").unwrap_or_default();
    basic::read(basic::credentials(header)?)
}

/// Whether a token request says which client it is from.
pub(super) fn has_client_id(asked: &Asked) -> bool {
    asked.parameter("client_id").is_some() || read_basic(asked).is_some()
}

/// Whether a token request has the client's id and secret by HTTP Basic.
pub(super) fn is_right_basic(asked: &Asked, secret: &str) -> bool {
    match read_basic(asked) {
        Some(basic) => basic.id == "practice" && basic.secret == secret,
        None => false,
    }
}
