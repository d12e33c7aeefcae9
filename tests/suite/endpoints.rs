//! Behind the endpoints: whatever legs 3 and 4 are answered, the login ends with one clear line and
//! no secret.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    CLIENT_SECRET, CODE, Finished, Page, Program, Provider, Reply, TOKEN, quiet_port, reply,
};

const JSON: &str = "Content-Type: application/json\r\n";
const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";

fn log_in_at(provider: &Provider) -> (Page, Finished) {
    let mut running = Program::at(provider, &[]).start();
    let page = running.callback(&format!("code={CODE}&state=STATE"));
    (page, running.finish())
}

/// The tab and the terminal both say that the login failed, and why; no secret is on either.
fn fails(provider: &Provider, error: &str) -> Finished {
    let (page, finished) = log_in_at(provider);
    finished.failed_with(error);
    assert_eq!(page.status, 502, "{error}");
    page.is_safe();
    assert!(page.body.contains("The login failed: "), "{}", page.body);
    for secret in [CLIENT_SECRET, CODE, TOKEN] {
        assert!(!page.body.contains(secret), "{}", page.body);
    }
    finished
}

fn token_fails(token: Reply, error: &str) {
    let provider = Provider::start(token, Provider::profile());
    fails(&provider, &format!("leg 3, the token request, {error}"));
    assert!(provider.requests().len() <= 1, "leg 4 was not begun");
}

fn user_fails(user: Reply, error: &str) {
    fails(
        &Provider::start(Provider::token(), user),
        &format!("leg 4, the profile request, {error}"),
    );
}

