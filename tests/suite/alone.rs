//! The practice provider alone, for any client.

use std::io::Write;
use std::net::TcpListener;

use crate::support::{
    EXPORT, FORM, Program, connect, get, post, press, read, send, start_practice_provider, ticket,
};

/// What a line of the log says after its time, which is UTC, and the number of this login.
fn without_time_and_login(line: &str, login: u32) -> &str {
    let (time, said) = line.split_at_checked(9).expect(line);
    assert!(
        time.bytes().map(|byte| byte.is_ascii_digit()).eq("dd:dd:dd ".bytes().map(|it| it == b'd'))
    );
    let start = format!("login {login}, ");
    if login == 0 { said } else { said.strip_prefix(&start).expect(said) }
}

#[test]
fn any_client_is_told_what_to_set_and_logs_in() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    let page = get(&press(&authorization, "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"));
    let finished = running.finish();
    finished.assert_success();
    for line in [
        "leg 1: 200, client_id and redirect_uri are right (RFC 6749 §4.1.1); \
         code_challenge has the method S256 (RFC 7636 §4.3)",
        "leg 2: 302, the person agreed, and the browser brings the code \
         to the client (RFC 6749 §4.1.2)",
        "leg 3: 200, client_id, client_secret, code and redirect_uri \
         are right (RFC 6749 §4.1.3); code_verifier fits the code_challenge of leg 1 (RFC 7636 §4.6)",
        "leg 4: 200, the token is right (RFC 6750 §2.1)",
    ] {
        assert_eq!(without_time_and_login(&provider.wait_for("leg "), 1), line);
    }
}

#[test]
fn the_log_says_what_is_wrong_and_by_which_rule() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    let url = &authorization.url;
    let origin = authorization.origin();
    let token = |body: &str| post(origin, "/login/oauth/access_token", FORM, body);
    let secret = provider.variable("CLIENT_SECRET");
    let app = format!("client_id=practice&client_secret={secret}");
    let callback_port = authorization.address().split(':').next_back().unwrap();
    let registered = provider.variable("REDIRECT_URI");
    let registered = registered.rsplit(':').next().unwrap().replace("/callback", "");

    get(&url.replace("client_id=practice", "client_id=x"));
    get(&url.replace("%2Fcallback", "%2Felsewhere"));
    get(&url.replace("S256", "plain"));
    let bare = url.split("&state=").next().unwrap();
    get(bare);
    token("a=b");
    token("client_id=practice");
    token("client_id=practice&client_secret=guess");
    let basic = format!("{FORM}Authorization: Basic cHJhY3RpY2U6\r\nAccept: application/json\r\n");
    post(origin, "/login/oauth/access_token", &basic, "grant_type=authorization_code");
    token(&app);
    token(&format!("{app}&code=guess"));
    token(&format!("{app}&code=a&code=b"));
    get(&format!("{origin}/user"));
    let host = origin.strip_prefix("http://").unwrap();
    let bare = format!(
        "GET /user HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a\r\nAuthorization: gho_1\r\n\r\n"
    );
    send(host, bare.as_bytes());
    get(&format!("{origin}/\u{7f}"));
    get(&format!("{origin}/login/oauth/acces_token"));
    get(&format!("{origin}/{secret}"));
    let mut cut = connect(origin.strip_prefix("http://").unwrap());
    cut.write_all(
        b"POST /login/oauth/access_token HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na=b",
    )
    .unwrap();
    cut.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read(&mut cut).status, 400);
    for part in [
        "leg 1: 404, refused: no app with this client_id is registered here (RFC 6749 §4.1.2.1)",
        "leg 1: 400, refused: redirect_uri is http://localhost:PORT/elsewhere, but http://localhost:8000/callback is registered (RFC 6749 §3.1.2.4)",
        "leg 1: 302, refused: code_challenge must have 43 characters and the method S256. (RFC 7636 §4.4.1)",
        "leg 1: 200, client_id and redirect_uri are right (RFC 6749 §4.1.1); \
         missing: code_challenge, so anyone with the client secret can use a stolen code (RFC 7636 §1); \
         missing: state, so the client can't tell a forged callback (RFC 6749 §10.12)",
        "leg 3: 200, refused: client_id is missing from the body (RFC 6749 §2.3.1)",
        "leg 3: 200, refused: client_secret is missing from the body (RFC 6749 §2.3.1)",
        "leg 3: 200, refused: client_secret is wrong (RFC 6749 §2.3.1); answered as a form: the request has no Accept: application/json",
        "leg 3: 200, refused: the client_id or the client_secret of HTTP Basic is wrong (RFC 6749 §2.3.1); HTTP Basic \
         is taken (client_secret_basic), but GitHub documents client_id and client_secret in the body (client_secret_post)",
        "leg 3: 200, refused: code is missing (RFC 6749 §4.1.3)",
        "leg 3: 200, refused: no such code was given (RFC 6749 §5.2)",
        "leg 3: 200, refused: it has a parameter twice (RFC 6749 §3.2)",
        "leg 4: 401, refused: there is no Authorization header (RFC 6750 §2.1)",
        "leg 4: 401, refused: the Authorization header lacks the scheme Bearer before the token (RFC 6750 §2.1)",
        "a request that can't be read: 400, refused: the target has characters that a target can't have (RFC 9112)",
        "GET /login/oauth/acces_token: 404, refused: there is nothing at this URL (RFC 9110 §15.5.5)",
        "GET (withheld, because it may hold a secret): 404, refused: there is nothing at this URL (RFC 9110 §15.5.5)",
        "a request that can't be read: 400, refused: the request ends too early (RFC 9112 §8)",
    ] {
        let line = provider.wait_for(": ");
        let part = part.replace("PORT", callback_port).replace("8000", &registered);
        let line = without_time_and_login(&line, u32::from(part.contains(": 200, client_id")));
        assert!(line.starts_with(&part), "{line:?} does not begin with {part:?}");
        assert!(!line.contains(&secret));
    }
}

