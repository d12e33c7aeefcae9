//! The cases, in the order of the report. Their names are an interface: they do not change.
//!
//! ```text
//! name [the runs of the client] => the runs that the checks look at (the checks)
//! ```
//!
//! `cases.txt` has their texts: leg, level and rule; what happens; why it matters; what to do.
//! A case without a run of its own looks at the login in which nothing goes wrong, or at all runs.

use std::mem::forget;

use super::browser::{Browser, ESCAPES, FORGED, MARKUP, Plan};
#[cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the table names nearly all"))]
use super::judge::*;
use super::seen::{Run, Verdict};
use crate::practice::fault::Fault;
use crate::practice::faults::callback::CODE_TWICE;
use crate::practice::faults::profile::{
    PROFILE_ESCAPES, PROFILE_REDIRECT, RATE_LIMIT, REVOKED_TOKEN,
};
use crate::practice::faults::token::{
    BAD_REQUEST, LATE_REFUSAL, TOKEN_ENDLESS, TOKEN_ERROR, TOKEN_HTML, TOKEN_NEWLINE,
    TOKEN_REDIRECT, TOKEN_SILENCE, TOKEN_TYPE, WRONG_SECRET,
};
use crate::practice::mischief::stay_silent;
use crate::wire::form;

/// The name of the case that the others need, and of its run.
pub(super) const LOGIN: &str = "login";
/// The run in which nothing goes wrong.
pub(super) const NOTHING: Plan = does(Browser::agrees);

const fn does(script: fn(&mut Browser)) -> Plan {
    Plan { fault: None, script }
}

const fn breaks(fault: &'static Fault) -> Plan {
    Plan { fault: Some(fault), script: Browser::agrees }
}

/// A case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) plans: &'static [Plan],
    /// `own` or `all`.
    runs: &'static str,
    checks: &'static [Check],
}

impl Case {
    /// The verdict on its own runs, on the login's if it has none, or on all.
    pub(super) fn verdict(&self, runs: &[Run]) -> Verdict {
        let (own, [leg, ..]) = (if self.plans.is_empty() { LOGIN } else { self.name }, self.text());
        let sees_all = self.runs == "all";
        runs.iter().filter(|run| sees_all || run.name == own).try_for_each(|run| {
            let asked = if matches!(leg, "3" | "4") { &run.leg_3 } else { &run.leg_1 };
            // The login has shown that the client comes this far.
            if asked.is_empty() && run.name != LOGIN {
                let why = format!("this run never got to this leg{}", last_line(run));
                return if sees_all { Ok(()) } else { Err(("skip", why)) };
            }
            let verdict = self.checks.iter().try_for_each(|check| check(run, runs));
            let place = if sees_all { format!(" (in `{}`)", run.name) } else { String::new() };
            verdict.map_err(|(word, seen)| (word, seen + &place))
        })
    }

    /// Its leg, a number or `all`; its level, `must` or `should`; its rule; what happens; why that
    /// matters; what to do.
    pub(super) fn text(&self) -> [&'static str; 6] {
        let texts = include_str!("cases.txt").split("\n\n").map(str::lines);
        let text = texts.filter(|lines| lines.clone().next() == Some(self.name));
        let mut lines = text.flatten().skip(1);
        let mut parts = lines.next().unwrap_or_default().splitn(3, ' ').chain(lines);
        [(); 6].map(|()| parts.next().unwrap_or_default())
    }
}

macro_rules! cases {
    ($($name:literal [$($plan:expr),*] => $runs:ident($($check:expr),*))*) => {
        /// Every case.
        pub(super) const CASES: &[Case] = &[$(Case {
            name: $name, plans: &[$($plan),*], runs: stringify!($runs), checks: &[$($check),*],
        }),*];
    };
}

