//! The words of `--explain`: a paragraph for each step, and a line for each parameter of leg 1.
//!
//! Shown by `tests/suite/lesson.rs`.

use crate::ask::step::Lesson;

/// The steps of a login, in the order of the paragraphs that explain them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Before,
    Leg1,
    Leg2,
    Leg3,
    Leg4,
    After,
    Leg5,
}

/// The text of `--explain`: a paragraph for each [`Step`], in their order.
const LESSONS: &str = include_str!("lesson.txt");

impl Step {
    /// The paragraph that explains the step.
    pub(crate) fn lesson(self) -> Lesson {
        let paragraph = LESSONS.split("\n\n").nth(self as usize).unwrap_or_default().trim_end();
        let (heading, words) = paragraph.split_once('\n').unwrap_or_default();
        let (leg, _) = heading.split_once(':').unwrap_or_default();
        Lesson { leg, heading, words }
    }

    /// Whether the step is one of the legs.
    pub(crate) fn is_leg(self) -> bool {
        !matches!(self, Self::Before | Self::After)
    }
}

/// The purpose of a parameter of the authorization request.
pub(crate) fn purpose(name: &str) -> &'static str {
    match name {
        "response_type" => "what to answer with: a code, to trade for a token in leg 3",
        "client_id" => "which app is asking; it is public",
        "redirect_uri" => "where to send the browser with the answer",
        "scope" => "what the token will allow, if you agree",
        "state" => "comes back in leg 2, and shows that the answer belongs to this request",
        "code_challenge" => {
            "the code verifier's hash; only a program that knows the verifier can use the code"
        }
        "code_challenge_method" => "how it was hashed: SHA-256",
        _ => "the provider's own, from AUTH_URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for line in LESSONS.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn each_step_has_its_paragraph() {
        for (step, leg) in [
            (Step::Before, "Before"),
            (Step::Leg1, "Leg 1"),
            (Step::Leg2, "Leg 2"),
            (Step::Leg3, "Leg 3"),
            (Step::Leg4, "Leg 4"),
            (Step::After, "After"),
            (Step::Leg5, "Leg 5"),
        ] {
            let lesson = step.lesson();
            assert_eq!(lesson.leg, leg);
            assert!(lesson.heading.starts_with(&format!("{leg}: ")), "{step:?}");
            assert!(!lesson.words.is_empty(), "{step:?}");
        }
    }
}
