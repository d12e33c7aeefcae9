//! Behind the endpoints: whatever legs 3 and 4 are answered, the login ends with one clear line and
//! no secret.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::ask::client::{Client, Method};
use bare_oauth::ask::trace::Trace;
use bare_oauth::error::{Error, Leg};
use bare_oauth::setup::cli::Options;
use bare_oauth::setup::config::Config;
use bare_oauth::setup::limits::Limits;
use bare_oauth::wire::url::Endpoint;

use crate::support::{
    CLIENT_SECRET, CODE, FORM, Finished, HTML, JSON, PATIENCE, Page, Program, Provider, Reply,
    TOKEN, quiet_port, reply,
};

fn log_in_at(provider: &Provider) -> (Page, Finished) {
    Program::at(provider, &[]).log_in()
}

/// The tab and the terminal both say that the login failed, and why; no secret is on either.
fn fails(provider: &Provider, error: &str) -> Finished {
    let (page, finished) = log_in_at(provider);
    finished.failed_with(error);
    assert_eq!(page.status, 502, "{error}");
    page.is_safe();
    assert!(page.body.contains("<h1>Not signed in</h1>"), "{}", page.body);
    for secret in [CLIENT_SECRET, CODE, TOKEN] {
        assert!(!page.body.contains(secret), "{}", page.body);
    }
    finished
}

fn token_fails(token: Reply, error: &str) {
    let provider = Provider::start(token, Provider::profile());
    fails(&provider, &format!("leg 3, the token request, {error}"));
    let leg_4 = provider.requests().into_iter().find(|request| request.starts_with("GET "));
    assert_eq!(leg_4, None, "leg 4 was not begun");
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
        "was refused: `incorrect_client_credentials` (Not good.): check `CLIENT_ID` and `CLIENT_SECRET`",
    );
    token_fails(
        reply(400, FORM, "error=redirect_uri_mismatch&error_description=Not+good."),
        "was refused: `redirect_uri_mismatch` (Not good.): set `REDIRECT_URI` to the callback URL that is registered for the app",
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
        "was refused: `e\\u001b[31m` (c0de… (21 characters) … (20 characters) \\u202eaaa",
    );
    assert!(finished.error().ends_with("a…)"), "{}", finished.error());
    // A profile's message could echo the token.
    user_fails(
        reply(404, JSON, &format!(r#"{{"message":"no {TOKEN} here"}}"#)),
        "was answered with `404` (the provider says: no gho_… (40 characters) here): check `USER_URL`",
    );
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
        finished.succeeded();
        finished.shows_no_secret();
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
            "was answered with JSON that is broken or nested more than 127 levels deep: check `TOKEN_URL`",
        );
        user_fails(
            bottomless(open),
            "was answered with JSON that is broken or nested more than 127 levels deep: check `USER_URL`",
        );
    }
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        let members = format!(r#""access_token":"{TOKEN}","token_type":"bearer""#);
        reply(200, JSON, &format!("{{{members},\"x\":{open}{close}}}"))
    };
    log_in_at(&Provider::start(nested(127), nested(127))).1.succeeded();
    let error =
        "was answered with JSON that is broken or nested more than 127 levels deep: check `";
    token_fails(nested(128), &format!("{error}TOKEN_URL`"));
    user_fails(nested(128), &format!("{error}USER_URL`"));

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
        Reply::Bytes(
            format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 500\r\n\r\n{body}").into_bytes(),
        )
    };
    let token = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    for broken in [
        short(&token),
        Reply::Reset,
        Reply::Bytes(Vec::new()),
        Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
    ] {
        token_fails(broken.clone(), "got no usable answer from `http://127.0.0.1:");
        user_fails(broken, "got no usable answer from `http://127.0.0.1:");
    }
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 1"[..],
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 2000 OK\r\n\r\n",
    ] {
        token_fails(Reply::Bytes(bytes.to_vec()), "got no usable answer from `http://127.0.0.1:");
    }
}

