//! Leg 4: what is said of an answer that is no profile.

use crate::support::{HTML, JSON, assert_leg_4_fails, reply};

#[test]
fn an_answer_that_is_no_profile_ends_the_login() {
    // `src/protocol/profile.rs` has a table of the others.
    for (user, error) in [
        (
            reply(404, JSON, r#"{"message":"Not Found"}"#),
            "was answered with `404` (the provider says: Not Found): check `USER_URL`",
        ),
        (
            reply(200, HTML, "<h1>Hello</h1>"),
            "was answered with an HTML page instead of JSON: check `USER_URL`",
        ),
        (
            reply(429, &format!("Retry-After: 60\r\n{JSON}"), "{}"),
            "met a rate limit: try again in 60 s, after ",
        ),
    ] {
        assert_leg_4_fails(user, error);
    }
}
