//! Connections to the endpoints: broken, refused, silent, slow or without end; and redirects.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::ask::client::Client;
use bare_oauth::ask::request::Request;
use bare_oauth::ask::trace::Trace;
use bare_oauth::error::{Error, Leg};
use bare_oauth::setup::cli::Options;
use bare_oauth::setup::config::Config;
use bare_oauth::setup::limits::Limits;
use bare_oauth::setup::proxy::Destination;
use bare_oauth::wire::url::Endpoint;

#[cfg(target_os = "linux")]
use crate::support::tls::{TlsServer, certificates};
use crate::support::{
    FORM, JSON, PATIENCE, Program, Provider, Reply, TOKEN, assert_leg_3_fails, assert_leg_4_fails,
    assert_login_fails, free_port, program, reply,
};
#[cfg(target_os = "linux")]
use crate::support::{Folder, GRANTED, get};

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
        assert_leg_3_fails(
            bottomless(open),
            "was answered with JSON that is nested more than 127 levels deep: check `TOKEN_URL`",
        );
        assert_leg_4_fails(
            bottomless(open),
            "was answered with JSON that is nested more than 127 levels deep: check `USER_URL`",
        );
    }
    let nested = |levels: usize| {
        let open = "[".repeat(levels - 1);
        let close = "]".repeat(levels - 1);
        let members = format!(r#""access_token":"{TOKEN}","token_type":"bearer""#);
        reply(200, JSON, &format!("{{{members},\"x\":{open}{close}}}"))
    };
    Program::at(&Provider::start(nested(127), nested(127)), &[]).log_in().1.assert_success();
    let error = "was answered with JSON that is nested more than 127 levels deep: check `";
    assert_leg_3_fails(nested(128), &format!("{error}TOKEN_URL`"));
    assert_leg_4_fails(nested(128), &format!("{error}USER_URL`"));
    let members =
        |count: usize| reply(200, JSON, &format!("{{\"\":0{}}}", ",\"\":0".repeat(count - 1)));
    let error = "was answered with JSON with more than 10,000 members: check `";
    assert_leg_3_fails(members(10_001), &format!("{error}TOKEN_URL`"));
    assert_leg_4_fails(members(10_001), &format!("{error}USER_URL`"));

    let blanks =
        |length: &str| Reply::Blanks(format!("HTTP/1.1 200 OK\r\n{JSON}{length}\r\n").into_bytes());
    for length in ["", "Content-Length: 188743680\r\n"] {
        assert_leg_3_fails(blanks(length), "got no usable answer from `http://127.0.0.1:");
        assert_leg_4_fails(blanks(length), "got no usable answer from `http://127.0.0.1:");
    }
}

