//! The faults of leg 2, a row each: its texts, and what it breaks. Shown by
//! `tests/suite/break_it.rs`.

use crate::practice::callback::Callback;
use crate::practice::fault::{Breaks, CodeProblem, Fault};
use crate::secret::State;

pub(crate) static FAULTS: &[&Fault] = &[
    &FORGED_STATE,
    &MISSING_STATE,
    &WRONG_ISSUER,
    &SILENT_CONNECTIONS,
    &CODE_TWICE,
    &USED_CODE,
    &EXPIRED_CODE,
];

pub(crate) static FORGED_STATE: Fault = Fault {
    name: "forged-state",
    label: "A forged state",
    what: "A callback comes with a code of mallory's and another `state`, as any web page can send it.",
    good_client: "A good client ignores it and keeps waiting. Come back here and choose again.",
    is_waited_past: true,
    breaks: Breaks::StrangersCallback(forge_state),
};

fn forge_state(callback: &mut Callback) {
    // As long as 32 random bytes in base64url.
    let state = "forged-forged-forged-forged-forged-forged-f";
    callback.state = Some(State::new(state.to_owned()));
}

pub(crate) static MISSING_STATE: Fault = Fault {
    name: "missing-state",
    label: "No state",
    what: "A callback comes with a code of mallory's and no `state` at all.",
    good_client: "A good client ignores it too, and keeps waiting.",
    is_waited_past: true,
    breaks: Breaks::StrangersCallback(drop_state),
};

fn drop_state(callback: &mut Callback) {
    callback.state = None;
}

pub(crate) static WRONG_ISSUER: Fault = Fault {
    name: "wrong-issuer",
    label: "A wrong issuer",
    what: "The callback says, in `iss`, that it comes from another provider.",
    good_client: "A good client ignores it, so that one provider's code never goes to another, and keeps \
                  waiting.",
    is_waited_past: true,
    breaks: Breaks::Callback(change_issuer),
};

fn change_issuer(callback: &mut Callback) {
    "https://attacker.example".clone_into(&mut callback.issuer);
}

pub(crate) static SILENT_CONNECTIONS: Fault = Fault {
    name: "silent-connections",
    label: "30 silent connections",
    what: "30 connections open on each callback address and send nothing; then the callback arrives.",
    good_client: "A good client answers it at once, and you are signed in.",
    is_waited_past: false,
    breaks: Breaks::SilentConnections,
};

pub(crate) static CODE_TWICE: Fault = Fault {
    name: "code-twice",
    label: "The code delivered twice",
    what: "While the client exchanges the code, the same callback comes again.",
    good_client: "A good client exchanges the code only once, and you are signed in.",
    is_waited_past: false,
    breaks: Breaks::CallbackTwice,
};

pub(crate) static USED_CODE: Fault = Fault {
    name: "used-code",
    label: "A used code",
    what: "The callback brings a code that has been exchanged before, so the token endpoint refuses it.",
    good_client: "A good client says so, and asks you to log in again.",
    is_waited_past: false,
    breaks: Breaks::Code(CodeProblem::Used),
};

pub(crate) static EXPIRED_CODE: Fault = Fault {
    name: "expired-code",
    label: "An expired code",
    what: "The callback brings a code that is more than ten minutes old.",
    good_client: "A good client says the same as for a used code, because GitHub doesn't tell the two apart.",
    is_waited_past: false,
    breaks: Breaks::Code(CodeProblem::Expired),
};
