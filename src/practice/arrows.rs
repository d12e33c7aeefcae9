//! The messages of a login as arrows, as the provider sees them. It doesn't see the callback, only the
//! redirect to it.
//!
//! ```text
//! Leg 1: GET /login/oauth/authorize    browser to provider    state = 6GtQ… (43 characters)
//! Leg 2: 302                           provider to browser    code = 4f2c… (20 characters)
//! ```
//!
//! Codes, tokens, verifiers and secrets are masked, and so is every value that this file doesn't know. Shown
//! by the tables below, and in a browser by `tests/browser.rs`.

use super::answer::{Answer, Verdict, shown};
use super::marks::{Mark, of_request};
use super::reply::Reply;
use super::route::Route;
use crate::ask::json::{Object, Value};
use crate::secret::masked;
use crate::show::drawing::{Drawing, Party, is_drawn};
use crate::wire::form::Form;
use crate::wire::request::Request;

/// Draws the request, and its answer, if they belong to a leg.
pub(super) fn draw(request: &Request, body: &str, answer: &Answer, drawing: &mut Drawing) {
    let route = Route::of(request);
    let (leg, client) = match route {
        Route::AuthorizationRequest => ("Leg 1", Party::Browser),
        Route::Decision => ("Leg 2", Party::Browser),
        Route::TokenRequest => ("Leg 3", Party::Client),
        Route::ProfileRequest => ("Leg 4", Party::Client),
        Route::Revocation => ("Leg 5", Party::Client),
        Route::Elsewhere => ("Elsewhere", Party::Client),
        Route::Board | Route::Metadata | Route::Nowhere => return,
    };
    let title = format!("{} {}", shown(&request.method), shown(&request.path));
    drawing.arrow(client, Party::Provider, leg, &title);
    draw_asked(request, body, drawing);
    draw_problems(request, body, answer, drawing);
    // The consent page is for the person.
    if route == Route::AuthorizationRequest && answer.verdict == Verdict::Right {
        return;
    }
    drawing.arrow(Party::Provider, client, leg, &answer.reply.outcome());
    draw_answered(&answer.reply, drawing);
    if let Some(fault) = answer.broken_by {
        // The login has a fault from leg 2 on, which may show later.
        if route != Route::Decision || fault.breaks.leg() == 2 {
            drawing.problem(&format!("broken on purpose: {}", fault.name));
        }
    }
}

/// Draws the things that are wrong with a request, or missing.
fn draw_problems(request: &Request, body: &str, answer: &Answer, drawing: &mut Drawing) {
    for part in of_request(request, body) {
        if part.mark == Mark::Missing {
            drawing.problem(&format!("missing: {}", part.name));
        }
    }
    match answer.verdict {
        Verdict::Right => {}
        Verdict::Refused => drawing.problem(&format!("refused: {}", answer.said)),
        Verdict::FellForIt => drawing.problem("the client fell for it"),
    }
}

/// Draws the parameters of a request: those of its Authorization header, its query and its body.
fn draw_asked(request: &Request, body: &str, drawing: &mut Drawing) {
    if let Some(header) = request.header("authorization") {
        let (scheme, value) = header.split_once(' ').unwrap_or(("", header));
        let value = format!("{} {}", shown(scheme), mask_of("access_token", value));
        drawing.parameter("authorization", &value);
    }
    for text in [request.query.as_str(), body] {
        for (name, value) in Form::decode(text).pairs() {
            // The ticket is the consent page's own.
            if name != "ticket" {
                let shown_name = if is_public(name) { name } else { shown(name) };
                drawing.parameter(shown_name, &mask_of(name, value));
            }
        }
    }
}

/// Draws the parameters of an answer: those of a redirect, or of a token response or a profile.
fn draw_answered(reply: &Reply, drawing: &mut Drawing) {
    match reply {
        Reply::Page(page) => {
            let location = page.header("Location").unwrap_or_default();
            let (_, query) = location.split_once('?').unwrap_or_default();
            for (name, value) in Form::decode(query).pairs() {
                drawing.parameter(name, &mask_of_ours(name, value));
            }
        }
        Reply::Response(response) | Reply::Late(response) => {
            let body = response.body().as_bytes();
            let object = Object::parse(body).or_else(|_| Object::parse_form(body));
            for member in object.unwrap_or_default().members {
                if !is_drawn(&member.name) {
                    continue;
                }
                if let Value::Text(text) = &member.value {
                    drawing.parameter(&member.name, &mask_of_ours(&member.name, text));
                }
            }
        }
        Reply::Silence | Reply::Endless => {}
    }
}

/// The parameters whose values are no secrets.
const PUBLIC: [&str; 14] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "code_challenge_method",
    "grant_type",
    "decision",
    "iss",
    "error",
    "error_description",
    "token_type",
    "message",
    "login",
    "name",
];

fn is_public(name: &str) -> bool {
    PUBLIC.contains(&name)
}

/// The value, as far as it may be shown.
fn mask_of(name: &str, value: &str) -> String {
    match name {
        "code" | "state" | "code_challenge" | "access_token" | "refresh_token" => masked(value, 4),
        _ if is_public(name) => shown(value).to_owned(),
        _ => masked(value, 0),
    }
}

/// The same for a value of an answer, where the provider's own words are no secret.
fn mask_of_ours(name: &str, value: &str) -> String {
    match name {
        "error" | "error_description" | "message" => value.to_owned(),
        _ => mask_of(name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_by_its_beginning_or_whole_or_not_at_all() {
        let secret = "gho_16C7e42F292c6912E7710c838347Ae178B4a";
        for (name, value, shown) in [
            ("code", "4b2f6c1d9e8a7f305162", "4b2f… (20 characters)"),
            ("access_token", secret, "gho_… (40 characters)"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "… (43 characters)"),
            ("client_secret", "s3cret", "… (6 characters)"),
            ("redirect_uri", "http://localhost:8000/callback", "http://localhost:8000/callback"),
            ("scope", "read:user", "read:user"),
            ("scope", secret, "(withheld, because it may hold a secret)"),
            ("anything", "else", "… (4 characters)"),
        ] {
            assert_eq!(mask_of(name, value), shown, "{name}");
        }
    }
}
