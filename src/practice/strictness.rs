//! How strict the provider is: as GitHub, or, while it examines a client, so lenient that every request
//! that can be understood goes on to the next leg. The exam judges it afterwards.
//!
//! ```text
//! POST /login/oauth/access_token?client_id=…&client_secret=…                 parameters in the URL
//! {"client_id":"practice","client_secret":"…","code":"…"}                    parameters as JSON
//! GET /user?access_token=gho_…                                               the token in the URL
//! ```

use serde_json::{Map, Value};

use crate::wire::form::{Form, encode};
use crate::wire::request::Request;

/// How strict the provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// As GitHub is.
    GitHub,
    /// It takes whatever it understands, because the exam judges it.
    Examined,
}

impl Strictness {
    /// Leg 1: any redirect URI on this machine, not only the registered one.
    pub(super) fn takes_any_redirect_uri(self) -> bool {
        self == Self::Examined
    }

    /// Leg 1: a challenge of any length and method; leg 3: any verifier.
    pub(super) fn takes_any_pkce(self) -> bool {
        self == Self::Examined
    }

    /// Leg 3: any client id and secret, and any redirect URI.
    pub(super) fn takes_any_credentials(self) -> bool {
        self == Self::Examined
    }

    /// Leg 3: any method and media type.
    pub(super) fn takes_any_token_request(self) -> bool {
        self == Self::Examined
    }

    /// Leg 4: the token as a parameter of the URL.
    pub(super) fn takes_token_in_url(self) -> bool {
        self == Self::Examined
    }
}

/// The parameters of a token request as one form, wherever they stand: the body's, or those of URL and
/// body if the body has no code.
pub(crate) fn parameters(request: &Request, body: &str) -> String {
    let body = match serde_json::from_str::<Map<String, Value>>(body) {
        Ok(members) => form_of(&members),
        Err(_) => body.to_owned(),
    };
    let has_code = match Form::decode(&body) {
        Ok(form) => form.pairs().any(|(name, _)| name == "code"),
        Err(_) => false,
    };
    if has_code { body } else { format!("{}&{body}", request.query) }
}

fn form_of(members: &Map<String, Value>) -> String {
    let mut pairs = Vec::new();
    for (name, value) in members {
        if let Value::String(text) = value {
            pairs.push((name.as_str(), text.as_str()));
        }
    }
    encode(&pairs)
}
