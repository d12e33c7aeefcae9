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

/// How the consent page offers a fault. `what` happens stands on its first line, and what a good
/// client does about it on its second.
#[derive(Clone, Copy, Debug)]
pub struct Button {
    pub leg: u8,
    pub name: &'static str,
    pub label: &'static str,
    pub what: &'static str,
}

/// For each name: a line with what happens, and one with what a good client does about it.
const TEXTS: &str = include_str!("faults.txt");

macro_rules! faults {
    ($($leg:literal { $($name:literal $fault:ident $label:literal)* })*) => {
        /// Something that goes wrong on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[doc = $label] $fault,)*)*
        }

        impl Fault {
            /// Every fault, in the order of the page.
            pub const ALL: &[Self] = &[$($(Self::$fault,)*)*];

            /// The button that asks for it.
            pub fn button(self) -> Button {
                let (leg, name, label) = match self {
                    $($(Self::$fault => ($leg, $name, $label),)*)*
                };
                let texts = TEXTS.split("\n\n").filter_map(|text| text.split_once('\n'));
                let what = texts.filter(|(known, _)| *known == name).map(|(_, what)| what.trim_end());
                Button { leg, name, label, what: what.last().unwrap_or_default() }
            }
        }
    };
}

// By leg: the name in the form and the one in the code, and the label.
faults! {
    2 {
        "forged-state" ForgedState "A forged state"
        "no-state" NoState "No state"
        "wrong-issuer" WrongIssuer "A wrong issuer"
        "silent-connections" SilentConnections "30 silent connections"
        "code-twice" CodeTwice "The code delivered twice"
        "used-code" UsedCode "A used code"
        "expired-code" ExpiredCode "An expired code"
    }
    3 {
        "wrong-secret" WrongSecret "A wrong client secret"
        "unverified-email" UnverifiedEmail "An unverified email address"
        "token-redirect" TokenRedirect "A redirect"
        "token-error" TokenError "A server error"
        "token-html" TokenHtml "A page instead of JSON"
        "bad-request" BadRequest "An error with the status 400"
        "late-refusal" LateRefusal "A late refusal"
        "token-silence" TokenSilence "No answer"
        "token-endless" TokenEndless "An endless answer"
        "token-type" TokenType "An unknown token type"
        "token-newline" TokenNewline "A token with a line end"
        "fewer-scopes" FewerScopes "Fewer scopes"
    }
    4 {
        "revoked-token" RevokedToken "A revoked token"
        "profile-redirect" ProfileRedirect "Another redirect"
        "profile-escapes" ProfileEscapes "Control characters in the profile"
        "rate-limit" RateLimit "A rate limit"
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
