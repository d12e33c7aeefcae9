//! The callback port: who may knock there, and what never gets through.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::protocol::callback::{AuthorizationResponse, Expected};
use bare_oauth::receive::inbox::Inbox;
use bare_oauth::receive::port::Port;
use bare_oauth::secret::State;
use bare_oauth::setup::limits::Limits;
use bare_oauth::show::hidden::Hidden;
use bare_oauth::wire::url::RedirectUri;

use crate::fuzz::Random;
use crate::support::{
    Authorization, CODE, GRANTED, PATIENCE, Page, Program, Provider, Running, accept, connect, get,
    holding, program, read, request, send, shell,
};

fn waiting(provider: &Provider) -> (Running, Authorization) {
    let mut running =
        Program::at(provider, &[]).env("REDIRECT_URI", "http://127.0.0.1:0/callback").start();
    let authorization = running.authorization();
    (running, authorization)
}

/// The port in this process, open and not yet served: what comes meanwhile waits in its queue. With
/// it the callback that brings the login, as a browser sends it.
fn unserved() -> (Port, Expected, String) {
    let port = Port::open(&RedirectUri::parse("http://127.0.0.1:0/callback").unwrap()).unwrap();
    let state = State::random().unwrap();
    let url = format!("{}?{GRANTED}", port.redirect_uri.text);
    let callback = request("GET", &url.replace("STATE", state.expose()));
    let expected = Expected::new(&port.redirect_uri, state, None, &Hidden::default());
    (port, expected, callback)
}

/// The callback is taken, and its tab gets a page.
fn takes_the_callback(inbox: &Inbox, mut stream: TcpStream) {
    let callback = inbox.wait(PATIENCE, |_| {}).unwrap();
    let AuthorizationResponse::Granted(code) = callback.response else { panic!("{callback:?}") };
    assert_eq!(code.expose(), CODE);
    let page = bare_oauth::receive::page::signed_in(None, None, &[]);
    let show = thread::spawn(move || callback.tab.unwrap().show(&page));
    assert_eq!(read(&mut stream).status, 200);
    drop(stream);
    show.join().unwrap();
}

fn granted(authorization: &Authorization) -> String {
    authorization.callback(GRANTED)
}

/// The real callback comes after all; it is answered, and exchanged once.
fn logs_in(running: Running, authorization: &Authorization, provider: &Provider) -> String {
    assert_eq!(get(&granted(authorization)).status, 200);
    let finished = running.finish();
    finished.succeeded();
    assert_eq!(provider.requests().len(), 2);
    finished.shows_no_secret();
    finished.stderr
}

/// The same, where the issue is the time that the others take from it.
fn logs_in_within(
    seconds: u64,
    running: Running,
    authorization: &Authorization,
    provider: &Provider,
) -> String {
    let start = Instant::now();
    let stderr = logs_in(running, authorization, provider);
    assert!(start.elapsed() < Duration::from_secs(seconds), "{:?}", start.elapsed());
    stderr
}

#[test]
fn a_request_for_anything_else_is_answered_and_waited_past() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let url = granted(&authorization);
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
        page.is_safe();
        assert_eq!(page.header("allow"), (status == 405).then_some("GET"));
        assert_eq!(page.body.is_empty(), request.starts_with("HEAD"), "{request}");
    }
    let stderr = logs_in(running, &authorization, &provider);
    // On the callback's path: POST, OPTIONS, HEAD and get.
    let remark = "Ignored a callback: it must be fetched with GET.";
    let remarks: Vec<_> = stderr.lines().filter(|line| line.starts_with("Ignored")).collect();
    assert_eq!(remarks, [remark; 4], "{stderr}");
}

#[test]
fn forgeries_are_answered_counted_once_and_waited_past() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
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
    let (mut reasons, mut ignored) = (Vec::new(), 0);
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
            page.is_safe();
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
    let stderr = logs_in(running, &authorization, &provider);
    let said: Vec<_> = stderr.lines().filter(|line| line.starts_with("Ignored")).collect();
    let first = reasons[..8].iter().map(|reason| format!("Ignored a callback: {reason}."));
    let count = format!("Ignored {ignored} callbacks in all.");
    assert_eq!(said, first.chain([count]).collect::<Vec<_>>());
}

