//! The practice provider's side of leg 1 and leg 2: the consent page, and the redirect back. RFC
//! 6749 §4.1.1, §4.1.2.
//!
//! ```text
//! GET /login/oauth/authorize?client_id=…&redirect_uri=…&scope=…&state=…&code_challenge=…     in
//! POST /login/oauth/authorize   ticket=…&decision=authorize                                  in
//! 302, Location: http://localhost:8000/callback?code=…&iss=…&state=…                          out
//! 302, Location: http://localhost:8000/callback?error=access_denied&…&state=…                 out
//! ```
//!
//! Left out: accounts and passwords; everybody is `octocat`.
//!
//! Until the client and its redirect URI are known, nobody is redirected: RFC 6749 §4.1.2.1, "the
//! authorization server SHOULD inform the resource owner of the error and MUST NOT automatically
//! redirect the user-agent to the invalid redirection URI."

use std::time::Instant;

use super::grants::{AuthorizationRequest, Grants, Registration};
use crate::page;
use crate::wire::form::{self, Form};
use crate::wire::response::Response;
use crate::wire::url::RedirectUri;

/// Answers the authorization request: the consent page, or an error to the browser or to the
/// client.
#[must_use]
pub fn ask(
    query: &str,
    registration: &Registration,
    grants: &mut Grants,
    now: Instant,
    issuer: &str,
) -> Response {
    match read(query, registration, issuer) {
        Err(response) => *response,
        Ok(request) => match grants.add_ticket(request.clone(), now) {
            Ok(ticket) => consent_page(registration, &request, &ticket),
            Err(_) => problem_page(502, "There are no random octets."),
        },
    }
}

/// Answers the person's decision with the redirect to the callback.
#[must_use]
pub fn decide(body: &str, grants: &mut Grants, now: Instant, issuer: &str) -> Response {
    let form = Form::decode(body).ok();
    let get = |name| form.as_ref().and_then(|form| form.get(name).ok().flatten());
    let Some(request) = get("ticket").and_then(|ticket| grants.take_ticket(ticket, now)) else {
        return problem_page(
            422,
            "This page has been answered, or has expired. Start the login again.",
        );
    };
    if get("decision") != Some("authorize") {
        return refuse(
            &request,
            "access_denied",
            "The user has denied your application access.",
            issuer,
        );
    }
    match grants.add_code(request.clone(), now) {
        Ok(code) => redirect(&request, &[("code", code.as_str()), ("iss", issuer)]),
        Err(_) => problem_page(502, "There are no random octets."),
    }
}

/// The request, if it follows the rules; otherwise what to answer.
fn read(
    query: &str,
    registration: &Registration,
    issuer: &str,
) -> Result<AuthorizationRequest, Box<Response>> {
    let page = |status, text| Box::new(problem_page(status, text));
    let form = Form::decode(query).map_err(|_| page(400, "The request is not UTF-8."))?;
    let get = |name| {
        let twice = |_| page(400, "The request has a parameter twice.");
        form.get(name).map_err(twice)
    };
    if get("client_id")? != Some(&registration.client_id) {
        let text = "No app with this client_id is registered here.";
        return Err(page(404, text));
    }
    let redirect_uri = match get("redirect_uri")? {
        None => registration.redirect_uri.as_str(),
        Some(given) if is_registered(given, registration) => given,
        Some(_) => {
            let text = "The redirect_uri is not the one registered for this app.";
            return Err(page(400, text));
        }
    };
    let text = |name| get(name).map(|value| value.map(str::to_owned));
    let request = AuthorizationRequest {
        names_redirect_uri: get("redirect_uri")?.is_some(),
        redirect_uri: redirect_uri.to_owned(),
        state: text("state")?,
        scope: text("scope")?.unwrap_or_default(),
        challenge: text("code_challenge")?,
    };

    let refused = |error, description| Err(Box::new(refuse(&request, error, description, issuer)));
    // GitHub differs: it does not require `response_type`.
    if get("response_type")?.is_some_and(|kind| kind != "code") {
        let description = "Only the response type code is supported.";
        return refused("unsupported_response_type", description);
    }
    match (&request.challenge, get("code_challenge_method")?) {
        (None, None) => Ok(request),
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(request),
        _ => {
            let description = "code_challenge must have 43 characters and the method S256.";
            refused("invalid_request", description)
        }
    }
}

/// GitHub differs from RFC 6749 §3.1.2.3, as RFC 8252 §7.3 asks: the port of a loopback address may
/// be any. Host and path must be the registered ones; `localhost` and `127.0.0.1` are two hosts.
fn is_registered(given: &str, registration: &Registration) -> bool {
    let without_port = |uri: RedirectUri| uri.on_port(1);
    let registered = without_port(registration.redirect_uri.clone());
    RedirectUri::parse(given).map(without_port).as_ref() == Ok(&registered)
}

fn refuse(
    request: &AuthorizationRequest,
    error: &str,
    description: &str,
    issuer: &str,
) -> Response {
    redirect(
        request,
        &[
            ("error", error),
            ("error_description", description),
            ("iss", issuer),
        ],
    )
}

fn redirect(request: &AuthorizationRequest, parameters: &[(&str, &str)]) -> Response {
    // RFC 6749 §4.1.2: "REQUIRED if the "state" parameter was present in the client authorization
    // request. The exact value received from the client."
    let state = request.state.iter().map(|state| ("state", state.as_str()));
    let parameters: Vec<_> = parameters.iter().copied().chain(state).collect();
    let joint = if request.redirect_uri.contains('?') {
        '&'
    } else {
        '?'
    };
    let location = format!(
        "{}{joint}{}",
        request.redirect_uri,
        form::encode(&parameters)
    );
    page::html(
        302,
        "Back to the app",
        "<p>Your browser is sent back to the app.</p>",
    )
    .with("Location", location)
}

fn consent_page(
    registration: &Registration,
    request: &AuthorizationRequest,
    ticket: &str,
) -> Response {
    let scopes = if request.scope.is_empty() {
        "public information only"
    } else {
        &request.scope
    };
    let body = format!(
        "<p>The app <b>{app}</b> asks to act for you, <b>octocat</b>, at the practice provider.</p>\
         <p>Scopes: <b>{scopes}</b></p><p>You will be sent back to <b>{back}</b>.</p>\
         <form method=\"post\" action=\"/login/oauth/authorize\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"authorize\">Authorize</button>\
         <button name=\"decision\" value=\"cancel\">Cancel</button></form>",
        app = page::escape(&registration.client_id),
        scopes = page::escape(scopes),
        back = page::escape(&request.redirect_uri),
    );
    page::html(200, "Authorize the app", &body)
}

fn problem_page(status: u16, text: &str) -> Response {
    page::html(
        status,
        "This can't be authorized",
        &format!("<p>{}</p>", page::escape(text)),
    )
}
