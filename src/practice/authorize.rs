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

use super::answer::{Answer, Before};
use super::fault::{BUTTONS, Fault};
use super::grants::{AuthorizationRequest, Grants, Registration, random_text};
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
) -> Answer {
    let request = match read(query, registration, issuer) {
        Err(answer) => return *answer,
        Ok(request) => request,
    };
    let Ok(ticket) = grants.add_ticket(request.clone(), now) else {
        return problem(502, "there are no random octets");
    };
    let mut checked = "client_id".to_owned();
    if request.names_redirect_uri {
        checked += ", redirect_uri";
    }
    checked += match request.challenge {
        Some(_) => " (RFC 6749 §4.1.1), code_challenge (RFC 7636 §4.3)",
        None => {
            " (RFC 6749 §4.1.1); missing: code_challenge, so whoever gets the code can use it (RFC 7636 §1)"
        }
    };
    if request.state.is_none() {
        checked += "; missing: state, so a forged callback can't be told (RFC 6749 §10.12)";
    }
    Answer::checked(consent_page(registration, &request, &ticket), checked)
}

/// Answers the person's decision with the redirect to the callback.
#[must_use]
pub fn decide(body: &str, grants: &mut Grants, now: Instant, issuer: &str) -> Answer {
    let form = Form::decode(body).ok();
    let get = |name| form.as_ref().and_then(|form| form.get(name).ok().flatten());
    let decision = get("decision").unwrap_or_default();
    let broken = Fault::named(decision);
    let ticket = get("ticket").unwrap_or_default();
    let Some(mut request) = grants.take_ticket(ticket, broken, now) else {
        return problem(422, "this page has been answered, or has expired: start the login again");
    };
    if decision == "cancel" {
        let description = "The user has denied your application access.";
        let redirect = refuse(&request, "access_denied", description, issuer);
        return Answer::checked(redirect, "the ticket; the person said no (RFC 6749 §4.1.2.1)");
    }
    if decision != "authorize" && broken.is_none() {
        return problem(422, "the page has no such button");
    }
    request.fault = broken;
    let (Ok(code), Ok(forged)) = (grants.add_code(request.clone(), now), random_text(43)) else {
        return problem(502, "there are no random octets");
    };
    let mut answered = request.clone();
    let mut iss = issuer;
    let mut before = None;
    match request.fault {
        Some(Fault::ForgedState) => answered.state = Some(forged),
        Some(Fault::NoState) => answered.state = None,
        Some(Fault::WrongIssuer) => iss = "https://attacker.example",
        Some(Fault::SilentConnections) => {
            before = Some(Before::StaySilent(request.redirect_uri));
        }
        _ => {}
    }
    let redirect = to(&callback(&answered, &code, iss));
    let mut answer = Answer::checked(
        redirect,
        "the ticket; the person agreed, and the browser takes the code along (RFC 6749 §4.1.2)",
    );
    answer.before = before;
    match broken {
        Some(fault) => answer.broken_by(fault),
        None => answer,
    }
}

