//! *Break it*: what a fault is. These are the faults of providers, browsers and attackers that a
//! client has to survive; the consent page has a button for each.
//!
//! ```text
//! POST /login/oauth/authorize   ticket=…&decision=forged-state
//! ```
//!
//! A fault stays with the login whose page had the button. Those of leg 2 show in the redirect, the
//! others when the code comes to the token endpoint or the token to the profile.
//!
//! Left out: what no provider can do alone, such as a wrong certificate. The faults themselves are in
//! `faults/`, a file for each leg; to add one, add its row there, and its test to
//! `tests/suite/break_it.rs`, where each button has a test of its name.

use std::fmt;

use super::callback::Callback;
use super::reply::Reply;
use super::token_response::{Format, TokenResponse};

/// Something that goes wrong on purpose.
pub struct Fault {
    /// Its name in the form and on the command line.
    pub name: &'static str,
    /// The text of its button.
    pub label: &'static str,
    /// The fault in a sentence.
    pub what: &'static str,
    /// The behaviour of a good client.
    pub good_client: &'static str,
    /// Whether a good client keeps waiting, so that the person comes back to the page.
    pub is_waited_past: bool,
    pub(super) breaks: Breaks,
}

/// Where a fault takes effect.
#[derive(Clone, Copy)]
pub(super) enum Breaks {
    /// Leg 2: the callback is another one.
    Callback(fn(&mut Callback)),
    /// Leg 2: the callback is somebody else's. It brings their code, and this changes its state.
    StrangersCallback(fn(&mut Callback)),
    /// Leg 2: silent connections come before the callback.
    SilentConnections,
    /// Leg 3: the callback comes again before the answer.
    CallbackTwice,
    /// Leg 3: the code isn't good.
    Code(CodeProblem),
    /// Leg 3: the answer has no token. The function is given the issuer and the format asked for.
    TokenReply(fn(&str, Format) -> Reply),
    /// Leg 3: the answer has a token, and something else is different.
    TokenResponse(fn(&mut TokenResponse)),
    /// Leg 3: the answer has a token that a good client doesn't use.
    UnusableToken(fn(&mut TokenResponse)),
    /// Leg 4: the answer is another one. The function is given the issuer.
    ProfileReply(fn(&str) -> Reply),
}

impl Breaks {
    /// The leg whose messages it changes.
    pub(super) fn leg(self) -> u8 {
        match self {
            Self::Callback(_) | Self::StrangersCallback(_) | Self::SilentConnections => 2,
            Self::CallbackTwice
            | Self::Code(_)
            | Self::TokenReply(_)
            | Self::TokenResponse(_)
            | Self::UnusableToken(_) => 3,
            Self::ProfileReply(_) => 4,
        }
    }

    /// The leg in which a client shows whether it falls for it. For a fault of leg 2 that is leg 3, which a
    /// client that falls for it begins with the wrong code, and any other with a good one.
    pub(super) fn shows_in_leg(self) -> u8 {
        self.leg().max(3)
    }
}

/// Why a code isn't good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeProblem {
    Unknown,
    Used,
    Expired,
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