#[test]
fn githubs_refusals_have_the_status_200_and_other_providers_4xx() {
    let body = |error: &str| {
        format!(r#"{{"error":"{error}","error_description":"Not good.","error_uri":"https://a"}}"#)
    };
    for status in [200, 400, 401, 403, 500] {
        token_fails(
            reply(status, JSON, &body("bad_verification_code")),
            "was refused: `bad_verification_code` (Not good.): a code is good once and for ten minutes; run this again",
        );
    }
    token_fails(
        reply(200, JSON, &body("incorrect_client_credentials")),
        "was refused: `incorrect_client_credentials` (Not good.): check CLIENT_ID and CLIENT_SECRET",
    );
    token_fails(
        reply(400, FORM, "error=redirect_uri_mismatch&error_description=Not+good."),
        "was refused: `redirect_uri_mismatch` (Not good.): set REDIRECT_URI to the callback URL that is registered for the app",
    );
    token_fails(reply(400, JSON, r#"{"error":"custom"}"#), "was refused: `custom`");
}

#[test]
fn what_a_provider_echoes_is_cut_short_escaped_and_freed_of_secrets() {
    let echo = format!(
        r#"{{"error":"e\u001b[31m","error_description":"{CODE} {CLIENT_SECRET} \u202e{}"}}"#,
        "a".repeat(5000)
    );
    let finished = fails(
        &Provider::start(reply(400, JSON, &echo), Provider::profile()),
        "was refused: `e\\u001b[31m` (… … \\u202eaaa",
    );
    assert!(finished.error().len() < 500, "{}", finished.error());
    // A profile's message could echo the token.
    user_fails(
        reply(404, JSON, &format!(r#"{{"message":"no {TOKEN} here"}}"#)),
        "was answered `404`: check USER_URL (it says: no … here)",
    );
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
        let mut running = Program::at(&provider, &[]).env("CLIENT_SECRET", &secret).start();
        let page = running.callback(&format!("code={CODE}&state=STATE"));
        let finished = running.finish();
        assert_eq!((page.status, finished.code), (502, Some(1)), "{}", finished.stderr);
        for shown in [&finished.stderr, &finished.stdout, &page.body] {
            for secret in [&secret, &coded, &in_json, CODE, TOKEN, "ghr_123456789", "c+d", "c%2Bd"]
            {
                assert!(!shown.contains(secret), "{secret} is in {shown}");
            }
        }
    }
}

#[test]
fn members_that_are_not_needed_may_be_anything() {
    let token = format!(
        r#"{{"access_token":"{TOKEN}","token_type":"bearer","scope":["a"],"error":null,"error_description":7,"refresh_token":[]}}"#
    );
    let (page, finished) =
        log_in_at(&Provider::start(reply(200, JSON, &token), Provider::profile()));
    assert_eq!((page.status, finished.code), (200, Some(0)), "{}", finished.stderr);
}

#[test]
fn a_token_answer_that_is_no_answer_is_told_apart() {
    for (token, error) in [
        (
            reply(500, HTML, "<h1>Oops</h1>"),
            "was answered `500`: the provider has a problem; try again later",
        ),
        (reply(404, HTML, "<h1>Oops</h1>"), "was answered `404`: check TOKEN_URL"),
        (
            reply(200, HTML, "<h1>Hello</h1>"),
            "was answered with an HTML page instead of JSON: check TOKEN_URL",
        ),
        (reply(200, JSON, ""), "was answered with an empty body: check TOKEN_URL"),
        (reply(200, "", "hello"), "was answered with something other than JSON: check TOKEN_URL"),
        (
            reply(200, JSON, "{"),
            "was answered with JSON that is broken or nested too deep: check TOKEN_URL",
        ),
        (reply(200, JSON, "[]"), "was answered with JSON that is no object: check TOKEN_URL"),
        (
            reply(200, JSON, "\"gho_t0ken0123456789abcdefghijklmnopqrstu\""),
            "was answered with JSON that is no object: check TOKEN_URL",
        ),
        (
            reply(200, JSON, r#"{"token_type":"bearer"}"#),
            "was answered without `access_token`: check TOKEN_URL",
        ),
        (
            reply(200, JSON, r#"{"access_token":"","token_type":"bearer"}"#),
            "was answered without `access_token`: check TOKEN_URL",
        ),
        (
            reply(200, JSON, r#"{"access_token":"gho_1"}"#),
            "was answered without `token_type`: check TOKEN_URL",
        ),
        (
            reply(
                200,
                JSON,
                r#"{"access_token":["gho_t0ken0123456789abcdefghijklmnopqrstu"],"token_type":"bearer"}"#,
            ),
            "was answered with JSON in which a member is no text or stands twice: check TOKEN_URL",
        ),
        (
            reply(200, JSON, r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#),
            "was answered with JSON in which a member is no text or stands twice: check TOKEN_URL",
        ),
        (
            reply(
                200,
                JSON,
                &format!(r#"{{"access_token":"{TOKEN}","token_type":"mac {TOKEN}"}}"#),
            ),
            "was answered with the token type `mac …`; only bearer tokens can be used here",
        ),
        (
            reply(200, JSON, r#"{"access_token":"gho_\r\nX-Evil: 1","token_type":"bearer"}"#),
            "was answered with an `access_token` that is not printable ASCII: nothing was sent with it",
        ),
        (
            reply(200, FORM, "access_token=a&access_token=b"),
            "was answered with a form that has a parameter twice: check TOKEN_URL",
        ),
        (
            reply(200, FORM, "access_token=%FF"),
            "was answered with a form that is not UTF-8: check TOKEN_URL",
        ),
        (
            reply(201, JSON, r#"{"access_token":"a","token_type":"bearer"}"#),
            "was answered `201`: check TOKEN_URL",
        ),
    ] {
        token_fails(token, error);
    }
}

#[test]
fn answers_without_end_or_without_a_bottom_are_refused() {
    let bottomless = |open: &str| {
        reply(
            200,
            JSON,
            &format!(r#"{{"access_token":"a","token_type":"bearer","x":{}"#, open.repeat(100_000)),
        )
    };
    for open in ["[", r#"{"x":"#] {
        token_fails(
            bottomless(open),
            "was answered with JSON that is broken or nested too deep: check TOKEN_URL",
        );
        user_fails(
            bottomless(open),
            "was answered with JSON that is broken or nested too deep: check USER_URL",
        );
    }
    let nested = format!(
        r#"{{"access_token":"a","token_type":"bearer","x":{}{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    token_fails(
        reply(200, JSON, &nested),
        "was answered with JSON that is broken or nested too deep: check TOKEN_URL",
    );
    user_fails(
        reply(200, JSON, &nested),
        "was answered with JSON that is broken or nested too deep: check USER_URL",
    );

    let blanks =
        |length: &str| Reply::Blanks(format!("HTTP/1.1 200 OK\r\n{JSON}{length}\r\n").into_bytes());
    for length in ["", "Content-Length: 188743680\r\n"] {
        token_fails(blanks(length), "got no usable answer from `http://127.0.0.1:");
        user_fails(blanks(length), "got no usable answer from `http://127.0.0.1:");
    }
}

#[test]
fn a_long_token_and_a_long_head_are_taken_and_what_is_longer_is_told() {
    let headers = format!("{JSON}X-Long: {}\r\n", "x".repeat(60_000));
    for (length, code) in [(30_000, 0), (60_000, 1)] {
        let token = "t".repeat(length);
        let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
        let user = reply(200, &headers, r#"{"login":"mona"}"#);
        let (_, finished) = log_in_at(&Provider::start(reply(200, &headers, &body), user));
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        if code == 1 {
            finished.failed_with("leg 4, the profile request, got no usable answer");
        }
    }
}

#[test]
fn a_body_of_a_mebibyte_is_read() {
    let padded =
        |body: &str| reply(200, JSON, &format!("{body}{}", " ".repeat((1 << 20) - body.len())));
    let token = padded(&format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#));
    let (page, finished) = log_in_at(&Provider::start(token, padded(r#"{"login":"mona"}"#)));
    assert_eq!(
        (page.status, finished.code, finished.stdout.as_str()),
        (200, Some(0), "login: mona\n")
    );
}

#[test]
fn broken_connections_are_told() {
    let short = |body: &str| {
        Reply::Octets(
            format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 500\r\n\r\n{body}").into_bytes(),
        )
    };
    let token = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    for broken in [
        short(&token),
        Reply::Reset,
        Reply::Octets(Vec::new()),
        Reply::Octets(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
    ] {
        token_fails(broken.clone(), "got no usable answer from `http://127.0.0.1:");
        user_fails(broken, "got no usable answer from `http://127.0.0.1:");
    }
    for octets in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 1"[..],
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 2000 OK\r\n\r\n",
    ] {
        token_fails(Reply::Octets(octets.to_vec()), "got no usable answer from `http://127.0.0.1:");
    }
}

#[test]
fn a_refused_connection_and_an_unknown_host_are_told() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, quiet_port()));
    for (variable, leg) in
        [("TOKEN_URL", "leg 3, the token request"), ("USER_URL", "leg 4, the profile request")]
    {
        for (url, cause) in [
            (format!("http://{free}/a?b=c"), "Connection refused"),
            ("https://no-such-host.invalid/a".to_owned(), "lookup"),
        ] {
            let provider = Provider::friendly();
            let mut running = Program::at(&provider, &[]).env(variable, &url).start();
            let page = running.callback(&format!("code={CODE}&state=STATE"));
            assert_eq!(page.status, 502);
            let finished = running.finish();
            let endpoint = url.split('?').next().unwrap();
            finished.failed_with(&format!(
                "{leg}, got no usable answer from `{endpoint}`: check {variable}, the network and the proxy variables: "
            ));
            assert!(finished.error().contains(cause), "{}", finished.error());
        }
    }
}

#[test]
fn no_connection_ends_after_10_seconds_and_no_answer_after_30() {
    // A listener whose queue is full takes no connection more, and refuses none.
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = full.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&at, Duration::from_millis(300)) {
        queue.push(stream);
    }
    let no_connection = thread::spawn(move || {
        let provider = Provider::friendly();
        let url = format!("http://{at}/token");
        let mut running = Program::at(&provider, &[]).env("TOKEN_URL", &url).start();
        let start = Instant::now();
        running.callback(&format!("code={CODE}&state=STATE"));
        running.finish().failed_with(&format!(
            "leg 3, the token request, got no usable answer from `{url}`: no connection in 10 seconds; \
             check the network and the proxy variables"
        ));
        assert!((9..14).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    });
    let silent = [(Reply::Nothing, Provider::profile(), 3), (Provider::token(), Reply::Nothing, 4)];
    let tests = silent.map(|(token, user, leg)| {
        thread::spawn(move || {
            let start = Instant::now();
            let finished = fails(
                &Provider::start(token, user),
                "the exchange was not complete after 30 seconds; try again",
            );
            assert!(finished.error().starts_with(&format!("leg {leg}, ")), "{}", finished.error());
            assert!((29..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
        })
    });
    for test in tests.into_iter().chain([no_connection]) {
        test.join().unwrap();
    }
    drop(queue);
}

#[test]
fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Provider::friendly();
        let to = |path| reply(status, &format!("Location: {}\r\n", elsewhere.url(path)), "");
        let problem = |variable| {
            format!(
                "was answered with a redirect (`{status}`), which is not followed: correct {variable}"
            )
        };
        token_fails(to("/token"), &problem("TOKEN_URL"));
        user_fails(to("/user"), &problem("USER_URL"));
        assert_eq!(elsewhere.requests(), [] as [String; 0]);
    }
}

#[test]
fn a_form_is_understood_as_githubs_default_is() {
    let form = format!(
        "access_token={TOKEN}&expires_in=28800&refresh_token=ghr_1&scope=read%3Auser%2Cgist&token_type=bearer"
    );
    for kind in [FORM, "Content-Type: text/plain\r\n", ""] {
        let (page, finished) =
            log_in_at(&Provider::start(reply(200, kind, &form), Provider::profile()));
        assert_eq!((page.status, finished.code), (200, Some(0)), "{}", finished.stderr);
        finished.shows_no_secret();
    }
}

#[test]
fn a_profile_answer_that_is_no_profile_is_told_apart() {
    for (user, error) in [
        (
            reply(401, JSON, r#"{"message":"Bad credentials"}"#),
            "was answered `401`: the token is not accepted there; check that USER_URL and TOKEN_URL belong together",
        ),
        (reply(403, HTML, "<h1>No</h1>"), "was answered `403`: check USER_URL"),
        (
            reply(403, JSON, r#"{"message":"Resource not accessible"}"#),
            "was answered `403`: check USER_URL (it says: Resource not accessible)",
        ),
        (
            reply(404, JSON, r#"{"message":"Not Found"}"#),
            "was answered `404`: check USER_URL (it says: Not Found)",
        ),
        (reply(500, HTML, ""), "was answered `500`: the provider has a problem; try again later"),
        (
            reply(200, HTML, "<h1>Hello</h1>"),
            "was answered with an HTML page instead of JSON: check USER_URL",
        ),
        (reply(200, JSON, ""), "was answered with an empty body: check USER_URL"),
        (reply(200, JSON, "[{}]"), "was answered with JSON that is no object: check USER_URL"),
        (reply(200, JSON, "null"), "was answered with JSON that is no object: check USER_URL"),
        (
            reply(200, JSON, "{\"login\":\"\u{7}\"}"),
            "was answered with JSON that is broken or nested too deep: check USER_URL",
        ),
        (reply(204, "", ""), "was answered `204`: check USER_URL"),
    ] {
        user_fails(user, error);
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
        fails(&Provider::start(Provider::token(), user), error);
    }
}
