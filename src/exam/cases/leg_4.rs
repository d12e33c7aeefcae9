//! The cases of leg 4: token in, profile out.

use super::case::{Case, Looks, Need};
use crate::exam::answers;
use crate::exam::judge::ends::{ends_with_no_success, fails};
use crate::exam::judge::requests::{bearer, stays_with_bearer, stops_reading};
use crate::exam::judge::secrets::brings_nothing_elsewhere;
use crate::exam::plan::{LONG, Plan, profile};
use crate::exam::talk::bad;
use crate::exam::verdict::{Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "bearer-header",
        leg: Leg::Four,
        level: Level::Must,
        rule: "RFC 6750 §2, §2.1, RFC 9700 §4.3.2",
        what: "Nothing goes wrong.",
        passes: "The token comes as Authorization: Bearer, and nowhere else.",
        why: "URLs end up in browser histories and server logs.",
        advice: "Send the token as Authorization: Bearer, and nowhere else.",
        needs: &[Need::Profile],
        runs: &[],
        looks: Looks::OwnRuns(&[bearer]),
    },
    Case {
        name: "profile-401",
        leg: Leg::Four,
        level: Level::Must,
        rule: "RFC 6750 §3.1",
        what: "The answer is a 401.",
        passes: "The client ends with a status other than 0. If it asks again, the token comes as Authorization: Bearer, and nowhere else.",
        why: "The token isn't good, so nobody is signed in.",
        advice: "Look at the status, say so, and exit with a status other than 0.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::revoked))],
        looks: Looks::OwnRuns(&[stays_with_bearer, fails]),
    },
    Case {
        name: "profile-rate-limit",
        leg: Leg::Four,
        level: Level::Must,
        rule: "GitHub",
        what: "The answer is a 403, with x-ratelimit-remaining: 0 and retry-after: 600.",
        passes: "The client ends with a status other than 0, or still waits.",
        why: "The body has a message, and no profile.",
        advice: "Look at the status, say when to try again, and exit with a status other than 0.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::rate_limit))],
        looks: Looks::OwnRuns(&[ends_with_no_success]),
    },
    Case {
        name: "profile-redirect",
        leg: Leg::Four,
        level: Level::Must,
        rule: "RFC 6750 §5.3",
        what: "The answer is a 302 to another origin.",
        passes: "The token doesn't come to the other origin.",
        why: "Anyone who gets the token can use it.",
        advice: "Follow no redirects in leg 4, or none with the token.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::redirect_302))],
        looks: Looks::OwnRuns(&[brings_nothing_elsewhere]),
    },
    Case {
        name: "profile-html",
        leg: Leg::Four,
        level: Level::Should,
        rule: "a page is no profile",
        what: "The answer is a page, with the status 200.",
        passes: "The client ends with a status other than 0.",
        why: "A hotel's network looks like this.",
        advice: "Stop if the answer isn't a JSON object.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::page))],
        looks: Looks::OwnRuns(&[fails]),
    },
    Case {
        name: "profile-silence",
        leg: Leg::Four,
        level: Level::Should,
        rule: "a provider can fail without a word",
        what: "The answer never comes; in a second run it is a blank a second.",
        passes: "The client ends by itself with a status other than 0.",
        why: "The person waits for a program that never ends.",
        advice: "Give leg 4 as a whole a time limit, such as 30 seconds.",
        needs: &[Need::Profile],
        runs: &[
            Plan { patience: LONG, ..profile(bad(answers::silence)) },
            Plan { patience: LONG, ..profile(bad(answers::drip)) },
        ],
        looks: Looks::OwnRuns(&[fails]),
    },
    Case {
        name: "profile-endless",
        leg: Leg::Four,
        level: Level::Should,
        rule: "a provider can go on for ever",
        what: "The answer never ends.",
        passes: "The client stops reading, and ends with a status other than 0.",
        why: "The program takes all the memory that there is.",
        advice: "Read no more than 1 MiB of an answer.",
        needs: &[Need::Profile],
        runs: &[Plan { patience: 2, ..profile(bad(answers::endless)) }],
        looks: Looks::OwnRuns(&[stops_reading, fails]),
    },
];
