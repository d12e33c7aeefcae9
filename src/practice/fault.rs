//! *Break it*: what the consent page can break on purpose, each by a button. These are the faults of
//! providers, browsers and attackers that a client has to survive.
//!
//! ```text
//! POST /login/oauth/authorize   ticket=…&decision=forged-state
//! ```
//!
//! A fault stays with the login whose page had the button. Those of leg 2 show in the redirect, the
//! others when the code comes to the token endpoint or the token to the profile.
//!
//! Left out: what no provider can do alone, such as a wrong certificate. Shown by
//! `tests/suite/break_it.rs`, where each button has a test of its name.

/// How the consent page offers a fault.
#[derive(Clone, Copy, Debug)]
pub struct Button {
    /// The leg in which it happens.
    pub leg: u8,
    /// Its value in the form.
    pub name: &'static str,
    /// What stands on it.
    pub label: &'static str,
    /// What happens, and what a good client does about it.
    pub what: &'static str,
}

macro_rules! faults {
    ($($leg:literal { $($name:literal $fault:ident $label:literal $what:literal)* })*) => {
        /// Something that goes wrong on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[doc = $label] $fault,)*)*
        }

        impl Fault {
            /// Every fault, in the order of the page.
            pub const ALL: &[Self] = &[$($(Self::$fault,)*)*];

            /// The button that asks for it.
            #[must_use]
            pub fn button(self) -> Button {
                let (leg, name, label, what) = match self {
                    $($(Self::$fault => ($leg, $name, $label, $what),)*)*
                };
                Button { leg, name, label, what }
            }
        }
    };
}

// By leg: the name in the form and the one in the code, the label, and the text.
faults! {
    2 {
        "forged-state" ForgedState "A forged state"
            "The callback carries a different state, as if another page had sent it. A good client \
             ignores it and keeps waiting. Come back here and choose again."
        "no-state" NoState "No state"
            "The callback carries no state at all. A good client ignores it too, and keeps \
             waiting."
        "wrong-issuer" WrongIssuer "A wrong issuer"
            "The callback says, in iss, that it comes from another provider. A good client ignores \
             it, so that one provider's code never goes to another, and keeps waiting."
        "silent-connections" SilentConnections "30 silent connections"
            "They open on each address of the callback's port and say nothing. Then the callback \
             comes. A good client answers it at once, and you are signed in."
        "code-twice" CodeTwice "The code delivered twice"
            "While the client exchanges the code, the same callback comes again. A good client \
             exchanges the code only once, and you are signed in."
        "used-code" UsedCode "A used code"
            "The callback brings a code that has been exchanged before, so the token endpoint \
             refuses it. A good client says so, and asks you to log in again."
        "expired-code" ExpiredCode "An expired code"
            "The callback brings a code that is more than ten minutes old. A good client says the \
             same as for a used code, because GitHub doesn't tell the two apart."
    }
    3 {
        "wrong-secret" WrongSecret "A wrong client secret"
            "The answer is incorrect_client_credentials, with the status 200, as at GitHub. A good \
             client reads the body, and says which settings to check."
        "unverified-email" UnverifiedEmail "An unverified email address"
            "The answer is unverified_user_email. A good client tells you, because nobody else can \
             fix it."
        "token-redirect" TokenRedirect "A redirect"
            "The answer is a 307 to another address. A good client doesn't follow it, because that \
             would send the code and the client secret there."
        "token-error" TokenError "A server error"
            "The answer is a 500. A good client says that the provider has a problem, and doesn't \
             send the code again."
        "token-html" TokenHtml "A page instead of JSON"
            "The answer is a 200 with an HTML page. A good client says so, and shows none of it."
        "bad-request" BadRequest "An error with the status 400"
            "The answer is invalid_grant with the status 400, as at most providers. A good client \
             reads the body, and says the same as for a used code."
        "late-refusal" LateRefusal "A late refusal"
            "The answer is a refusal that comes after a second. A good client lets the tab wait, and \
             never says there that you are signed in."
        "token-silence" TokenSilence "No answer"
            "The endpoint takes the request and never answers. A good client gives up after a \
             while; bare-oauth does so after 30 seconds."
        "token-endless" TokenEndless "An endless answer"
            "The answer goes on for as long as the client reads. A good client stops reading; \
             bare-oauth does so after 1 MiB."
        "token-type" TokenType "An unknown token type"
            "The token has the type mac, so it isn't enough to send it along. A good client \
             doesn't use a token that it doesn't understand."
        "token-newline" TokenNewline "A token with a line end"
            "Sent on as it is, the token would end its header and begin another one. A good client \
             refuses it."
        "fewer-scopes" FewerScopes "Fewer scopes"
            "The token allows nothing of what the client asked for, and the answer says so. A good \
             client notices, tells you, and still signs you in."
    }
    4 {
        "revoked-token" RevokedToken "A revoked token"
            "The answer is a 401, because the token is no longer good. A good client doesn't say \
             that you are signed in."
        "profile-redirect" ProfileRedirect "Another redirect"
            "The answer is a 302 to another address. A good client doesn't send the token there."
        "profile-escapes" ProfileEscapes "Control characters in the profile"
            "The name brings a colour, a carriage return and a mark that turns text around. A good \
             client shows what they are, and signs you in."
        "rate-limit" RateLimit "A rate limit"
            "The answer is a 403 with x-ratelimit-remaining: 0. A good client knows what that \
             means, and says when to try again."
    }
}

impl Fault {
    /// The fault with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.button().name == name)
    }

    /// Whether a good client keeps waiting, so that the person comes back to the page.
    pub(super) fn is_waited_past(self) -> bool {
        matches!(self, Self::ForgedState | Self::NoState | Self::WrongIssuer)
    }
}
