//! The practice provider alone, for any client.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{
    Authorization, FORM, Program, Running, connect, get, post, press, python, quiet_port, read,
    request, send, ticket,
};

fn alone() -> Running {
    Program::bare(&["provider", "--port", "0"]).start()
}

#[test]
fn any_client_is_told_what_to_set_and_logs_in() {
    let mut provider = alone();
    let mut running = Program::of_the_provider(&mut provider).start();
    let authorization = running.authorization();
    let page = get(&press(&authorization, "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"));
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    for line in [
        "leg 1: GET /login/oauth/authorize: 200, checked client_id, redirect_uri (RFC 6749 §4.1.1), \
         code_challenge (RFC 7636 §4.3)",
        "leg 2: POST /login/oauth/authorize: 302, checked the ticket; the person agreed, and the \
         browser takes the code along (RFC 6749 §4.1.2)",
        "leg 3: POST /login/oauth/access_token: 200, checked client_id, client_secret, code, \
         redirect_uri (RFC 6749 §4.1.3), code_verifier (RFC 7636 §4.6)",
        "leg 4: GET /user: 200, checked the token (RFC 6750 §2.1)",
    ] {
        assert_eq!(provider.line("leg "), line);
    }
}

#[test]
fn the_log_says_what_is_wrong_and_by_which_rule() {
    let mut provider = alone();
    let mut running = Program::of_the_provider(&mut provider).start();
    let authorization = running.authorization();
    let (url, origin) = (&authorization.url, authorization.origin());
    let token = |body: &str| post(origin, "/login/oauth/access_token", FORM, body);
    let secret = provider.variable("CLIENT_SECRET");
    let app = format!("client_id=practice&client_secret={secret}");

    get(&url.replace("client_id=practice", "client_id=x"));
    get(&url.replace("%2Fcallback", "%2Felsewhere"));
    get(&url.replace("S256", "plain"));
    let bare = url.split("&state=").next().unwrap();
    get(bare);
    token("client_id=practice");
    token(&format!("{app}&code=guess"));
    token(&format!("{app}&code=a&code=b"));
    get(&format!("{origin}/user"));
    get(&format!("{origin}/\u{7f}"));
    get(&format!("{origin}/gho_0123456789abcdef"));
    get(&format!("{origin}/{secret}"));
    let mut cut = connect(origin.strip_prefix("http://").unwrap());
    cut.write_all(
        b"POST /login/oauth/access_token HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na=b",
    )
    .unwrap();
    cut.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read(&mut cut).status, 400);
    for part in [
        "leg 1: GET /login/oauth/authorize: 404, wrong: no app with this client_id",
        "leg 1: GET /login/oauth/authorize: 400, wrong: the redirect_uri is not the one registered for this app (RFC 6749 §3.1.2.4)",
        "leg 1: GET /login/oauth/authorize: 302, wrong: code_challenge must have 43 characters and the method S256. (RFC 7636 §4.4.1)",
        "leg 1: GET /login/oauth/authorize: 200, checked client_id, redirect_uri (RFC 6749 §4.1.1); \
         missing: code_challenge, so whoever gets the code can use it (RFC 7636 §1); \
         missing: state, so a forged callback can't be told (RFC 6749 §10.12)",
        "leg 3: POST /login/oauth/access_token: 200, wrong: client_id or client_secret is not the registered one, or not in the body (RFC 6749 §2.3.1)",
        "leg 3: POST /login/oauth/access_token: 200, wrong: no such code was given (RFC 6749 §5.2)",
        "leg 3: POST /login/oauth/access_token: 200, wrong: a parameter stands twice",
        "leg 4: GET /user: 401, wrong: there is no Authorization header (RFC 6750 §3)",
        "a request that can't be read: 400, wrong: the target has characters that a target can't have (RFC 9112)",
        "GET /gho_… (20 characters): 404, wrong: there is nothing here (RFC 9110 §15.5.5)",
        "GET /… (43 characters): 404, wrong: there is nothing here (RFC 9110 §15.5.5)",
        "a request that can't be read: 400, wrong: the request ends too early (RFC 9112)",
    ] {
        let line = provider.line(": ");
        assert!(line.starts_with(part), "{line:?} begins not with {part:?}");
        assert!(!line.contains(&secret));
    }
}

