//! The cases of leg 2 about the page: what somebody else can write on it, and what it gives away.

use super::case::{Case, Looks};
use crate::exam::answers::MARKUP;
use crate::exam::browser::Browser;
use crate::exam::judge::leads::{ATTACKER, SCRIPT};
use crate::exam::judge::pages::{
    has_no_such_header, leads_nowhere, repeats_no_markup, stays_at_home,
};
use crate::exam::judge::secrets::shows_no_secret;
use crate::exam::person::parameter;
use crate::exam::plan::does;
use crate::exam::verdict::{Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "reflected-markup",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.14",
        what: "Looks at the pages of all runs. HTML and quotation marks come with a wrong state, with a wrong issuer, in a path, and in a refusal; the profile and the error_description of terminal-escapes have them too.",
        passes: "No page repeats them as markup.",
        why: "Anyone who gets you to follow a link can put HTML on this page.",
        advice: "Escape what comes from outside, with its quotation marks, or don't repeat it.",
        needs: &[],
        runs: &[does(|browser| browser.brings_everywhere(MARKUP))],
        looks: Looks::EachRun(&[repeats_no_markup]),
    },
    Case {
        name: "error-uri",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9700 §4.11.1, §4.2.4, RFC 6749 §10.14",
        what: "A script comes as the error_uri, without a state and in a refusal; in a second run a foreign URL does. ?next=//attacker.example comes in both.",
        passes: "No page links or redirects there, and the client doesn't open it.",
        why: "Anyone who makes a link can send the person to another site by way of your page.",
        advice: "Show error_uri as text or not at all, and redirect to nothing that a callback says.",
        needs: &[],
        runs: &[
            does(|browser| error_uri(browser, SCRIPT)),
            does(|browser| error_uri(browser, &format!("https://{ATTACKER}/"))),
        ],
        looks: Looks::OwnRuns(&[leads_nowhere]),
    },
    Case {
        name: "header-injection",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 9110 §5.5",
        what: "CR LF and a header come with a wrong state, with a wrong issuer, in a path, and in a refusal; in a second run LF and a header.",
        passes: "The answer has no such header.",
        why: "Anyone who gets you to follow a link can write into the head of your answer, a cookie for example.",
        advice: "Put nothing from outside into a head or a status line, or refuse what has a line end.",
        needs: &[],
        runs: &[
            does(|browser| browser.brings_everywhere("x\r\nX-Injected: 1")),
            does(|browser| browser.brings_everywhere("x\nX-Injected: 1")),
        ],
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

fn error_uri(browser: &mut Browser<'_>, uri: &str) {
    let callback = vec![parameter("error", "x"), parameter("error_uri", uri)];
    browser.brings(&callback);
    let mut callback = Vec::new();
    for name in ["next", "redirect", "return_to", "redirect_uri"] {
        callback.push(parameter(name, &format!("//{ATTACKER}")));
    }
    browser.brings(&callback);
    let mut callback = browser.refusal("access_denied", "No.");
    callback.push(parameter("error_uri", uri));
    browser.brings_at_last(&callback);
}