#[test]
fn a_long_token_and_a_long_head_are_taken_and_what_is_longer_is_told() {
    let headers = format!("{JSON}X-Long: {}\r\n", "x".repeat(60_000));
    for (length, code) in [(30_000, 0), (60_000, 1)] {
        let token = "t".repeat(length);
        let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
        let user = reply(200, &headers, r#"{"login":"mona"}"#);
        let (_, finished) =
            Program::at(&Provider::start(reply(200, &headers, &body), user), &[]).log_in();
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        if code == 1 {
            finished.assert_failure(
                "the request can't be sent, because the access token has more than 32,000 bytes: ask for fewer scopes",
            );
        }
    }
}

#[test]
fn a_body_of_a_mebibyte_is_read() {
    let padded =
        |body: &str| reply(200, JSON, &format!("{body}{}", " ".repeat((1 << 20) - body.len())));
    let token = padded(&format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#));
    let (page, finished) =
        Program::at(&Provider::start(token, padded(r#"{"login":"mona"}"#)), &[]).log_in();
    assert_eq!(
        (page.status, finished.code, finished.stdout.as_str()),
        (200, Some(0), "login: mona\n")
    );
}

#[test]
fn broken_connections_are_told() {
    let token = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let short = format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 500\r\n\r\n{token}");
    for (broken, why) in [
        (Reply::Bytes(short.into_bytes()), "the answer was cut short: try again"),
        (Reply::Reset, "it closed the connection without an answer: check `"),
        (Reply::Bytes(Vec::new()), "it closed the connection without an answer: check `"),
        (
            Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
            "the answer isn't HTTP, or its head has too many lines: check `",
        ),
        (
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 1".to_vec()),
            "the answer was cut short",
        ),
        (
            Reply::Bytes(b"\x16\x03\x01\x02\x00".to_vec()),
            "the answer isn't HTTP, or its head has too many lines: check `",
        ),
        (
            Reply::Bytes(b"HTTP/1.1 2000 OK\r\n\r\n".to_vec()),
            "the answer isn't HTTP, or its head has too many lines: check `",
        ),
        (
            Reply::Bytes(
                format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000)).into_bytes(),
            ),
            "the answer's head is longer than 64 KiB: check `",
        ),
    ] {
        let provider = Provider::start(broken.clone(), Provider::profile());
        let finished = assert_login_fails(
            &provider,
            "leg 3, the token request, got no usable answer from `http://",
        );
        assert!(finished.error().contains(why), "{}", finished.error());
        let provider = Provider::start(Provider::token(), broken);
        let finished = assert_login_fails(
            &provider,
            "leg 4, the profile request, got no usable answer from `http://",
        );
        assert!(finished.error().contains(why), "{}", finished.error());
    }
}

/// A form that ends with its connection, and could end anywhere.
fn form_without_a_length() -> String {
    format!("HTTP/1.1 200 OK\r\n{FORM}\r\ntoken_type=bearer&access_token={}", &TOKEN[..10])
}

#[test]
fn a_form_that_ends_in_a_reset_is_no_answer() {
    let cut = Reply::CutByReset(form_without_a_length().into_bytes());
    assert_leg_3_fails(cut.clone(), "got no usable answer from `http://127.0.0.1:");
    let (_, finished) =
        Program::at(&Provider::start(cut, Provider::profile()), &["--token"]).log_in();
    finished.assert_failure("the answer was cut short: try again");
    assert!(!finished.stderr.contains(&TOKEN[..10]), "{}", finished.stderr);

    // An end is an end: RFC 9112 §6.3, point 8.
    let whole = Reply::Bytes(form_without_a_length().into_bytes());
    let (_, finished) =
        Program::at(&Provider::start(whole, Provider::profile()), &["--token"]).log_in();
    finished.assert_success();
    assert_eq!(finished.stdout, format!("{}\n", &TOKEN[..10]));
}

#[test]
fn a_refused_connection_and_an_unknown_host_are_told() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    for (variable, leg) in
        [("TOKEN_URL", "leg 3, the token request"), ("USER_URL", "leg 4, the profile request")]
    {
        for (url, why) in [
            (format!("http://{free}/a?b=c"), "it can't be reached"),
            ("https://no-such-host.invalid/a".to_owned(), "its host name can't be looked up"),
        ] {
            let provider = Provider::friendly();
            let (page, finished) = Program::at(&provider, &[]).env(variable, &url).log_in();
            assert_eq!(page.status, 502);
            let endpoint = url.split('?').next().unwrap();
            finished.assert_failure(&format!(
                "{leg}, got no usable answer from `{endpoint}`: {why}: check `{variable}`, the network, `HTTPS_PROXY` and `ALL_PROXY`: "
            ));
        }
    }
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
        assert_leg_3_fails(to("/token"), &problem("TOKEN_URL"));
        assert_leg_4_fails(to("/user"), &problem("USER_URL"));
        assert_eq!(elsewhere.requests(), [] as [String; 0]);
    }
}

// The program's limits are 10 s and 30 s (`src/setup/limits.rs`); here they are shorter.
const SHORT: Duration = Duration::from_millis(500);

/// Leg 4 as the program goes it, with shorter limits and through this proxy.
fn fetch(url: &str, proxy: &str, limits: Limits) -> (Error, Duration) {
    let endpoint = Endpoint::parse(url).unwrap();
    let variables = |name: &str| match name {
        "CLIENT_ID" | "CLIENT_SECRET" => Some(OsString::from("a")),
        "HTTPS_PROXY" => Some(OsString::from(proxy)),
        _ => None,
    };
    let mut config = Config::read(&variables, &Options::default()).unwrap();
    let destination = Destination::new(endpoint, &variables).unwrap();
    config.limits = limits;
    let client = Client::new(&config, &Trace::default());
    let start = Instant::now();
    let asked = client.send(&Request::get(Leg::Profile, &destination));
    (asked.unwrap_err(), start.elapsed())
}

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
            "no connection within 10 seconds: check the network, `HTTPS_PROXY` and `ALL_PROXY`",
        ),
        (silent, exchange, "the answer wasn't complete after 30 seconds: try again"),
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
    let why = format!("the proxy `{proxy}` hadn't connected after 30 seconds: try again");
    assert!(said.to_string().contains(&why), "{said}");
    assert!((SHORT / 2..PATIENCE).contains(&waited), "{waited:?}");
    dribble.join().unwrap();
}

