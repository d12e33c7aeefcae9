//! The practice provider's side of leg 3: code in, token out. RFC 6749 §4.1.3, §5; RFC 7636 §4.6.
//!
//! ```text
//! grant_type=…&code=…&redirect_uri=…&client_id=…&client_secret=…&code_verifier=…       in
//! access_token=gho_…&expires_in=28800&…&scope=read%3Auser&token_type=bearer            out
//! {"access_token":"gho_…","expires_in":28800,…}                                        out, as asked
//! error=bad_verification_code&error_description=…&error_uri=…                          out, with 200
//! ```
//!
//! Left out: HTTP Basic, which GitHub doesn't document, and refreshing. Shown by
//! `tests/suite/practice.rs`.

use std::io;

use serde_json::{Value, json};

use super::answer::{Answer, shown};
use super::fault::Fault;
use super::grants::{AuthorizationRequest, Grants, random_text};
use crate::protocol::pkce;
use crate::receive::page;
use crate::secret::Verifier;
use crate::wire::form::{self, Form};
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Answers the token request; as JSON where `accept` names it, and as a form otherwise.
pub fn exchange(body: &str, accept: Option<&str>, grants: &mut Grants) -> io::Result<Answer> {
    let refusal = |error| in_shape(200, &error_response(error), accept);
    let form = Form::decode(body);
    let code = form.as_ref().ok().and_then(|form| form.get("code").ok()?);
    let login = code.map_or(0, |code| grants.login_of(code));
    let (code, request) = match form.map_err(unreadable).and_then(|form| redeem(&form, grants)) {
        Ok(redeemed) => redeemed,
        Err((error, said)) => return Ok(Answer { login, ..Answer::refused(refusal(error), said) }),
    };
    let response = match request.fault {
        Some(Fault::WrongSecret) => refusal("incorrect_client_credentials"),
        Some(Fault::UnverifiedEmail | Fault::LateRefusal) => refusal("unverified_user_email"),
        Some(Fault::BadRequest) => in_shape(400, &error_response("invalid_grant"), accept),
        Some(Fault::TokenRedirect) => elsewhere(307, &grants.issuer),
        Some(Fault::TokenError) => page::html(500, "Server error", "<p>Something broke.</p>"),
        Some(Fault::TokenHtml) => page::html(200, "Welcome", "<p>This is a page for people.</p>"),
        _ => in_shape(200, &issue(&request, &code, grants)?, accept),
    };
    let names = if request.names_redirect_uri { ", code and redirect_uri" } else { " and code" };
    let pkce = match request.challenge {
        Some(_) => "code_verifier fits the code_challenge of leg 1 (RFC 7636 §4.6)",
        None => "missing: code_verifier, because leg 1 had no code_challenge (RFC 7636 §4.5)",
    };
    let mut said = format!("client_id, client_secret{names} are right (RFC 6749 §4.1.3); {pkce}");
    if let Some(fault) = request.fault.filter(|fault| fault.is_waited_past()) {
        let label = fault.button().label;
        said.extend(["; this code came with \"", label, "\": a good client would have stopped"]);
    }
    // The others of leg 2 have had their effect, and those of leg 4 will have it.
    let shows_here = |fault: &Fault| *fault == Fault::CodeTwice || fault.button().leg == 3;
    let broken_by = request.fault.filter(shows_here);
    let mischief = broken_by.zip(Some(request.callback(&grants.issuer, &[("code", &code)])));
    Ok(Answer { login, broken_by, mischief, ..Answer::right(response, said) })
}

/// The answer, with what a client may have meant.
pub(super) fn remarked(mut answer: Answer, request: &Request) -> Answer {
    if request.header("authorization").is_some() {
        answer.said += "; an Authorization header isn't read, because GitHub wants client_id and \
                        client_secret in the body (client_secret_post)";
    }
    if !wants_json(request.header("accept")) {
        answer.said += "; answered as a form, because no Accept asks for application/json";
    }
    answer
}

fn wants_json(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| accept.contains("application/json"))
}

/// A redirect to another origin: `localhost` instead of `127.0.0.1`.
pub(super) fn elsewhere(status: u16, issuer: &str) -> Response {
    let location = issuer.replacen("127.0.0.1", "localhost", 1) + "/elsewhere";
    page::html(status, "Elsewhere", "<p>Follow me.</p>").with("Location", location)
}

/// GitHub differs: JSON must be asked for, and a refusal has the status 200.
fn in_shape(status: u16, members: &Value, accept: Option<&str>) -> Response {
    if wants_json(accept) {
        return Response::new(status, "application/json; charset=utf-8", members.to_string());
    }
    let pairs = members.as_object().into_iter().flatten().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form::encode(&[(name, &text)])
    });
    let body = pairs.collect::<Vec<_>>().join("&");
    Response::new(status, "application/x-www-form-urlencoded; charset=utf-8", body)
}

