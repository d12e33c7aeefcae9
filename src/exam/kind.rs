//! What kind of client it is, as its first login shows: a case that needs something else is skipped.
//!
//! ```text
//! This client is confidential (its secret is in the body), uses state and PKCE, asks for a profile, …
//! ```

use super::basic;
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
    let is_in_body = asked.parameter("client_secret").is_some();
    let header = asked.request.header("authorization").unwrap_or_default();
    match (is_in_body, basic::credentials(header).is_some()) {
        (false, false) => Credentials::None,
        (true, false) => Credentials::Body,
        (false, true) => Credentials::Basic,
        (true, true) => Credentials::Both,
    }
}

/// Whether a token request has the client's id and secret by HTTP Basic.
pub(super) fn is_right_basic(asked: &Asked, secret: &str) -> bool {
    let header = asked.request.header("authorization").unwrap_or_default();
    let Some(credentials) = basic::credentials(header) else { return false };
    match basic::read(credentials) {
        Some(basic) => basic.id == "practice" && basic.secret == secret,
        None => false,
    }
}
