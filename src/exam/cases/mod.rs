//! The cases, in the order of the report.

pub(super) mod case;

mod all;
mod leg_1;
mod leg_2;
mod leg_3;
mod leg_4;

use self::case::Case;

/// Every case.
pub(super) fn every() -> Vec<&'static Case> {
    let mut cases = Vec::new();
    for leg in [leg_1::CASES, leg_2::CASES, leg_3::CASES, leg_4::CASES, all::CASES] {
        cases.extend(leg);
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_says_in_sentences_what_it_is_about() {
        let mut names = Vec::new();
        for case in every() {
            assert!(!names.contains(&case.name), "{} stands there twice", case.name);
            names.push(case.name);
            assert!(!case.rule.is_empty(), "{}", case.name);
            for sentence in [case.what, case.why, case.advice] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", case.name);
            }
        }
    }
}
