//! Leg 4: what is said of an answer that is no profile.

use crate::support::{HTML, JSON, Provider, assert_leg_4_fails, assert_login_fails, reply};

#[test]
fn a_profile_answer_that_is_no_profile_is_told_apart() {
    for (user, error) in [
        (
            reply(401, JSON, r#"{"message":"Bad credentials"}"#),
            "was answered with `401`, so it doesn't accept the token: check that `USER_URL` and `TOKEN_URL` belong together",
        ),
        (reply(403, HTML, "<h1>No</h1>"), "was answered with `403`: check `USER_URL`"),
        (
            reply(403, JSON, r#"{"message":"Resource not accessible"}"#),
            "was answered with `403` (the provider says: Resource not accessible): check `USER_URL`",
        ),
        (
            reply(404, JSON, r#"{"message":"Not Found"}"#),
            "was answered with `404` (the provider says: Not Found): check `USER_URL`",
        ),
        (
            reply(500, HTML, ""),
            "was answered with `500`: the provider has a problem; try again later",
        ),
        (
            reply(200, HTML, "<h1>Hello</h1>"),
            "was answered with an HTML page instead of JSON: check `USER_URL`",
        ),
        (reply(200, JSON, ""), "was answered with an empty body: check `USER_URL`"),
        (reply(200, JSON, "[{}]"), "was answered with JSON that isn't an object: check `USER_URL`"),
        (reply(200, JSON, "null"), "was answered with JSON that isn't an object: check `USER_URL`"),
        (
            reply(200, JSON, "{\"login\":\"\u{7}\"}"),
            "was answered with JSON that is broken or nested more than 127 levels deep: check `USER_URL`",
        ),
        (reply(204, "", ""), "was answered with `204`: check `USER_URL`"),
    ] {
        assert_leg_4_fails(user, error);
    }
}

#[test]
fn a_rate_limit_says_when_it_ends() {
    for (status, headers, error) in [
        (
            403,
            "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 4102444800\r\n",
            "seconds, after Fri, 01 Jan 2100 00:00:00 GMT",
        ),
        (429, "x-ratelimit-reset: 4102444800\r\n", "seconds, after Fri, 01 Jan 2100 00:00:00 GMT"),
        (403, "retry-after: 60\r\n", "met a rate limit: try again in 60 seconds, after "),
        (
            429,
            "retry-after: 60\r\nx-ratelimit-reset: 4102444800\r\n",
            "met a rate limit: try again in 60 seconds, after ",
        ),
        (429, "", "met a rate limit: try again later"),
        (
            403,
            "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 5\r\n",
            "met a rate limit: try again later",
        ),
        (403, "retry-after: soon\r\n", "met a rate limit: try again later"),
        (403, "retry-after: 18446744073709551615\r\n", "met a rate limit: try again later"),
    ] {
        let user =
            reply(status, &format!("{headers}{JSON}"), r#"{"message":"API rate limit exceeded"}"#);
        assert_login_fails(&Provider::start(Provider::token(), user), error);
    }
}
