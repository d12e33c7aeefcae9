//! The cases of leg 1: the authorization request, and the login as a whole.

use super::case::{Case, Looks};
use crate::exam::judge::ends::succeeds;
use crate::exam::judge::requests;
use crate::exam::judge::requests::{
    asks_in_each_leg, is_new_each_time, redirect_uri, response_type, starts, uses_pkce,
};
use crate::exam::judge::secrets::secret_in_url;
use crate::exam::plan::NOTHING;
use crate::exam::seen::Record;
use crate::exam::verdict::{Finding, Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "login",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1",
        what: "Nothing goes wrong.",
        why: "Every other case needs a login that works.",
        advice: "Start $BROWSER with the address or print it, make one token request and one profile request, and exit with 0.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[starts, asks_in_each_leg, succeeds]),
    },
    Case {
        name: "response-type",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1.1",
        what: "Nothing goes wrong.",
        why: "GitHub doesn't need it, but other providers refuse a request without it.",
        advice: "Send response_type=code in leg 1.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[response_type]),
    },
    Case {
        name: "state",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §10.10, §10.12",
        what: "The state of every run is looked at.",
        why: "Whoever can guess the state can sign you in as somebody else.",
        advice: "Send 32 random bytes as state in leg 1, new ones for each login.",
        needs: &[],
        runs: &[NOTHING],
        looks: Looks::AllRuns(states),
    },
    Case {
        name: "pkce",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 8252 §6, RFC 7636 §4",
        what: "The challenge and the verifier of every run are looked at.",
        why: "Without PKCE, whoever sees the code can use it.",
        advice: "Make a random verifier of 43 characters for each login; send its SHA-256 hash in leg 1 and the verifier in leg 3.",
        needs: &[],
        runs: &[NOTHING],
        looks: Looks::AllRuns(verifiers),
    },
    Case {
        name: "redirect-uri",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §4.1.3, RFC 8252 §7.3",
        what: "Nothing goes wrong.",
        why: "The provider compares the two, so that a code is good only where it was sent.",
        advice: "Send the same redirect_uri in leg 1 and in leg 3: http, and a loopback host.",
        needs: &[],
        runs: &[],
        looks: Looks::OwnRuns(&[redirect_uri]),
    },
    Case {
        name: "secret-in-url",
        leg: Leg::One,
        level: Level::Must,
        rule: "RFC 6749 §2.3.1",
        what: "The addresses of every run are looked at.",
        why: "Addresses are kept in histories and logs.",
        advice: "Send the client secret and the verifier in the body of leg 3.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[secret_in_url]),
    },
];

fn states(runs: &[Record]) -> Option<Finding> {
    for run in runs {
        if let Some(finding) = requests::state(run) {
            return Some(finding);
        }
    }
    is_new_each_time(runs, "state")
}

fn verifiers(runs: &[Record]) -> Option<Finding> {
    for run in runs {
        if let Some(finding) = uses_pkce(run) {
            return Some(finding);
        }
    }
    is_new_each_time(runs, "code_challenge")
}
