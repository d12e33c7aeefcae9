//! The practice provider's side of leg 5: the token ends. GitHub differs: it has this instead of
//! RFC 7009.
//!
//! ```text
//! DELETE /applications/practice/token HTTP/1.1                               in
//! authorization: Basic cHJhY3RpY2U6…
//!
//! {"access_token":"gho_…"}
//!
//! HTTP/1.1 204 No Content                                                    out
//! {"message":"Not Found","documentation_url":"…","status":"404"}             out, 404
//! ```
//!
//! The refresh token that came with it lives on. Left out: GitHub's other methods at this URL, and
//! `/applications/…/grant`, which ends every token of a person. Shown by `tests/suite/anywhere.rs`.

use super::answer::Answer;
use super::basic;
use super::grants::Grants;
use super::profile::message;
use crate::ask::json::Object;
use crate::wire::form::encode_value;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// Where a token ends. The app's client id is in it.
pub(super) fn path(client_id: &str) -> String {
    format!("/applications/{}/token", encode_value(client_id))
}

/// Ends a token.
pub(super) fn end(request: &Request, body: &str, grants: &mut Grants) -> Answer {
    let app = &grants.registration;
    if !basic::is_of(app, request.header("authorization").unwrap_or_default()) {
        let said = "the Authorization header lacks the app's credentials (RFC 7617 §2)";
        return Answer::refused(message(401, "Requires authentication"), said);
    }
    if request.path != path(&app.client_id) {
        return Answer::refused(message(404, "Not Found"), "the path has another client id");
    }
    let Some(token) = access_token(body) else {
        let said = "the body isn't JSON with an access_token";
        return Answer::refused(message(422, "Validation Failed"), said);
    };
    let Some(granted) = grants.tokens.of_access_token(&token, grants.now) else {
        let said = "this token was never given, or has ended";
        return Answer::refused(message(404, "Not Found"), said);
    };
    let login = granted.login;
    grants.tokens.end_access_token(&token);
    let response = Response::new(204, "application/json", String::new());
    let mut answer = Answer::right(response, "the token has ended");
    answer.remarks("its refresh token lives on");
    answer.login = login;
    answer
}

fn access_token(body: &str) -> Option<String> {
    let object = Object::parse(body.as_bytes()).ok()?;
    let token = object.text("access_token").ok()??;
    if token.is_empty() { None } else { Some(token.to_owned()) }
}