#[test]
fn a_code_that_comes_again_takes_its_token_with_it() {
    let mut provider = alone();
    let mut running = Program::of_the_provider(&mut provider).start();
    let authorization = running.authorization();
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
    let leg_3 = provider.line("leg 3: ");
    let checked = "checked client_id, client_secret, code, redirect_uri (RFC 6749 §4.1.3); \
                   missing: code_verifier, for leg 1 had no code_challenge (RFC 7636 §4.5)";
    assert!(leg_3.ends_with(checked), "{leg_3}");
    provider.line("the code was used before; a token that it gave is revoked (RFC 6749 §4.1.2)");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = Program::bare(&["provider", "--port", &port]).run();
    finished.failed_with(&format!(
        "port `{port}` on `127.0.0.1` is in use: close the program that holds it, or set --port to another port"
    ));
}

#[test]
fn the_callback_url_of_the_app_is_the_environments_and_is_quoted_for_a_shell() {
    let mut provider = Program::bare(&["provider", "--port=0"])
        .env("REDIRECT_URI", "http://127.0.0.1:1/cb?it's=$(1)")
        .start();
    let exports = provider.exports();
    let redirect_uri = exports.lines().last().unwrap();
    assert_eq!(redirect_uri, r"export REDIRECT_URI='http://127.0.0.1:1/cb?it'\''s=$(1)'");
    Program::bare(&["provider", "--port=0"])
        .env("REDIRECT_URI", "https://example.com/")
        .run()
        .failed_with("REDIRECT_URI must begin with http://");
}

/// The original's shape in Python, with its three URLs taken from the environment, at the provider
/// that runs beside it: no state, no PKCE, another language. None where there is no Python.
#[cfg(unix)]
fn original(provider: &mut Running) -> Option<(Running, Authorization)> {
    let Some(python) = python() else {
        eprintln!("not run: python3 with requests is not installed");
        return None;
    };
    let redirect_uri = format!("http://localhost:{}/callback", quiet_port());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/original.py");
    let mut running = Program::bare(&[])
        .with_exports(&provider.exports())
        .env("REDIRECT_URI", &redirect_uri)
        .env("BROWSER", "true")
        .env("PYTHONUNBUFFERED", "1")
        .through(&python, &[script])
        .start();
    let (mut url, mut listens) = (None, false);
    while url.is_none() || !listens {
        let line = running.result_line();
        listens |= line.starts_with("Callback server running");
        if line.starts_with("http://127.0.0.1:") {
            url = Some(Authorization::read(line));
        }
    }
    Some((running, url.unwrap()))
}

/// The browser goes to a callback of the original, which answers by HTTP/1.0 and without a length.
#[cfg(unix)]
fn visit(callback: &str) -> String {
    let mut stream = connect(callback.split('/').nth(2).unwrap());
    stream.write_all(request("GET", callback).as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[cfg(unix)]
#[test]
fn the_original_logs_in() {
    let mut provider = alone();
    let Some((running, authorization)) = original(&mut provider) else {
        return;
    };
    let page = visit(&press(&authorization, "authorize"));
    assert!(page.contains("<h1>Signed in</h1>"), "{page}");
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("login: octocat\n"), "{}", finished.stdout);
}

#[cfg(unix)]
#[test]
fn what_the_original_leaves_open_is_closed_here() {
    let mut provider = alone();

    // It takes a callback that somebody else has sent, and asks for no PKCE.
    let Some((running, authorization)) = original(&mut provider) else {
        return;
    };
    visit(&press(&authorization, "forged-state"));
    assert!(running.finish().stdout.contains("login: octocat\n"));
    let leg_1 = provider.line("leg 1: ");
    assert!(leg_1.contains("; missing: code_challenge") && leg_1.contains("; missing: state"));

    // It claims a success that does not happen.
    let (running, authorization) = original(&mut provider).unwrap();
    let page = visit(&press(&authorization, "used-code"));
    assert!(page.contains("<h1>Signed in</h1>"), "{page}");
    assert_ne!(running.finish().code, Some(0));

    // It waits for ever where the person has said no: another answer is still taken.
    let (mut running, authorization) = original(&mut provider).unwrap();
    visit(&press(&authorization, "cancel"));
    assert!(running.is_running());
    visit(&press(&authorization, "authorize"));
    assert_eq!(running.finish().code, Some(0));

    // And here, pressed in the same order.
    let mut provider = alone();
    for (button, status) in [("forged-state", 400), ("used-code", 502), ("cancel", 403)] {
        let mut running = Program::of_the_provider(&mut provider).start();
        let authorization = running.authorization();
        assert_eq!(get(&press(&authorization, button)).status, status);
        match button {
            "forged-state" => assert!(running.is_running()),
            _ => running.finish().failed_with("refused"),
        }
        let leg_1 = provider.line("leg 1: ");
        assert!(!leg_1.contains("missing"), "{leg_1}");
    }
}
