//! What an examined provider takes beyond GitHub's: the parameters of leg 3 wherever they are put.
//!
//! ```text
//! POST /login/oauth/access_token?client_id=…&client_secret=…                 in the address
//! {"client_id":"practice","client_secret":"…","code":"…"}                    as JSON
//! ```

use crate::wire::form;
use crate::wire::request::Request;

/// The parameters of a token request as one form: of the body, or of the address if it has no code.
pub(crate) fn parameters(request: &Request, body: &str) -> String {
    let members: serde_json::Map<_, serde_json::Value> =
        serde_json::from_str(body).unwrap_or_default();
    let texts = members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let json = form::encode(&texts.collect::<Vec<_>>());
    let body = if members.is_empty() { body } else { &json };
    if body.contains("code=") { body.to_owned() } else { format!("{}&{body}", request.query) }
}
