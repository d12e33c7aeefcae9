//! The cases of leg 3 about the token answer: how it comes, and what is in it.

use super::case::{Case, LOGIN, Looks, Need};
use crate::exam::answers;
use crate::exam::browser::Browser;
use crate::exam::judge::ends::{asks_no_profile, fails, sends_the_code_once, succeeds};
use crate::exam::judge::requests::{sends_no_such_header, stops_reading};
use crate::exam::judge::streams::tells_of_fewer_scopes;
use crate::exam::person::parameter;
use crate::exam::plan::{LONG, Plan, token};
use crate::exam::seen::{Account, Point, Record};
use crate::exam::talk::{Answer, bad, good};
use crate::exam::verdict::{Finding, Leg, Level};

/// The request isn't read to its end, so that the connection is reset.
const CUT: Answer = Answer { leaves_a_byte: true, ..bad(answers::half_a_token) };
/// How long the long values are, in characters.
const LONG_VALUE: usize = 4000;

pub(super) static CASES: &[Case] = &[
    Case {
        name: "token-silence",
        leg: Leg::Three,
        level: Level::Should,
        rule: "a provider can fail without a word",
        what: "The answer never comes.",
        passes: "The code is sent once, and the client ends by itself with a status other than 0.",
        why: "The person waits for a program that never ends.",
        advice: "Give leg 3 a time limit, such as 30 seconds.",
        needs: &[],
        runs: &[Plan { patience: LONG, ..token(bad(answers::silence)) }],
        looks: Looks::OwnRuns(&[sends_the_code_once, fails]),
    },
    Case {
        name: "token-drip",
        leg: Leg::Three,
        level: Level::Should,
        rule: "a provider can go on for ever",
        what: "The answer is a blank a second.",
        passes: "The code is sent once, and the client ends by itself with a status other than 0.",
        why: "A time limit that begins anew with each byte never ends.",
        advice: "Give leg 3 as a whole a time limit, such as 30 seconds.",
        needs: &[],
        runs: &[Plan { patience: LONG, ..token(bad(answers::drip)) }],
        looks: Looks::OwnRuns(&[sends_the_code_once, fails]),
    },
    Case {
        name: "token-endless",
        leg: Leg::Three,
        level: Level::Should,
        rule: "a provider can go on for ever",
        what: "The answer never ends.",
        passes: "The code is sent once, and the client stops reading and ends with a status other than 0.",
        why: "The program takes all the memory that there is.",
        advice: "Read no more than 1 MiB of an answer.",
        needs: &[],
        runs: &[Plan { patience: 2, ..token(bad(answers::endless)) }],
        looks: Looks::OwnRuns(&[stops_reading, sends_the_code_once, fails]),
    },
    Case {
        name: "token-pieces",
        leg: Leg::Three,
        level: Level::Must,
        rule: "RFC 9112 §7.1, RFC 9110 §15.2",
        what: "The answer comes in small pieces, in chunks, and after a 100.",
        passes: "The login succeeds.",
        why: "Providers and proxies send answers in all of these ways.",
        advice: "Read answers by an HTTP library, or to the end that their head says.",
        needs: &[],
        runs: &[
            token(good(answers::in_pieces)),
            token(good(answers::in_chunks)),
            token(good(answers::after_a_100)),
        ],
        looks: Looks::OwnRuns(&[reads_the_answer]),
    },
    Case {
        name: "token-cut",
        leg: Leg::Three,
        level: Level::Should,
        rule: "RFC 9112 §8",
        what: "A form answer without a length is cut inside the token.",
        passes: "The code is sent once, no profile request comes with half a token, and the client ends with a status other than 0.",
        why: "Half an answer looks like a whole one.",
        advice: "Treat an answer whose connection was reset as no answer, and a token without token_type as no token.",
        needs: &[],
        runs: &[token(CUT)],
        looks: Looks::OwnRuns(&[sends_the_code_once, uses_no_half_token, fails]),
    },
    Case {
        name: "token-type",
        leg: Leg::Three,
        level: Level::Must,
        rule: "RFC 6749 §7.1",
        what: "The token's type is mac.",
        passes: "No profile request comes, and the client ends with a status other than 0.",
        why: "A mac token has to sign requests; sent as it is, it is useless.",
        advice: "Use a token only if its token_type is bearer, and compare that without regard to case.",
        needs: &[],
        runs: &[token(bad(answers::type_mac))],
        looks: Looks::OwnRuns(&[leaves_the_token]),
    },
    Case {
        name: "token-type-case",
        leg: Leg::Three,
        level: Level::Must,
        rule: "RFC 6749 §5.1",
        what: "The token's type is BEARER.",
        passes: "The login succeeds.",
        why: "Bearer and bearer are the same type, and providers write both.",
        advice: "Compare token_type without regard to case.",
        needs: &[],
        runs: &[token(good(answers::type_in_capitals))],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "token-newline",
        leg: Leg::Three,
        level: Level::Must,
        rule: "RFC 6749 A.12, §10.14, RFC 9110 §5.5",
        what: "The token has a line end in it, and a header line after that.",
        passes: "Leg 4 has no such header.",
        why: "Anyone who issues the token can add headers to your profile request.",
        advice: "Refuse a token that isn't printable ASCII.",
        needs: &[Need::Profile],
        runs: &[token(bad(answers::token_with_a_line))],
        looks: Looks::OwnRuns(&[sends_no_such_header]),
    },
    Case {
        name: "long-values",
        leg: Leg::Three,
        level: Level::Should,
        rule: "RFC 6749 §4.1.2, §5.1",
        what: "The code and the token have 4,000 characters.",
        passes: "The login succeeds.",
        why: "Providers may choose any size, and some put whole documents into a token.",
        advice: "Set no limits to codes and tokens below 8 KiB.",
        needs: &[],
        runs: &[Plan { script: long_values, point: Point::Callback, ..token(answers::TOKEN) }],
        looks: Looks::OwnRuns(&[succeeds]),
    },
    Case {
        name: "fewer-scopes",
        leg: Leg::Three,
        level: Level::Should,
        rule: "RFC 6749 §3.3",
        what: "The answer has an empty scope: nothing is granted of what was asked for.",
        passes: "The client says so, or ends with a status other than 0.",
        why: "The next command fails, and nobody knows why.",
        advice: "Compare the scope of the answer with the one you asked for, and tell the person.",
        needs: &[Need::Scope],
        runs: &[token(good(answers::fewer_scopes))],
        looks: Looks::AllRuns(|runs| tells_of_fewer_scopes(runs, LOGIN, "fewer-scopes")),
    },
];

