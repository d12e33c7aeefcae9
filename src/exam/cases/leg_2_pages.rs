//! The cases of leg 2 about the page: what somebody else can write on it, and what it gives away.

use super::case::{Case, Looks};
use crate::exam::browser::Browser;
use crate::exam::judge::leads::{ATTACKER, SCRIPT};
use crate::exam::judge::pages::{
    MARKUP, has_no_such_header, leads_nowhere, repeats_no_markup, stays_at_home,
};
use crate::exam::judge::secrets::shows_no_secret;
use crate::exam::person::parameter;
use crate::exam::plan::does;
use crate::exam::verdict::{Leg, Level};
use crate::wire::form;

pub(super) static CASES: &[Case] = &[
    Case {
        name: "reflected-markup",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.14",
        what: "Path, parameters and error_description bring HTML and quotation marks.",
        passes: "No page repeats them as markup.",
        why: "Anyone who gets you to follow a link can put HTML on this page.",
        advice: "Escape what comes from outside, with its quotation marks, or don't repeat it.",
        needs: &[],
        runs: &[does(reflected_markup)],
        looks: Looks::OwnRuns(&[repeats_no_markup]),
    },
    Case {
        name: "error-uri",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9700 §4.11.1, §4.2.4, RFC 6749 §10.14",
        what: "An error comes with an error_uri that is a script, with a foreign one, and with ?next=//attacker.example.",
        passes: "No page links or redirects there.",
        why: "Anyone who makes a link can send the person to another site by way of your page.",
        advice: "Show error_uri as text or not at all, and redirect to nothing that a callback says.",
        needs: &[],
        runs: &[does(error_uri)],
        looks: Looks::OwnRuns(&[leads_nowhere]),
    },
    Case {
        name: "header-injection",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9110 §5.5",
        what: "A line end and a header stand in error, state and error_description.",
        passes: "The answer has no such header.",
        why: "Anyone who gets you to follow a link can write into the head of your answer, a cookie for example.",
        advice: "Put nothing from outside into a head or a status line, or refuse what has a line end.",
        needs: &[],
        runs: &[does(header_injection)],
        looks: Looks::OwnRuns(&[has_no_such_header]),
    },
    Case {
        name: "page-secrets",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.3, §10.5, §10.12, OAuth 2.1 §2.1",
        what: "Looks at the pages of all runs.",
        passes: "No page has a code, a token, a verifier or the client secret, or tells the state to a request that didn't have it.",
        why: "A page is kept by the browser, and read by its extensions.",
        advice: "Say that the login has worked, and show nothing of it.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[shows_no_secret]),
    },
    Case {
        name: "page-third-party",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9700 §4.2.4",
        what: "Looks at the pages of all runs.",
        passes: "No page loads or links anything of another origin, or sets a cookie.",
        why: "Another origin hears of this login, and may hear the URL of the page, which has the code.",
        advice: "Make a page of plain HTML, with its style in it.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[stays_at_home]),
    },
];

fn reflected_markup(browser: &mut Browser<'_>) {
    let markup = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
    // In a path a plus is a plus.
    let path = form::encode_value(MARKUP).replace('+', "%20");
    browser.asks("GET", &format!("/{path}"));
    browser.asks("GET", &browser.callback_target(&markup));
    browser.refuses(MARKUP, MARKUP);
}

fn error_uri(browser: &mut Browser<'_>) {
    let foreign = format!("https://{ATTACKER}/");
    for uri in [SCRIPT, &foreign] {
        let callback = vec![parameter("error", "x"), parameter("error_uri", uri)];
        browser.brings(&callback);
    }
    let mut callback = Vec::new();
    for name in ["next", "redirect", "return_to", "redirect_uri"] {
        callback.push(parameter(name, &format!("//{ATTACKER}")));
    }
    browser.brings(&callback);
    let mut callback = browser.refusal("access_denied", "No.");
    callback.push(parameter("error_uri", SCRIPT));
    browser.brings_at_last(&callback);
}

fn header_injection(browser: &mut Browser<'_>) {
    let line = "x\r\nX-Injected: 1";
    browser.brings(&vec![parameter("error", "x"), parameter("state", line)]);
    browser.brings(&vec![parameter("error", line), parameter("error_description", line)]);
    browser.refuses(line, line);
}
