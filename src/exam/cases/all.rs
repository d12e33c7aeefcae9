//! The cases of all legs: what stands in the terminal, and in files.

use super::case::{Case, Looks, Need};
use crate::exam::answers::{self, ESCAPES};
use crate::exam::judge::secrets::{leaves_no_open_file, prints_no_secret};
use crate::exam::judge::streams::prints_no_escapes;
use crate::exam::plan::{NOTHING, Plan, does, profile, token};
use crate::exam::seen::Point;
use crate::exam::talk::{bad, good};
use crate::exam::verdict::{Leg, Level};

pub(super) static CASES: &[Case] = &[
    Case {
        name: "terminal-escapes",
        leg: Leg::All,
        level: Level::Must,
        rule: "RFC 6749 §10.14",
        what: "A profile, callbacks with a wrong state and a wrong issuer, a path, a refusal, and an error_description of leg 3 bring ESC, U+009B, CR and a mark that turns text around.",
        passes: "Both streams spell them out, or leave them out.",
        why: "Anyone who writes the profile can move the cursor, and write over what stands there.",
        advice: "Escape control characters and bidirectional marks before you print them.",
        needs: &[],
        runs: &[
            Plan { point: Point::Callback, ..profile(good(answers::profile_with_escapes)) },
            does(|browser| browser.brings_everywhere(ESCAPES)),
            token(bad(answers::error_with_escapes)),
        ],
        looks: Looks::OwnRuns(&[prints_no_escapes]),
    },
    Case {
        name: "prints-no-secret",
        leg: Leg::All,
        level: Level::Must,
        rule: "RFC 6749 §10.3, §10.5, OAuth 2.1 §2.1",
        what: "Looks at both streams of all runs.",
        passes: "Neither has a token, or most of a code, of a verifier or of the client secret. A client that stops at the token may print it on standard output.",
        why: "Terminals are recorded, shared and scrolled back.",
        advice: "Print neither code nor token, or only their first characters. A log of a web server or of an exception may do it for you: switch that off. If another program reads the token on standard output, as git does, examine `sh -c 'exec COMMAND >/dev/null'`.",
        needs: &[],
        runs: &[],
        looks: Looks::EachRun(&[prints_no_secret]),
    },
    Case {
        name: "token-file",
        leg: Leg::All,
        level: Level::Must,
        rule: "RFC 6749 §10.3",
        what: "HOME and XDG_* are an empty folder.",
        passes: "No file in it that others may read holds a token, a code or the client secret.",
        why: "Others on this machine can read it, unless the home folder itself is closed to them.",
        advice: "Write such files with the mode 0600 from the start, or none.",
        needs: &[Need::Unix],
        runs: &[Plan { has_empty_home: true, point: Point::Start, ..NOTHING }],
        looks: Looks::OwnRuns(&[leaves_no_open_file]),
    },
];
