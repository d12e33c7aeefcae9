//! The practice provider, and others that are there: pages of other sites, crowds, and requests that
//! belong to no login. None of them costs a login anything.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::provider::{ByHand, CONSENT_PATH, member};
use crate::support::{FORM, PATIENCE, Program, connect, get, post, press, read, send};

/// A login of the program at this provider, which has to be done soon: a place that isn't free would
/// take ten seconds, and a connection that is held two minutes.
fn assert_quick_login(client: &mut ByHand) {
    let start = Instant::now();
    let program = Program::at_practice_provider(&mut client.provider);
    let mut running = program.env("REDIRECT_URI", &client.redirect_uri_on_any_port()).start();
    let page = get(&press(&running.wait_for_authorization(), "authorize"));
    assert!(page.body.contains("signed in as <b>octocat</b>"), "{}", page.body);
    running.finish().assert_success();
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_name_that_was_made_to_lead_here_gets_nothing() {
    let client = ByHand::start();
    let here = client.host();
    let (_, port) = here.split_once(':').unwrap();
    let ask = |request: String| send(here, request.as_bytes());
    for host in [
        &format!("evil.example:{port}"),
        "evil.example",
        "localhost.evil.example",
        &format!("evil.localhost:{port}"),
        "0.0.0.0",
        "192.168.1.1",
        "[::2]",
        &format!("127.0.0.1:{port}:{port}"),
        "",
    ] {
        for request in [
            format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n"),
            format!("GET {CONSENT_PATH}?client_id=practice HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!(
                "POST {CONSENT_PATH} HTTP/1.1\r\nHost: {host}\r\n{FORM}Content-Length: 0\r\n\r\n"
            ),
            format!(
                "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\n{FORM}Content-Length: 0\r\n\r\n"
            ),
            format!("GET /user HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a\r\n\r\n"),
            format!("DELETE /applications/practice/token HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            format!(
                "GET /.well-known/oauth-authorization-server/login/oauth HTTP/1.1\r\nHost: {host}\r\n\r\n"
            ),
            format!("GET /nowhere HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        ] {
            let page = ask(request.clone());
            assert_eq!(page.status, 421, "{request}");
            page.assert_safe();
            assert!(page.body.contains("use localhost or 127.0.0.1"), "{}", page.body);
        }
    }
    for host in [
        here,
        "127.0.0.1",
        "127.8.9.10:1",
        "localhost",
        &format!("LOCALHOST:{port}"),
        &format!("[::1]:{port}"),
    ] {
        let page = ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(page.status, 200, "{host}");
    }
    assert_eq!(ask("GET / HTTP/1.0\r\n\r\n".to_owned()).status, 200);
}

#[test]
fn a_form_that_another_site_sends_is_refused_and_the_persons_own_is_taken() {
    let client = ByHand::start();
    let origin = &client.origin;
    let decide = |headers: &str, ticket: &str| {
        let body = format!("ticket={ticket}&decision=authorize");
        post(origin, CONSENT_PATH, &format!("{FORM}{headers}"), &body).status
    };
    for headers in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:1\r\n",
        &format!("Origin: {}\r\n", origin.replace("http:", "https:")),
        &format!("Origin: {origin}.evil.example\r\n"),
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: null\r\n",
        &format!("Sec-Fetch-Site: same-site\r\nOrigin: {origin}\r\n"),
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://evil.example\r\n",
    ] {
        let ticket = client.new_ticket();
        assert_eq!(decide(headers, &ticket), 403, "{headers}");
        // The person can still decide.
        assert_eq!(decide("", &ticket), 302, "{headers}");
    }
    for headers in [
        "",
        &format!("Origin: {origin}\r\n"),
        "Sec-Fetch-Site: same-origin\r\n",
        // So a browser sends it: pages here have the Referrer-Policy no-referrer.
        "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n",
        &format!("Sec-Fetch-Site: same-origin\r\nOrigin: {origin}\r\n"),
        "Sec-Fetch-Site: none\r\n",
    ] {
        assert_eq!(decide(headers, &client.new_ticket()), 302, "{headers}");
    }
}

#[test]
fn requests_that_belong_to_no_login_wipe_none_off_the_board() {
    let mut client = ByHand::start();
    assert_quick_login(&mut client);
    let origin = &client.origin;
    for number in 0..30 {
        get(&format!("{origin}/nowhere-{number}<b>"));
        get(&format!("{origin}{CONSENT_PATH}?client_id=other"));
        post(origin, "/login/oauth/access_token", FORM, "client_id=other&code=guess");
        get(&format!("{origin}/user"));
        send(client.host(), b"no request\r\n\r\n");
        send(client.host(), b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    }
    let board = get(&format!("{origin}/"));
    board.assert_safe();
    let (logins, strays) = board.body.split_once("<h2>No login</h2>").unwrap();
    assert!(logins.contains("id=\"login-1\"") && logins.contains("<b>leg 4</b>"), "{logins}");
    assert_eq!(strays.matches("<br>").count(), 12, "{strays}");
    assert!(!board.body.contains("<b>GET /nowhere-29<b>"), "{strays}");
    assert!(board.body.len() < 64 * 1024, "{}", board.body.len());
}

#[test]
fn connections_that_say_nothing_leave_when_the_places_are_taken() {
    let mut client = ByHand::start();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(connect(client.host()));
    }
    let mut half = connect(client.host());
    half.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    assert_quick_login(&mut client);
    // The last one to come may still speak.
    half.write_all(b"\r\n").unwrap();
    assert_eq!(read(&mut half).status, 200);
    assert_eq!(silent[0].read(&mut [0]).unwrap_or_default(), 0);
}

#[test]
fn answers_that_nobody_reads_cost_no_other_login() {
    let mut client = ByHand::start();
    let mut unread = Vec::new();
    for _ in 0..150 {
        let mut stream = connect(client.host());
        write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\n\r\n", client.host()).unwrap();
        unread.push(stream);
    }
    assert_quick_login(&mut client);
}

/// A client's callback port that takes connections and says nothing on them either.
struct CallbackPort {
    redirect_uri: String,
    connections: Receiver<TcpStream>,
}

impl CallbackPort {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, connections) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if sender.send(stream.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { redirect_uri: format!("http://{address}/callback"), connections }
    }

    /// Waits for connections, as many as there should be.
    fn take(&self, count: usize) -> Vec<TcpStream> {
        let mut taken = Vec::new();
        for _ in 0..count {
            let stream = self.connections.recv_timeout(PATIENCE).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            taken.push(stream);
        }
        taken
    }
}

