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

use super::account::Account;
use super::answer::{Answer, shown};
use super::authorization_request::AuthorizationRequest;
use super::callback::Callback;
use super::consent;
use super::fault::{Breaks, Fault};
use super::faults;
use super::grants::Grants;
use super::html_page::HtmlPage;
use super::reply::Mischief;
use crate::secret::State;
use crate::wire::form::{Form, Problem};
use crate::wire::url::RedirectUri;

/// Answers the authorization request: with the consent page, or an error for person or client.
pub(super) fn ask(query: &str, grants: &mut Grants) -> io::Result<Answer> {
    let mut request = match read(query, grants) {
        Ok(request) => request,
        Err(answer) => return Ok(*answer),
    };
    grants.logins += 1;
    request.login = Some(grants.logins);
    let ticket = grants.add_ticket(request.clone())?;
    let page = consent::page(&grants.registration.client_id, &request, &ticket);
    let said = if request.names_redirect_uri {
        "client_id and redirect_uri are right (RFC 6749 §4.1.1)"
    } else {
        "client_id is right (RFC 6749 §4.1.1)"
    };
    let mut answer = Answer::right(page, said);
    answer.login = request.login;
    answer.remarks(match request.challenge {
        Some(_) => "code_challenge has the method S256 (RFC 7636 §4.3)",
        None => {
            "missing: code_challenge, so anyone with the client secret can use a stolen code (RFC 7636 §1)"
        }
    });
    if request.state.is_none() {
        answer.remarks(
            "missing: state, so the client can't tell a forged callback (RFC 6749 §10.12)",
        );
    }
    Ok(answer)
}

/// Answers the person's decision with the redirect to the callback.
pub(super) fn decide(body: &str, grants: &mut Grants) -> io::Result<Answer> {
    let form = Form::decode(body);
    let ticket = form.get("ticket").ok().flatten().unwrap_or_default();
    let Some(mut request) = grants.of_ticket(ticket) else {
        let said = "this page was already used, or has expired: start the login again";
        return Ok(Answer::problem(422, said));
    };
    let decision = form.get("decision").ok().flatten().unwrap_or_default();
    request.fault = faults::named(decision);
    // The person comes back to the page, if the client does what a good one does.
    if !request.fault.is_some_and(|fault| fault.is_waited_past) {
        grants.use_ticket(ticket);
    }
    match decision {
        "authorize" => agree(request, grants),
        "cancel" => Ok(cancel(&request, grants)),
        _ if request.fault.is_some() => agree(request, grants),
        _ => Ok(Answer::problem(422, "the page has no such button")),
    }
}

fn cancel(request: &AuthorizationRequest, grants: &Grants) -> Answer {
    let description = "The user has denied your application access.";
    let answer = [("error", "access_denied"), ("error_description", description)];
    let redirect = redirect_with(
        "<p>You said no. Your browser tells the app so.</p>",
        &request.callback(&grants.issuer, &answer),
    );
    let mut answer = Answer::right(redirect, "the person said no (RFC 6749 §4.1.2.1)");
    answer.login = request.login;
    answer
}

fn agree(mut request: AuthorizationRequest, grants: &mut Grants) -> io::Result<Answer> {
    let is_strangers = |fault: &Fault| matches!(fault.breaks, Breaks::StrangersCallback(_));
    if request.fault.is_some_and(is_strangers) {
        request.account = Account::Mallory;
    }
    let code = grants.add_code(request.clone())?;
    let mut callback = request.callback(&grants.issuer, &[("code", &code)]);
    let mut mischief = None;
    if let Some(fault) = request.fault {
        match fault.breaks {
            Breaks::Callback(change) | Breaks::StrangersCallback(change) => change(&mut callback),
            Breaks::SilentConnections => {
                mischief = Some(Mischief::StaySilent { redirect_uri: request.redirect_uri });
            }
            // The others have their effect in legs 3 and 4.
            _ => {}
        }
    }
    let said = "the person agreed, and the browser brings the code to the client (RFC 6749 §4.1.2)";
    let mut answer = Answer::right(redirect(&callback), said);
    answer.login = request.login;
    answer.broken_by = request.fault;
    answer.mischief = mischief;
    Ok(answer)
}

