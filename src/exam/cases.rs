//! The cases, in the order of the report. Their names are an interface: they do not change.
//!
//! ```text
//! leg, level, name, rule, what happens
//! [the runs of the client] => the verdict
//! why it matters
//! what to do
//! ```
//!
//! A case without a run of its own looks at the login in which nothing goes wrong, or at all runs.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::browser::{Browser, ESCAPES, FORGED, MARKUP};
use super::judge::*;
use super::run::Run;
use crate::practice::fault::Fault;

/// How binding a rule is. A broken MUST fails the exam, and a broken SHOULD is a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Must,
    Should,
}

/// One run of the client: what the provider breaks, and what the browser does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) fault: Option<Fault>,
    pub(super) script: fn(&mut Browser),
}

/// The run in which nothing goes wrong.
pub(super) const NOTHING: Plan = does(Browser::agrees);

const fn does(script: fn(&mut Browser)) -> Plan {
    Plan { fault: None, script }
}

const fn breaks(fault: Fault) -> Plan {
    Plan { fault: Some(fault), script: Browser::agrees }
}

/// A case; its leg is 0 if it is about all of them.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) leg: u8,
    pub(super) level: Level,
    pub(super) name: &'static str,
    pub(super) rule: &'static str,
    pub(super) what: &'static str,
    pub(super) plans: &'static [Plan],
    judge: fn(&Evidence<'_>) -> Verdict,
    pub(super) why: &'static str,
    pub(super) advice: &'static str,
}

impl Case {
    /// The verdict on the case's own runs, beside all of them.
    pub(super) fn verdict(&self, own: &[&Run], all: &[&Run]) -> Verdict {
        (self.judge)(&Evidence { own, all })
    }
}

macro_rules! cases {
    ($($leg:literal $level:ident $name:literal $rule:literal $what:literal
       [$($plan:expr),*] => $runs:ident($($check:path),*)
       $why:literal
       $advice:literal)*) => {
        /// Every case.
        pub(super) const CASES: &[Case] = &[$(Case {
            leg: $leg, level: Level::$level, name: $name, rule: $rule, what: $what,
            plans: &[$($plan),*], judge: |it| it.$runs(&[$($check),*]), why: $why, advice: $advice,
        }),*];
    };
}