/// Waits until the other side has closed all of these.
fn assert_end(connections: &mut [TcpStream]) {
    for connection in connections {
        assert_eq!(connection.read(&mut [0]).unwrap_or_default(), 0);
    }
}

fn assert_open(connections: &mut [TcpStream]) {
    for connection in connections {
        connection.set_nonblocking(true).unwrap();
        let error = connection.read(&mut [0]).expect_err("nothing is sent, and nothing closed");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        connection.set_nonblocking(false).unwrap();
    }
}

/// A provider whose app has this redirect URI.
fn start_with(redirect_uri: &str) -> ByHand {
    ByHand::of(
        Program::bare(&["provider", "--port", "0"]).env("REDIRECT_URI", redirect_uri).start(),
    )
}

#[test]
fn silent_connections_end_with_the_login_that_they_belong_to() {
    let port = CallbackPort::open();
    let client = start_with(&port.redirect_uri);
    let url = client.authorization_url(&port.redirect_uri, &[]);
    let code = |redirect: &str| {
        let (_, query) = redirect.split_once("code=").unwrap();
        query.split('&').next().unwrap().to_owned()
    };
    let first = client.press(&url, "silent-connections");
    let mut of_the_first = port.take(30);
    let second = client.press(&url, "silent-connections");
    let mut of_the_second = port.take(30);
    let token = member(&client.exchange(&code(&first), ""), "access_token");
    assert_open(&mut of_the_first);
    assert_eq!(client.profile_status(&token), 200);
    assert_end(&mut of_the_first);
    assert_open(&mut of_the_second);
    // A login whose code is refused is over as well.
    client.exchange(&code(&second), "&code_verifier=a");
    assert_end(&mut of_the_second);
}

#[test]
fn silent_connections_that_are_pressed_many_times_cost_no_other_login() {
    let port = CallbackPort::open();
    let mut client = start_with(&port.redirect_uri);
    let url = client.authorization_url(&port.redirect_uri, &[]);
    let mut all = Vec::new();
    for _ in 0..25 {
        client.press(&url, "silent-connections");
        all.extend(port.take(30));
    }
    assert_quick_login(&mut client);
    // The oldest have ended; the newest are still there.
    let (old, new) = all.split_at_mut(21 * 30);
    assert_end(old);
    assert_open(new);
    #[cfg(target_os = "linux")]
    {
        let folder = format!("/proc/{}/fd", client.provider.id());
        let open = std::fs::read_dir(folder).unwrap().count();
        assert!(open < 200, "{open} descriptors");
    }
}

#[test]
fn silent_connections_end_when_the_client_closes_its_own() {
    let port = CallbackPort::open();
    let client = start_with(&port.redirect_uri);
    let url = client.authorization_url(&port.redirect_uri, &[]);
    client.press(&url, "silent-connections");
    let mut connections = port.take(30);
    connections.remove(0).shutdown(std::net::Shutdown::Both).unwrap();
    assert_end(&mut connections);
}

#[test]
fn requests_that_get_no_answer_cost_no_other_login() {
    let mut client = ByHand::start();
    let host = client.host().to_owned();
    let mut unanswered = Vec::new();
    for _ in 0..80 {
        let parameters = client.parameters(&client.code("token-silence", &[]));
        let length = parameters.len();
        let mut stream = connect(&host);
        write!(
            stream,
            "POST /login/oauth/access_token HTTP/1.1\r\nHost: {host}\r\n{FORM}Content-Length: {length}\r\n\r\n{parameters}"
        )
        .unwrap();
        client.provider.wait_for("leg 3: no answer, broken on purpose (No answer): ");
        unanswered.push(stream);
    }
    assert_quick_login(&mut client);
    // The oldest have ended without an answer.
    assert_end(&mut unanswered[..64]);
    assert_open(&mut unanswered[64..]);
}