// The whole tables stand in `src/protocol/callback.rs` and `src/wire/request/tests.rs`.
#[test]
fn malformed_callbacks_are_refused_even_with_the_right_state() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    for query in [
        "state=STATE",
        "state=STATE&code=a&code=b",
        "state=STATE&code=a%0D%0AX:%20b",
        "state=STATE&code=%FF",
        "state=STATE&code=a&x=%C3%28",
    ] {
        assert_eq!(get(&authorization.callback(query)).status, 400, "{query}");
    }
    logs_in(running, &authorization, &provider);
}

#[test]
fn escaped_names_and_values_and_unknown_parameters_are_understood() {
    for query in [
        "c%6Fde=c%30de-0123456789abcdef&%73tate=STATE&error=&unknown=1&unknown=2",
        "&&state=STATE&&code=c0de-0123456789abcdef&",
    ] {
        let provider = Provider::friendly();
        let (running, authorization) = waiting(&provider);
        assert_eq!(get(&authorization.callback(query)).status, 200);
        running.finish().succeeded();
        assert!(provider.requests()[0].contains("&code=c0de-0123456789abcdef&"));
    }
}

#[test]
fn malformed_requests_are_refused_and_nothing_of_them_comes_back() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let at = authorization.address();
    let target = granted(&authorization).replace(&format!("http://{at}"), "");
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
        page.is_safe();
        for echoed in ["evil", CODE, "c0de", authorization.parameter("state")] {
            assert!(
                !page.body.contains(echoed) && !page.headers.contains(echoed),
                "{shown:?}: {page:?}"
            );
        }
    }
    logs_in(running, &authorization, &provider);
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
        let (running, authorization) = waiting(&provider);
        let at = authorization.address();
        let target = granted(&authorization).replace(&format!("http://{at}"), "");
        // The address first: two letters may well stand in a random state.
        let bytes = shape.replace("AT", at).replace("TARGET", &target);
        assert_eq!(send(at, bytes.as_bytes()).status, 200, "{shape:?}");
        running.finish().succeeded();
    }
}

#[test]
fn a_truncated_head_is_refused_and_a_silent_connection_just_closed() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let whole = request("GET", &granted(&authorization));
    for end in [1, 3, 20, whole.len() - 2, whole.len() - 1] {
        let mut stream = connect(authorization.address());
        stream.write_all(&whole.as_bytes()[..end]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read(&mut stream).status, 400, "{end}");
    }
    let mut stream = connect(authorization.address());
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    logs_in(running, &authorization, &provider);
}

#[test]
fn fifty_silent_connections_hold_nobody_up() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let silent: Vec<TcpStream> = (0..50).map(|_| connect(authorization.address())).collect();
    logs_in_within(1, running, &authorization, &provider);
    drop(silent);
}

#[test]
fn twenty_dribbling_connections_hold_nobody_up() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(authorization.address());
            thread::spawn(move || {
                for byte in b"GET /slow HTTP/1.1".repeat(2) {
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(200));
                }
            })
        })
        .collect();
    logs_in_within(1, running, &authorization, &provider);
    for peer in slow {
        peer.join().unwrap();
    }
}

#[test]
fn a_callback_that_comes_byte_by_byte_is_taken() {
    let (port, expected, callback) = unserved();
    let mut stream = connect(port.redirect_uri.addresses()[0]);
    let inbox = port.serve(expected, Limits::default()).unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in callback.bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    takes_the_callback(&inbox, stream);
}

#[test]
fn a_head_has_ten_seconds() {
    // As `src/limits.rs` asserts; here it has less.
    let head = Duration::from_millis(300);
    let (port, expected, callback) = unserved();
    let at = port.redirect_uri.addresses()[0];
    let inbox = port.serve(expected, Limits { head, ..Limits::default() }).unwrap();
    let start = Instant::now();
    let mut silent = connect(at);
    let mut begun = connect(at);
    begun.write_all(b"GET /callback?").unwrap();
    let mut dribbling = connect(at);
    let mut writing = dribbling.try_clone().unwrap();
    let writer = thread::spawn(move || {
        while writing.write_all(b"a").is_ok() {
            assert!(start.elapsed() < PATIENCE, "the connection ends");
            thread::sleep(head / 20);
        }
    });
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it said nothing and is answered nothing");
    assert_eq!(read(&mut begun).status, 408);
    let mut answer = String::new();
    let _ = dribbling.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(start.elapsed() >= head, "{:?}", start.elapsed());
    drop(dribbling);
    writer.join().unwrap();
    let mut stream = connect(at);
    stream.write_all(callback.as_bytes()).unwrap();
    takes_the_callback(&inbox, stream);
}

