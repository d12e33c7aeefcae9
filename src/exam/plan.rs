//! One run of the client, as a case wants it: what the provider answers, and what the browser does.

use super::answers;
use super::browser::Browser;
use super::client::Variables;
use super::provider::Answers;
use super::seen::Point;
use super::talk::Answer;

#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) answers: Answers,
    pub(super) script: fn(&mut Browser<'_>),
    /// The changes to the client's environment.
    pub(super) changes: fn(&mut Variables),
    pub(super) point: Point,
    /// How many times the usual limit the run may take.
    pub(super) patience: u8,
    /// Whether nothing else runs meanwhile.
    pub(super) is_alone: bool,
    /// Whether the client's browser stays until the script lets it go.
    pub(super) holds_browser: bool,
    /// Which of the callback's addresses the exam listens on.
    pub(super) holds: Holds,
    /// Whether the client's home is an empty folder.
    pub(super) has_empty_home: bool,
}

/// The addresses that the exam listens on before the client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    /// The callback port, on both loopback addresses.
    Port,
    /// The callback port on `[::1]`.
    PortOnV6,
}

/// The patience for a client that gives up after its own time, in times of the usual limit.
pub(super) const LONG: u8 = 4;

/// The run in which nothing goes wrong.
pub(super) const NOTHING: Plan = Plan {
    answers: Answers { token: answers::TOKEN, profile: answers::USER },
    script: |browser| browser.agrees(),
    changes: |_| {},
    point: Point::Callback,
    patience: 1,
    is_alone: false,
    holds_browser: false,
    holds: Holds::Nothing,
    has_empty_home: false,
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
