//! What the client asked for in leg 1, as the provider remembers it.

use super::callback::Callback;
use super::fault::Fault;
use super::profile::Account;
use crate::secret::State;

/// What the client asked for in leg 1, which binds leg 3.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    /// The number of the login that begins with it; none if it came from the exam.
    pub(crate) login: Option<u32>,
    /// Who agrees.
    pub(crate) account: Account,
    /// `redirect_uri`, or the registered one where the request had none.
    pub(crate) redirect_uri: String,
    /// Whether the request had one, so that leg 3 has to repeat it.
    pub(crate) names_redirect_uri: bool,
    pub(crate) state: Option<State>,
    pub(crate) scope: String,
    pub(crate) challenge: Option<String>,
    /// What the person wants to break.
    pub(crate) fault: Option<&'static Fault>,
}

impl AuthorizationRequest {
    /// The callback that brings this answer.
    pub(crate) fn callback(&self, issuer: &str, answer: &[(&'static str, &str)]) -> Callback {
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
