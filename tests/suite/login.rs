//! The login as it should go, byte by byte, and the refusals on its way.

use bare_oauth::protocol::pkce;
use bare_oauth::secret::Verifier;
use bare_oauth::wire::form::Form;

use crate::support::{CLIENT_SECRET, GRANTED, JSON, Program, Provider, Reply, TOKEN, get, reply};

#[test]
fn a_login_shows_the_profile_and_masks_the_rest() {
    let (page, finished) = Program::at(&Provider::friendly(), &[]).log_in();
    finished.assert_success();
    assert_eq!(
        finished.stdout,
        "login: mona\nid: 18446744073709551615\nname: Mona <b>\\u001b[31m\\u202e\nplan: {\"z\":1,\"a\":[]}\nemail: null\n"
    );
    finished.assert_no_secret();

    assert_eq!(page.status, 200);
    page.assert_safe();
    assert!(page.body.contains("<b>mona</b> (Mona &lt;b&gt;\\u001b[31m\\u202e)"), "{}", page.body);
    assert!(page.body.contains("You can close this tab."));
}

#[test]
fn the_terminal_has_the_originals_lines_in_the_originals_order() {
    // The endpoint is never asked, because the test plays the browser.
    let mut running = Program::at(&Provider::friendly(), &["--no-browser"])
        .env("AUTH_URL", "https://github.com/login/oauth/authorize")
        .start();
    let authorization = running.wait_for_authorization();
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    let origin = format!("http://{}", authorization.address());
    let expected = [
        &format!("Callback server running on {origin} ..."),
        "",
        "Open this URL in a browser:",
        &authorization.url,
        "Waiting for authorization...",
        "",
        "Authorization code received: c0de… (21 characters)",
        "Access token received: gho_… (40 characters)",
        "",
        "=== GitHub User Profile ===",
        "",
        "Done.",
    ];
    assert_eq!(finished.stderr.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn legs_3_and_4_are_two_requests_and_these_are_their_bytes() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    get(&authorization.callback("code=c0de%20%2B%26&state=STATE"));
    running.finish().assert_success();

    let requests = provider.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let port = authorization.address().split(':').next_back().unwrap();
    let verifier = Form::decode(body).get("code_verifier").unwrap().unwrap().to_owned();
    assert_eq!(
        pkce::challenge(&Verifier::new(verifier.clone())),
        authorization.parameter("code_challenge")
    );
    assert_eq!(
        body,
        format!(
            "grant_type=authorization_code&code=c0de+%2B%26&redirect_uri=http%3A%2F%2Flocalhost%3A{port}%2Fcallback\
             &client_id=the-client&client_secret={CLIENT_SECRET}&code_verifier={verifier}"
        )
    );
    let sorted = |head: &str| {
        let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
        lines[1..].sort();
        lines
    };
    let host = provider.host();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        sorted(head),
        [
            "POST /token HTTP/1.1",
            "accept: application/json",
            &format!("content-length: {}", body.len()),
            "content-type: application/x-www-form-urlencoded",
            &format!("host: {host}"),
            &format!("user-agent: bare-oauth/{version}"),
        ]
    );
    let (head, body) = requests[1].split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "");
    assert_eq!(
        sorted(head),
        [
            "GET /user HTTP/1.1",
            "accept: application/vnd.github+json, application/json",
            &format!("authorization: Bearer {TOKEN}"),
            &format!("host: {host}"),
            &format!("user-agent: bare-oauth/{version}"),
            "x-github-api-version: 2022-11-28",
        ]
    );
}

#[test]
fn json_mode_prints_the_profile_as_received_and_nothing_else() {
    let body = "{\r\n  \"login\" : \"mona\",\t\"id\": 1.50,\n \"bio\": \"\u{9b}\u{202e}\\n\"\n}";
    let provider = Provider::start(Provider::token(), reply(200, JSON, body));
    let (_, finished) = Program::at(&provider, &["--json"]).log_in();
    finished.assert_success();
    assert_eq!(
        finished.stdout,
        format!("{}\n", body.replace('\u{9b}', "\\u009b").replace('\u{202e}', "\\u202e"))
    );
    finished.assert_no_secret();
}

#[test]
fn token_mode_prints_the_token_and_nothing_else_and_asks_for_no_profile() {
    // A profile that fails would lose the token.
    let provider = Provider::start(Provider::token(), Reply::Reset);
    let (page, mut finished) = Program::at(&provider, &["--token"]).log_in();
    assert_eq!(std::mem::take(&mut finished.stdout), format!("{TOKEN}\n"));
    finished.assert_success();
    finished.assert_no_secret();
    assert!(page.body.contains("You are signed in."), "{}", page.body);
    assert!(!finished.stderr.contains("Profile"), "{}", finished.stderr);
    let requests = provider.requests();
    assert!(matches!(&*requests, [one] if one.starts_with("POST /token ")), "{requests:?}");
}

