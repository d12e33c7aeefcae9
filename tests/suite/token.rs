//! Leg 3: which answers of the token endpoint bring a token, and what is said of the others.

use crate::support::{FORM, HTML, JSON, Program, Provider, TOKEN, assert_leg_3_fails, reply};

#[test]
fn githubs_refusals_have_the_status_200_and_other_providers_4xx() {
    let body = |error: &str| {
        format!(r#"{{"error":"{error}","error_description":"Not good.","error_uri":"https://a"}}"#)
    };
    for status in [200, 400, 401, 403, 500] {
        assert_leg_3_fails(
            reply(status, JSON, &body("bad_verification_code")),
            "was refused: `bad_verification_code` (Not good.): a code is good once and for ten minutes; run this again",
        );
    }
    assert_leg_3_fails(
        reply(200, JSON, &body("incorrect_client_credentials")),
        "was refused: `incorrect_client_credentials` (Not good.): check `CLIENT_ID` and `CLIENT_SECRET`",
    );
    assert_leg_3_fails(
        reply(400, FORM, "error=redirect_uri_mismatch&error_description=Not+good."),
        "was refused: `redirect_uri_mismatch` (Not good.): set `REDIRECT_URI` to the callback URL that is registered for the app",
    );
    assert_leg_3_fails(reply(400, JSON, r#"{"error":"custom"}"#), "was refused: `custom`");
}

#[test]
fn members_that_are_not_needed_may_be_anything() {
    let token = format!(
        r#"{{"access_token":"{TOKEN}","token_type":"bearer","scope":["a"],"error":null,"error_description":7,"refresh_token":[]}}"#
    );
    let (page, finished) =
        Program::at(&Provider::start(reply(200, JSON, &token), Provider::profile()), &[]).log_in();
    assert_eq!((page.status, finished.code), (200, Some(0)), "{}", finished.stderr);
}

#[test]
fn a_token_answer_that_is_no_answer_is_told_apart() {
    for (token, error) in [
        (
            reply(500, HTML, "<h1>Oops</h1>"),
            "was answered with `500`: the provider has a problem; try again later",
        ),
        (reply(404, HTML, "<h1>Oops</h1>"), "was answered with `404`: check `TOKEN_URL`"),
        (
            reply(200, HTML, "<h1>Hello</h1>"),
            "was answered with an HTML page instead of JSON: check `TOKEN_URL`",
        ),
        (reply(200, JSON, ""), "was answered with an empty body: check `TOKEN_URL`"),
        (reply(200, "", "hello"), "was answered with something other than JSON: check `TOKEN_URL`"),
        (
            reply(200, JSON, "{"),
            "was answered with JSON that is broken or nested more than 127 levels deep: check `TOKEN_URL`",
        ),
        (reply(200, JSON, "[]"), "was answered with JSON that isn't an object: check `TOKEN_URL`"),
        (
            reply(200, JSON, "\"gho_t0ken0123456789abcdefghijklmnopqrstu\""),
            "was answered with JSON that isn't an object: check `TOKEN_URL`",
        ),
        (
            reply(200, JSON, r#"{"token_type":"bearer"}"#),
            "was answered with no `access_token`: check `TOKEN_URL`",
        ),
        (
            reply(200, JSON, r#"{"access_token":"","token_type":"bearer"}"#),
            "was answered with no `access_token`: check `TOKEN_URL`",
        ),
        (
            reply(200, JSON, r#"{"access_token":"gho_1"}"#),
            "was answered with no `token_type`: check `TOKEN_URL`",
        ),
        (
            reply(
                200,
                JSON,
                r#"{"access_token":["gho_t0ken0123456789abcdefghijklmnopqrstu"],"token_type":"bearer"}"#,
            ),
            "was answered with a member that isn't text: check `TOKEN_URL`",
        ),
        (
            reply(200, JSON, r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#),
            "was answered with a member that appears twice: check `TOKEN_URL`",
        ),
        (
            reply(
                200,
                JSON,
                &format!(r#"{{"access_token":"{TOKEN}","token_type":"mac {TOKEN}"}}"#),
            ),
            "was answered with a token type other than bearer, which can't be used here (the provider says: mac gho_… (40 characters))",
        ),
        (
            reply(200, JSON, r#"{"access_token":"gho_\r\nX-Evil: 1","token_type":"bearer"}"#),
            "was answered with an `access_token` that isn't printable ASCII: check `TOKEN_URL`",
        ),
        (
            reply(200, FORM, "access_token=a&access_token=b"),
            "was answered with a member that appears twice: check `TOKEN_URL`",
        ),
        (
            reply(200, FORM, "access_token=%FF"),
            "was answered with a form that isn't UTF-8: check `TOKEN_URL`",
        ),
        (
            reply(201, JSON, r#"{"access_token":"a","token_type":"bearer"}"#),
            "was answered with `201`: check `TOKEN_URL`",
        ),
    ] {
        assert_leg_3_fails(token, error);
    }
}

#[test]
fn a_form_is_understood_as_githubs_default_is() {
    let form = format!(
        "access_token={TOKEN}&expires_in=28800&refresh_token=ghr_1&scope=read%3Auser%2Cgist&token_type=bearer"
    );
    for kind in [FORM, "Content-Type: text/plain\r\n", ""] {
        let (page, finished) =
            Program::at(&Provider::start(reply(200, kind, &form), Provider::profile()), &[])
                .log_in();
        assert_eq!((page.status, finished.code), (200, Some(0)), "{}", finished.stderr);
        finished.assert_no_secret();
    }
}
