//! The practice provider, and the login that needs nothing but the program.

use crate::support::{
    Authorization, FORM, Program, Running, get, post, press, request, send, ticket,
};

/// A `practice --no-browser` that waits, with the origin of its provider.
fn waiting() -> (Running, Authorization, String) {
    let mut running = Program::bare(&["practice", "--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    let origin = authorization.origin().to_owned();
    (running, authorization, origin)
}

#[test]
fn practice_plays_the_person_where_there_is_no_browser() {
    let finished = Program::bare(&["practice"]).run();
    finished.assert_success();
    assert!(finished.stdout.starts_with("login: octocat\nid: 583231\n"));
    assert!(finished.stdout.contains("\nplan: {\"name\":\"free\",\"space\":976562499,"));
    for how in [
        "\nPractice plays the person, who presses \"Authorize\".\n",
        "\nPractice opens this URL itself:\nhttp://127.0.0.1:",
    ] {
        assert!(finished.stderr.contains(how), "{}", finished.stderr);
    }
    assert!(finished.stderr.contains("\n=== User Profile ===\n"), "{}", finished.stderr);
    assert!(finished.stderr.ends_with("\nDone."));
}

#[test]
fn practice_knows_the_output_modes_and_an_address_of_ones_own() {
    let finished =
        Program::bare(&["practice", "--json"]).env("REDIRECT_URI", "http://127.0.0.1:0/").run();
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), bare_oauth::practice::profile::PROFILE)
    );
    let finished = Program::bare(&["practice", "--token"]).env("SCOPE", "gist user:email").run();
    finished.assert_success();
    let token = finished.stdout.strip_suffix('\n').unwrap();
    assert!(
        token.starts_with("gho_") && token.len() == 40 && !finished.stderr.contains(token),
        "{token}"
    );
}

#[test]
fn practice_is_not_touched_by_what_the_environment_says_of_the_network() {
    let program = Program::bare(&["practice"])
        .env("ALL_PROXY", "socks5://127.0.0.1:1")
        .env("SSL_CERT_FILE", "/nowhere");
    assert_eq!(program.env("CLIENT_ID", "\u{7}").run().code, Some(0));
}

#[test]
fn practice_opens_a_browser_where_there_is_one_and_says_whose_page_it_shows() {
    let mut running = Program::bare(&["practice"]).env("BROWSER", "/nowhere/browser").start();
    running.wait_for("Opening your browser to authenticate with the practice provider...");
    running.wait_for("No browser could be opened");
}

#[test]
fn over_ssh_both_ports_are_named_that_have_to_be_forwarded() {
    let mut running = Program::bare(&["practice", "--no-browser"])
        .env("SSH_CONNECTION", "192.0.2.1 5 192.0.2.9 22")
        .start();
    let authorization = running.wait_for_url();
    let port = |host: &str| host.rsplit_once(':').unwrap().1.to_owned();
    let provider = port(authorization.origin());
    let callback = port(authorization.address());
    running.wait_for(&format!(
        "Is your browser on another machine? First run this there: \
         ssh -L {provider}:localhost:{provider} -L {callback}:localhost:{callback} THIS-MACHINE"
    ));
}