#[test]
fn github_is_named_only_where_the_address_is_githubs() {
    for (auth_url, name, heading) in [
        ("https://github.com/login/oauth/authorize", "GitHub", "=== GitHub User Profile ==="),
        ("https://idp.example/authorize", "idp.example", "=== User Profile ==="),
    ] {
        let program = Program::at(&Provider::friendly(), &[]).env("AUTH_URL", auth_url);
        let (_, finished) = program.env("BROWSER", "/nowhere/browser").log_in();
        for line in [&format!("Opening your browser to authenticate with {name}..."), heading] {
            assert!(finished.stderr.lines().any(|said| said == line), "{}", finished.stderr);
        }
    }
}

#[test]
fn localhost_is_reached_on_both_address_families_and_an_address_on_its_own() {
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    for (host, knock_at) in [
        ("localhost", "127.0.0.1"),
        ("localhost", "[::1]"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
    ] {
        if knock_at == "[::1]" && !has_ipv6 {
            eprintln!("not run: this machine has no IPv6");
            continue;
        }
        let provider = Provider::friendly();
        let redirect_uri = format!("http://{host}:0/call/back");
        let mut running = Program::at(&provider, &[]).env("REDIRECT_URI", &redirect_uri).start();
        let authorization = running.wait_for_authorization();
        let port = authorization.address().rsplit_once(':').unwrap().1;
        assert_eq!(
            authorization.parameter("redirect_uri"),
            format!("http://{host}:{port}/call/back")
        );
        let callback = authorization.callback(GRANTED).replace(host, knock_at);
        assert_eq!(get(&callback).status, 200);
        running.finish().assert_success();
    }
}

#[test]
fn a_redirect_uri_with_a_query_is_kept_and_comes_back() {
    let provider = Provider::friendly();
    let mut running =
        Program::at(&provider, &[]).env("REDIRECT_URI", "http://127.0.0.1:0/cb?tenant=1").start();
    let authorization = running.wait_for_authorization();
    assert!(authorization.parameter("redirect_uri").ends_with("/cb?tenant=1"));
    let url = authorization.callback(GRANTED).replacen("1?code", "1&code", 1);
    assert_eq!(get(&url).status, 200);
    running.finish().assert_success();
}

#[test]
fn a_refusal_ends_the_login_at_once_in_the_tab_and_in_the_terminal() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).start();
    let query = "error=access_denied&error_description=The+user+has+denied+%3Cb%3E%1b%5B31m&error_uri=https%3A%2F%2Fa&state=STATE";
    let page = running.callback(query);
    assert_eq!(page.status, 403);
    page.assert_safe();
    assert!(
        page.body
            .contains("<p>The provider refused the authorization: <code>access_denied</code> (The user has denied &lt;b&gt;\\u001b[31m)"),
        "{}",
        page.body
    );
    running.finish().assert_failure(
        "the provider refused the authorization: `access_denied` (The user has denied <b>\\u001b[31m): run this again and \
         choose Authorize",
    );
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn an_issuer_that_is_known_must_be_the_one_that_the_callback_names() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).env("ISSUER", "https://idp.example/a").start();
    let authorization = running.wait_for_authorization();
    for issuer in [
        "https%3A%2F%2Fidp.example",
        "https%3A%2F%2Fidp.example%2Fa%2F",
        "https%3A%2F%2FIDP.example%2Fa",
    ] {
        for answer in ["code=evil", "error=access_denied"] {
            let query = format!("{answer}&state=STATE&iss={issuer}");
            assert_eq!(get(&authorization.callback(&query)).status, 400);
            // What it names, what was expected, and the variable to mend.
            let named = issuer.replace("%3A", ":").replace("%2F", "/");
            running.wait_for(&format!(
                "Ignored a callback: it names the issuer `{named}`, not `https://idp.example/a`. If `{named}` is \
                 this login's provider, set ISSUER to it, and run this again."
            ));
        }
    }
    let good = authorization.callback(&format!("{GRANTED}&iss=https%3A%2F%2Fidp.example%2Fa"));
    assert_eq!(get(&good).status, 200);
    running.finish().assert_success();
    assert_eq!(provider.requests().len(), 2);
}

#[test]
fn a_scope_that_was_not_granted_is_said_and_the_login_goes_on() {
    for (scope, asked, said) in [
        (r#""gist""#, "read:user gist", Some("requested: gist read:user; granted: gist")),
        (r#""""#, "read:user", Some("requested: read:user; granted: nothing")),
        (r#""user""#, "read:user", Some("requested: read:user; granted: user")),
        (r#""gist,read:user""#, "read:user gist", None),
        (r#""gist read:user""#, "read:user gist", None),
        ("null", "read:user", None),
    ] {
        let token =
            format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","scope":{scope}}}"#);
        let provider = Provider::start(reply(200, JSON, &token), Provider::profile());
        let (_, finished) = Program::at(&provider, &[]).env("SCOPE", asked).log_in();
        finished.assert_success();
        let said_so = finished.stderr.lines().find_map(|line| line.strip_prefix("Scopes "));
        assert_eq!(said_so, said, "{scope} {asked}");
    }
}
