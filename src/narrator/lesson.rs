//! The words of `--explain`: a paragraph for each step, and a line for each parameter of leg 1.
//!
//! Shown by `tests/suite/lesson.rs`.

use crate::ask::step::Lesson;

/// The steps of a login.
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

impl Step {
    /// The paragraph that explains the step.
    pub(crate) fn lesson(self) -> Lesson {
        match self {
            Self::Before => BEFORE,
            Self::Leg1 => LEG_1,
            Self::Leg2 => LEG_2,
            Self::Leg3 => LEG_3,
            Self::Leg4 => LEG_4,
            Self::After => AFTER,
            Self::Leg5 => LEG_5,
        }
    }

    /// Whether the step is one of the legs.
    pub(crate) fn is_leg(self) -> bool {
        !matches!(self, Self::Before | Self::After)
    }
}

const BEFORE: Lesson = Lesson {
    heading: "Before: listen (RFC 8252 §7.3)",
    words: "\
The provider will send the browser back with the answer, so something has to
listen here before the browser leaves: for this login only, and, unless LISTEN
says otherwise, on this machine only.",
};

const LEG_1: Lesson = Lesson {
    heading: "Leg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)",
    words: "\
This program must not see your password. So it only builds a URL, and your
browser opens that URL. This program makes two random values first. `state` will
show that the answer belongs to this request. The code verifier stays here until
leg 3; only its SHA-256 hash, the challenge, travels.",
};

const LEG_2: Lesson = Lesson {
    heading: "Leg 2: the authorization response (RFC 6749 §4.1.2)",
    words: "\
You decide at the provider. The provider redirects your browser, which brings
the answer here: a code, or an error. Anybody could send an answer, so `state`
is compared before anything else counts (RFC 6749 §10.12). An answer with the
wrong `state` is ignored, and the wait goes on.",
};

const LEG_3: Lesson = Lesson {
    heading: "Leg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)",
    words: "\
The code came through the browser, where others may have seen it. So it works
only once, for a few minutes, and only together with what the browser never had:
the code verifier, which the provider hashes and compares with the challenge of
leg 1, and the client secret, unless the client is a public one. This request
goes straight to the provider.",
};

const LEG_4: Lesson = Lesson {
    heading: "Leg 4: the profile request (RFC 6750 §2.1)",
    words: "\
Anyone who holds the token can do what its scopes allow, with no other secret.
The token travels in a header, because URLs are kept in logs and histories.",
};

const AFTER: Lesson = Lesson {
    heading: "After: the page (RFC 9110 §15, RFC 9700 §4.2.4)",
    words: "\
The browser has been waiting since leg 2. Only now do we know how the login
went, and the tab says so.",
};

const LEG_5: Lesson = Lesson {
    heading: "Leg 5: the revocation (RFC 7009 §2.1)",
    words: "\
Nobody needs the token any more, but it would still work for anyone who found
it. So this program gives it back, and proves again which client it is.",
};

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

    const STEPS: [(Step, &str); 7] = [
        (Step::Before, "Before"),
        (Step::Leg1, "Leg 1"),
        (Step::Leg2, "Leg 2"),
        (Step::Leg3, "Leg 3"),
        (Step::Leg4, "Leg 4"),
        (Step::After, "After"),
        (Step::Leg5, "Leg 5"),
    ];

    #[test]
    fn a_heading_begins_with_its_leg_and_no_line_is_wider_than_a_terminal() {
        for (step, leg) in STEPS {
            let Lesson { heading, words } = step.lesson();
            assert_eq!(step.lesson().leg(), leg);
            for line in words.lines().chain([heading]) {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }
}
