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

use super::answer::{Answer, Before, Reply};
use super::authorize;
use super::fault::Fault;
use super::grants::{AuthorizationRequest, BadCode, Grants, Registration, random_text};
use crate::page;
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
    issuer: &str,
) -> Answer {
    let in_shape = |members: &Value| in_shape(members, accept);
    let (code, request) = match redeem(body, registration, grants, now) {
        Ok(redeemed) => redeemed,
        Err(refusal) => {
            return Answer::wrong(in_shape(&refusal.members()), refusal.what);
        }
    };
    let mut checked = "client_id, client_secret, code".to_owned();
    if request.names_redirect_uri {
        checked += ", redirect_uri";
    }
    checked += match request.challenge {
        Some(_) => " (RFC 6749 §4.1.3), code_verifier (RFC 7636 §4.6)",
        None => {
            " (RFC 6749 §4.1.3); missing: code_verifier, for leg 1 had no code_challenge (RFC 7636 §4.5)"
        }
    };
    let broken = request.fault.and_then(|fault| broken(fault, in_shape));
    let shows_here = broken.is_some()
        || matches!(request.fault, Some(Fault::CodeTwice | Fault::TokenType | Fault::FewerScopes));
    let reply = if let Some(reply) = broken {
        reply
    } else {
        let Ok(members) = token_response(&request, &code, grants) else {
            let page = page::html(502, "No token", "<p>There are no random octets.</p>");
            return Answer::wrong(page, "there are no random octets");
        };
        Reply::Whole(in_shape(&members))
    };
    let is_delivered_again = request.fault == Some(Fault::CodeTwice);
    let again = is_delivered_again.then(|| authorize::callback(&request, &code, issuer));
    let answer =
        Answer { reply, before: again.map(Before::Deliver), said: format!("checked {checked}") };
    match request.fault {
        Some(fault) if shows_here => answer.broken_by(fault),
        // Those of leg 2 have had their effect, those of leg 4 will have it.
        _ => answer,
    }
}

/// JSON where `accept` names it. GitHub differs: a refusal has the status 200, and JSON must be
/// asked for.
fn in_shape(members: &Value, accept: Option<&str>) -> Response {
    if accept.is_some_and(|accept| accept.contains("application/json")) {
        return Response::new(200, "application/json; charset=utf-8", members.to_string());
    }
    let members = members.as_object().cloned().unwrap_or_else(Map::new);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: Vec<(String, String)> =
        members.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Response::new(200, "application/x-www-form-urlencoded; charset=utf-8", form::encode(&pairs))
}

/// RFC 6749 §5.2: `error`, `error_description`, and the same for the log, with the rule.
struct ErrorResponse {
    error: &'static str,
    description: &'static str,
    what: &'static str,
}

fn refusal(error: &'static str, description: &'static str, what: &'static str) -> ErrorResponse {
    ErrorResponse { error, description, what }
}

impl ErrorResponse {
    fn members(&self) -> Value {
        json!({
            "error": self.error,
            "error_description": self.description,
            "error_uri": "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors",
        })
    }
}