#[test]
fn a_code_that_comes_again_takes_its_token_with_it() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    // A client without state and PKCE, as the original is.
    let url = &authorization.url;
    let bare = format!("{}&scope=read%3Auser", url.split("&scope=").next().unwrap());
    let page = get(&bare);
    let body = format!("ticket={}&decision=authorize", ticket(&page));
    let redirect = post(authorization.origin(), "/login/oauth/authorize", FORM, &body);
    let location = redirect.header("location").unwrap();
    assert!(!location.contains("state="), "{location}");
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let body = format!(
        "client_id=practice&client_secret={}&code={code}&redirect_uri={}",
        provider.variable("CLIENT_SECRET"),
        location.split('?').next().unwrap(),
    );
    let exchange = || post(authorization.origin(), "/login/oauth/access_token", FORM, &body).body;
    let answer = exchange();
    let token = answer.strip_prefix("access_token=").unwrap();
    let token = token.split('&').next().unwrap();
    let user = || {
        let host = authorization.origin().strip_prefix("http://").unwrap();
        let request = format!(
            "GET /user HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        send(host, request.as_bytes()).status
    };
    assert_eq!(user(), 200);
    assert!(exchange().starts_with("error=bad_verification_code&"));
    assert_eq!(user(), 401);
    let leg_3 = provider.wait_for("leg 3: ");
    let right = "client_id, client_secret, code and redirect_uri are right (RFC 6749 §4.1.3); \
                 missing: code_verifier, because leg 1 had no code_challenge (RFC 7636 §4.5)";
    assert!(leg_3.contains(right), "{leg_3}");
    provider.wait_for("the code was used before, so its token is revoked (RFC 6749 §4.1.2)");

    // What a client puts in the wrong place doesn't reach the log.
    for secret in [code, token] {
        get(&format!("{}/{secret}", authorization.origin()));
        let line = provider.wait_for(": 404, ");
        let withheld = "GET (withheld, because it may hold a secret): 404, ";
        assert!(without_time_and_login(&line, 0).starts_with(withheld), "{line}");
        assert!(!line.contains(secret.get(..8).unwrap()), "{line}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = Program::bare(&["provider", "--port", &port]).run();
    finished.assert_failure(&format!(
        "port `{port}` on `127.0.0.1` is in use: close the program that holds it, or set `--port` to another port"
    ));
}

#[test]
fn the_callback_url_of_the_app_is_the_environments_and_is_quoted_for_a_shell() {
    let mut provider = Program::bare(&["provider", "--port=0"])
        .env("REDIRECT_URI", "http://127.0.0.1:1/cb?it's=$(1)")
        .start();
    let exports = provider.exports();
    let mut lines = exports.lines();
    let redirect_uri =
        lines.find_map(|line| line.strip_prefix(EXPORT)?.strip_prefix("REDIRECT_URI="));
    let quote = if cfg!(windows) { "''" } else { r"'\''" };
    assert_eq!(redirect_uri.unwrap(), format!("'http://127.0.0.1:1/cb?it{quote}s=$(1)'"));
    Program::bare(&["provider", "--port=0"])
        .env("REDIRECT_URI", "https://example.com/")
        .run()
        .assert_failure("REDIRECT_URI must begin with http://");
}

#[test]
fn the_app_keeps_the_name_and_the_secret_that_the_environment_gives_it() {
    let provider = || Program::bare(&["provider", "--port", "0"]);
    let finished = provider().env("CLIENT_SECRET", "s3cr3t\n").run();
    finished.assert_failure("CLIENT_SECRET must be printable ASCII: look for a line end");
    assert!(!finished.stderr.contains("s3cr3t"));

    let mut provider =
        provider().env("CLIENT_ID", "my app").env("CLIENT_SECRET", "it's $secret").start();
    let exports = provider.exports();
    for line in [
        "export CLIENT_ID='my app'\n",
        "export CLIENT_SECRET='it'\\''s $secret'\n",
        "/applications/my+app/token'\n",
    ] {
        assert!(exports.contains(line), "{exports}");
    }
    let program = Program::at_practice_provider(&mut provider).with_argument("--revoke");
    let mut running = program.env("CLIENT_SECRET", "it's $secret").start();
    let page = get(&press(&running.wait_for_authorization(), "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"));
    running.finish().assert_success();
    provider.wait_for("leg 5: 204, the token has ended");
}

#[test]
fn the_variables_are_printed_for_sh_and_for_powershell() {
    let provider = Program::bare(&["provider", "--port=0"]).env("CLIENT_SECRET", "it's");
    let mut provider = provider.start();
    let exports = provider.exports();
    provider.wait_for("Press Ctrl-C");
    let both = exports + &provider.so_far();
    for line in [
        "export CLIENT_ID='practice'\n",
        "export CLIENT_SECRET='it'\\''s'\n",
        "$env:CLIENT_ID='practice'\n",
        "$env:CLIENT_SECRET='it''s'\n",
        "\nFor PowerShell:\n",
    ] {
        assert!(both.contains(line), "{line} isn't in {both}");
    }
    assert_eq!(both.matches("$env:").count(), both.matches("export ").count());
}

#[cfg(unix)]
#[test]
fn a_shell_takes_no_identifier_for_a_command() {
    for value in [
        "it's",
        "'",
        "''; touch a; '",
        "$(touch a)",
        "`touch a`",
        "$HOME ${PATH} !! %s *",
        "a\"b\\c\\",
        "; touch a # &",
        "\\'$(touch a)\\'",
        "<script>alert(1)</script>",
    ] {
        let program = Program::bare(&["provider", "--port=0"]);
        let mut provider = program.env("CLIENT_ID", value).env("CLIENT_SECRET", value).start();
        let exports = provider.exports();
        assert_eq!(exports.lines().count(), 8, "{exports}");
        let script =
            format!("set -eu\n{exports}printf '%s\\n%s' \"$CLIENT_ID\" \"$CLIENT_SECRET\"");
        let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{value}\n{value}"));
        // The board shows the same lines, and obeys none of them either.
        let origin = exports.split("AUTH_URL='").nth(1).unwrap().split("/login").next().unwrap();
        let board = get(&format!("{origin}/"));
        board.assert_safe();
        let (_, lines) = board.body.split_once("<pre>").unwrap();
        let (lines, _) = lines.split_once("</pre>").unwrap();
        let shown = exports.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;");
        assert_eq!(lines, shown.replace('<', "&lt;").replace('>', "&gt;").trim_end());
    }
    for value in ["a\nexport PATH=.", "a\r\n", "\u{1b}[31m", "é"] {
        let program = Program::bare(&["provider", "--port=0"]).env("CLIENT_ID", value);
        let finished = program.run();
        finished.assert_failure("CLIENT_ID must be printable ASCII: look for a line end");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn a_provider_on_any_port_has_a_callback_of_its_own() {
    let mut one = start_practice_provider();
    let mut other = start_practice_provider();
    let uris = [&mut one, &mut other].map(|provider| provider.variable("REDIRECT_URI"));
    assert_ne!(uris[0], uris[1]);
    for uri in uris {
        assert!(uri.starts_with("http://localhost:") && uri.ends_with("/callback"), "{uri}");
    }
    // Nobody holds the port until the login, so another test may take it. Then the next provider has another one.
    for _ in 0..10 {
        let mut provider = start_practice_provider();
        let uri = provider.variable("REDIRECT_URI");
        let program = Program::at_practice_provider(&mut provider).env("REDIRECT_URI", &uri);
        let mut running = program.start();
        let first_line = running.wait_for("");
        if first_line.contains("is in use") {
            continue;
        }
        get(&press(&running.wait_for_authorization(), "authorize"));
        running.finish().assert_success();
        return;
    }
    panic!("ten ports were taken");
}

#[test]
fn the_metadata_says_what_the_provider_can_do() {
    let mut provider = start_practice_provider();
    let issuer = provider.variable("ISSUER");
    let origin = issuer.strip_suffix("/login/oauth").unwrap();
    let answers = [
        format!("{origin}/.well-known/oauth-authorization-server/login/oauth"),
        format!("{issuer}/.well-known/openid-configuration"),
    ]
    .map(|url| get(&url).body);
    assert_eq!(answers[0], answers[1]);
    let metadata: serde_json::Value = serde_json::from_str(&answers[0]).unwrap();
    assert_eq!(metadata["issuer"], issuer);
    assert_eq!(metadata["authorization_endpoint"], provider.variable("AUTH_URL"));
    assert_eq!(metadata["token_endpoint"], provider.variable("TOKEN_URL"));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    let grants = serde_json::json!(["authorization_code", "refresh_token"]);
    assert_eq!(metadata["grant_types_supported"], grants);
    let methods = serde_json::json!(["client_secret_post", "client_secret_basic"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    assert_eq!(metadata["scopes_supported"][0], "offline_access");
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[test]
fn the_board_shows_what_to_export_and_each_login_with_its_verdict() {
    let mut provider = start_practice_provider();
    let origin = provider.variable("ISSUER").replace("/login/oauth", "");
    let board = || {
        let page = get(&format!("{origin}/"));
        page.assert_safe();
        page.body
    };
    let empty = board();
    assert!(empty.contains("<meta http-equiv=\"refresh\" content=\"3\">"), "{empty}");
    assert!(!empty.contains("<details"), "{empty}");
    assert!(empty.contains("</b> UTC, and again every 3 seconds."), "{empty}");
    for line in provider.exports().lines() {
        assert!(empty.contains(&line.replace('\'', "&#39;")), "{empty}");
    }

    // A client that takes any state, and one that is right.
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    let forged = press(&authorization, "forged-state");
    let code = forged.split("code=").nth(1).unwrap().split('&').next().unwrap();
    assert!(board().contains("<code>forged-state</code>: not seen yet</span>"));
    let body = format!(
        "client_id=practice&client_secret={}&code={code}",
        provider.variable("CLIENT_SECRET")
    );
    post(&origin, "/login/oauth/access_token", FORM, &body);
    get(&press(&authorization, "authorize"));
    running.finish().assert_success();
    get(&format!("{origin}/login/oauth/acces_token?<b>"));
    let page = board();
    for part in [
        "<details id=\"login-1\"><summary>",
        "<b>octocat</b><i>✓ state</i><i>✓ PKCE</i><i>✓ response_type</i><i>✓ grant_type</i><i>✓ Accept</i>",
        "<p><b>leg 1</b><br><span>200, <code>client_id</code> and <code>redirect_uri</code> are right (RFC 6749 §4.1.1); ",
        "<h2>No login</h2>",
        "<b>GET /login/oauth/acces_token</b><br><strong>404, refused: ",
    ] {
        assert!(page.contains(part), "{part} isn't in {page}");
    }
    assert!(!page.contains(code));

    // It is bounded.
    for _ in 0..70 {
        get(&authorization.url);
    }
    let page = board();
    assert_eq!(page.matches("<details ").count(), 60);
    assert!(page.contains("id=\"login-71\"") && !page.contains("id=\"login-11\""));
    assert!(page.find("id=\"login-72\"") < page.find("id=\"login-13\""), "the newest comes first");
}

#[test]
fn a_code_that_came_with_a_forged_state_is_told_where_it_is_exchanged() {
    let mut provider = start_practice_provider();
    let mut running = Program::at_practice_provider(&mut provider).start();
    let authorization = running.wait_for_authorization();
    let bare = authorization.url.split("&code_challenge=").next().unwrap();
    let body = format!("ticket={}&decision=forged-state", ticket(&get(bare)));
    let redirect = post(authorization.origin(), "/login/oauth/authorize", FORM, &body);
    let location = redirect.header("location").unwrap();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let body = format!(
        "client_id=practice&client_secret={}&code={code}&redirect_uri={}",
        provider.variable("CLIENT_SECRET"),
        location.split('?').next().unwrap(),
    );
    post(authorization.origin(), "/login/oauth/access_token", FORM, &body);
    let verdict = "; this code came with \"A forged state\": a good client would have stopped";
    provider.wait_for(verdict);
    let page = get(&format!("{}/", authorization.origin())).body;
    assert!(
        page.contains("<code>forged-state</code>: <strong>fell for it</strong></span>"),
        "{page}"
    );
    assert!(page.contains(&verdict.replace('"', "&quot;")), "{page}");
}
