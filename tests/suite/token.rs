//! Leg 3: which answers of the token endpoint bring a token, and what is said of the others.

use crate::support::{FORM, HTML, JSON, Program, Provider, TOKEN, assert_leg_3_fails, reply};

#[test]
fn githubs_refusals_have_the_status_200_and_other_providers_4xx() {
    let body = |error: &str| {
        format!(r#"{{"error":"{error}","error_description":"Not good.","error_uri":"https://a"}}"#)
    };
    for status in [400, 401, 403, 500] {
        assert_leg_3_fails(
            reply(status, JSON, &body("bad_verification_code")),
            &format!(
                "was refused with `{status}`: `bad_verification_code` (Not good.): a code works only once, and only for a few minutes; run this again"
            ),
        );
    }
    assert_leg_3_fails(
        reply(200, JSON, &body("incorrect_client_credentials")),
        "was refused: `incorrect_client_credentials` (Not good.): check `CLIENT_ID` and `CLIENT_SECRET`",
    );
    assert_leg_3_fails(
        reply(400, FORM, "error=redirect_uri_mismatch&error_description=Not+good."),
        "was refused with `400`: `redirect_uri_mismatch` (Not good.): set `REDIRECT_URI` to the callback URL that is registered for the app",
    );
    // Keycloak, Gitea and Auth0 call a wrong client secret so.
    for error in ["unauthorized_client", "access_denied"] {
        assert_leg_3_fails(
            reply(401, JSON, &body(error)),
            &format!(
                "was refused with `401`: `{error}` (Not good.): check `CLIENT_ID`, `CLIENT_SECRET` and `CLIENT_AUTH`"
            ),
        );
    }
    assert_leg_3_fails(
        reply(400, JSON, r#"{"error":"custom"}"#),
        "was refused with `400`: `custom`",
    );
}

#[test]
fn an_answer_without_a_token_ends_the_login() {
    // `src/protocol/token.rs` has a table of the others.
    assert_leg_3_fails(
        reply(404, HTML, "<h1>Oops</h1>"),
        "was answered with `404`: check `TOKEN_URL`",
    );
    assert_leg_3_fails(
        reply(200, JSON, &format!(r#"{{"access_token":"{TOKEN}","token_type":"mac {TOKEN}"}}"#)),
        "was answered with a token type other than bearer, which can't be used here (the provider says: mac gho_… (40 characters))",
    );
}

#[test]
fn a_token_that_could_end_the_header_of_leg_4_is_refused() {
    for token in [r"gho_\r\nX-Evil: 1", r"gho_\u0000", "gho_é", r"gho_\u007f"] {
        assert_leg_3_fails(
            reply(200, JSON, &format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#)),
            "was answered with an `access_token` that isn't printable ASCII: check `TOKEN_URL`",
        );
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

#[test]
fn the_scopes_that_were_granted_are_compared_however_they_are_written() {
    for (requested, scope, told) in [
        ("read:user repo", r#","scope":["read:user"]"#, Some("granted: read:user")),
        ("read:user repo", r#","scope":"repo,read:user""#, None),
        ("read:user repo", r#","scope":["repo","read:user"]"#, None),
        ("read:user repo", r#","scope":null"#, None),
        ("read:user repo", "", None),
        ("read:user", r#","scope":"""#, Some("granted: nothing")),
        ("read:user", r#","scope":{"read:user":true}"#, Some("granted: unknown, because ")),
        // GitHub grants it, and doesn't say so.
        ("read:user offline_access", r#","scope":"read:user""#, None),
        (
            "offline_access read:user",
            r#","scope":"""#,
            Some("requested: read:user; granted: nothing"),
        ),
    ] {
        let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"{scope}}}"#);
        let provider = Provider::start(reply(200, JSON, &body), Provider::profile());
        let (_, finished) = Program::at(&provider, &[]).env("SCOPE", requested).log_in();
        finished.assert_success();
        let line = finished.stderr.lines().find(|line| line.starts_with("Scopes requested: "));
        match told {
            Some(told) => assert!(line.unwrap().contains(told), "{line:?}"),
            None => assert_eq!(line, None),
        }
    }
}

#[test]
fn a_token_comes_with_any_status_that_says_yes() {
    let body = format!(r#"{{"error":false,"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    for status in [200, 201, 202, 206] {
        let provider = Provider::start(reply(status, JSON, &body), Provider::profile());
        Program::at(&provider, &[]).log_in().1.assert_success();
    }
}
