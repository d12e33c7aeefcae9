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
//! Shown by `tests/suite/practice.rs`.

use std::io;

use super::answer::{Answer, shown};
use super::consent;
use super::fault::Fault;
use super::grants::{AuthorizationRequest, Grants, random_text};
use crate::receive::page;
use crate::secret::State;
use crate::wire::form::{self, Form};
use crate::wire::response::Response;
use crate::wire::url::RedirectUri;

/// Answers the authorization request: with the consent page, or an error for person or client.
pub(super) fn ask(query: &str, grants: &mut Grants) -> io::Result<Answer> {
    let mut request = match read(query, grants) {
        Ok(request) => request,
        Err(answer) => return Ok(answer),
    };
    grants.logins += 1;
    request.login = grants.logins;
    let ticket = grants.add_ticket(request.clone())?;
    let more = if request.names_redirect_uri { " and redirect_uri are" } else { " is" };
    let pkce = match request.challenge {
        Some(_) => "code_challenge has the method S256 (RFC 7636 §4.3)",
        None => "missing: code_challenge, so whoever gets the code can use it (RFC 7636 §1)",
    };
    let mut said = format!("client_id{more} right (RFC 6749 §4.1.1); {pkce}");
    if request.state.is_none() {
        said += "; missing: state, so the client can't tell a forged callback (RFC 6749 §10.12)";
    }
    let page = consent::page(&grants.registration.client_id, &request, &ticket);
    Ok(Answer { login: request.login, ..Answer::right(page, said) })
}

/// Answers the person's decision with the redirect to the callback.
pub(super) fn decide(body: &str, grants: &mut Grants) -> io::Result<Answer> {
    let form = Form::decode(body).ok();
    let get = |name| form.as_ref().and_then(|form| form.get(name).ok()?).unwrap_or_default();
    let decision = get("decision");
    let fault = Fault::named(decision);
    let comes_back = fault.is_some_and(Fault::is_waited_past);
    let Some(mut request) = grants.take_ticket(get("ticket"), comes_back) else {
        let said = "this page was used before, or is too old: log in again";
        return Ok(Answer::problem(422, said));
    };
    if decision == "cancel" {
        let description = "The user has denied your application access.";
        let redirect = refuse(&request, &grants.issuer, "access_denied", description);
        let said = "the person said no (RFC 6749 §4.1.2.1)";
        return Ok(Answer { login: request.login, ..Answer::right(redirect, said) });
    }
    if decision != "authorize" && fault.is_none() {
        return Ok(Answer::problem(422, "the page has no such button"));
    }
    request.fault = fault;
    let code = grants.add_code(request.clone())?;
    let mut issuer = grants.issuer.as_str();
    match fault {
        Some(Fault::ForgedState) => request.state = Some(State::new(random_text(43)?)),
        Some(Fault::NoState) => request.state = None,
        Some(Fault::WrongIssuer) => issuer = "https://attacker.example",
        _ => {}
    }
    let redirect = to(&request.callback(issuer, &[("code", &code)]));
    let said = "the person agreed, and the browser brings the code to the client (RFC 6749 §4.1.2)";
    let opens_connections = fault.filter(|fault| *fault == Fault::SilentConnections);
    let (login, mischief) = (request.login, opens_connections.zip(Some(request.redirect_uri)));
    Ok(Answer { login, broken_by: fault, mischief, ..Answer::right(redirect, said) })
}

/// The request, if it follows the rules; otherwise what to answer.
pub(crate) fn read(query: &str, grants: &Grants) -> Result<AuthorizationRequest, Answer> {
    let unreadable =
        |problem| Answer::problem(400, format!("{problem} (RFC 6749 §3.1, appendix B)"));
    let form = Form::decode(query).map_err(unreadable)?;
    let get = |name| form.get(name).map_err(unreadable);
    let app = &grants.registration;
    // RFC 6749 §4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and
    // MUST NOT automatically redirect the user-agent to the invalid redirection URI."
    if get("client_id")? != Some(&app.client_id) {
        let said = "no app with this client_id is registered here (RFC 6749 §4.1.2.1)";
        return Err(Answer::problem(404, said));
    }
    let registered = app.redirect_uri.text.as_str();
    let redirect_uri = get("redirect_uri")?.unwrap_or(registered);
    let is_here = RedirectUri::parse(redirect_uri).is_ok();
    if !(is_registered(redirect_uri, &app.redirect_uri) || is_here && app.is_examined) {
        let (given, registered) = (shown(redirect_uri), shown(registered));
        let said =
            format!("redirect_uri is {given}, but {registered} is registered (RFC 6749 §3.1.2.4)");
        return Err(Answer::problem(400, said));
    }
    let text = |name| get(name).map(|value| value.map(str::to_owned));
    let request = AuthorizationRequest {
        login: 0,
        account: "octocat",
        names_redirect_uri: get("redirect_uri")?.is_some(),
        redirect_uri: redirect_uri.to_owned(),
        state: text("state")?.map(State::new),
        scope: text("scope")?.unwrap_or_default(),
        challenge: text("code_challenge")?,
        fault: None,
    };

    let refused = |error, description, rule| {
        let redirect = refuse(&request, &grants.issuer, error, description);
        Err(Answer::refused(redirect, format!("{description} ({rule})")))
    };
    // GitHub differs: it does not require `response_type`.
    if get("response_type")?.is_some_and(|kind| kind != "code") {
        let description = "Only the response type code is supported.";
        return refused("unsupported_response_type", description, "RFC 6749 §3.1.1");
    }
    match (&request.challenge, get("code_challenge_method")?) {
        _ if app.is_examined => Ok(request),
        (None, None) => Ok(request),
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(request),
        _ => {
            let description = "code_challenge must have 43 characters and the method S256.";
            refused("invalid_request", description, "RFC 7636 §4.4.1")
        }
    }
}

/// GitHub differs from RFC 6749 §3.1.2.3, as RFC 8252 §7.3 asks: a loopback address may have any
/// port. Host and path must be the registered ones; `localhost` and `127.0.0.1` are two hosts.
fn is_registered(given: &str, registered: &RedirectUri) -> bool {
    let without_port = |uri: RedirectUri| uri.on_port(1);
    RedirectUri::parse(given).map(without_port) == Ok(without_port(registered.clone()))
}

fn refuse(request: &AuthorizationRequest, issuer: &str, error: &str, what: &str) -> Response {
    to(&request.callback(issuer, &[("error", error), ("error_description", what)]))
}

impl AuthorizationRequest {
    /// The redirect URI with the parameters of the answer.
    pub(crate) fn callback(&self, issuer: &str, parameters: &[(&str, &str)]) -> String {
        // RFC 6749 §4.1.2: "REQUIRED if the "state" parameter was present in the client
        // authorization request. The exact value received from the client."
        let state = self.state.iter().map(|state| ("state", state.expose()));
        let more = [("iss", issuer)].into_iter().chain(state);
        let parameters: Vec<_> = parameters.iter().copied().chain(more).collect();
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.redirect_uri, form::encode(&parameters))
    }
}

fn to(location: &str) -> Response {
    page::html(302, "Back to the app", "<p>Your browser goes back to the app.</p>")
        .with("Location", location)
}