/// A listener on this address whose queue is full: it takes no connection more, and refuses none.
#[cfg(target_os = "linux")]
fn lead_nowhere(address: SocketAddr) -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind(address).unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, SHORT / 2) {
        queue.push(stream);
    }
    (listener, queue)
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs openssl and unshare"]
fn eight_addresses_that_lead_nowhere_and_one_that_answers_are_a_login_within_3_seconds() {
    // With a hosts file of this test's own.
    let inside = "INSIDE_THE_NAMESPACE";
    if std::env::var_os(inside).is_none() {
        let folder = Folder::new("hosts");
        let mut names = String::from("127.0.0.1 localhost\n");
        for last in [2, 3, 4, 5, 6, 7, 8, 9, 200] {
            names += &format!("127.0.0.{last} idp.invalid\n");
        }
        std::fs::write(folder.join("hosts"), names).unwrap();
        let status = std::process::Command::new("unshare")
            .args(["-rm", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""])
            .arg(folder.file("hosts"))
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg(thread::current().name().unwrap())
            .env(inside, "1")
            .status()
            .expect("unshare is installed");
        assert!(status.success());
        return;
    }
    let folder = certificates("nowhere");
    let servers = [TlsServer::start(&folder), TlsServer::start(&folder)];
    let ports = [servers[0].port, servers[1].port];
    let mut nowhere = Vec::new();
    for port in ports {
        for last in 2..=9 {
            nowhere.push(lead_nowhere(SocketAddr::from(([127, 0, 0, last], port))));
        }
        forward(SocketAddr::from(([127, 0, 0, 200], port)), port);
    }
    let [token, user] = servers;
    token.answer("POST /token", &Provider::token());
    user.answer("GET /user", &Provider::profile());
    let mut running = Program::at(&Provider::friendly(), &[])
        .env("TOKEN_URL", &format!("https://idp.invalid:{}/token", ports[0]))
        .env("USER_URL", &format!("https://idp.invalid:{}/user", ports[1]))
        .env("SSL_CERT_FILE", &folder.file("ca.pem"))
        .start();
    let authorization = running.wait_for_authorization();
    let start = Instant::now();
    get(&authorization.callback(GRANTED));
    running.finish().assert_success();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// Leads one connection on to the same port at 127.0.0.1.
#[cfg(target_os = "linux")]
fn forward(from: SocketAddr, port: u16) {
    let listener = TcpListener::bind(from).unwrap();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let mut client_again = client.try_clone().unwrap();
        let mut server_again = server.try_clone().unwrap();
        thread::spawn(move || std::io::copy(&mut client_again, &mut server_again));
        std::io::copy(&mut server, &mut client).unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes 10 s"]
fn a_mebibyte_that_is_made_to_cost_takes_no_more_than_32_mebibytes() {
    let members = format!(r#""access_token":"{TOKEN}","token_type":"bearer""#);
    let full = |begin: &str, piece: &str, end: &str| {
        let count = ((1 << 20) - begin.len() - end.len()) / piece.len();
        format!("{begin}{}{end}", piece.repeat(count))
    };
    for (body, code) in [
        (full(&format!(r#"{{{members},"x":[0"#), ",0", "]}"), 0),
        (full(&format!(r#"{{{members},"scope":["a""#), r#","""#, "]}"), 0),
        (full(&format!(r#"{{{members},"error_description":""#), TOKEN, r#""}"#), 0),
        (full(&format!("{{{members}"), r#","":0"#, "}"), 1),
        (full(r#"{"errors":["a""#, r#","a""#, "]}"), 1),
        (
            full(
                &format!("{}\"", r#"{"error":"#.repeat(120)),
                "a",
                &format!("\"{}", "}".repeat(120)),
            ),
            1,
        ),
    ] {
        let provider = Provider::start(reply(200, "", &body), reply(200, "", &body));
        // The program itself needs 6 MiB, most of them for the stacks of its threads.
        let limited = format!("ulimit -d {}; exec \"$0\" --explain", (32 + 6) * 1024);
        let program = Program::at(&provider, &[]).through("/bin/sh", &["-c", &limited, &program()]);
        let (_, finished) = program.env("SCOPE", "read:user").log_in();
        let begin = &body[..60];
        assert_eq!(finished.code, Some(code), "{begin}");
        assert!(
            !finished.stderr.contains("panicked") && !finished.stderr.contains(TOKEN),
            "{begin}"
        );
    }
}