#[test]
fn a_callback_that_came_in_time_is_read_before_its_deadline_is_judged() {
    // It has no time at all, but it is there before anybody looks.
    let (port, expected, callback) = unserved();
    let mut stream = connect(port.redirect_uri.addresses()[0]);
    stream.write_all(callback.as_bytes()).unwrap();
    let limits = Limits { head: Duration::ZERO, ..Limits::default() };
    let inbox = port.serve(expected, limits).unwrap();
    takes_the_callback(&inbox, stream);
}

#[cfg(unix)]
#[test]
#[ignore = "takes 11 s"]
fn a_callback_that_came_in_time_is_taken_by_a_program_that_was_stopped() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    // It is accepted, and its ten seconds begin.
    let mut stream = connect(authorization.address());
    get(&format!("http://{}/", authorization.address()));
    shell(&format!("kill -STOP {}", running.id()));
    stream.write_all(request("GET", &granted(&authorization)).as_bytes()).unwrap();
    thread::sleep(Duration::from_secs(11));
    shell(&format!("kill -CONT {}", running.id()));
    assert_eq!(read(&mut stream).status, 200);
    running.finish().succeeded();
}

#[test]
fn the_oldest_silent_connection_goes_when_there_are_more_than_64() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let mut oldest = connect(authorization.address());
    let others: Vec<TcpStream> = (0..64).map(|_| connect(authorization.address())).collect();
    // It ends long before its ten seconds are over, and it alone.
    let start = Instant::now();
    assert!(matches!(oldest.read(&mut [0]), Ok(0) | Err(_)));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let still_open = others.iter().filter(|stream| {
        stream.set_nonblocking(true).unwrap();
        let error = (&**stream).read(&mut [0]).expect_err("nothing to read");
        error.kind() == std::io::ErrorKind::WouldBlock
    });
    assert_eq!(still_open.count(), 64);
    logs_in(running, &authorization, &provider);
}

#[cfg(unix)]
#[test]
fn silent_connections_that_take_every_descriptor_hold_nobody_up() {
    let provider = Provider::friendly();
    let program = format!("ulimit -n 48 && exec {}", program());
    let program = Program::at(&provider, &[]).through("/bin/sh", &["-c", &program]);
    let mut running = program.env("REDIRECT_URI", "http://127.0.0.1:0/callback").start();
    let authorization = running.authorization();
    let silent: Vec<TcpStream> = (0..70).map(|_| connect(authorization.address())).collect();
    logs_in_within(2, running, &authorization, &provider);
    drop(silent);
}

