//! Requests at the callback port: which of them brings the login, and how the others are answered.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use crate::support::{
    CODE, GRANTED, Page, Program, Provider, accept, assert_login, connect, get, read, request,
    send, start_waiting,
};

#[test]
fn a_request_for_anything_else_is_answered_and_waited_past() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let url = authorization.callback(GRANTED);
    let at = authorization.address();
    for (request, status) in [
        (request("GET", &format!("http://{at}/favicon.ico")), 404),
        (request("GET", &format!("http://{at}/")), 404),
        (request("GET", &url.replace("/callback", "/Callback")), 404),
        (request("GET", &url.replace("/callback", "/callback/")), 404),
        (request("GET", &url.replace("/callback", "//callback")), 404),
        (request("POST", &format!("http://{at}/favicon.ico")), 404),
        (request("POST", &url), 405),
        (request("OPTIONS", &url), 405),
        (request("HEAD", &url), 405),
        (request("get", &url), 405),
        (format!("OPTIONS * HTTP/1.1\r\nHost: {at}\r\n\r\n"), 400),
        (format!("CONNECT {at} HTTP/1.1\r\nHost: {at}\r\n\r\n"), 400),
    ] {
        let page = send(at, request.as_bytes());
        assert_eq!(page.status, status, "{request}");
        page.assert_safe();
        assert_eq!(page.header("allow"), (status == 405).then_some("GET"));
        assert_eq!(page.body.is_empty(), request.starts_with("HEAD"), "{request}");
    }
    let stderr = assert_login(running, &authorization, &provider);
    // On the callback's path: POST, OPTIONS and get. HEAD is a link preview, and told to nobody.
    let posted = "Ignored a callback: it came as a form (POST), but this port reads the URL (GET). \
                  If the provider sent it, take `response_mode` out of AUTH_URL, and run this again.";
    let remark = "Ignored a callback: it must be fetched with GET.";
    let remarks: Vec<_> = stderr.lines().filter(|line| line.starts_with("Ignored")).collect();
    assert_eq!(remarks, [posted, remark, remark], "{stderr}");
}

#[test]
fn forgeries_are_answered_counted_once_and_waited_past() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let state = authorization.parameter("state").to_owned();
    let recased: String = state
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let forged = [
        String::new(),
        "state=".to_owned(),
        format!("state={}", &state[..42]),
        format!("state={state}A"),
        format!("state={state}%00"),
        format!("state={recased}"),
        format!("state={state}&state={state}"),
        format!("state=guess&state={state}"),
        format!("STATE={state}"),
    ];
    let mut reasons = Vec::new();
    let mut ignored = 0;
    for state in &forged {
        for answer in [
            "code=evil-0123456789abcdef",
            "error=access_denied",
            "error=server_error&error_description=evil-desc",
        ] {
            let page =
                get(&authorization
                    .callback(&format!("{answer}&{state}").replace("STATE=", "State=")));
            assert_eq!(page.status, 400, "{answer}&{state}");
            page.assert_safe();
            assert!(
                !page.body.contains("evil")
                    && !page.body.contains(&authorization.parameter("state")[..20]),
                "{}",
                page.body
            );
            ignored += 1;
            reasons.push(match state {
                state if state.is_empty() || state == "state=" => "it has no state",
                state if state.contains('&') => "it has a parameter twice",
                state if state.starts_with("STATE") => "it has no state",
                _ => "its state isn't the one this login sent",
            });
        }
    }
    // Each is said with its reason, up to eight; then they are only counted.
    let stderr = assert_login(running, &authorization, &provider);
    let said: Vec<_> = stderr.lines().filter(|line| line.starts_with("Ignored")).collect();
    let first = reasons[..8].iter().map(|reason| format!("Ignored a callback: {reason}."));
    let count = format!("Ignored {ignored} callbacks in all.");
    assert_eq!(said, first.chain([count]).collect::<Vec<_>>());
}

// The whole tables stand in `src/protocol/callback.rs` and `src/wire/request/tests.rs`.
#[test]
fn malformed_callbacks_are_refused_even_with_the_right_state() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    for query in [
        "state=STATE",
        "state=STATE&code=a&code=b",
        "state=STATE&code=a%0D%0AX:%20b",
        "state=STATE&code=%FF",
        "state=STATE&code=%C3%28",
    ] {
        assert_eq!(get(&authorization.callback(query)).status, 400, "{query}");
    }
    assert_login(running, &authorization, &provider);
}