/// Somebody was granted a token, so that the general advice about a failed login would mislead.
fn leaves_the_token(run: &Record) -> Option<Finding> {
    let finding = asks_no_profile(run).or_else(|| fails(run))?;
    Some(finding.without_advice())
}

/// The runs of `token-pieces`, of which the last one has a 100.
fn reads_the_answer(run: &Record) -> Option<Finding> {
    let finding = succeeds(run)?;
    if run.number < 2 {
        return Some(finding);
    }
    let why = "RFC 9110 §15.2 asks for it, and some HTTP libraries can't.";
    let advice =
        "Take a library that reads past answers whose status begins with 1, or tell its authors.";
    let seen = format!("after a 100, {}", finding.seen);
    Some(Finding::weak(seen).because(why, advice))
}

fn uses_no_half_token(run: &Record) -> Option<Finding> {
    if run.leg_4.is_empty() {
        return None;
    }
    Some(Finding::broken("it made a profile request with half a token"))
}

fn long_values(browser: &mut Browser<'_>) {
    let code = "c0de".repeat(LONG_VALUE / 4);
    let challenge = browser.asked.parameter("code_challenge").map(str::to_owned);
    browser.gives(Account::Person, &code, challenge);
    browser.books.lengthen_token(&code, LONG_VALUE);
    let callback = browser.with_state(vec![parameter("code", &code), browser.issuer()]);
    browser.brings_at_last(&callback);
}
