//! The faults of leg 3, a row each: its texts, and what it breaks. Shown by
//! `tests/suite/break_it.rs`.

use crate::practice::fault::{Breaks, Fault};
use crate::practice::html_page::HtmlPage;
use crate::practice::redirect::redirect_elsewhere;
use crate::practice::reply::Reply;
use crate::practice::token_response::TokenError;

pub(crate) static FAULTS: &[&Fault] = &[
    &TOKEN_ERROR_200,
    &UNVERIFIED_EMAIL,
    &TOKEN_REDIRECT,
    &TOKEN_500,
    &TOKEN_HTML,
    &TOKEN_ERROR_400,
    &EARLY_SUCCESS,
    &TOKEN_SILENCE,
    &TOKEN_ENDLESS,
    &TOKEN_TYPE,
    &TOKEN_NEWLINE,
    &FEWER_SCOPES,
];

pub(crate) static TOKEN_ERROR_200: Fault = Fault {
    name: "token-error-200",
    label: "A wrong client secret",
    what: "The answer is `incorrect_client_credentials`, with the status 200, as at GitHub.",
    good_client: "A good client reads the body, and says which settings to check.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, format| {
        Reply::Response(TokenError::IncorrectClientCredentials.response(200, format))
    }),
};

pub(crate) static UNVERIFIED_EMAIL: Fault = Fault {
    name: "unverified-email",
    label: "An unverified email address",
    what: "The answer is `unverified_user_email`.",
    good_client: "A good client tells you to verify your email address; only you can.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, format| {
        Reply::Response(TokenError::UnverifiedUserEmail.response(200, format))
    }),
};

pub(crate) static TOKEN_REDIRECT: Fault = Fault {
    name: "token-redirect",
    label: "A redirect",
    what: "The answer is a 307 to another URL.",
    good_client: "A good client doesn't follow it, because that would send the code and the client secret \
                  there.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|issuer, _| Reply::Page(redirect_elsewhere(307, issuer))),
};

pub(crate) static TOKEN_500: Fault = Fault {
    name: "token-500",
    label: "A server error",
    what: "The answer is a 500.",
    good_client: "A good client says that the provider has a problem, and doesn't send the code again.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, _| {
        Reply::Page(HtmlPage::new(500, "Server error", "<p>Something broke.</p>"))
    }),
};

pub(crate) static TOKEN_HTML: Fault = Fault {
    name: "token-html",
    label: "A page instead of JSON",
    what: "The answer is a 200 with an HTML page.",
    good_client: "A good client says so, and shows none of it.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, _| {
        Reply::Page(HtmlPage::new(200, "Welcome", "<p>This is a page for people.</p>"))
    }),
};

pub(crate) static TOKEN_ERROR_400: Fault = Fault {
    name: "token-error-400",
    label: "An error with the status 400",
    what: "The answer is `invalid_grant` with the status 400, as at most providers.",
    good_client: "A good client reads the body, and says the same as for a used code.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, format| {
        Reply::Response(TokenError::InvalidGrant.response(400, format))
    }),
};

pub(crate) static EARLY_SUCCESS: Fault = Fault {
    name: "early-success",
    label: "A late refusal",
    what: "The answer is a refusal that comes after a second.",
    good_client: "A good client lets the tab wait, and never says there that you are signed in.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, format| {
        Reply::Late(TokenError::UnverifiedUserEmail.response(200, format))
    }),
};

pub(crate) static TOKEN_SILENCE: Fault = Fault {
    name: "token-silence",
    label: "No answer",
    what: "The endpoint takes the request and never answers.",
    good_client: "A good client gives up after a while; bare-oauth does so after 30 seconds.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, _| Reply::Silence),
};

pub(crate) static TOKEN_ENDLESS: Fault = Fault {
    name: "token-endless",
    label: "An endless answer",
    what: "The answer goes on for as long as the client reads, up to 80 MiB.",
    good_client: "A good client stops reading; bare-oauth does so after 1 MiB.",
    is_waited_past: false,
    breaks: Breaks::TokenReply(|_, _| Reply::Endless),
};

pub(crate) static TOKEN_TYPE: Fault = Fault {
    name: "token-type",
    label: "An unknown token type",
    what: "The token has the type `mac`, so it isn't enough to send it along.",
    good_client: "A good client doesn't use a token that it doesn't understand.",
    is_waited_past: false,
    breaks: Breaks::UnusableToken(|answer| answer.token_type = "mac"),
};

pub(crate) static TOKEN_NEWLINE: Fault = Fault {
    name: "token-newline",
    label: "A token with a line end",
    what: "Sent on as it is, the token would end its header and begin another one.",
    good_client: "A good client refuses it.",
    is_waited_past: false,
    breaks: Breaks::UnusableToken(|answer| answer.access_token.push_str("\r\nX-Injected: 1")),
};

pub(crate) static FEWER_SCOPES: Fault = Fault {
    name: "fewer-scopes",
    label: "Fewer scopes",
    what: "The token grants none of the scopes the client asked for, and the answer says so.",
    good_client: "A good client notices, tells you, and still signs you in.",
    is_waited_past: false,
    breaks: Breaks::TokenResponse(|answer| answer.scope.clear()),
};