#[test]
fn escaped_names_and_values_and_unknown_parameters_are_understood() {
    for query in [
        "c%6Fde=c%30de-0123456789abcdef&%73tate=STATE&error=&unknown=1&unknown=2",
        "&&state=STATE&&code=c0de-0123456789abcdef&",
    ] {
        let provider = Provider::friendly();
        let (running, authorization) = start_waiting(&provider);
        assert_eq!(get(&authorization.callback(query)).status, 200);
        running.finish().assert_success();
        assert!(provider.requests()[0].contains("&code=c0de-0123456789abcdef&"));
    }
}

#[test]
fn malformed_requests_are_refused_and_nothing_of_them_comes_back() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let at = authorization.address();
    let target = authorization.callback(GRANTED).replace(&format!("http://{at}"), "");
    let line = |line: &str| {
        format!("{}\r\nHost: {at}\r\n\r\n", line.replace("TARGET", &target)).into_bytes()
    };
    let with = |header: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: {at}\r\n{header}\r\n\r\n").into_bytes()
    };
    for (bytes, status) in [
        (line("GET  TARGET HTTP/1.1"), 400),
        (line("GET TARGET&evil=a b HTTP/1.1"), 400),
        (line("GET TARGET HTTP/2.0"), 505),
        (line("G\u{1b}T TARGET HTTP/1.1"), 400),
        (line("GET TARGET#evil HTTP/1.1"), 400),
        (line("GET https://a TARGET HTTP/1.1"), 400),
        (with("evil"), 400),
        (with("evil: a\0b"), 400),
        (with("Host: evil"), 400),
        (format!("GET {target} HTTP/1.1\r\n\r\n").into_bytes(), 400),
        (format!("GET /{} HTTP/1.1\r\n", "evil".repeat(2048)).into_bytes(), 414),
        (with(&format!("A: {}", "evil".repeat(16 * 1024))), 431),
        (with(&"evil: a\r\n".repeat(8000)), 431),
        (with("Content-Length: evil"), 400),
        (with("Transfer-Encoding: chunked"), 400),
        (b"\xff\xfe\xfd\r\n\r\n".to_vec(), 400),
        (b"SSH-2.0-evil\r\n\r\n".to_vec(), 400),
        (b"\r\r\r\n\r\n\r\n".to_vec(), 400),
    ] {
        let shown = String::from_utf8_lossy(&bytes).chars().take(80).collect::<String>();
        let mut stream = connect(at);
        // A refusal may come before the last byte is written.
        let _ = stream.write_all(&bytes);
        stream.shutdown(Shutdown::Write).unwrap_or_default();
        let page = read(&mut stream);
        assert_eq!(page.status, status, "{shown:?}");
        page.assert_safe();
        for echoed in ["evil", CODE, "c0de", authorization.parameter("state")] {
            assert!(
                !page.body.contains(echoed) && !page.headers.contains(echoed),
                "{shown:?}: {page:?}"
            );
        }
    }
    assert_login(running, &authorization, &provider);
}

#[test]
fn what_rfc_9112_lets_pass_brings_the_callback() {
    for shape in [
        "GET TARGET HTTP/1.0\r\n\r\n",
        "GET TARGET HTTP/1.1\nHost: AT\n\n",
        "\r\n\n\r\nGET TARGET HTTP/1.1\r\nHost: AT\r\n\r\n",
        "GET http://ATTARGET HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
        "GET HTTP://localhost:1TARGET HTTP/1.1\r\nHost:\r\n\r\n",
        "GET TARGET HTTP/1.1\r\nHost: AT\r\nContent-Length: 4\r\n\r\nbody and more",
        // All ports of `localhost` share their cookies.
        &format!("GET TARGET HTTP/1.1\r\nHost: AT\r\nCookie: {}\r\n\r\n", "a=b; ".repeat(8192)),
    ] {
        let provider = Provider::friendly();
        let (running, authorization) = start_waiting(&provider);
        let at = authorization.address();
        let target = authorization.callback(GRANTED).replace(&format!("http://{at}"), "");
        // The address first: two letters may well stand in a random state.
        let bytes = shape.replace("AT", at).replace("TARGET", &target);
        assert_eq!(send(at, bytes.as_bytes()).status, 200, "{shape:?}");
        running.finish().assert_success();
    }
}

#[test]
fn a_truncated_head_is_refused_and_a_silent_connection_just_closed() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let whole = request("GET", &authorization.callback(GRANTED));
    for end in [1, 3, 20, whole.len() - 2, whole.len() - 1] {
        let mut stream = connect(authorization.address());
        stream.write_all(&whole.as_bytes()[..end]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read(&mut stream).status, 400, "{end}");
    }
    let mut stream = connect(authorization.address());
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_login(running, &authorization, &provider);
}

