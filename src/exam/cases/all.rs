//! The cases of all legs: what a person reads in the terminal.

use super::case::{Case, Looks};
use crate::exam::answers::{self, ESCAPES, good};
use crate::exam::judge::secrets::prints_no_secret;
use crate::exam::judge::texts::prints_no_escapes;
use crate::exam::plan::{Plan, does, profile};
use crate::exam::seen::Point;
use crate::exam::verdict::{Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "terminal-escapes",
        leg: Leg::All,
        level: Level::Must,
        rule: "RFC 6749 §10.14",
        what: "A profile and an error_description bring ESC, CR and a mark that turns text around.",
        why: "Whoever writes the profile moves the cursor, and fakes lines.",
        advice: "Spell control characters and bidirectional marks out before you print them.",
        needs: &[],
        runs: &[
            Plan { point: Point::Callback, ..profile(good(answers::profile_with_escapes)) },
            does(|browser| browser.refuses("access_denied", ESCAPES)),
        ],
        looks: Looks::OwnRuns(&[prints_no_escapes]),
    },
    Case {
        name: "prints-no-secret",
        leg: Leg::All,
        level: Level::Must,
        rule: "RFC 6749 §10.3",
        what: "Both streams of every run are looked at.",
        why: "Terminals are recorded, shared and scrolled back.",
        advice: "Print neither code nor token, or only their first characters.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[prints_no_secret]),
    },
];