/// The request, if it follows the rules; otherwise what to answer.
fn read(query: &str, grants: &Grants) -> Result<AuthorizationRequest, Box<Answer>> {
    let form = Form::decode(query);
    let app = &grants.registration;
    // RFC 6749 §4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and
    // MUST NOT automatically redirect the user-agent to the invalid redirection URI."
    if parameter(&form, "client_id")? != Some(&app.client_id) {
        let said = "no app with this client_id is registered here (RFC 6749 §4.1.2.1)";
        return Err(Box::new(Answer::problem(404, said)));
    }
    let given = parameter(&form, "redirect_uri")?;
    let redirect_uri = given.unwrap_or(&app.redirect_uri.text);
    if !is_registered(redirect_uri, &app.redirect_uri) {
        let given = shown(redirect_uri);
        let registered = shown(&app.redirect_uri.text);
        let said =
            format!("redirect_uri is {given}, but {registered} is registered (RFC 6749 §3.1.2.4)");
        return Err(Box::new(Answer::problem(400, said)));
    }
    let request = AuthorizationRequest {
        login: None,
        names_redirect_uri: given.is_some(),
        redirect_uri: redirect_uri.to_owned(),
        state: parameter(&form, "state")?.map(|state| State::new(state.to_owned())),
        scope: parameter(&form, "scope")?.unwrap_or_default().to_owned(),
        challenge: parameter(&form, "code_challenge")?.map(str::to_owned),
        account: Account::Octocat,
        fault: None,
    };

    // GitHub differs: it does not require `response_type`.
    let kind = parameter(&form, "response_type")?.unwrap_or("code");
    if kind != "code" {
        return Err(refused(
            &request,
            &grants.issuer,
            "unsupported_response_type",
            "Only the response type code is supported.",
            "RFC 6749 §3.1.1",
        ));
    }
    let method = parameter(&form, "code_challenge_method")?;
    if !is_right_pkce(request.challenge.as_deref(), method) {
        return Err(refused(
            &request,
            &grants.issuer,
            "invalid_request",
            "code_challenge must have 43 characters and the method S256.",
            "RFC 7636 §4.4.1",
        ));
    }
    Ok(request)
}

fn parameter<'a>(form: &'a Form, name: &str) -> Result<Option<&'a str>, Box<Answer>> {
    form.get(name).map_err(unreadable)
}

fn unreadable(problem: Problem) -> Box<Answer> {
    Box::new(Answer::problem(400, format!("{problem} (RFC 6749 §3.1)")))
}

/// GitHub differs from RFC 6749 §3.1.2.3, as RFC 8252 §7.3 asks: a loopback redirect URI may have any
/// port. Host and path must be the registered ones; `localhost` and `127.0.0.1` are two hosts.
fn is_registered(given: &str, registered: &RedirectUri) -> bool {
    match RedirectUri::parse(given) {
        Ok(given) => given.on_port(1) == registered.clone().on_port(1),
        Err(_) => false,
    }
}

/// A challenge and its method come together, or neither does.
fn is_right_pkce(challenge: Option<&str>, method: Option<&str>) -> bool {
    match (challenge, method) {
        (None, None) => true,
        (Some(challenge), Some("S256")) => challenge.len() == 43,
        _ => false,
    }
}

/// The answer to a request whose error the client is told.
fn refused(
    request: &AuthorizationRequest,
    issuer: &str,
    error: &str,
    description: &str,
    rule: &str,
) -> Box<Answer> {
    let redirect = refusal(request, issuer, error, description);
    Box::new(Answer::refused(redirect, format!("{description} ({rule})")))
}

fn refusal(request: &AuthorizationRequest, issuer: &str, error: &str, text: &str) -> HtmlPage {
    redirect(&request.callback(issuer, &[("error", error), ("error_description", text)]))
}

fn redirect(callback: &Callback) -> HtmlPage {
    redirect_with("<p>Your browser goes back to the app.</p>", callback)
}

fn redirect_with(body: &str, callback: &Callback) -> HtmlPage {
    HtmlPage::new(302, "Back to the app", body).with("Location", callback.url())
}
