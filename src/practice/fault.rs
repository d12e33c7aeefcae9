//! What the consent page can break on purpose: the faults of providers, browsers and attackers that
//! a client has to survive, each a button.
//!
//! ```text
//! POST /login/oauth/authorize   ticket=…&decision=forged-state
//! ```
//!
//! The fault stays with the login that was answered with it: those of leg 2 show in the redirect,
//! the others when the code comes to the token endpoint, or the token to the profile.
//!
//! Left out: what no provider can do alone, such as a wrong certificate. Shown by
//! `tests/suite/break_it.rs`, a test for each by its name.

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Leg 2 with another `state`.
    ForgedState,
    /// Leg 2 without `state`.
    NoState,
    /// Leg 2 with another provider's `iss`.
    WrongIssuer,
    /// Leg 2 behind 30 connections that say nothing.
    SilentConnections,
    /// Leg 2 twice, the second time during leg 3.
    CodeTwice,
    /// Leg 2 with a code that was exchanged before.
    UsedCode,
    /// Leg 2 with a code whose time is over.
    ExpiredCode,
    /// Leg 3: `incorrect_client_credentials`.
    WrongSecret,
    /// Leg 3: `unverified_user_email`.
    UnverifiedEmail,
    /// Leg 3: 307.
    TokenRedirect,
    /// Leg 3: 500.
    TokenError,
    /// Leg 3: a page for people.
    TokenHtml,
    /// Leg 3: nothing.
    TokenSilence,
    /// Leg 3: blanks, for as long as they are read.
    TokenEndless,
    /// Leg 3: a token that is no bearer token.
    TokenType,
    /// Leg 3: none of the scopes that were asked for.
    FewerScopes,
    /// Leg 4: 401.
    RevokedToken,
    /// Leg 4: 403, with the headers of GitHub's rate limit.
    RateLimit,
}

/// A button: its fault, its value in the form, its label, and what will happen and what a good
/// client does.
pub type Button = (Fault, &'static str, &'static str, &'static str);

/// The buttons for each leg.
pub const BUTTONS: [(&str, &[Button]); 3] = [
    (
        "In leg 2, the callback",
        &[
            (
                Fault::ForgedState,
                "forged-state",
                "A forged state",
                "The callback carries another state, as if another page had sent it. A good client \
                 refuses it and goes on waiting; come back here then, and choose again.",
            ),
            (
                Fault::NoState,
                "no-state",
                "No state",
                "The callback carries no state at all. A good client refuses it just the same, and \
                 goes on waiting.",
            ),
            (
                Fault::WrongIssuer,
                "wrong-issuer",
                "A wrong issuer",
                "The callback says in iss that another provider sent it. A good client refuses it, \
                 before that provider's code goes to this one, and goes on waiting.",
            ),
            (
                Fault::SilentConnections,
                "silent-connections",
                "30 silent connections",
                "They are opened to each address of the callback's port and say nothing; then the \
                 callback comes. A good client answers it at once, and you are signed in.",
            ),
            (
                Fault::CodeTwice,
                "code-twice",
                "The code delivered twice",
                "While the client exchanges the code, the same callback comes again. A good client \
                 exchanges nothing twice, and you are signed in.",
            ),
            (
                Fault::UsedCode,
                "used-code",
                "A code that was used before",
                "The callback brings a code that has been exchanged already. The token endpoint \
                 refuses it; a good client says so, and that a new login is needed.",
            ),
            (
                Fault::ExpiredCode,
                "expired-code",
                "An expired code",
                "The callback brings a code whose ten minutes are over. A good client says the same \
                 as of a used one: GitHub does not tell the two apart.",
            ),
        ],
    ),
    (
        "In leg 3, the token endpoint",
        &[
            (
                Fault::WrongSecret,
                "wrong-secret",
                "A wrong client secret",
                "The answer is incorrect_client_credentials, and its status is 200 as at GitHub. A \
                 good client reads the body, and says which settings to check.",
            ),
            (
                Fault::UnverifiedEmail,
                "unverified-email",
                "An unverified e-mail",
                "The answer is unverified_user_email. A good client tells the person, who alone can \
                 mend it.",
            ),
            (
                Fault::TokenRedirect,
                "token-redirect",
                "A redirect",
                "The answer is 307, to another address. A good client does not follow: it would \
                 send code and client secret there.",
            ),
            (
                Fault::TokenError,
                "token-error",
                "Status 500",
                "The answer is an error of the server. A good client says that the provider has a \
                 problem, and does not try the code again.",
            ),
            (
                Fault::TokenHtml,
                "token-html",
                "A page instead of JSON",
                "The answer is 200 with HTML. A good client says so, and shows nothing of it.",
            ),
            (
                Fault::TokenSilence,
                "token-silence",
                "No answer",
                "The request is taken, and nothing comes back. A good client gives up after a while; \
                 this one after 30 seconds.",
            ),
            (
                Fault::TokenEndless,
                "token-endless",
                "An answer without end",
                "The answer goes on for as long as it is read. A good client stops reading; this one \
                 after 1 MiB.",
            ),
            (
                Fault::TokenType,
                "token-type",
                "An unknown token type",
                "The token is of the type mac, which needs more than being sent along. A good client \
                 does not use what it does not understand.",
            ),
            (
                Fault::FewerScopes,
                "fewer-scopes",
                "Fewer scopes",
                "The token allows none of what was asked for, and the answer says so. A good client \
                 notices and tells the person; you are signed in.",
            ),
        ],
    ),
    (
        "In leg 4, the profile",
        &[
            (
                Fault::RevokedToken,
                "revoked-token",
                "A revoked token",
                "The answer is 401: the token is no longer good. A good client claims no login.",
            ),
            (
                Fault::RateLimit,
                "rate-limit",
                "A rate limit",
                "The answer is 403 with x-ratelimit-remaining: 0. A good client takes it for what it \
                 is, and says when to try again.",
            ),
        ],
    ),
];

impl Fault {
    /// The fault of a button, by its value in the form.
    #[must_use]
    pub fn named(value: &str) -> Option<Self> {
        buttons().find(|(_, known, ..)| *known == value).map(|(fault, ..)| *fault)
    }

    /// Whether the client goes on waiting, so that the person comes back to the page, which a
    /// browser may have kept.
    #[must_use]
    pub fn is_waited_past(self) -> bool {
        matches!(self, Self::ForgedState | Self::NoState | Self::WrongIssuer)
    }

    /// What its button says.
    #[must_use]
    pub fn label(self) -> &'static str {
        buttons().find(|(fault, ..)| *fault == self).map_or("", |(_, _, label, _)| label)
    }
}

fn buttons() -> impl Iterator<Item = &'static Button> {
    BUTTONS.iter().flat_map(|(_, buttons)| *buttons)
}