#[test]
fn a_refused_connection_and_an_unknown_host_are_told() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, quiet_port()));
    for (variable, leg) in
        [("TOKEN_URL", "leg 3, the token request"), ("USER_URL", "leg 4, the profile request")]
    {
        for (url, cause) in [
            (format!("http://{free}/a?b=c"), "refused"),
            ("https://no-such-host.invalid/a".to_owned(), "lookup"),
        ] {
            let provider = Provider::friendly();
            let (page, finished) = Program::at(&provider, &[]).env(variable, &url).log_in();
            assert_eq!(page.status, 502);
            let endpoint = url.split('?').next().unwrap();
            finished.failed_with(&format!(
                "{leg}, got no usable answer from `{endpoint}`: check `{variable}`, the network and the proxy variables: "
            ));
            assert!(finished.error().contains(cause), "{}", finished.error());
        }
    }
}

/// Leg 4 as the program goes it, with shorter limits and through this proxy.
fn fetch(url: &str, proxy: &str, limits: Limits) -> (Error, Duration) {
    let endpoint = Endpoint::parse(url).unwrap();
    let variables = |name: &str| match name {
        "CLIENT_ID" | "CLIENT_SECRET" => Some(OsString::from("a")),
        "HTTPS_PROXY" => Some(OsString::from(proxy)),
        _ => None,
    };
    let mut config = Config::read(&variables, &Options::default()).unwrap();
    config.user_url = Some(endpoint.clone());
    config.limits = limits;
    let trace = Trace::new(false, false);
    let client = Client::new(&config, &variables, &trace).unwrap();
    let start = Instant::now();
    let asked = client.ask(Leg::Profile, Method::GET, &endpoint, &[], "");
    (asked.unwrap_err(), start.elapsed())
}

// The limits are 10 s and 30 s, as `src/limits.rs` asserts; here they are shorter.
const SHORT: Duration = Duration::from_millis(500);

#[test]
fn no_connection_ends_after_10_seconds_and_no_answer_after_30() {
    // A listener whose queue is full takes no connection more, and refuses none.
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = full.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&at, SHORT) {
        queue.push(stream);
    }
    let silent = Provider::start(Reply::Nothing, Reply::Nothing).url("/user");
    let connect = Limits { connect: SHORT, ..Limits::default() };
    let exchange = Limits { exchange: SHORT, ..Limits::default() };
    for (url, limits, error) in [
        (
            format!("http://{at}/user"),
            connect,
            "no connection within 10 seconds; check the network and the proxy variables",
        ),
        (silent, exchange, "it wasn't complete after 30 seconds; try again"),
    ] {
        let (said, waited) = fetch(&url, "", limits);
        let expected =
            format!("leg 4, the profile request, got no usable answer from `{url}`: {error}");
        assert_eq!(said.to_string(), expected);
        assert!((SHORT / 2..PATIENCE).contains(&waited), "{waited:?}");
    }
}

#[test]
fn a_proxy_that_answers_byte_by_byte_holds_the_login_no_longer_than_anybody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let dribble = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_nodelay(true).unwrap();
        let _ = client.read(&mut [0; 4096]).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\nX-Slow: ").unwrap();
        // Until nobody reads it any more. Each byte comes long before a read would give up.
        let end = Instant::now() + PATIENCE;
        while client.write_all(b"a").is_ok() {
            assert!(Instant::now() < end, "the login ends");
            thread::sleep(SHORT / 10);
        }
    });
    let limits = Limits { exchange: SHORT, ..Limits::default() };
    let (said, waited) = fetch("https://idp.invalid/user", &proxy, limits);
    assert!(said.to_string().ends_with("it wasn't complete after 30 seconds; try again"), "{said}");
    assert!((SHORT / 2..PATIENCE).contains(&waited), "{waited:?}");
    dribble.join().unwrap();
}

#[test]
fn redirects_are_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Provider::friendly();
        let to = |path| reply(status, &format!("Location: {}\r\n", elsewhere.url(path)), "");
        let problem = |variable| {
            format!(
                "was answered with a redirect (`{status}`), which isn't followed: correct `{variable}`"
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