#[test]
fn a_second_callback_is_told_so_and_exchanged_nothing() {
    // The token endpoint holds leg 3 open until the second callback has been answered.
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let gate_url = format!("http://{}/token", gate.local_addr().unwrap());
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).env("TOKEN_URL", &gate_url).start();
    let authorization = running.wait_for_authorization();
    let url = authorization.callback(GRANTED);
    let at = authorization.address();
    let others = [
        (request("GET", &format!("http://{at}/favicon.ico")), 404),
        (request("GET", &authorization.callback("code=a&state=wrong")), 400),
        (request("GET", &url).replace("Accept:", "Sec-Purpose: prefetch\r\nAccept:"), 503),
        (request("GET", &url).replace("HTTP/1.1", "HTTP/1.1 "), 400),
    ];
    for (other, status) in &others {
        let page = send(at, other.as_bytes());
        assert_eq!(page.status, *status, "{other}");
        assert!(page.body.contains("bare-oauth is still waiting"), "{}", page.body);
    }
    let first = thread::spawn({
        let url = url.clone();
        move || get(&url)
    });
    let mut leg_3 = accept(&gate);
    for (other, status) in &others {
        let page = send(at, other.as_bytes());
        assert_eq!(page.status, *status, "{other}");
        assert!(!page.body.contains("waiting"), "{}", page.body);
    }
    for query in [
        format!("code={CODE}&state=STATE"),
        "code=other&state=STATE".to_owned(),
        "error=access_denied&state=STATE".to_owned(),
    ] {
        let page: Page = get(&authorization.callback(&query));
        assert_eq!(page.status, 409);
        page.assert_safe();
        assert!(!page.body.contains("waiting"), "{}", page.body);
        assert!(page.body.contains("already being completed in another tab"), "{}", page.body);
    }
    let body = r#"{"access_token":"gho_0123456789","token_type":"bearer"}"#;
    write!(leg_3, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    assert_eq!(first.join().unwrap().status, 200);
    let finished = running.finish();
    finished.assert_success();
    assert!(
        !finished.stderr.contains("callbacks in all"),
        "a reload is no forgery: {}",
        finished.stderr
    );
    gate.set_nonblocking(true).unwrap();
    assert!(gate.accept().is_err(), "one exchange, not more");
    assert_eq!(provider.requests().len(), 1);
}

#[test]
fn a_browser_that_insists_on_https_is_explained_once() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).start();
    let authorization = running.wait_for_authorization();
    for _ in 0..3 {
        let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        assert_eq!(send(authorization.address(), hello).status, 400);
    }
    running.wait_for("A browser insists on HTTPS, but this port speaks HTTP. Register the callback URL with the host 127.0.0.1");
    let stderr = assert_login(running, &authorization, &provider);
    assert_eq!(stderr.matches("HTTPS").count(), 1, "{stderr}");
}

#[test]
fn a_link_preview_or_a_prefetch_takes_nothing() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let url = authorization.callback(GRANTED);
    let at = authorization.address();
    let get = request("GET", &url);
    for (ahead, status) in [
        (request("HEAD", &url), 405),
        (get.replace("Accept:", "Sec-Purpose: prefetch;prerender\r\nAccept:"), 503),
        (get.replace("Accept:", "Purpose: prefetch\r\nAccept:"), 503),
        (get.replace("Accept:", "X-Moz: Prefetch\r\nAccept:"), 503),
    ] {
        assert_eq!(send(at, ahead.as_bytes()).status, status, "{ahead}");
    }
    let stderr = assert_login(running, &authorization, &provider);
    assert!(!stderr.contains("Ignored"), "{stderr}");
}

#[test]
fn a_request_that_can_not_be_read_as_the_callback_is_told_once_with_its_remedy() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let url = authorization.callback(GRANTED);
    let at = authorization.address();
    let cookies = format!("Cookie: {}\r\nAccept:", "a".repeat(65 * 1024));
    let long_line = request("GET", &format!("{url}&more={}", "a".repeat(9 * 1024)));
    for (unreadable, status) in [
        (request("GET", &url).replace("Accept:", &cookies), 431),
        (long_line, 414),
        (request("GET", &url).replace("HTTP/1.1", "HTTP/1.1 "), 400),
    ] {
        for _ in 0..2 {
            assert_eq!(send(at, unreadable.as_bytes()).status, status);
        }
    }
    let stderr = assert_login(running, &authorization, &provider);
    for remedy in [
        "A request was refused: its head is longer than 64 KiB. If it was the callback, clear the \
         cookies of localhost in the browser, or run this again with --paste.",
        "A request was refused: its request line is longer than 8 KiB. If it was the callback, run \
         this again with --paste.",
        "A request was refused: the request line must be a method, a target and a version. If it \
         was the callback, run this again with --paste.",
    ] {
        assert_eq!(stderr.matches(remedy).count(), 1, "{stderr}");
    }
}
