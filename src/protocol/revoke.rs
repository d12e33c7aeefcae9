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

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::protocol::client_auth;
use crate::secret::{AccessToken, ClientSecret};
use crate::setup::config::Config;
use crate::wire::form::encode_value;
use crate::wire::url::Endpoint;

/// Ends the token. Errors: [`Error::NoAnswer`] or [`Error::BadAnswer`]; the token may then be good
/// for longer.
pub fn revoke(
    client: &Client,
    config: &Config,
    revoke_url: &Endpoint,
    token: &AccessToken,
) -> Result<(), Error> {
    let github_path = format!("/applications/{}/token", encode_value(&config.client_id));
    let request = match &config.client_secret {
        Some(secret) if revoke_url.without_query().ends_with(&github_path) => {
            github_request(revoke_url, &config.client_id, secret, token)
        }
        _ => standard_request(config, revoke_url, token),
    };
    let answer = client.send(&request)?;
    match answer.object() {
        Err(_) if !answer.is_success() => answer.withhold(),
        _ => answer.show(),
    }
    read(&answer)
}

fn standard_request<'a>(
    config: &Config,
    revoke_url: &'a Endpoint,
    token: &AccessToken,
) -> Request<'a> {
    let mut request = Request::post_form(Leg::Revocation, revoke_url);
    // RFC 7009 §2.1: "The client constructs the request by including the following parameters […]:
    // token REQUIRED. […] token_type_hint OPTIONAL. […] The client also includes its authentication
    // credentials".
    request.secret_parameter("token", token.expose());
    request.parameter("token_type_hint", "access_token");
    client_auth::add(&mut request, config);
    request
}

fn github_request<'a>(
    revoke_url: &'a Endpoint,
    client_id: &str,
    secret: &ClientSecret,
    token: &AccessToken,
) -> Request<'a> {
    let body = json!({ "access_token": token.expose() }).to_string();
    let mut request = Request::delete(Leg::Revocation, revoke_url, body);
    request.hide(token.expose());
    request.header("accept", "application/vnd.github+json");
    request.authorize(&client_auth::basic(client_id, secret));
    request.header("x-github-api-version", "2022-11-28");
    request
}

/// Reads the answer to a revocation.
pub fn read(answer: &Answer) -> Result<(), Error> {
    // RFC 7009 §2.2: "The authorization server responds with HTTP status code 200 if the token has
    // been revoked successfully".
    if matches!(answer.status, 200 | 204) {
        return Ok(());
    }
    let Ok(object) = answer.object() else { return Err(answer.unexpected_status(None)) };
    let error = object.text("error").unwrap_or_default();
    let message = object.text("message").unwrap_or_default();
    Err(answer.unexpected_status(error.or(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_is_told_from_a_refusal() {
        for status in [200, 204] {
            read(&Answer::example(Leg::Revocation, status, &[], "")).unwrap();
        }
        for (status, body, problem) in [
            (404, "", "`404`: check `REVOKE_URL`"),
            (503, "<p>", "`503`: the provider has a problem; try again later"),
            (
                400,
                r#"{"error":"unsupported_token_type"}"#,
                "`400` (the provider says: unsupported_token_type): check `REVOKE_URL`",
            ),
            (
                422,
                r#"{"message":"Validation Failed"}"#,
                "`422` (the provider says: Validation Failed): check `REVOKE_URL`",
            ),
        ] {
            let answer = Answer::example(Leg::Revocation, status, &[], body);
            let said = read(&answer).unwrap_err().to_string();
            assert_eq!(said, format!("leg 5, the revocation, was answered with {problem}"));
        }
    }
}