/// GitHub differs: `bad_verification_code` is its name for `invalid_grant`.
const ERRORS: &str = include_str!("errors.txt");

/// RFC 6749 §5.2, with GitHub's names and texts.
fn error_response(error: &str) -> Value {
    let mut known = ERRORS.lines().filter_map(|line| line.split_once(' '));
    let description = known.find(|(name, _)| *name == error).map(|(_, text)| text);
    json!({
        "error": error,
        "error_description": description,
        "error_uri": "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors",
    })
}

/// RFC 6749 §5.2: `error`, and what the log says about it.
type Refused = (&'static str, String);

fn unreadable(problem: form::Problem) -> Refused {
    ("invalid_request", format!("{problem} (RFC 6749 §3.2, appendix B)"))
}

/// The code, and the request that it was given for.
fn redeem(form: &Form, grants: &mut Grants) -> Result<(String, AuthorizationRequest), Refused> {
    let get = |name| form.get(name).map_err(unreadable);

    let app = &grants.registration;
    let is_examined = app.is_examined;
    let wrong = match (get("client_id")?, get("client_secret")?) {
        _ if is_examined => "",
        (None, _) => "client_id is missing from the body",
        (_, None) => "client_secret is missing from the body",
        (Some(id), _) if id != app.client_id => "no app with this client_id is registered here",
        (_, Some(secret)) if secret != app.client_secret.expose() => "client_secret is wrong",
        _ => "",
    };
    if !wrong.is_empty() {
        return Err(("incorrect_client_credentials", format!("{wrong} (RFC 6749 §2.3.1)")));
    }
    // GitHub differs: it does not require `grant_type`.
    if get("grant_type")?.is_some_and(|kind| kind != "authorization_code") {
        let said = "grant_type is not authorization_code (RFC 6749 §4.1.3)";
        return Err(("unsupported_grant_type", said.to_owned()));
    }
    let bad_code = |said: &str| ("bad_verification_code", said.to_owned());
    let code = get("code")?.ok_or_else(|| bad_code("code is missing (RFC 6749 §4.1.3)"))?;
    let request = grants.take_code(code).map_err(bad_code)?;
    // RFC 6749 §4.1.3: the authorization server MUST "ensure that the "redirect_uri" parameter is
    // present if the "redirect_uri" parameter was included in the initial authorization request
    // […], and if included ensure that their values are identical."
    let given = get("redirect_uri")?;
    let must_match = given.is_some() || request.names_redirect_uri;
    if must_match && !is_examined && given != Some(&request.redirect_uri) {
        let (given, asked) = (given.map_or("missing", shown), shown(&request.redirect_uri));
        let said = format!("redirect_uri is {given}, but was {asked} in leg 1 (RFC 6749 §4.1.3)");
        return Err(("redirect_uri_mismatch", said));
    }
    // RFC 7636 §4.6: "If the values are not equal, an error response indicating "invalid_grant" […]
    // MUST be returned."
    if let Some(challenge) = request.challenge.as_ref().filter(|_| !is_examined) {
        let verifier = get("code_verifier")?.map(|verifier| Verifier::new(verifier.to_owned()));
        if verifier.is_none_or(|verifier| pkce::challenge(&verifier) != *challenge) {
            let said =
                "code_verifier is missing, or doesn't hash to the code_challenge (RFC 7636 §4.6)";
            return Err(bad_code(said));
        }
    }
    Ok((code.to_owned(), request))
}

/// RFC 6749 §5.1, with the members that GitHub's answer has for apps whose tokens expire.
fn issue(request: &AuthorizationRequest, code: &str, grants: &mut Grants) -> io::Result<Value> {
    // GitHub differs: commas, where RFC 6749 §3.3 has spaces.
    let asked = || request.scope.split_whitespace().collect::<Vec<_>>().join(",");
    let breaks = |fault| request.fault == Some(fault);
    let token = grants.add_token(code)?;
    // Sent on as it is, it ends its header and begins another.
    let token = if breaks(Fault::TokenNewline) { token + "\r\nX-Injected: 1" } else { token };
    Ok(json!({
        "access_token": token,
        "expires_in": 28_800,
        "refresh_token": format!("ghr_{}", random_text(43)?),
        "refresh_token_expires_in": 15_897_600,
        "scope": if breaks(Fault::FewerScopes) { String::new() } else { asked() },
        "token_type": if breaks(Fault::TokenType) { "mac" } else { "bearer" },
    }))
}