cases! {
    1 Must "login" "RFC 6749 §4.1" "Nothing goes wrong."
    [] => own(signs_in)
    "Every other case needs a login that works."
    "Make one token request and one profile request with its token, and exit with 0."

    1 Must "response-type" "RFC 6749 §4.1.1" "Nothing goes wrong."
    [] => own(response_type)
    "GitHub doesn't need it, but other providers refuse a request without it."
    "Send response_type=code in leg 1."

    1 Must "state" "RFC 6749 §10.10, §10.12" "The state of every run is looked at."
    [NOTHING] => each_anew(state)
    "Whoever can guess the state can sign you in as somebody else."
    "Send 32 random bytes as state in leg 1, new ones for each login."

    1 Must "pkce" "RFC 8252 §6, RFC 7636 §4" "The challenge and the verifier of every run are looked at."
    [NOTHING] => each_anew(pkce)
    "Without PKCE, whoever sees the code can use it."
    "Make a random verifier of 43 characters for each login; send its SHA-256 hash in leg 1, and it in leg 3."

    1 Must "redirect-uri" "RFC 6749 §4.1.3, RFC 8252 §7.3" "Nothing goes wrong."
    [] => own(redirect_uri)
    "The provider compares the two, so that a code is good only where it was sent."
    "Send the same redirect_uri in leg 1 and in leg 3: http, and a loopback host."

    1 Must "secret-in-url" "RFC 6749 §2.3.1" "The addresses of every run are looked at."
    [] => all(secret_in_url)
    "Addresses are kept in histories and logs."
    "Send the client secret and the verifier in the body of leg 3."

    2 Must "forged-state" "RFC 6749 §10.12" "A stranger's code comes with another state, then the right callback."
    [does(|it| { it.strangers(Some(FORGED), ""); it.agrees(); })] => own(is_no_stranger)
    "Any web page can send this callback, and you are signed in as somebody else."
    "Compare state with the one you sent before you use the code."

    2 Must "missing-state" "RFC 6749 §10.12" "A stranger's code comes with no state, then the right callback."
    [does(|it| { it.strangers(None, ""); it.agrees(); })] => own(is_no_stranger)
    "A check that can be left out is no check."
    "Refuse a callback that has no state."

    2 Should "survives-forgery" "RFC 6749 §10.12" "Four forged callbacks come, then the right one."
    [does(Browser::forges)] => own(succeeds)
    "Any web page can end this login."
    "Answer a callback without the right state with a 400, even if it brings an error, and go on waiting."

    2 Must "access-denied" "RFC 6749 §4.1.2.1" "The person says no: error=access_denied with the right state."
    [does(|it| it.refuses("access_denied", "The user has denied your application access."))]
    => own(asks_no_token, fails, within_10_seconds)
    "The person has decided, and waits for an answer."
    "Read error before code, say so in the tab, and exit with another status than 0."

    2 Must "wrong-issuer" "RFC 9207 §2.4" "The callback has the right state, and names another issuer."
    [does(Browser::mixes_up)] => own(leaves_the_code)
    "A code of one provider can be carried to another (a mix-up attack)."
    "If the callback has an iss, compare it with ISSUER before you use the code."

    2 Should "repeated-parameter" "RFC 6749 §3.1" "A stranger's code comes with two states: a wrong one, then the right one."
    [does(|it| { it.strangers(Some(FORGED), &it.right_state()); it.agrees(); })] => own(leaves_the_code)
    "Two readers of this address can see two different states."
    "Refuse a callback that has a parameter twice."

    2 Must "code-twice" "RFC 6749 §4.1.2" "The right callback comes again during leg 3, and once more after it."
    [Plan { fault: Some(Fault::CodeTwice), script: Browser::agrees_twice }] => own(sends_the_code_once)
    "A provider revokes the token when its code comes twice."
    "Take the first right callback, and no other."

    2 Should "stray-requests" "RFC 9110 §15.5" "/favicon.ico, /, a POST and a HEAD come first."
    [does(Browser::strays)] => own(succeeds)
    "Browsers ask for more than the callback."
    "Answer anything but a GET of the callback's path with a 404 or 405, and go on waiting."

    2 Should "silent-connections" "browsers open them ahead of need" "30 connections say nothing, then the right callback comes."
    [does(Browser::is_silent_first)] => own(succeeds, within_5_seconds)
    "A server that reads one connection at a time waits for the wrong one."
    "Read each connection on a thread of its own, with a time limit."

    2 Must "split-request" "RFC 9112 §2.2" "The right callback comes byte by byte."
    [does(|it| { it.seen.slowly = true; it.agrees(); })] => own(succeeds)
    "TCP keeps the order of the bytes, and not the pieces."
    "Read until the empty line that ends the head."

    2 Must "reflected-markup" "RFC 6749 §10.14" "Path, parameters and error_description bring HTML."
    [does(|it| { it.brings_markup(); it.refuses(MARKUP, MARKUP); })] => own(repeats_no_markup)
    "Whoever makes a link writes on your page."
    "Escape what comes from outside, or don't repeat it."

    2 Should "both-families" "RFC 8252 §7.3" "The right callback comes to [::1], and in another run to 127.0.0.1."
    [does(|it| it.agrees_at(Ipv6Addr::LOCALHOST.into())), does(|it| it.agrees_at(Ipv4Addr::LOCALHOST.into()))]
    => own(probed, succeeds)
    "localhost has two addresses, and the browser chooses."
    "Listen on both addresses, or use 127.0.0.1 as the redirect URI's host."

    2 Should "loopback-only" "RFC 8252 §8.3" "Somebody connects to 127.0.0.2."
    [does(Browser::comes_from_outside)] => own(probed)
    "A port that is open on every address can be reached from the network."
    "Listen on 127.0.0.1 and [::1], and not on 0.0.0.0."

    2 Should "idle" "nothing to do, nothing to use" "The callback comes after 2 seconds."
    [does(Browser::takes_its_time)] => own(probed)
    "A loop that looks again and again uses a whole core."
    "Wait for a connection or a message instead of looking at a variable."

    3 Must "token-request" "RFC 6749 §4.1.3, §2.3.1" "Nothing goes wrong."
    [] => own(token_request)
    "Other providers are stricter than GitHub."
    "Send a POST with a form: grant_type=authorization_code, and client_id and client_secret there or by HTTP Basic."

    3 Must "token-error-200" "GitHub" "The answer is an error with the status 200."
    [breaks(Fault::WrongSecret)] => own(asks_no_profile, fails)
    "GitHub's refusals have the status 200."
    "Look for error in the body, whatever the status is."

    3 Must "token-error-400" "RFC 6749 §5.2" "The answer is an error with the status 400."
    [breaks(Fault::BadRequest)] => own(asks_no_profile, fails)
    "There is no token, so nobody is signed in."
    "Stop, say what the body's error says, and exit with another status than 0."

    3 Must "token-500" "RFC 6749 §4.1.2" "The answer is a 500."
    [breaks(Fault::TokenError)] => own(sends_the_code_once, asks_no_profile, fails)
    "The provider may have used the code up, and revokes the token when it comes again."
    "Stop, and don't send the code again."

    3 Must "token-html" "RFC 6749 §5.1" "The answer is a page."
    [breaks(Fault::TokenHtml)] => own(asks_no_profile, fails)
    "A wrong TOKEN_URL looks like this, and so does a hotel's network."
    "Stop if the answer isn't JSON with an access_token."

    3 Must "token-redirect" "RFC 6749 §10.3" "The answer is a 307 to another origin."
    [breaks(Fault::TokenRedirect)] => own(goes_nowhere_else)
    "The code and the client secret go wherever the redirect says."
    "Follow no redirects in leg 3."

    3 Should "token-silence" "a provider can fail without a word" "The answer never comes."
    [breaks(Fault::TokenSilence)] => own(ends, within_45_seconds)
    "The person waits for a program that never ends."
    "Give leg 3 a time limit, such as 30 seconds."

    3 Should "token-endless" "a provider can go on for ever" "The answer never ends."
    [breaks(Fault::TokenEndless)] => own(reads_64_mebibytes, ends)
    "The program takes all the memory that there is."
    "Read no more than 1 MiB of an answer."

    3 Must "token-type" "RFC 6749 §7.1" "The token's type is mac."
    [breaks(Fault::TokenType)] => own(asks_no_profile)
    "Such a token needs more than to be sent along."
    "Use a token only if its token_type is bearer, in whatever case."

    3 Must "token-newline" "RFC 6749 appendix A.12" "The token has a line end in it, and a header line after that."
    [breaks(Fault::TokenNewline)] => own(sends_no_such_header)
    "Whoever makes the token writes a header of leg 4."
    "Refuse a token that isn't printable ASCII."

    3 Should "early-success" "the tab claims only what has happened" "The token endpoint refuses, a second late."
    [breaks(Fault::LateRefusal)] => own(claims_no_success)
    "The tab says that you are signed in, and you aren't."
    "Answer the callback after legs 3 and 4, or claim nothing before."

    4 Must "bearer-header" "RFC 6750 §2.1, RFC 9700 §4.3.2" "Nothing goes wrong."
    [] => own(bearer)
    "Addresses are kept in histories and logs."
    "Send the token as Authorization: Bearer, and nowhere else."

    4 Must "profile-401" "RFC 6750 §3.1" "The answer is a 401."
    [breaks(Fault::RevokedToken)] => own(fails)
    "The token isn't good, so nobody is signed in."
    "Look at the status, say so, and exit with another status than 0."

    4 Must "profile-rate-limit" "GitHub" "The answer is a 403, with x-ratelimit-remaining: 0."
    [breaks(Fault::RateLimit)] => own(fails)
    "The body has a message, and no profile."
    "Look at the status, say when to try again, and exit with another status than 0."

    4 Must "profile-redirect" "RFC 6750 §5.3" "The answer is a 302 to another origin."
    [breaks(Fault::ProfileRedirect)] => own(brings_no_token_elsewhere)
    "Whoever gets the token can use it."
    "Follow no redirects in leg 4, or none with the token."

    0 Must "terminal-escapes" "RFC 6749 §10.14" "A profile and an error_description bring ESC, CR and a mark that turns text around."
    [breaks(Fault::ProfileEscapes), does(|it| it.refuses("access_denied", ESCAPES))] => own(prints_no_escapes)
    "Whoever writes the profile moves the cursor, and fakes lines."
    "Spell control characters and bidirectional marks out before you print them."

    0 Must "prints-no-secret" "RFC 6749 §10.3" "Both streams of every run are looked at."
    [] => all(prints_no_secret)
    "Terminals are recorded, shared and scrolled back."
    "Print neither code nor token, or only their first characters."
}
