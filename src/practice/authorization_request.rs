//! The authorization request of leg 1, as the provider remembers it.

use super::account::Account;
use super::callback::Callback;
use super::fault::Fault;
use crate::secret::State;

/// The parameters of leg 1, which bind leg 3.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationRequest {
    /// The number of the login that begins with it; none until it is counted.
    pub(super) login: Option<u32>,
    /// `redirect_uri`, or the registered one where the request had none.
    pub(super) redirect_uri: String,
    /// Whether the request had one, so that leg 3 has to repeat it.
    pub(super) names_redirect_uri: bool,
    pub(super) state: Option<State>,
    pub(super) scope: String,
    pub(super) challenge: Option<String>,
    /// Who agrees to it.
    pub(super) account: Account,
    /// The fault that the person wants.
    pub(super) fault: Option<&'static Fault>,
}

impl AuthorizationRequest {
    /// The callback that brings this answer.
    pub(super) fn callback(&self, issuer: &str, answer: &[(&'static str, &str)]) -> Callback {
        let mut parameters = Vec::new();
        for (name, value) in answer {
            parameters.push((*name, (*value).to_owned()));
        }
        Callback {
            redirect_uri: self.redirect_uri.clone(),
            answer: parameters,
            issuer: issuer.to_owned(),
            state: self.state.clone(),
        }
    }
}