/// The code, and the request that it was given for.
fn redeem(
    body: &str,
    registration: &Registration,
    grants: &mut Grants,
    now: Instant,
) -> Result<(String, AuthorizationRequest), ErrorResponse> {
    let twice = |_| {
        refusal(
            "invalid_request",
            "The request has a parameter twice, or is not UTF-8.",
            "a parameter stands twice, or is not UTF-8 (RFC 6749 §3.2)",
        )
    };
    let form = Form::decode(body).map_err(twice)?;
    let get = |name| form.get(name).map_err(twice);

    let (id, secret) = (get("client_id")?, get("client_secret")?);
    if id != Some(&registration.client_id) || secret != Some(registration.client_secret.expose()) {
        return Err(WRONG_CREDENTIALS);
    }
    // GitHub differs: it does not require `grant_type`.
    if get("grant_type")?.is_some_and(|kind| kind != "authorization_code") {
        return Err(refusal(
            "unsupported_grant_type",
            "Only the grant type authorization_code is supported.",
            "grant_type is not authorization_code (RFC 6749 §4.1.3)",
        ));
    }
    let code = get("code")?.unwrap_or_default();
    let request = grants.take_code(code, now).map_err(|bad| {
        // GitHub differs: its word for RFC 6749's `invalid_grant` is `bad_verification_code`.
        refusal(
            "bad_verification_code",
            "The code passed is incorrect or expired.",
            match bad {
                BadCode::Unknown => "no such code was given (RFC 6749 §5.2)",
                BadCode::Used => {
                    "the code was used before; a token that it gave is revoked (RFC 6749 §4.1.2)"
                }
                BadCode::Expired => "the code has expired (RFC 6749 §4.1.2)",
            },
        )
    })?;
    // RFC 6749 §4.1.3: the authorization server MUST "ensure that the "redirect_uri" parameter is
    // present if the "redirect_uri" parameter was included in the initial authorization request
    // […], and if included ensure that their values are identical."
    match get("redirect_uri")? {
        Some(given) if given == request.redirect_uri => {}
        None if !request.names_redirect_uri => {}
        _ => {
            return Err(refusal(
                "redirect_uri_mismatch",
                "The redirect_uri is not the one of the authorization request.",
                "the redirect_uri is not the one of leg 1 (RFC 6749 §4.1.3)",
            ));
        }
    }
    // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" […]
    // MUST be returned."
    if let Some(challenge) = &request.challenge {
        let verifier = get("code_verifier")?.map(|verifier| Verifier::new(verifier.to_owned()));
        if verifier.is_none_or(|verifier| pkce::challenge(&verifier) != *challenge) {
            return Err(refusal(
                "bad_verification_code",
                "The code_verifier does not fit the code_challenge.",
                "the code_verifier does not hash to the code_challenge of leg 1 (RFC 7636 §4.6)",
            ));
        }
    }
    Ok((code.to_owned(), request))
}

const WRONG_CREDENTIALS: ErrorResponse = ErrorResponse {
    error: "incorrect_client_credentials",
    description: "The client_id and/or client_secret passed are incorrect.",
    what: "client_id or client_secret is not the registered one, or not in the body (RFC 6749 §2.3.1)",
};

/// RFC 6749 §5.1, with the members that GitHub's answer has for apps whose tokens expire.
fn token_response(
    request: &AuthorizationRequest,
    code: &str,
    grants: &mut Grants,
) -> std::io::Result<Value> {
    let scope = match request.fault {
        Some(Fault::FewerScopes) => String::new(),
        // GitHub differs: commas, where RFC 6749 §3.3 has spaces.
        _ => request.scope.split_whitespace().collect::<Vec<_>>().join(","),
    };
    let kind = match request.fault {
        Some(Fault::TokenType) => "mac",
        _ => "bearer",
    };
    Ok(json!({
        "access_token": grants.add_token(code, request.fault)?,
        "expires_in": 28_800,
        "refresh_token": format!("ghr_{}", random_text(43)?),
        "refresh_token_expires_in": 15_897_600,
        "scope": scope,
        "token_type": kind,
    }))
}

/// What a fault of leg 3 answers instead of a token.
fn broken(fault: Fault, in_shape: impl Fn(&Value) -> Response) -> Option<Reply> {
    Some(Reply::Whole(match fault {
        Fault::WrongSecret => in_shape(&WRONG_CREDENTIALS.members()),
        Fault::UnverifiedEmail => {
            let description = "The user must have a verified primary email.";
            in_shape(&refusal("unverified_user_email", description, "").members())
        }
        Fault::TokenRedirect => page::html(307, "Elsewhere", "<p>Follow me.</p>")
            .with("Location", "/login/oauth/elsewhere"),
        Fault::TokenError => page::html(500, "Server error", "<p>Something broke.</p>"),
        Fault::TokenHtml => page::html(200, "Welcome", "<p>This is a page for people.</p>"),
        Fault::TokenSilence => return Some(Reply::Silence),
        Fault::TokenEndless => return Some(Reply::WithoutEnd),
        _ => return None,
    }))
}
