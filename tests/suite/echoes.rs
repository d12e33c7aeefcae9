//! A provider's words in legs 3 and 4: cut short, escaped, and freed of secrets.

use crate::support::{
    CLIENT_SECRET, CODE, JSON, Program, Provider, TOKEN, assert_leg_4_fails, assert_login_fails,
    reply,
};

#[test]
fn what_a_provider_echoes_is_cut_short_escaped_and_freed_of_secrets() {
    let echo = format!(
        r#"{{"error":"e\u001b[31m","error_description":"{CODE} {CLIENT_SECRET} \u202e{}"}}"#,
        "a".repeat(5000)
    );
    let finished = assert_login_fails(
        &Provider::start(reply(400, JSON, &echo), Provider::profile()),
        "was refused with `400`: `e\\u001b[31m` (c0de… (21 characters) … (20 characters) \\u202eaaa",
    );
    assert!(finished.error().ends_with("a…)"), "{}", finished.error());
    // A profile's message could echo the token.
    assert_leg_4_fails(
        reply(404, JSON, &format!(r#"{{"message":"no {TOKEN} here"}}"#)),
        "was answered with `404` (the provider says: no gho_… (40 characters) here): check `USER_URL`",
    );
}

#[test]
fn tokens_that_stand_in_each_others_masks_blow_nothing_up() {
    let tokens = ["ABCDEFGH", "characte", " (8 char", "… ", "(2", " ", "1", "("];
    let mut members = String::new();
    for (number, token) in tokens.iter().enumerate() {
        members += &format!(r#""t{number}token":"{token}","#);
    }
    let words = tokens[0].repeat(14_000);
    let body = format!(r#"{{{members}"error":"e","error_description":"{words}"}}"#);
    let provider = Provider::start(reply(400, JSON, &body), Provider::profile());
    let finished = assert_login_fails(&provider, "was refused with `400`: `e`");
    assert!(finished.error().chars().count() <= 1000, "{}", finished.error());
}

#[test]
fn a_scope_that_repeats_a_secret_or_has_no_end_is_told_without_it() {
    for scope in [TOKEN, CLIENT_SECRET, CODE, &"a ".repeat(1 << 16)] {
        let body =
            format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","scope":"{scope}"}}"#);
        let (_, finished) =
            Program::at(&Provider::start(reply(200, JSON, &body), Provider::profile()), &[])
                .env("SCOPE", "read:user")
                .log_in();
        finished.assert_success();
        finished.assert_no_secret();
        let granted = "Scopes requested: read:user; granted: ";
        let told = finished.stderr.lines().find_map(|line| line.strip_prefix(granted)).unwrap();
        assert!(told.chars().count() <= 301, "{told}");
    }
}

#[test]
fn no_secret_that_a_provider_echoes_is_shown_however_it_is_coded() {
    // A secret that looks different in a form and in JSON, and has the code in it.
    let secret = format!("a/b \"{CODE}\" c+d");
    let coded = bare_oauth::wire::form::encode_value(&secret);
    let in_json = secret.replace('"', "\\\"");
    let twice_in_json = in_json.replace('\\', "\\\\").replace('"', "\\\"");
    let said = format!("{in_json} {coded} {twice_in_json} {CODE} {TOKEN} ghr_123456789");
    let refusal = format!(
        r#"{{"error":"e","error_description":"{said}","access_token":"{TOKEN}","refresh_token":"ghr_123456789"}}"#
    );
    let odd_type = format!(
        r#"{{"access_token":"{TOKEN}","refresh_token":"ghr_123456789","token_type":"{said}"}}"#
    );
    let odd_media_type = format!("Content-Type: {CODE}/{TOKEN}\r\n");
    let message = reply(403, JSON, &format!(r#"{{"message":"{said}"}}"#));
    let token = format!(
        r#"{{"access_token":"{TOKEN}","refresh_token":"ghr_123456789","token_type":"bearer"}}"#
    );
    for (token, user) in [
        (reply(400, JSON, &refusal), Provider::profile()),
        (reply(200, JSON, &odd_type), Provider::profile()),
        (reply(200, &odd_media_type, "hello"), Provider::profile()),
        (reply(200, JSON, &token), message),
        (reply(200, JSON, &token), reply(200, &odd_media_type, "hello")),
    ] {
        let provider = Provider::start(token, user);
        let (page, finished) = Program::at(&provider, &[]).env("CLIENT_SECRET", &secret).log_in();
        assert_eq!((page.status, finished.code), (502, Some(1)), "{}", finished.stderr);
        for shown in [&finished.stderr, &finished.stdout, &page.body] {
            for secret in [&secret, &coded, &in_json, CODE, TOKEN, "ghr_123456789", "c+d", "c%2Bd"]
            {
                assert!(!shown.contains(secret), "{secret} is in {shown}");
            }
        }
    }
}
