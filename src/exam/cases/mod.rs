//! The cases, in the order of the report.

pub(super) mod case;

mod all;
mod leg_1;
mod leg_2;
mod leg_2_pages;
mod leg_2_port;
mod leg_2_requests;
mod leg_3;
mod leg_3_answers;
mod leg_4;

use self::case::Case;

/// Every case.
pub(super) fn every() -> Vec<&'static Case> {
    let mut cases = Vec::new();
    cases.extend(leg_1::CASES);
    cases.extend(leg_2::CASES);
    cases.extend(leg_2_requests::CASES);
    cases.extend(leg_2_pages::CASES);
    cases.extend(leg_2_port::CASES);
    cases.extend(leg_3::CASES);
    cases.extend(leg_3_answers::CASES);
    cases.extend(leg_4::CASES);
    cases.extend(all::CASES);
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
            for sentence in [case.what, case.passes, case.why, case.advice] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", case.name);
            }
        }
    }
}
