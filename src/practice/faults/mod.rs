//! The faults, as the consent page shows them: by leg.

pub(crate) mod callback;
pub(crate) mod profile;
pub(crate) mod token;

use super::fault::Fault;

/// The faults of a leg.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) faults: &'static [&'static Fault],
}

/// All of them, in the order of the page.
pub(super) static GROUPS: [Group; 3] = [
    Group { title: "In leg 2, the callback", faults: callback::FAULTS },
    Group { title: "In leg 3, the token endpoint", faults: token::FAULTS },
    Group { title: "In leg 4, the profile", faults: profile::FAULTS },
];

/// Every fault, in the order of the page.
pub fn all() -> Vec<&'static Fault> {
    let mut all = Vec::new();
    for group in &GROUPS {
        all.extend(group.faults);
    }
    all
}

/// The fault with this name.
pub(super) fn named(name: &str) -> Option<&'static Fault> {
    let name = today(name);
    all().into_iter().find(|fault| fault.name == name)
}

/// Faults have the names of the exam's cases, where they mean the same. Those that had others are still
/// known by them.
fn today(name: &str) -> &str {
    match name {
        "no-state" => "missing-state",
        "wrong-secret" => "token-error-200",
        "token-error" => "token-500",
        "bad-request" => "token-error-400",
        "late-refusal" => "early-success",
        "revoked-token" => "profile-401",
        "rate-limit" => "profile-rate-limit",
        "profile-escapes" => "terminal-escapes",
        _ => name,
    }
}
