//! One run of the client, as a case wants it: what the provider answers, and what the browser does.

use super::answers::{self, Answer};
use super::browser::Browser;
use super::client::Variables;
use super::provider::Answers;
use super::seen::Point;

#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) answers: Answers,
    pub(super) script: fn(&mut Browser<'_>),
    /// What is different in the client's environment.
    pub(super) changes: fn(&mut Variables),
    pub(super) point: Point,
    /// How many times the usual limit the run may take.
    pub(super) patience: u32,
    /// Whether nothing else runs meanwhile.
    pub(super) is_alone: bool,
}

/// The run in which nothing goes wrong.
pub(super) const NOTHING: Plan = Plan {
    answers: Answers { token: answers::TOKEN, profile: answers::USER },
    script: |browser| browser.agrees(),
    changes: |_| {},
    point: Point::Callback,
    patience: 1,
    is_alone: false,
};

/// The browser does this.
pub(super) const fn does(script: fn(&mut Browser<'_>)) -> Plan {
    Plan { script, ..NOTHING }
}

/// The token endpoint answers like this.
pub(super) const fn token(token: Answer) -> Plan {
    let answers = Answers { token, profile: answers::USER };
    Plan { answers, point: Point::TokenRequest, ..NOTHING }
}

/// The profile is answered like this.
pub(super) const fn profile(profile: Answer) -> Plan {
    let answers = Answers { token: answers::TOKEN, profile };
    Plan { answers, point: Point::ProfileRequest, ..NOTHING }
}
