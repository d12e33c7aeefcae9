//! The cases that a list chooses: names, patterns, and legs.
//!
//! ```text
//! pkce,token-*,leg:4
//! ```

use super::cases;
use super::cases::case::Case;
use crate::error::Error;
use crate::setup::cli::usage;

/// The case with this name.
pub(super) fn one(name: &str) -> Result<&'static Case, Error> {
    for case in cases::every() {
        if case.name == name {
            return Ok(case);
        }
    }
    usage(format!("no case is called `{name}`: see `bare-oauth exam --list`"))
}

/// The names of the cases that a list chooses. Each of its parts has to choose something.
pub(super) fn names(list: &str) -> Result<Vec<&'static str>, Error> {
    let mut names = Vec::new();
    for part in list.split(',') {
        let before = names.len();
        for case in cases::every() {
            let is_chosen = match part.strip_prefix("leg:") {
                Some(leg) => case.leg.name() == leg,
                None => fits(case.name, part),
            };
            if is_chosen {
                names.push(case.name);
            }
        }
        if names.len() == before {
            let problem = format!("no case is called `{part}`: see `bare-oauth exam --list`");
            return usage(problem);
        }
    }
    Ok(names)
}

/// Whether a name fits a pattern, in which `*` stands for any text.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(name) = name.strip_prefix(start) else { return false };
    for (at, _) in name.char_indices() {
        let (_, end) = name.split_at(at);
        if fits(end, rest) {
            return true;
        }
    }
    fits("", rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (name, pattern) in [
            ("pkce", "pkce"),
            ("pkce", "*"),
            ("token-500", "token-*"),
            ("token-500", "*-500"),
            ("token-error-200", "token-*-200"),
            ("token-error-200", "t*e*0"),
        ] {
            assert!(fits(name, pattern), "{pattern}");
        }
        for (name, pattern) in
            [("pkce", "pkc"), ("pkce", ""), ("token-500", "*-50"), ("token-500", "oken-*")]
        {
            assert!(!fits(name, pattern), "{pattern}");
        }
    }
}
