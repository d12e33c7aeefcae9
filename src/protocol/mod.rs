//! The protocol: a file for each leg (1 [`authorize`], 2 [`callback`], 3 [`token`], 4 [`profile`],
//! 5 [`revoke`]), and two helpers: [`pkce`] for legs 1 and 3, [`client_auth`] for legs 3 and 5. No leg
//! imports another; [`crate::login`] knows the order.

pub mod authorize;
pub mod callback;
pub mod client_auth;
pub mod pkce;
pub mod profile;
pub mod revoke;
pub mod token;

use profile::Profile;
use token::Granted;

/// A finished login: the tokens, and the profile if it was asked for.
#[derive(Debug)]
pub struct Login {
    pub(crate) granted: Granted,
    pub(crate) profile: Option<Profile>,
}

impl Login {
    /// A member of the profile that is text, such as `login`.
    pub(crate) fn profile_text(&self, member: &str) -> Option<&str> {
        self.profile.as_ref()?.text(member)
    }
}
