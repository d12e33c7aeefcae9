//! One request in, one answer out: which file answers what.

use std::io;
use std::time::Instant;

use super::answer::Answer;
use super::authorization_request::AuthorizationRequest;
use super::authorize;
use super::board::Board;
use super::grants::Grants;
use super::metadata;
use super::origin;
use super::revoke;
use super::route::Route;
use super::token;
use super::user;
use crate::wire::form::Form;
use crate::wire::request::Request;

/// Answers a request. Errors: when the system gives no random bytes.
pub(super) fn answer(
    request: &Request,
    body: &str,
    grants: &mut Grants,
    board: &Board,
) -> io::Result<Answer> {
    grants.now = Instant::now();
    let route = Route::of(request);
    if let Some(refusal) = origin::refusal(request, route) {
        return Ok(refusal);
    }
    let methods = route.methods();
    if !methods.is_empty() && !methods.contains(&request.method.as_str()) {
        return Ok(not_allowed(methods));
    }
    let takes_a_form = matches!(route, Route::Decision | Route::TokenRequest);
    if takes_a_form && !is_form(request) {
        let said = "Content-Type is not application/x-www-form-urlencoded (RFC 9110 §15.5.16)";
        return Ok(Answer::problem(415, said));
    }
    Ok(match route {
        Route::AuthorizationRequest => authorize::ask(&request.query, grants)?,
        Route::Decision => authorize::decide(body, grants)?,
        Route::TokenRequest => token::answer(request, body, grants)?,
        Route::ProfileRequest => user::show(request, grants),
        Route::Revocation => revoke::end(request, body, grants),
        Route::Elsewhere => arrived_elsewhere(request, body, grants),
        Route::Board => board.page(&request.query),
        Route::Metadata => metadata::show(grants),
        Route::Nowhere => Answer::problem(404, "there is nothing at this URL (RFC 9110 §15.5.5)"),
    })
}

/// A client that follows a redirect comes here, with the code or the token of a login.
fn arrived_elsewhere(request: &Request, body: &str, grants: &Grants) -> Answer {
    let mut answer =
        Answer::problem(404, "the client followed a redirect with its secrets (RFC 9110 §15.4)");
    answer.falls_for_it("a good client doesn't");
    if let Some(asked) = of_bearer(request, grants).or_else(|| of_code(body, grants)) {
        answer.login = asked.login;
    }
    answer
}

fn of_bearer<'a>(request: &Request, grants: &'a Grants) -> Option<&'a AuthorizationRequest> {
    let (_, token) = request.header("authorization")?.split_once(' ')?;
    grants.tokens.of_access_token(token, grants.now)
}

fn of_code<'a>(body: &str, grants: &'a Grants) -> Option<&'a AuthorizationRequest> {
    let form = Form::decode(body);
    grants.of_code(form.get("code").ok()??)
}

fn is_form(request: &Request) -> bool {
    let header = request.header("content-type").unwrap_or_default();
    let (media_type, _) = header.split_once(';').unwrap_or((header, ""));
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn not_allowed(methods: &[&str]) -> Answer {
    let allow = methods.join(", ");
    let said = format!("the method must be one of: {allow} (RFC 9110 §15.5.6)");
    let page = Answer::page_of_problem(405, &said).with("Allow", allow);
    Answer::refused(page, said)
}
