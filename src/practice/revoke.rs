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
//! Left out: GitHub's other methods at this address. Shown by `tests/suite/anywhere.rs`.

use super::{answer::Answer, grants::Grants, user::message};
use crate::ask::json::Object;
use crate::protocol::client_auth;
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
    let refused = |status, text, said: &str| Answer::refused(message(status, text), said);
    let basic = client_auth::basic(&app.client_id, &app.client_secret);
    if request.header("authorization") != Some(&basic) {
        let said = "the Authorization header lacks the app's credentials (RFC 7617 §2)";
        return refused(401, "Requires authentication", said);
    }
    let object = Object::parse(body.as_bytes()).ok();
    let token = object.as_ref().and_then(|object| object.text("access_token").ok().flatten());
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return refused(422, "Validation Failed", "the body isn't JSON with an access_token");
    };
    if !grants.end_token(token) {
        return refused(404, "Not Found", "this token was never given, or has ended");
    }
    Answer::right(Response::new(204, "application/json", String::new()), "the token has ended")
}
