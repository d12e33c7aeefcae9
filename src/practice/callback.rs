//! Leg 2 as the provider sends it: the redirect that brings the answer to the client. RFC 6749 §4.1.2,
//! RFC 9207 §2.
//!
//! ```text
//! http://localhost:8000/callback?code=…&iss=…&state=…
//! http://localhost:8000/callback?error=access_denied&error_description=…&iss=…&state=…
//! ```
//!
//! Shown by `tests/suite/practice.rs`.

use crate::secret::{State, opaque};
use crate::wire::form::encode;

/// The authorization response. A fault of leg 2 may change it.
pub(super) struct Callback {
    pub(super) redirect_uri: String,
    /// `code`; or `error` and `error_description`.
    pub(super) answer: Vec<(&'static str, String)>,
    pub(super) issuer: String,
    /// RFC 6749 §4.1.2: "REQUIRED if the "state" parameter was present in the client authorization
    /// request. The exact value received from the client."
    pub(super) state: Option<State>,
}

// It may hold a code.
opaque!(Callback);

impl Callback {
    /// The URL that the browser is sent to.
    pub(super) fn url(&self) -> String {
        let mut parameters = Vec::new();
        for (name, value) in &self.answer {
            parameters.push((*name, value.as_str()));
        }
        parameters.push(("iss", &self.issuer));
        if let Some(state) = &self.state {
            parameters.push(("state", state.expose()));
        }
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.redirect_uri, encode(&parameters))
    }
}
