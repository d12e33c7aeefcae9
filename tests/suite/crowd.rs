//! Connections at the callback port that are silent, slow or many: none of them holds the callback up.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::protocol::callback::{AuthorizationResponse, ExpectedCallback};
use bare_oauth::receive::inbox::Inbox;
use bare_oauth::receive::port::Port;
use bare_oauth::secret::State;
use bare_oauth::setup::config::Issuer;
use bare_oauth::setup::limits::Limits;
use bare_oauth::show::hidden::Hidden;
use bare_oauth::wire::url::RedirectUri;

use crate::fuzz::Random;
use crate::support::{
    CODE, GRANTED, PATIENCE, Program, Provider, assert_login, assert_login_within_5_seconds,
    connect, get, program, read, request, run_in_shell, send, start_waiting,
};

#[test]
fn fifty_silent_connections_hold_nobody_up() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    let silent: Vec<TcpStream> = (0..50).map(|_| connect(authorization.address())).collect();
    assert_login_within_5_seconds(running, &authorization, &provider);
    drop(silent);
}

#[test]
fn twenty_dribbling_connections_hold_nobody_up() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
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
    assert_login_within_5_seconds(running, &authorization, &provider);
    for peer in slow {
        peer.join().unwrap();
    }
}

#[test]
fn the_oldest_silent_connection_goes_when_there_are_more_than_64() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
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
    assert_login(running, &authorization, &provider);
}

#[cfg(unix)]
#[test]
fn silent_connections_that_take_every_descriptor_hold_nobody_up() {
    let provider = Provider::friendly();
    let program = format!("ulimit -n 48 && exec {}", program());
    let program = Program::at(&provider, &[]).through("/bin/sh", &["-c", &program]);
    let mut running = program.env("REDIRECT_URI", "http://127.0.0.1:0/callback").start();
    let authorization = running.wait_for_authorization();
    let silent: Vec<TcpStream> = (0..70).map(|_| connect(authorization.address())).collect();
    assert_login_within_5_seconds(running, &authorization, &provider);
    drop(silent);
}

#[test]
fn twelve_hundred_random_requests_from_eight_clients_do_not_delay_the_callback() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
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
    assert_login_within_5_seconds(running, &authorization, &provider);
}

#[test]
fn a_browser_that_keeps_an_answered_connection_open_does_not_keep_the_program() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--no-browser"]).start();
    let authorization = running.wait_for_authorization();
    let icon = format!("http://{}/favicon.ico", authorization.address());
    let mut open = connect(authorization.address());
    open.write_all(request("GET", &icon).as_bytes()).unwrap();
    assert_eq!(read(&mut open).status, 404);
    assert_login_within_5_seconds(running, &authorization, &provider);
    drop(open);
}

/// The port in this process, open and not yet served: what comes meanwhile waits in its queue. With
/// it the callback that brings the login, as a browser sends it.
fn open_but_not_served() -> (Port, ExpectedCallback, String) {
    let port =
        Port::open(&RedirectUri::parse("http://127.0.0.1:0/callback").unwrap(), None).unwrap();
    let state = State::random().unwrap();
    let url = format!("{}?{GRANTED}", port.redirect_uri.text);
    let callback = request("GET", &url.replace("STATE", state.expose()));
    let expected =
        ExpectedCallback::new(&port.redirect_uri, state, &Issuer::Unknown, &Hidden::default());
    (port, expected, callback)
}

/// The callback is taken, and its tab gets a page.
fn assert_callback_taken(inbox: &Inbox, mut stream: TcpStream) {
    let callback = inbox.wait(PATIENCE, |_| {}).unwrap();
    let AuthorizationResponse::Granted(code) = callback.response else { panic!("{callback:?}") };
    assert_eq!(code.expose(), CODE);
    let page = bare_oauth::receive::page::signed_in("http://localhost:8000", None, None, &[]);
    let show = thread::spawn(move || callback.tab.unwrap().show(&page));
    assert_eq!(read(&mut stream).status, 200);
    drop(stream);
    show.join().unwrap();
}

#[test]
fn a_callback_that_comes_byte_by_byte_is_taken() {
    let (port, expected, callback) = open_but_not_served();
    let mut stream = connect(port.redirect_uri.addresses()[0]);
    let inbox = port.serve(expected, Limits::default()).unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in callback.bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    assert_callback_taken(&inbox, stream);
}

#[test]
fn a_head_has_a_time_limit() {
    // The program gives it ten seconds (`src/setup/limits.rs`); here it has less.
    let head = Duration::from_millis(300);
    let (port, expected, callback) = open_but_not_served();
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
    assert_callback_taken(&inbox, stream);
}

#[test]
fn a_callback_that_came_in_time_is_read_before_its_deadline_is_judged() {
    // It has no time at all, but it is there before anybody looks.
    let (port, expected, callback) = open_but_not_served();
    let mut stream = connect(port.redirect_uri.addresses()[0]);
    stream.write_all(callback.as_bytes()).unwrap();
    let limits = Limits { head: Duration::ZERO, ..Limits::default() };
    let inbox = port.serve(expected, limits).unwrap();
    assert_callback_taken(&inbox, stream);
}

#[cfg(unix)]
#[test]
#[ignore = "takes 11 s"]
fn a_callback_that_came_in_time_is_taken_by_a_program_that_was_stopped() {
    let provider = Provider::friendly();
    let (running, authorization) = start_waiting(&provider);
    // It is accepted, and its ten seconds begin.
    let mut stream = connect(authorization.address());
    get(&format!("http://{}/", authorization.address()));
    run_in_shell(&format!("kill -STOP {}", running.id()));
    stream.write_all(request("GET", &authorization.callback(GRANTED)).as_bytes()).unwrap();
    thread::sleep(Duration::from_secs(11));
    run_in_shell(&format!("kill -CONT {}", running.id()));
    assert_eq!(read(&mut stream).status, 200);
    running.finish().assert_success();
}

#[test]
fn a_full_channel_and_the_right_callback_behind_it_hold_no_end_up() {
    let (port, expected, callback) = open_but_not_served();
    let at = port.redirect_uri.addresses()[0];
    let inbox = port.serve(expected, Limits::default()).unwrap();
    for _ in 0..20 {
        send(at, request("GET", &format!("http://{at}/callback?state=guess")).as_bytes());
    }
    // The channel is full, so the thread waits with the callback.
    let mut tab = connect(at);
    tab.write_all(callback.as_bytes()).unwrap();
    let start = Instant::now();
    let mut told = 0;
    inbox.close(|_| told += 1);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(told, 16);
}

#[test]
fn reloads_of_the_tab_are_refused_while_the_login_is_completed() {
    let (port, expected, callback) = open_but_not_served();
    let at = port.redirect_uri.addresses()[0];
    let inbox = port.serve(expected, Limits::default()).unwrap();
    let mut tab = connect(at);
    tab.write_all(callback.as_bytes()).unwrap();
    let arrived = inbox.wait(PATIENCE, |_| {}).unwrap();
    for _ in 0..3 {
        assert_eq!(send(at, callback.as_bytes()).status, 409);
    }
    drop(arrived);
    let mut late = 0;
    inbox.close(|_| late += 1);
    assert_eq!(late, 3);
}
