//! The cases of leg 2 about forgery: whose callback it is, and whose answer.

use std::time::Instant;

use super::case::{Case, Looks, Need};
use crate::exam::answers;
use crate::exam::browser::{Browser, Parameters};
use crate::exam::judge::ends::{leaves_the_code, meets_no_stranger, succeeds};
use crate::exam::judge::pages::probed;
use crate::exam::person::{FORGED, Pkce, parameter};
use crate::exam::plan::{Plan, does, token};
use crate::exam::seen::{Probe, Record};
use crate::exam::talk::good;
use crate::exam::verdict::{Finding, Leg, Level, Weight};
use crate::practice::lock::locked;

pub(super) static CASES: &[Case] = &[
    Case {
        name: "forged-state",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.12",
        what: "A stranger's code comes with another state, then the right callback.",
        passes: "Nobody is signed in as the stranger, and the code isn't exchanged.",
        why: "Any web page can send this callback, and you are signed in as somebody else.",
        advice: "Compare state with the one you sent before you use the code.",
        needs: &[],
        runs: &[
            does(|browser| forged(browser, &[FORGED], Pkce::Stranger)),
            does(|browser| forged(browser, &[FORGED], Pkce::None)),
        ],
        looks: Looks::OwnRuns(&[meets_no_stranger]),
    },
    Case {
        name: "missing-state",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 6749 §10.12",
        what: "A stranger's code comes with no state, then the right callback.",
        passes: "Nobody is signed in as the stranger, and the code isn't exchanged.",
        why: "A forger who leaves the state out gets around the comparison.",
        advice: "Refuse a callback that has no state.",
        needs: &[],
        runs: &[
            does(|browser| forged(browser, &[], Pkce::Stranger)),
            does(|browser| forged(browser, &[], Pkce::None)),
        ],
        looks: Looks::OwnRuns(&[meets_no_stranger]),
    },
    Case {
        name: "survives-forgery",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 8252 §8.9",
        what: "Eight forged callbacks come, with a wrong state, none, an empty one or half of the right one; then the right one.",
        passes: "The login succeeds, and the first tab is answered within 10 s.",
        why: "Any web page can end this login.",
        advice: "Answer a callback without the right state with a 400, even if it brings an error, and go on waiting.",
        needs: &[],
        runs: &[Plan { patience: 3, ..does(survives_forgery) }],
        looks: Looks::OwnRuns(&[meets_no_stranger, succeeds, probed]),
    },
    Case {
        name: "state-twice",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9700 §4.2.4",
        what: "During leg 3 a stranger's code comes with the state that was used.",
        passes: "One token request comes.",
        why: "Anyone who has seen the state, in a history for example, can bring another code.",
        advice: "Accept each state once.",
        needs: &[Need::State],
        runs: &[STATE_TWICE],
        looks: Looks::OwnRuns(&[asks_for_one_token, meets_no_stranger]),
    },
    Case {
        name: "other-path",
        leg: Leg::Two,
        level: Level::Must,
        rule: "RFC 8252 §8.10",
        what: "A stranger's code comes with the right state, to /other, below the callback's path, and to a path that ends with it; then the right callback.",
        passes: "Nobody is signed in as the stranger, and the code isn't exchanged.",
        why: "Each provider has a redirect URI of its own: ignore the path, and one provider's code goes to another (a mix-up attack).",
        advice: "Compare the whole path with that of the redirect URI, and answer others with a 404.",
        needs: &[Need::State],
        runs: &[does(other_path)],
        looks: Looks::OwnRuns(&[meets_no_stranger]),
    },
    Case {
        name: "wrong-issuer",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9207 §2.4",
        what: "The callback has the right state, and names another issuer: a foreign one, one with a slash more, and one in capitals.",
        passes: "The code of that callback isn't exchanged.",
        why: "A code of one provider can be carried to another (a mix-up attack).",
        advice: "If the callback has an iss, compare it with ISSUER, character by character, before you use the code.",
        needs: &[],
        runs: &[
            does(|browser| wrong_issuer(browser, foreign)),
            does(|browser| wrong_issuer(browser, with_a_slash)),
            does(|browser| wrong_issuer(browser, in_capitals)),
        ],
        looks: Looks::OwnRunsTogether(compares_issuers),
    },
    Case {
        name: "missing-issuer",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 9207 §2.4",
        what: "The right callback comes without iss, though the metadata announces it, and then with it.",
        passes: "The code of the first isn't exchanged.",
        why: "An attacker who leaves iss out gets around the comparison.",
        advice: "If ISSUER is set and the provider announces iss, refuse a callback without it.",
        needs: &[],
        runs: &[does(missing_issuer)],
        looks: Looks::OwnRuns(&[leaves_the_code]),
    },
    Case {
        name: "repeated-parameter",
        leg: Leg::Two,
        level: Level::Should,
        rule: "RFC 6749 §3.1",
        what: "A stranger's code comes with two states, and in a second run two codes with the right state.",
        passes: "The codes of that callback aren't exchanged.",
        why: "Two parsers can read two different callbacks from such a URL.",
        advice: "Refuse a callback that has code, state, iss or error twice.",
        needs: &[],
        runs: &[does(two_states), does(two_codes)],
        looks: Looks::OwnRuns(&[leaves_the_code]),
    },
];

