//! The parts of a login that a good client has and that many leave out, as the board marks them.
//!
//! ```text
//! ✓ state   ✗ no PKCE   ✓ response_type   … grant_type   … Accept
//! ```
//!
//! Left out: whether they are right, of which the log and the drawing tell. Shown by the table below.

use super::route::Route;
use super::token_response::Format;
use crate::wire::form::Form;
use crate::wire::request::Request;

/// How much is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    NotSeenYet,
    There,
    Missing,
}

/// A part, in the order of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) mark: Mark,
}

/// Every part of a login that nothing is known of yet.
pub(super) const NOTHING_YET: [Part; 5] = [
    unseen("state"),
    unseen("PKCE"),
    unseen("response_type"),
    unseen("grant_type"),
    unseen("Accept"),
];

const fn unseen(name: &'static str) -> Part {
    Part { name, mark: Mark::NotSeenYet }
}

/// The parts that a request has, or should have. RFC 6749 §4.1.1 and §4.1.3, RFC 7636 §4.3.
pub(super) fn of_request(request: &Request, body: &str) -> Vec<Part> {
    match Route::of(request) {
        Route::AuthorizationRequest => {
            let form = Form::decode(&request.query);
            vec![
                part("state", has(&form, "state")),
                part("PKCE", has(&form, "code_challenge")),
                part("response_type", has(&form, "response_type")),
            ]
        }
        Route::TokenRequest => {
            let form = Form::decode(body);
            // GitHub differs: JSON must be asked for.
            let asks_for_json = Format::asked_by(request.header("accept")) == Format::Json;
            vec![part("grant_type", has(&form, "grant_type")), part("Accept", asks_for_json)]
        }
        _ => Vec::new(),
    }
}

fn part(name: &'static str, is_there: bool) -> Part {
    Part { name, mark: if is_there { Mark::There } else { Mark::Missing } }
}

fn has(form: &Form, name: &str) -> bool {
    matches!(form.get(name), Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::request::{Parsed, parse};

    fn parts(head: &str, body: &str) -> String {
        let Ok(Parsed::Head { request, .. }) = parse(format!("{head}\r\n\r\n").as_bytes()) else {
            panic!("no request: {head}")
        };
        let mut words = Vec::new();
        for Part { name, mark } in of_request(&request, body) {
            words.push(format!("{name} {mark:?}"));
        }
        words.join(", ")
    }

    #[test]
    fn a_part_is_there_or_missing_and_an_empty_one_is_missing() {
        let authorize = "GET /login/oauth/authorize";
        let token = "POST /login/oauth/access_token HTTP/1.1\r\nHost: a";
        for (head, body, expected) in [
            (
                format!(
                    "{authorize}?response_type=code&state=a&code_challenge=b HTTP/1.1\r\nHost: a"
                ),
                "",
                "state There, PKCE There, response_type There",
            ),
            (
                format!("{authorize}?state= HTTP/1.1\r\nHost: a"),
                "",
                "state Missing, PKCE Missing, response_type Missing",
            ),
            (
                format!("{token}\r\nAccept: application/json"),
                "grant_type=authorization_code",
                "grant_type There, Accept There",
            ),
            (format!("{token}\r\nAccept: */*"), "code=a", "grant_type Missing, Accept Missing"),
            ("GET /user HTTP/1.1\r\nHost: a".to_owned(), "", ""),
        ] {
            assert_eq!(parts(&head, body), expected, "{head}");
        }
    }
}