#[test]
fn a_person_can_agree_on_the_consent_page() {
    let (running, authorization, origin) = waiting();
    let page = get(&authorization.url);
    assert_eq!(page.status, 200);
    page.assert_safe();
    for text in [
        "<b>practice</b>",
        "<li>read your profile (<code>read:user</code>)</li>",
        "<b>octocat</b>",
        "It doesn't see your password.",
        ">Authorize</button>",
        ">Cancel</button>",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    let redirect = post(
        &origin,
        "/login/oauth/authorize",
        FORM,
        &format!("ticket={}&decision=authorize", ticket(&page)),
    );
    assert_eq!(redirect.status, 302);
    let location = redirect.header("location").unwrap();
    assert!(location.contains("&iss=http%3A%2F%2F127.0.0.1%3A"), "{location}");
    assert!(get(location).body.contains("signed in as <b>octocat</b> (The Octocat)"));
    running.finish().assert_success();
}

#[test]
fn the_consent_page_says_what_is_dangerous_and_what_is_missing() {
    let (_running, authorization, _) = waiting();
    assert!(!get(&authorization.url).body.contains("This request has no"));
    let bare = authorization.url.split("&scope=").next().unwrap();
    let page = get(&format!("{bare}&scope=delete_repo,gist+%3Cb%3E")).body;
    for text in [
        "<li><strong>Dangerous:</strong> delete your repositories (<code>delete_repo</code>)</li>",
        "<li>write gists in your name (<code>gist</code>)</li>",
        "<li>something this page doesn't know (<code>&lt;b&gt;</code>)</li>",
        "This request has no <code>state</code>",
        "This request has no <code>code_challenge</code>",
    ] {
        assert!(page.contains(text), "{text} isn't in {page}");
    }
    assert!(get(bare).body.contains("it names no scope"));
}

#[test]
fn a_person_can_decline_on_the_consent_page() {
    let (running, authorization, _) = waiting();
    let callback = press(&authorization, "cancel");
    // The provider ends with the login.
    let board = get(&format!("{}/", authorization.origin())).body;
    assert!(board.contains("<span>the person said no</span>"), "{board}");
    let page = get(&callback);
    assert_eq!(page.status, 403);
    assert!(page.body.contains("<b>You said no</b> at the provider"), "{}", page.body);
    running
        .finish()
        .assert_failure("`access_denied` (The user has denied your application access.)");
}

#[test]
fn a_consent_page_is_answered_once() {
    let (_running, authorization, origin) = waiting();
    let body = format!("ticket={}&decision=authorize", ticket(&get(&authorization.url)));
    assert_eq!(post(&origin, "/login/oauth/authorize", FORM, &body).status, 302);
    for body in [
        &body,
        &format!("ticket={}&decision=later", ticket(&get(&authorization.url))),
        "ticket=&decision=authorize",
        "decision=authorize",
        "ticket=guess&ticket=guess",
    ] {
        assert_eq!(post(&origin, "/login/oauth/authorize", FORM, body).status, 422);
    }
}

#[test]
fn an_authorization_request_that_is_not_the_apps_is_not_redirected() {
    let (_running, authorization, _) = waiting();
    let url = &authorization.url;
    let port = authorization.address().split(':').next_back().unwrap();
    for (from, to, status) in [
        ("client_id=practice", "client_id=other", 404),
        ("client_id=practice", "", 404),
        ("client_id=practice", "client_id=practice&client_id=practice", 400),
        ("localhost", "127.0.0.1", 400),
        ("localhost", "example.com", 400),
        ("%2Fcallback", "%2Fother", 400),
        ("%2Fcallback", "", 400),
        (port, "1", 200),
        ("&code_challenge_method=S256", "", 302),
        ("&code_challenge_method=S256", "&code_challenge_method=plain", 302),
        ("code_challenge=", "code_challenge=a", 302),
        ("response_type=code", "response_type=token", 302),
        ("response_type=code", "", 200),
    ] {
        let page = get(&url.replacen(from, to, 1));
        assert_eq!(page.status, status, "{from} → {to}");
        if status == 302 {
            let location = page.header("location").unwrap();
            assert!(location.contains("?error=") && location.contains("&state="), "{location}");
        }
    }
}

#[test]
fn the_profile_needs_a_token_and_a_user_agent() {
    let (_running, _, origin) = waiting();
    let host = origin.strip_prefix("http://").unwrap();
    let ask = |headers: &str| {
        send(host, format!("GET /user HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").as_bytes())
    };
    for (headers, status, body) in [
        ("", 403, "<html><body>Request forbidden by administrative rules."),
        ("Authorization: Bearer gho_guess\r\n", 403, "<html>"),
        ("User-Agent: a\r\n", 401, r#"{"message":"Requires authentication""#),
        (
            "User-Agent: a\r\nAuthorization: Bearer gho_guess\r\n",
            401,
            r#"{"message":"Bad credentials""#,
        ),
        (
            "User-Agent: a\r\nAuthorization: Basic gho_guess\r\n",
            401,
            r#"{"message":"Bad credentials""#,
        ),
        (
            "User-Agent: a\r\nX-GitHub-Api-Version: 1999-01-01\r\n",
            400,
            r#"{"message":"The API version"#,
        ),
    ] {
        let page = ask(headers);
        assert_eq!(page.status, status, "{headers}");
        assert!(page.body.starts_with(body), "{}", page.body);
    }
}

#[test]
fn the_practice_provider_refuses_what_is_no_request_of_a_login() {
    let (_running, _, origin) = waiting();
    let host = origin.strip_prefix("http://").unwrap();
    for (request, status) in [
        (request("GET", &format!("{origin}/a")), 404),
        (request("DELETE", &format!("{origin}/user")), 405),
        (request("GET", &format!("{origin}/login/oauth/access_token")), 405),
        (request("POST", &format!("{origin}/login/oauth/access_token")), 411),
        (
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{}}"
            ),
            415,
        ),
        (
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999\r\n\r\n"
            ),
            413,
        ),
        (
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999999999999999999\r\n\r\n"
            ),
            413,
        ),
        (
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\nContent-Length: +1\r\n\r\n"
            ),
            400,
        ),
        (
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip\r\n\r\n"
            ),
            400,
        ),
        ("GET /user\r\n\r\n".to_owned(), 400),
    ] {
        assert_eq!(send(host, request.as_bytes()).status, status, "{request}");
    }
}