#[test]
fn twelve_hundred_random_requests_from_eight_clients_do_not_delay_the_callback() {
    let provider = Provider::friendly();
    let (running, authorization) = waiting(&provider);
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let at = authorization.address().to_owned();
            thread::spawn(move || {
                let mut random = Random::new(client + 1);
                for _ in 0..150 {
                    let mut stream = connect(&at);
                    let _ = stream.write_all(&random.input());
                    let _ = stream.shutdown(Shutdown::Write);
                    let _ = stream.read_to_end(&mut Vec::new());
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    logs_in_within(2, running, &authorization, &provider);
}

#[test]
fn a_second_callback_is_told_so_and_exchanged_nothing() {
    // The token endpoint holds leg 3 open until the second callback has been answered.
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let gate_url = format!("http://{}/token", gate.local_addr().unwrap());
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &[]).env("TOKEN_URL", &gate_url).start();
    let authorization = running.authorization();
    let url = granted(&authorization);
    let first = thread::spawn({
        let url = url.clone();
        move || get(&url)
    });
    let mut leg_3 = accept(&gate);
    for query in [
        format!("code={CODE}&state=STATE"),
        "code=other&state=STATE".to_owned(),
        "error=access_denied&state=STATE".to_owned(),
    ] {
        let page: Page = get(&authorization.callback(&query));
        assert_eq!(page.status, 409);
        page.is_safe();
        assert!(page.body.contains("already being completed in another tab"), "{}", page.body);
    }
    let body = r#"{"access_token":"gho_0123456789","token_type":"bearer"}"#;
    write!(leg_3, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    assert_eq!(first.join().unwrap().status, 200);
    let finished = running.finish();
    finished.succeeded();
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
    let authorization = running.authorization();
    for _ in 0..3 {
        let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        assert_eq!(send(authorization.address(), hello).status, 400);
    }
    running.line("A browser insists on HTTPS, but this port speaks HTTP. Register the callback URL with the host 127.0.0.1");
    let stderr = logs_in(running, &authorization, &provider);
    assert_eq!(stderr.matches("HTTPS").count(), 1, "{stderr}");
}

#[test]
fn a_port_that_a_stranger_holds_is_found_on_either_address_family() {
    for shown in ["127.0.0.1", "::1"] {
        if TcpListener::bind((shown, 0)).is_err() {
            assert_eq!(shown, "::1", "only IPv6 may be missing");
            continue;
        }
        let (_stranger, port) = holding(|port| TcpListener::bind((shown, port)).ok());
        let finished = Program::at(&Provider::friendly(), &[])
            .env("REDIRECT_URI", &format!("http://localhost:{port}/callback"))
            .env("BROWSER", "/nowhere/browser")
            .run();
        finished.failed_with(&format!(
            "port `{port}` on `{shown}` is in use: close the program that holds it, or set `REDIRECT_URI` to another port"
        ));
        // No URL was shown, and no browser opened.
        assert_eq!(finished.stderr, format!("error: {}", finished.error()));
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare and ip"]
fn a_machine_without_ipv6_logs_in_as_usual() {
    // A network namespace of its own, in which IPv6 is switched off.
    let without_ipv6 = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
    let unshare =
        |command: &str| Program::bare(&[]).through("unshare", &["-rn", "sh", "-c", command]);
    let program = program();
    let finished = unshare(&format!("{without_ipv6} && exec {program} practice --json")).run();
    finished.succeeded();
    assert!(finished.stdout.contains("\"login\": \"octocat\""));
    // Where only IPv6 is asked for, there is nothing to listen on.
    let command = format!("{without_ipv6} && exec {program} practice");
    let finished = unshare(&command).env("REDIRECT_URI", "http://[::1]:8000/callback").run();
    finished.failed_with("port `8000` on `::1` isn't there: set `REDIRECT_URI` to another host: ");
}

#[cfg(unix)]
#[test]
fn an_interrupt_frees_the_port_and_a_new_run_starts_at_once() {
    let provider = Provider::friendly();
    let (running, first) = waiting(&provider);
    let redirect_uri = first.parameter("redirect_uri").to_owned();
    // A connection that is open at that moment leaves the port in TIME_WAIT, which must not matter.
    let _open = connect(first.address());
    get(&format!("http://{}/", first.address()));
    // `kill` is a word of the shell's own.
    shell(&format!("kill -INT {}", running.id()));
    let interrupted = running.finish();
    assert_eq!((interrupted.code, interrupted.stdout.as_str()), (None, ""));

    let mut running = Program::at(&provider, &[]).env("REDIRECT_URI", &redirect_uri).start();
    let authorization = running.authorization();
    assert_ne!(first.parameter("state"), authorization.parameter("state"));
    assert_eq!(
        get(&first.callback("code=old&state=STATE")).status,
        400,
        "the old run's callback is not this one's"
    );
    logs_in(running, &authorization, &provider);
}

#[cfg(target_os = "linux")]
#[test]
fn while_it_waits_it_takes_no_time_and_little_memory() {
    let (mut running, _) = waiting(&Provider::friendly());
    let process = format!("/proc/{}", running.id());
    let number = |status: &str, name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let switches = || -> u64 {
        let tasks = std::fs::read_dir(format!("{process}/task")).unwrap();
        let statuses =
            tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
        statuses.map(|status| number(&status, "voluntary_ctxt_switches:")).sum()
    };
    let ticks = || -> u64 {
        let stat = std::fs::read_to_string(format!("{process}/stat")).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    };
    // It may still be on its way to sleep. Once it sleeps, nothing wakes it in a second.
    let is_asleep = (0..5).any(|_| {
        let before = (switches(), ticks());
        thread::sleep(Duration::from_secs(1));
        (switches(), ticks()) == before
    });
    assert!(is_asleep, "no wake-ups and no time while nobody is connected");

    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let kilobytes = number(&status, "VmRSS:");
    // The debug build is larger than the release build, whose figure the README has.
    assert!(kilobytes < 8 * 1024, "{kilobytes} kB");
    assert!(running.is_running());
}

#[test]
fn a_browser_that_keeps_an_answered_connection_open_does_not_keep_the_program() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--no-browser"]).start();
    let authorization = running.authorization();
    let icon = format!("http://{}/favicon.ico", authorization.address());
    let mut open = connect(authorization.address());
    open.write_all(request("GET", &icon).as_bytes()).unwrap();
    assert_eq!(read(&mut open).status, 404);
    assert_eq!(get(&authorization.callback(GRANTED)).status, 200);
    running.finish().succeeded();
    drop(open);
}
