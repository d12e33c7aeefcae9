//! The protocol, a file for each leg, in the order in which the bytes travel. No leg imports another;
//! [`crate::login`] knows the order.

pub mod authorize;
pub mod callback;
pub mod client_auth;
pub mod pkce;
pub mod profile;
pub mod revoke;
pub mod token;

use profile::Profile;
use token::Granted;

/// What a login brings: the token, and whose it is, if somebody asked.
#[derive(Debug)]
pub struct Login {
    pub(crate) granted: Granted,
    pub(crate) profile: Option<Profile>,
}

impl Login {
    /// A member of the profile that is text, such as `login`.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.profile.as_ref()?.text(member)
    }
}
