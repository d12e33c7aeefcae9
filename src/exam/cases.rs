//! The cases, in the order of the report. Their names are an interface: they do not change.
//!
//! ```text
//! name [the runs of the client] => the runs that the checks look at (the checks)
//! ```
//!
//! `cases.txt` has their texts: leg, level and rule; what happens; why it matters; what to do.
//! A case without a run of its own looks at the login in which nothing goes wrong, or at all runs.

use super::browser::{Browser, ESCAPES, FORGED, MARKUP};
#[cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the table names nearly all"))]
use super::judge::*;
use super::run::locked;
use crate::practice::{fault::Fault, mischief::stay_silent};
use crate::wire::form;

/// One run of the client: what the provider breaks, and what the browser does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) fault: Option<Fault>,
    pub(super) script: fn(&mut Browser),
}

/// The name of the case that the others need, and of its run.
pub(super) const LOGIN: &str = "login";
/// The run in which nothing goes wrong.
pub(super) const NOTHING: Plan = does(Browser::agrees);

const fn does(script: fn(&mut Browser)) -> Plan {
    Plan { fault: None, script }
}

const fn breaks(fault: Fault) -> Plan {
    Plan { fault: Some(fault), script: Browser::agrees }
}

/// A case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) plans: &'static [Plan],
    pub(super) judge: fn(&Evidence<'_>) -> Verdict,
}

impl Case {
    /// Its leg, a number or `all`; its level, `must` or `should`; its rule; what happens; why that
    /// matters; what to do.
    pub(super) fn text(&self) -> [&'static str; 6] {
        let texts = include_str!("cases.txt").split("\n\n").map(str::lines);
        let text = texts.filter(|lines| lines.clone().next() == Some(self.name));
        let mut lines = text.flatten().skip(1);
        let first = lines.next().unwrap_or_default().splitn(3, ' ');
        let mut parts = first.chain(lines);
        [(); 6].map(|()| parts.next().unwrap_or_default())
    }
}

macro_rules! cases {
    ($($name:literal [$($plan:expr),*] => $runs:ident($($check:expr),*))*) => {
        /// Every case.
        pub(super) const CASES: &[Case] = &[$(Case {
            name: $name, plans: &[$($plan),*], judge: |it| it.$runs(&[$($check),*]),
        }),*];
    };
}

cases! {
    "login" [] => own(signs_in)
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
    })] => own(succeeds)
    "access-denied" [does(|it| it.refuses("access_denied", "The user has denied your application access."))]
        => own(|it| broken(it.leg_3.is_empty(), "it made a token request"), fails, |it| within(it, 10))
    "wrong-issuer" [does(|it| {
        let code = it.code(&it.request);
        it.brings(&it.request.callback("https://attacker.example", &[("code", &code)]));
        it.agrees();
    })] => own(leaves_the_code)
    "repeated-parameter" [does(|it| it.meets_strangers(&[&[FORGED, &it.state()]]))]
        => own(leaves_the_code)
    "code-twice" [Plan { fault: Some(Fault::CodeTwice), script: |it| {
        let callback = it.right(); it.brings_at_last(&callback); it.brings(&callback);
    }}] => own(sends_the_code_once)
    "stray-requests" [does(|it| {
        let path = it.redirect_uri.path().to_owned();
        for stray in ["GET /favicon.ico", "GET /", &format!("POST {path}"), &format!("HEAD {path}")] {
            it.ask(stray);
        }
        it.agrees();
    })] => own(succeeds)
    "silent-connections" [does(|it| {
        // Once the client listens.
        let first = it.connect();
        let others = stay_silent(&it.request.redirect_uri);
        locked(&it.run).silent.extend(first.into_iter().chain(others));
        it.agrees();
    })] => own(succeeds, |it| within(it, 5))
    "split-request" [does(|it| { it.is_slow = true; it.agrees(); })] => own(succeeds)
    "reflected-markup" [does(|it| {
        let markup = form::encode(&[("code", MARKUP), ("state", MARKUP), (MARKUP, MARKUP)]);
        it.ask(&format!("GET /{}", form::encode_value(MARKUP)));
        it.ask(&format!("GET {}?{markup}", it.redirect_uri.path()));
        it.refuses(MARKUP, MARKUP);
    })] => own(repeats_no_markup)
    "both-families" [does(|it| it.agrees_at("[::1]")), does(|it| it.agrees_at("127.0.0.1"))]
        => own(probed, succeeds)
    "loopback-only" [does(Browser::comes_from_outside)] => own(probed)
    "idle" [does(Browser::takes_its_time)] => own(probed)
    "token-request" [] => own(token_request)
    "token-error-200" [breaks(Fault::WrongSecret)] => own(asks_no_profile, fails)
    "token-error-400" [breaks(Fault::BadRequest)] => own(asks_no_profile, fails)
    "token-500" [breaks(Fault::TokenError)] => own(sends_the_code_once, asks_no_profile, fails)
    "token-html" [breaks(Fault::TokenHtml)] => own(asks_no_profile, fails)
    "token-redirect" [breaks(Fault::TokenRedirect)] => own(|it| broken(it.elsewhere.is_empty(), "a request came there"))
    "token-silence" [breaks(Fault::TokenSilence)] => own(ends, |it| within(it, 45))
    "token-endless" [breaks(Fault::TokenEndless)]
        => own(|it| broken(it.sent <= 64 << 20, format!("it read {} MiB", it.sent >> 20)), ends)
    "token-type" [breaks(Fault::TokenType)] => own(asks_no_profile)
    "token-newline" [breaks(Fault::TokenNewline)] => own(sends_no_such_header)
    "early-success" [breaks(Fault::LateRefusal)] => own(claims_no_success)
    "bearer-header" [] => own(bearer)
    "profile-401" [breaks(Fault::RevokedToken)] => own(fails)
    "profile-rate-limit" [breaks(Fault::RateLimit)] => own(fails)
    "profile-redirect" [breaks(Fault::ProfileRedirect)] => own(brings_no_token_elsewhere)
    "terminal-escapes" [breaks(Fault::ProfileEscapes), does(|it| it.refuses("access_denied", ESCAPES))]
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