const STATE_TWICE: Plan =
    Plan { script: state_twice, ..token(good(answers::token_after_a_callback)) };

fn forged(browser: &mut Browser<'_>, states: &[&str], pkce: Pkce) {
    browser.meets_stranger(states, pkce);
    browser.agrees();
}

fn survives_forgery(browser: &mut Browser<'_>) {
    let start = Instant::now();
    let patience = locked(&browser.books.record).limit / 2;
    let stranger = browser.strangers(&[FORGED], Pkce::None);
    let page = browser.brings_for(&stranger, patience);
    if page.is_none() && start.elapsed() >= patience {
        let seconds = patience.as_secs();
        let seen = format!("a tab with a forged callback had no answer within {seconds} s");
        browser.found(Probe::Wrong(seen));
        browser.agrees();
        return;
    }
    browser.found(Probe::Fine);
    let mut error = vec![parameter("error", "access_denied"), browser.issuer()];
    browser.brings(&error);
    error.push(parameter("state", FORGED));
    browser.brings(&error);
    browser.meets_stranger(&[], Pkce::None);
    let state = browser.state();
    let middle = state.len() / 2;
    let beginning = state.get(..middle).unwrap_or_default();
    let end = state.get(middle..).unwrap_or_default();
    for state in ["", beginning, end] {
        browser.meets_stranger(&[state], Pkce::None);
    }
    browser.asks("GET", &browser.callback_target("state=%ff&error=%ff%0d%0a"));
    browser.agrees();
}

fn state_twice(browser: &mut Browser<'_>) {
    let right = browser.right();
    let state = browser.state();
    let stranger = browser.strangers(&[&state], Pkce::None);
    browser.lays_ready(&stranger);
    browser.brings_at_last(&right);
}

fn asks_for_one_token(run: &Record) -> Option<Finding> {
    let count = run.leg_3.len();
    if count == 1 { None } else { Some(Finding::broken(format!("{count} token requests came"))) }
}

fn other_path(browser: &mut Browser<'_>) {
    let state = browser.state();
    let home = browser.home.clone();
    let below = format!("{}/x", home.path().trim_end_matches('/'));
    let end = format!("/x{}", home.path());
    for path in ["/other", &below, &end] {
        path.clone_into(&mut browser.home.target);
        browser.meets_stranger(&[&state], Pkce::None);
    }
    browser.home = home;
    browser.agrees();
}

fn foreign(_: &str) -> String {
    "https://attacker.example".to_owned()
}

fn with_a_slash(issuer: &str) -> String {
    format!("{issuer}/")
}

fn in_capitals(issuer: &str) -> String {
    issuer.to_ascii_uppercase()
}

fn wrong_issuer(browser: &mut Browser<'_>, change: fn(&str) -> String) {
    let mut callback = browser.right();
    for parameter in &mut callback {
        if parameter.name == "iss" {
            parameter.value = change(&parameter.value);
        }
    }
    browser.sets_a_trap(&callback);
    browser.brings(&callback);
    browser.agrees();
}

/// A client that refuses one of the wrong issuers knows what an issuer is, and has to refuse each.
fn compares_issuers(runs: &[&Record]) -> Option<Finding> {
    let mut taken = Vec::new();
    for run in runs {
        taken.extend(leaves_the_code(run));
    }
    let finding = taken.pop()?;
    if taken.len() + 1 == runs.len() {
        return Some(finding);
    }
    let seen = "it compares the issuer, and takes one that is nearly the same";
    Some(Finding::new(Weight::BrokenMust, seen))
}

fn missing_issuer(browser: &mut Browser<'_>) {
    let mut callback = browser.right();
    callback.retain(|parameter| parameter.name != "iss");
    browser.sets_a_trap(&callback);
    browser.brings(&callback);
    browser.agrees();
}

fn two_states(browser: &mut Browser<'_>) {
    let state = browser.state();
    let callback = browser.strangers(&[FORGED, &state], Pkce::None);
    brings_a_trap(browser, &callback);
}

fn two_codes(browser: &mut Browser<'_>) {
    let state = browser.state();
    let mut callback: Parameters = browser.strangers(&[&state], Pkce::None);
    for parameter in browser.right() {
        if parameter.name == "code" {
            callback.push(parameter);
        }
    }
    brings_a_trap(browser, &callback);
}

fn brings_a_trap(browser: &mut Browser<'_>, callback: &Parameters) {
    browser.sets_a_trap(callback);
    browser.brings(callback);
    browser.agrees();
}