/// The request, if it follows the rules; otherwise what to answer.
fn read(
    query: &str,
    registration: &Registration,
    issuer: &str,
) -> Result<AuthorizationRequest, Box<Answer>> {
    let wrong = |status, what| Box::new(problem(status, what));
    let form = Form::decode(query)
        .map_err(|_| wrong(400, "the request is not UTF-8 (RFC 6749 appendix B)"))?;
    let get = |name| {
        let twice = |_| wrong(400, "the request has a parameter twice (RFC 6749 §3.1)");
        form.get(name).map_err(twice)
    };
    if get("client_id")? != Some(&registration.client_id) {
        let what = "no app with this client_id is registered here (RFC 6749 §4.1.2.1)";
        return Err(wrong(404, what));
    }
    let redirect_uri = match get("redirect_uri")? {
        None => registration.redirect_uri.as_str(),
        Some(given) if is_registered(given, registration) => given,
        Some(_) => {
            let what =
                "the redirect_uri is not the one registered for this app (RFC 6749 §3.1.2.4)";
            return Err(wrong(400, what));
        }
    };
    let text = |name| get(name).map(|value| value.map(str::to_owned));
    let request = AuthorizationRequest {
        names_redirect_uri: get("redirect_uri")?.is_some(),
        redirect_uri: redirect_uri.to_owned(),
        state: text("state")?,
        scope: text("scope")?.unwrap_or_default(),
        challenge: text("code_challenge")?,
        fault: None,
    };

    let refused = |error, description: &str, rule| {
        let redirect = refuse(&request, error, description, issuer);
        Err(Box::new(Answer::wrong(redirect, &format!("{description} ({rule})"))))
    };
    // GitHub differs: it does not require `response_type`.
    if get("response_type")?.is_some_and(|kind| kind != "code") {
        let description = "Only the response type code is supported.";
        return refused("unsupported_response_type", description, "RFC 6749 §3.1.1");
    }
    match (&request.challenge, get("code_challenge_method")?) {
        (None, None) => Ok(request),
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(request),
        _ => {
            let description = "code_challenge must have 43 characters and the method S256.";
            refused("invalid_request", description, "RFC 7636 §4.4.1")
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
    let parameters = [("error", error), ("error_description", description), ("iss", issuer)];
    to(&location(request, &parameters))
}

/// The address of the callback that brings a code.
#[must_use]
pub fn callback(request: &AuthorizationRequest, code: &str, issuer: &str) -> String {
    location(request, &[("code", code), ("iss", issuer)])
}

fn location(request: &AuthorizationRequest, parameters: &[(&str, &str)]) -> String {
    // RFC 6749 §4.1.2: "REQUIRED if the "state" parameter was present in the client authorization
    // request. The exact value received from the client."
    let state = request.state.iter().map(|state| ("state", state.as_str()));
    let parameters: Vec<_> = parameters.iter().copied().chain(state).collect();
    let has_query = request.redirect_uri.contains('?');
    let joint = if has_query { '&' } else { '?' };
    format!("{}{joint}{}", request.redirect_uri, form::encode(&parameters))
}

fn to(location: &str) -> Response {
    page::html(302, "Back to the app", "<p>Your browser is sent back to the app.</p>")
        .with("Location", location)
}

fn consent_page(
    registration: &Registration,
    request: &AuthorizationRequest,
    ticket: &str,
) -> Response {
    let scopes = if request.scope.is_empty() { "public information only" } else { &request.scope };
    let mut body = format!(
        "<p>The app <b>{app}</b> asks to act for you, <b>octocat</b>, at the practice provider.</p>\
         <p>Scopes: <b>{scopes}</b></p><p>You will be sent back to <b>{back}</b>.</p>\
         <form method=\"post\" action=\"/login/oauth/authorize\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"authorize\">Authorize</button>\
         <button name=\"decision\" value=\"cancel\">Cancel</button>\
         <h2>Break it</h2><p>Each of these goes wrong on purpose. What will the app do?</p>",
        app = page::escape(&registration.client_id),
        scopes = page::escape(scopes),
        back = page::escape(&request.redirect_uri),
    );
    for (leg, buttons) in BUTTONS {
        body.extend(["<h3>", leg, "</h3>"]);
        for (_, value, label, what) in buttons {
            body.extend([
                "<p><button name=\"decision\" value=\"",
                value,
                "\">",
                label,
                "</button><br>",
                what,
                "</p>",
            ]);
        }
    }
    body.push_str("</form>");
    page::html(200, "Authorize the app", &body)
}

/// Tells the person, and not the client.
fn problem(status: u16, what: &str) -> Answer {
    let page = page::html(
        status,
        "This can't be authorized",
        &format!("<p>The request was refused: {}.</p>", page::escape(what)),
    );
    Answer::wrong(page, what)
}
