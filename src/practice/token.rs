//! The practice provider's side of leg 3: code in, token out. RFC 6749 §4.1.3, §5; RFC 7636 §4.6.
//!
//! ```text
//! grant_type=…&code=…&redirect_uri=…&client_id=…&client_secret=…&code_verifier=…       in
//! access_token=gho_…&expires_in=28800&…&scope=read%3Auser&token_type=bearer            out
//! {"access_token":"gho_…","expires_in":28800,…}                                        out, as asked
//! error=bad_verification_code&error_description=…&error_uri=…                          out, with 200
//! ```
//!
//! Left out: HTTP Basic, which GitHub does not document, and refreshing.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::grants::{Grants, Registration, random_text};
use crate::secret::{Verifier, pkce};
use crate::wire::form::{self, Form};
use crate::wire::response::Response;

/// Answers the token request; as JSON where `accept` names it, and as a form otherwise.
#[must_use]
pub fn exchange(
    body: &str,
    accept: Option<&str>,
    registration: &Registration,
    grants: &mut Grants,
    now: Instant,
) -> Response {
    let members = match redeem(body, registration, grants, now) {
        Ok(members) => members,
        Err((error, description)) => json!({
            "error": error,
            "error_description": description,
            "error_uri": "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors",
        }),
    };
    // GitHub differs: a refusal has the status 200, and JSON must be asked for.
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        return Response::new(200, "application/json; charset=utf-8", members.to_string());
    }
    let members = members.as_object().cloned().unwrap_or_else(Map::new);
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let pairs: Vec<(String, String)> = members
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Response::new(
        200,
        "application/x-www-form-urlencoded; charset=utf-8",
        form::encode(&pairs),
    )
}

/// `error` and `error_description`.
type ErrorResponse = (&'static str, &'static str);

fn redeem(
    body: &str,
    registration: &Registration,
    grants: &mut Grants,
    now: Instant,
) -> Result<Value, ErrorResponse> {
    let twice = |_| {
        (
            "invalid_request",
            "The request has a parameter twice, or is not UTF-8.",
        )
    };
    let form = Form::decode(body).map_err(twice)?;
    let get = |name| form.get(name).map_err(twice);

    let (id, secret) = (get("client_id")?, get("client_secret")?);
    if id != Some(&registration.client_id) || secret != Some(registration.client_secret.expose()) {
        return Err((
            "incorrect_client_credentials",
            "The client_id and/or client_secret passed are incorrect.",
        ));
    }
    // GitHub differs: it does not require `grant_type`.
    if get("grant_type")?.is_some_and(|kind| kind != "authorization_code") {
        return Err((
            "unsupported_grant_type",
            "Only the grant type authorization_code is supported.",
        ));
    }
    let bad_code = (
        "bad_verification_code",
        "The code passed is incorrect or expired.",
    );
    let request = get("code")?
        .and_then(|code| grants.take_code(code, now))
        .ok_or(bad_code)?;
    // RFC 6749 §4.1.3: the authorization server MUST "ensure that the "redirect_uri" parameter is
    // present if the "redirect_uri" parameter was included in the initial authorization request
    // […], and if included ensure that their values are identical."
    match get("redirect_uri")? {
        Some(given) if given == request.redirect_uri => {}
        None if !request.names_redirect_uri => {}
        _ => {
            let description = "The redirect_uri is not the one of the authorization request.";
            return Err(("redirect_uri_mismatch", description));
        }
    }
    // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" […]
    // MUST be returned." GitHub differs: its word for it is `bad_verification_code`.
    if let Some(challenge) = request.challenge {
        let verifier = get("code_verifier")?.map(|verifier| Verifier::new(verifier.to_owned()));
        if verifier.is_none_or(|verifier| pkce::challenge(&verifier) != challenge) {
            return Err((
                "bad_verification_code",
                "The code_verifier does not fit the code_challenge.",
            ));
        }
    }
    let broken = |_| ("server_error", "There are no random octets.");
    Ok(json!({
        "access_token": grants.add_token().map_err(broken)?,
        "expires_in": 28_800,
        "refresh_token": format!("ghr_{}", random_text(43).map_err(broken)?),
        "refresh_token_expires_in": 15_897_600,
        // GitHub differs: commas, where RFC 6749 §3.3 has spaces.
        "scope": request.scope.split_whitespace().collect::<Vec<_>>().join(","),
        "token_type": "bearer",
    }))
}
