//! The cases of leg 4: token in, profile out.

use super::case::{Case, Looks, Need};
use crate::exam::answers::{self, bad};
use crate::exam::judge::ends::fails;
use crate::exam::judge::requests::bearer;
use crate::exam::judge::secrets::brings_no_token_elsewhere;
use crate::exam::judge::texts::claims_no_success;
use crate::exam::plan::profile;
use crate::exam::verdict::{Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "bearer-header",
        leg: Leg::Four,
        level: Level::Must,
        rule: "RFC 6750 §2.1, RFC 9700 §4.3.2",
        what: "Nothing goes wrong.",
        why: "Addresses are kept in histories and logs.",
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
        why: "The token isn't good, so nobody is signed in.",
        advice: "Look at the status, say so, and exit with a status other than 0.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::revoked))],
        looks: Looks::OwnRuns(&[fails, claims_no_success]),
    },
    Case {
        name: "profile-rate-limit",
        leg: Leg::Four,
        level: Level::Must,
        rule: "GitHub",
        what: "The answer is a 403, with x-ratelimit-remaining: 0.",
        why: "The body has a message, and no profile.",
        advice: "Look at the status, say when to try again, and exit with a status other than 0.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::rate_limit))],
        looks: Looks::OwnRuns(&[fails, claims_no_success]),
    },
    Case {
        name: "profile-redirect",
        leg: Leg::Four,
        level: Level::Must,
        rule: "RFC 6750 §5.3",
        what: "The answer is a 302 to another origin.",
        why: "Whoever gets the token can use it.",
        advice: "Follow no redirects in leg 4, or none with the token.",
        needs: &[Need::Profile],
        runs: &[profile(bad(answers::redirect_302))],
        looks: Looks::OwnRuns(&[brings_no_token_elsewhere]),
    },
];
