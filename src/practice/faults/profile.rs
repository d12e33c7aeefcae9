//! The faults of leg 4, a row each: its texts, and what it breaks. Shown by
//! `tests/suite/break_it.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::practice::fault::{Breaks, Fault};
use crate::practice::profile::{JSON, PROFILE, message};
use crate::practice::redirect::redirect_elsewhere;
use crate::practice::reply::Reply;
use crate::wire::response::Response;

pub(crate) static FAULTS: &[&Fault] =
    &[&PROFILE_401, &PROFILE_REDIRECT, &TERMINAL_ESCAPES, &PROFILE_RATE_LIMIT];

pub(crate) static PROFILE_401: Fault = Fault {
    name: "profile-401",
    label: "A revoked token",
    what: "The answer is a 401, because the token is no longer good.",
    good_client: "A good client doesn't say that you are signed in.",
    is_waited_past: false,
    breaks: Breaks::ProfileReply(|_| Reply::Response(message(401, "Bad credentials"))),
};

pub(crate) static PROFILE_REDIRECT: Fault = Fault {
    name: "profile-redirect",
    label: "Another redirect",
    what: "The answer is a 302 to another URL.",
    good_client: "A good client doesn't send the token there.",
    is_waited_past: false,
    breaks: Breaks::ProfileReply(|issuer| Reply::Page(redirect_elsewhere(302, issuer))),
};

pub(crate) static TERMINAL_ESCAPES: Fault = Fault {
    name: "terminal-escapes",
    label: "Control characters in the profile",
    what: "The name brings a colour, a carriage return and a mark that turns text around.",
    good_client: "A good client shows what they are, and signs you in.",
    is_waited_past: false,
    breaks: Breaks::ProfileReply(escaped_profile),
};

fn escaped_profile(_: &str) -> Reply {
    // In JSON: a colour, a carriage return, and a mark that turns the text around.
    let escapes = "\\u001b[31mThe\\r\\u202e";
    let login = format!("\"{escapes}octo");
    let profile = PROFILE.replace("The ", escapes).replacen("\"octo", &login, 1);
    Reply::Response(Response::new(200, JSON, profile))
}

pub(crate) static PROFILE_RATE_LIMIT: Fault = Fault {
    name: "profile-rate-limit",
    label: "A rate limit",
    what: "The answer is a 403 with `x-ratelimit-remaining: 0`.",
    good_client: "A good client knows what that means, and says when to try again.",
    is_waited_past: false,
    breaks: Breaks::ProfileReply(limited),
};

fn limited(_: &str) -> Reply {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let reset = now.as_secs() + 600;
    let response = message(403, "API rate limit exceeded for user ID 583231.")
        .with("x-ratelimit-limit", "5000")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", reset.to_string());
    Reply::Response(response)
}