cases! {
    "login" [] => own(starts, signs_in, succeeds)
    "response-type" [] => own(response_type)
    "state" [NOTHING] => all(state)
    "pkce" [NOTHING] => all(pkce)
    "redirect-uri" [] => own(redirect_uri)
    "secret-in-url" [] => all(secret_in_url)
    "forged-state" [does(|it| it.meets_strangers(&[&[FORGED]]))] => own(meets_no_stranger)
    "missing-state" [does(|it| it.meets_strangers(&[&[]]))] => own(meets_no_stranger)
    "survives-forgery" [does(|it| {
        it.brings(&format!("{}?error=access_denied&state={FORGED}", it.redirect_uri.text));
        let state = it.state();
        let beginning = state.get(..state.len() / 2).unwrap_or_default();
        it.meets_strangers(&[&[FORGED], &[], &[beginning]]);
    })] => own(succeeds, meets_no_stranger)
    "access-denied" [does(|it| it.refuses("access_denied", "The user has denied your application access."))]
        => own(asks_for_no_token, ends, claims_no_success, |run, _| within(run, 10))
    "wrong-issuer" [does(|it| {
        let code = it.code(&it.request);
        it.brings(&it.request.callback("https://attacker.example", &[("code", &code)]).url());
        it.agrees();
    })] => own(leaves_the_code)
    "repeated-parameter" [does(|it| it.meets_strangers(&[&[FORGED, &it.state()]]))] => own(leaves_the_code)
    "code-twice" [Plan { fault: Some(&CODE_TWICE), script: |it| {
        let callback = it.right();
        it.brings_at_last(&callback);
        it.brings(&callback);
    }}] => own(sends_the_code_once)
    "stray-requests" [does(|it| {
        let path = it.redirect_uri.path().to_owned();
        for stray in ["GET /favicon.ico", "GET /", &format!("POST {path}"), &format!("HEAD {path}")] {
            it.ask(stray);
        }
        it.agrees();
    })] => own(succeeds)
    "silent-connections" [does(|it| {
        // Once the client listens. They stay open as long as the exam runs.
        forget((it.connect(), stay_silent(&it.request.redirect_uri)));
        it.agrees();
    })] => own(succeeds, |run, _| within(run, 5))
    "split-request" [does(|it| { it.is_slow = true; it.agrees(); })] => own(succeeds)
    "reflected-markup" [does(|it| {
        let markup = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
        it.ask(&format!("GET /{}", form::encode_value(MARKUP)));
        it.ask(&format!("GET {}?{markup}", it.redirect_uri.path()));
        it.refuses(MARKUP, MARKUP);
    })] => own(repeats_no_markup)
    "both-families" [does(|it| it.agrees_at("[::1]")), does(|it| it.agrees_at("127.0.0.1"))]
        => own(probed, answers, succeeds)
    "loopback-only" [does(Browser::comes_from_outside)] => own(probed)
    "idle" [does(Browser::takes_its_time)] => own(probed)
    "token-request" [] => own(token_request)
    "token-error-200" [breaks(&WRONG_SECRET)] => own(asks_no_profile, ends, claims_no_success)
    "token-error-400" [breaks(&BAD_REQUEST)] => own(asks_no_profile, ends, claims_no_success)
    "token-500" [breaks(&TOKEN_ERROR)] => own(sends_the_code_once, asks_no_profile, ends, claims_no_success)
    "token-html" [breaks(&TOKEN_HTML)] => own(asks_no_profile, ends, claims_no_success)
    "token-redirect" [breaks(&TOKEN_REDIRECT)] => own(goes_nowhere_else)
    "token-silence" [breaks(&TOKEN_SILENCE)] => own(ends, |run, _| within(run, 45))
    "token-endless" [breaks(&TOKEN_ENDLESS)] => own(stops_reading, ends)
    "token-type" [breaks(&TOKEN_TYPE)] => own(asks_no_profile)
    "token-newline" [breaks(&TOKEN_NEWLINE)] => own(sends_no_such_header)
    "early-success" [breaks(&LATE_REFUSAL)] => own(claims_no_success)
    "bearer-header" [] => own(bearer)
    "profile-401" [breaks(&REVOKED_TOKEN)] => own(ends, claims_no_success)
    "profile-rate-limit" [breaks(&RATE_LIMIT)] => own(ends, claims_no_success)
    "profile-redirect" [breaks(&PROFILE_REDIRECT)] => own(brings_no_token_elsewhere)
    "terminal-escapes" [breaks(&PROFILE_ESCAPES), does(|it| it.refuses("access_denied", ESCAPES))]
        => own(prints_no_escapes)
    "prints-no-secret" [] => all(prints_no_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_text_and_every_text_its_case() {
        let texts = include_str!("cases.txt").split("\n\n");
        let names: Vec<_> = texts.map(|text| text.lines().next().unwrap()).collect();
        assert_eq!(names, CASES.iter().map(|case| case.name).collect::<Vec<_>>());
        assert_eq!(names.len(), 37);
        for case in CASES {
            let [leg, level, rule, what, why, advice] = case.text();
            assert!(["1", "2", "3", "4", "all"].contains(&leg), "{}", case.name);
            assert!(["must", "should"].contains(&level) && !rule.is_empty(), "{}", case.name);
            for sentence in [what, why, advice] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", case.name);
            }
        }
    }
}
