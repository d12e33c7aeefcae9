//! Other providers: clients without a secret, HTTP Basic, the whole answer of leg 3, and a token
//! that is given back.

use crate::support::{
    CLIENT_SECRET, CODE, FORM, GRANTED, JSON, Program, Provider, REFRESH_TOKEN, Reply, TOKEN, get,
    post, press, reply, send, start_practice_provider,
};

/// The body of a request, and its head in lower case.
fn head_and_body(request: &str) -> (String, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

/// A provider that gives the profile in leg 4, and answers leg 5 so.
fn provider_with_revocation(answer: Reply) -> Provider {
    Provider::start_with_revocation(Provider::token(), Provider::profile(), answer)
}

#[test]
fn a_public_client_sends_its_id_and_the_verifier_and_no_secret() {
    for unset in [true, false] {
        let provider = Provider::friendly();
        let mut program = Program::at(&provider, &["--explain"]);
        program =
            if unset { program.without("CLIENT_SECRET") } else { program.env("CLIENT_SECRET", "") };
        let (page, finished) = program.log_in();
        finished.assert_success();
        assert!(page.body.contains("Signed in"));
        let (head, body) = head_and_body(&provider.requests()[0]);
        assert!(!head.contains("authorization:"), "{head}");
        assert!(body.contains("&client_id=the-client&code_verifier="), "{body}");
        assert!(!body.contains("client_secret"), "{body}");
    }
}

#[test]
fn basic_puts_both_credentials_into_a_header_and_nothing_of_them_into_the_body() {
    let provider = Provider::friendly();
    let (_, finished) = Program::at(&provider, &["--explain"])
        .env("CLIENT_AUTH", "basic")
        .env("CLIENT_ID", "a b")
        .env("CLIENT_SECRET", "s:cr/t-0f-a+cl1ent")
        .log_in();
    finished.assert_success();
    let request = &provider.requests()[0];
    // a+b:s%3Acr%2Ft-0f-a%2Bcl1ent
    let header = "authorization: Basic YStiOnMlM0FjciUyRnQtMGYtYSUyQmNsMWVudA==\r\n";
    assert!(request.contains(header), "{request}");
    let (_, body) = head_and_body(request);
    for absent in ["client_id", "client_secret", "cl1ent"] {
        assert!(!body.contains(absent), "{body}");
    }
    // What it shows has neither.
    assert!(finished.stderr.contains("> authorization: "), "{}", finished.stderr);
    for secret in ["YStiOnMlM0Fj", "cl1ent", "%2Bcl1"] {
        assert!(!finished.stderr.contains(secret), "{}", finished.stderr);
    }
}

#[test]
fn basic_credentials_that_a_provider_repeats_are_not_shown() {
    let header = "dGhlLWNsaWVudDpzM2NyM3QtMGYtdGhlLWNsMWVudA==";
    let said = format!(r#"{{"error":"invalid_client","error_description":"not {header}"}}"#);
    let provider = Provider::start(reply(401, JSON, &said), Provider::profile());
    let (_, finished) = Program::at(&provider, &[]).env("CLIENT_AUTH", "basic").log_in();
    assert!(provider.requests()[0].contains(header));
    finished.assert_failure("leg 3, the token request, was refused with `401`: `invalid_client`");
    assert!(!finished.stderr.contains("dGhlLWNs"), "{}", finished.stderr);
}

#[test]
fn the_response_is_printed_as_received_and_leg_4_is_skipped() {
    let provider = Provider::friendly();
    let (page, finished) =
        Program::at(&provider, &["--response", "--explain"]).env("USER_URL", "").log_in();
    finished.assert_success();
    assert_eq!(
        finished.stdout.trim_end(),
        Provider::token().text().split("\r\n\r\n").nth(1).unwrap()
    );
    assert!(finished.stdout.contains(REFRESH_TOKEN) && !finished.stderr.contains(REFRESH_TOKEN));
    assert_eq!(provider.requests().len(), 1);
    assert!(page.body.contains("You are signed in.") && !page.body.contains(TOKEN));
}

#[test]
fn a_response_that_is_a_form_becomes_json_and_nothing_in_it_moves_the_cursor() {
    let form = "access_token=t0ken0%22&token_type=bearer&scope=&a=%1b%5B31m";
    let provider = Provider::start(reply(200, FORM, form), Provider::profile());
    let (_, finished) = Program::at(&provider, &["--response"]).log_in();
    finished.assert_success();
    let json = r#"{"access_token":"t0ken0\"","token_type":"bearer","scope":"","a":"\u001b[31m"}"#;
    assert_eq!(finished.stdout, format!("{json}\n"));
}

#[test]
fn a_token_is_revoked_after_the_profile_is_shown_and_leg_5_is_explained() {
    for (auth, credentials) in [
        ("post", format!("&client_id=the-client&client_secret={CLIENT_SECRET}")),
        ("basic", String::new()),
    ] {
        let provider = provider_with_revocation(reply(200, "", ""));
        let (page, finished) = Program::at(&provider, &["--revoke", "--explain"])
            .env("REVOKE_URL", &provider.url("/revoke"))
            .env("CLIENT_AUTH", auth)
            .log_in();
        finished.assert_success();
        assert!(page.body.contains("You are signed in as <b>mona</b>"));
        assert!(finished.stdout.starts_with("login: mona\n"));
        let requests = provider.requests();
        assert_eq!(requests.len(), 4);
        // First the token that could bring new ones.
        for (request, token, hint) in
            [(&requests[2], REFRESH_TOKEN, "refresh_token"), (&requests[3], TOKEN, "access_token")]
        {
            let (head, body) = head_and_body(request);
            assert!(head.starts_with("post /revoke http/1.1\r\n"), "{head}");
            assert_eq!(head.contains("authorization: basic "), auth == "basic");
            assert_eq!(body, format!("token={token}&token_type_hint={hint}{credentials}"));
        }
        finished.assert_no_secret();
        let (before, leg_5) =
            finished.stderr.split_once("\nLeg 5: the revocation (RFC 7009 §2.1)\n").unwrap();
        assert!(before.contains("Profile ===") && !finished.stderr.contains(TOKEN));
        assert!(leg_5.contains("> POST /revoke HTTP/1.1") && leg_5.contains("< HTTP/1.1 200 "));
        assert!(leg_5.ends_with("\nRefresh token and access token revoked.\n\nDone."), "{leg_5}");
    }
}

#[test]
fn without_a_refresh_token_the_access_token_alone_is_revoked() {
    let token =
        format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","refresh_token":null}}"#);
    let provider = Provider::start_with_revocation(
        reply(200, JSON, &token),
        Provider::profile(),
        reply(200, "", ""),
    );
    let (_, finished) =
        Program::at(&provider, &["--revoke"]).env("REVOKE_URL", &provider.url("/revoke")).log_in();
    finished.assert_success();
    assert_eq!(provider.requests().len(), 3);
    assert!(finished.stderr.ends_with("\nAccess token revoked.\n\nDone."), "{}", finished.stderr);
}

#[test]
fn githubs_way_to_revoke_is_a_delete_with_basic_and_json() {
    let provider =
        provider_with_revocation(Reply::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()));
    let url = provider.url("/api/v3/applications/the-client/token");
    let (_, finished) =
        Program::at(&provider, &["--revoke", "--json"]).env("REVOKE_URL", &url).log_in();
    finished.assert_success();
    let (head, body) = head_and_body(&provider.requests()[2]);
    assert!(
        head.starts_with("delete /api/v3/applications/the-client/token http/1.1\r\n"),
        "{head}"
    );
    for header in [
        "accept: application/vnd.github+json",
        "content-type: application/json",
        "authorization: basic dghllwnsawvuddpzm2nym3qtmgytdghllwnsmwvuda==",
        "x-github-api-version: 2022-11-28",
    ] {
        assert!(head.contains(header), "{head}");
    }
    assert_eq!(body, format!(r#"{{"access_token":"{TOKEN}"}}"#));
    assert_eq!(provider.requests().len(), 3);
    let refresh_token = "\nAccess token revoked.\nThe refresh token still works. To end it as well, revoke the app's \
        access at the provider: GitHub has it at https://github.com/settings/applications\n";
    assert!(finished.stderr.contains(refresh_token), "{}", finished.stderr);
    assert!(finished.stdout.starts_with(r#"{"login":"mona""#));
}

#[test]
fn a_refresh_token_that_lives_on_is_said_to_live_for_days_if_these_are_two_or_more() {
    for (seconds, told) in [
        (0, "still works. To end"),
        (86_400, "still works. To end"),
        (172_800, "still works for 2 days. To end"),
    ] {
        let token = format!(
            r#"{{"access_token":"{TOKEN}","token_type":"bearer","refresh_token":"{REFRESH_TOKEN}","refresh_token_expires_in":{seconds}}}"#
        );
        let provider = Provider::start_with_revocation(
            reply(200, JSON, &token),
            Provider::profile(),
            reply(204, "", ""),
        );
        let url = provider.url("/applications/the-client/token");
        let (_, finished) = Program::at(&provider, &["--revoke"]).env("REVOKE_URL", &url).log_in();
        finished.assert_success();
        let refresh_token = format!("\nThe refresh token {told}");
        assert!(finished.stderr.contains(&refresh_token), "{}", finished.stderr);
    }
}

#[test]
fn a_revocation_that_fails_is_told_after_the_profile_and_ends_with_1() {
    let error = r#"{"error":"unsupported_token_type"}"#;
    for (answer, told) in [
        (
            reply(400, JSON, error),
            "leg 5, the revocation, was refused with `400`: `unsupported_token_type`: the provider can't revoke such a token; it expires by itself",
        ),
        (
            reply(503, "", ""),
            "leg 5, the revocation, was answered with `503`: the provider has a problem; try again later",
        ),
        (
            reply(503, "Retry-After: 120\r\n", ""),
            "was answered with `503`: the provider has a problem; try again in 1",
        ),
        (
            reply(302, "Location: /elsewhere\r\n", ""),
            "leg 5, the revocation, was answered with a redirect (`302`), which isn't followed: correct `REVOKE_URL`",
        ),
        (
            reply(401, JSON, &format!(r#"{{"message":"no {TOKEN}"}}"#)),
            "(the provider says: no gho_… (40 characters))",
        ),
        (Reply::Reset, "leg 5, the revocation, got no usable answer from"),
    ] {
        let provider = provider_with_revocation(answer);
        let (page, finished) = Program::at(&provider, &["--revoke"])
            .env("REVOKE_URL", &provider.url("/revoke"))
            .log_in();
        assert_eq!(finished.code, Some(1));
        assert!(finished.error().contains(told), "{}", finished.stderr);
        assert!(finished.stdout.starts_with("login: mona\n") && page.body.contains("Signed in"));
        assert!(finished.stderr.contains("A token may still work, "), "{}", finished.stderr);
        assert!(!finished.stderr.contains("Done.") && !finished.stderr.contains(TOKEN));
    }
}

#[test]
fn what_revoking_needs_is_said_before_anything_else_happens() {
    let provider = Provider::friendly();
    Program::at(&provider, &["--revoke"])
        .run()
        .assert_failure("REVOKE_URL is not set: --revoke needs the provider's revocation endpoint");
    Program::at(&provider, &["--revoke"])
        .env("REVOKE_URL", "http://idp.example/revoke")
        .run()
        .assert_failure("REVOKE_URL must begin with https://");
    assert!(provider.requests().is_empty());
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn a_practice_login_gives_its_token_back() {
    let mut running = Program::bare(&["practice", "--no-browser", "--revoke"]).start();
    let authorization = running.wait_for_authorization();
    assert_eq!(authorization.parameter("scope"), "read:user");
    get(&press(&authorization, "authorize"));
    let finished = running.finish();
    finished.assert_success();
    let refresh_token = "\nAccess token revoked.\nThe refresh token still works for 184 days. ";
    assert!(finished.stderr.contains(refresh_token), "{}", finished.stderr);
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn a_token_that_the_provider_has_ended_opens_nothing() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).with_argument("--token").start();
    let authorization = running.wait_for_authorization();
    get(&press(&authorization, "authorize"));
    let token = running.finish().stdout.trim_end().to_owned();
    let host = authorization.origin().strip_prefix("http://").unwrap();
    let user = |token: &str| {
        let head = "GET /user HTTP/1.1\r\nUser-Agent: a\r\n";
        send(
            host,
            format!("{head}Host: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes(),
        )
    };
    let id_and_secret = format!("practice:{}", provider.variable("CLIENT_SECRET"));
    let basic = bare_oauth::secret::base64url::base64(id_and_secret.as_bytes());
    let path = "/applications/practice/token";
    assert!(provider.variable("REVOKE_URL").ends_with(path));
    let end = |credentials: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "DELETE {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        send(host, request.as_bytes())
    };
    let body = format!(r#"{{"access_token":"{token}"}}"#);
    assert_eq!(user(&token).status, 200);
    assert_eq!(end("cHJhY3RpY2U6", &body).status, 401);
    assert_eq!(end(&basic, "").status, 422);
    assert_eq!(user(&token).status, 200);
    let answer = end(&basic, &body);
    assert_eq!(
        (answer.status, answer.header("content-length"), answer.body.as_str()),
        (204, None, "")
    );
    assert_eq!(user(&token).status, 401);
    assert_eq!(end(&basic, &body).status, 404);
    assert_eq!(post(authorization.origin(), path, FORM, "").status, 405);
    provider.wait_for("leg 5: 401, refused: the Authorization header");
    provider.wait_for("leg 5: 204, the token has ended");
}

#[test]
fn no_scope_is_asked_for_elsewhere_unless_it_is_set() {
    for (scope, asked) in [("", None), ("openid email", Some("&scope=openid+email&"))] {
        let provider = Provider::friendly();
        let mut running = Program::at(&provider, &["--token"]).env("SCOPE", scope).start();
        let authorization = running.wait_for_authorization();
        match asked {
            Some(asked) => assert!(authorization.url.contains(asked)),
            None => assert!(!authorization.url.contains("scope")),
        }
        let callback = GRANTED.replace(CODE, "a-code");
        get(&authorization.callback(&callback));
        let finished = running.finish();
        finished.assert_success();
        // The provider says read:user. Without a wish there is nothing to compare.
        assert_eq!(finished.stderr.contains("Scopes requested:"), asked.is_some());
    }
}
