//! What an examined provider takes beyond GitHub's: the parameters of leg 3 wherever a client puts
//! them. The exam has a case for each of these mistakes, and sees the request as it came.
//!
//! ```text
//! POST /login/oauth/access_token?client_id=…&client_secret=…                 in the address
//! {"client_id":"practice","client_secret":"…","code":"…"}                    as JSON
//! ```

use serde_json::{Map, Value};

use crate::wire::{form, request::Request};

/// The parameters of a token request as one form.
pub(crate) fn parameters(request: &Request, body: &str) -> String {
    let members: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    let texts = members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let json = form::encode(&texts.collect::<Vec<_>>());
    let body = if members.is_empty() { body } else { &json };
    format!("{}&{body}", request.query)
}
