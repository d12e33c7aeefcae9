//! Leg 5, with `--revoke`: this program gives the token back, RFC 7009 §2.1.
//!
//! ```text
//! POST /revoke HTTP/1.1                                          out
//! content-type: application/x-www-form-urlencoded
//!
//! token=…&token_type_hint=access_token&client_id=…&client_secret=…
//!
//! HTTP/1.1 200 OK                                                in
//!
//! GitHub differs: it takes no form, and has an API of its own:
//!
//! DELETE /applications/Ov23li…/token HTTP/1.1                    out
//! authorization: Basic T3YyM2xp…
//!
//! {"access_token":"gho_…"}
//!
//! HTTP/1.1 204 No Content                                        in
//! ```
//!
//! Left out: a refresh token beside it, which the provider may let live. Shown by
//! `tests/suite/anywhere.rs` and `tests/suite/certified.rs`.

use serde_json::json;

use crate::ask::client::{Client, Method};
use crate::ask::json::Object;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::AccessToken;
use crate::setup::config::Config;
use crate::setup::proxy::Destination;
use crate::wire::form::encode_value;

/// Ends the token. Errors: [`Error::NoAnswer`] or [`Error::BadAnswer`]; the token may then be good
/// for longer.
pub fn revoke(
    client: &Client,
    config: &Config,
    revoke_url: &Destination,
    token: &AccessToken,
) -> Result<(), Error> {
    let github_path = format!("/applications/{}/token", encode_value(&config.client_id));
    let answer = match &config.client_secret {
        Some(secret) if revoke_url.endpoint.without_query().ends_with(&github_path) => {
            let authorization = client_auth::basic(&config.client_id, secret);
            let headers = [
                ("content-type", "application/json"),
                ("accept", "application/vnd.github+json"),
                ("authorization", &authorization),
                ("x-github-api-version", "2022-11-28"),
            ];
            let body = json!({ "access_token": token.expose() }).to_string();
            client.ask(Leg::Revocation, Method::DELETE, revoke_url, &headers, &body)?
        }
        _ => {
            let (authorization, credentials) = client_auth::of(config);
            let mut headers = Vec::new();
            if let Some(authorization) = &authorization {
                headers.push(("authorization", authorization.as_str()));
            }
            // RFC 7009 §2.1: "The client constructs the request by including the following
            // parameters […]: token REQUIRED. […] token_type_hint OPTIONAL. […] The client also
            // includes its authentication credentials".
            let mut form = vec![("token", token.expose()), ("token_type_hint", "access_token")];
            form.extend(credentials);
            client.post_form(Leg::Revocation, revoke_url, &headers, &form)?
        }
    };
    // RFC 7009 §2.2: "The authorization server responds with HTTP status code 200 if the token has
    // been revoked successfully".
    if matches!(answer.status, 200 | 204) {
        answer.show(true);
        return Ok(());
    }
    let object = Object::parse(&answer.body).ok();
    answer.show(object.is_some());
    let text = |name| object.as_ref().and_then(|object| object.text(name).unwrap_or_default());
    Err(answer.unexpected_status(text("error").or(text("message"))))
}
