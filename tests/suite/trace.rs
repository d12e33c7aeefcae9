//! `--explain`: the bytes that are shown are those of the wire.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::tls::{TlsServer, certificates};
use crate::support::{
    GRANTED, JSON, PATIENCE, Program, Provider, Reply, TOKEN, accept, chunked, connect, get,
    log_in_explained, read, reply, request,
};
use crate::tls::connect_proxy;

/// A message of the trace: `>` or `<`, and its bytes.
type Message = (char, String);

/// The messages of a trace, put together again from their lines.
fn messages(stderr: &str) -> Vec<Message> {
    let mut messages: Vec<(Message, usize)> = Vec::new();
    for line in stderr.split('\n') {
        let bytes = |word| {
            let count = line.strip_prefix(word)?.strip_suffix(" bytes:")?;
            Some(count.parse::<usize>().unwrap())
        };
        if let Some(count) = bytes("sent, ") {
            messages.push((('>', String::new()), count));
        } else if let Some(count) = bytes("received, ") {
            messages.push((('<', String::new()), count));
        } else if let Some(((mark, text), _)) = messages.last_mut() {
            if let Some(line) = line.strip_prefix(&format!("{mark} ")) {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    let whole = |((mark, mut text), count): (Message, usize)| {
        // A message need not end in a line end; on the terminal it does.
        if text.len() == count + 1 {
            text.pop();
        }
        (mark, text)
    };
    messages.into_iter().map(whole).collect()
}

#[test]
fn the_trace_is_what_the_server_saw_and_sent() {
    let user = reply(200, JSON, "{\n\t\"login\": \"mona\",\r\n \"name\": \"é\"}\n");
    for ends in ["", "\n", "\r\n\r\n"] {
        let body = format!("{{\"access_token\":\"{TOKEN}\",\n \"token_type\":\"bearer\"}}{ends}");
        let token = reply(200, JSON, &body);
        let provider = Provider::start(token.clone(), user.clone());
        let (_, finished) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
        finished.assert_success();
        let requests = provider.requests();
        let expected = [
            ('>', requests[0].clone()),
            ('<', token.text()),
            ('>', requests[1].clone()),
            ('<', user.text()),
        ];
        // The first is the callback, and the last its answer.
        let messages = messages(&finished.stderr);
        assert_eq!(messages[1..messages.len() - 1], expected);
    }
}

#[test]
#[ignore = "needs openssl"]
fn under_tls_the_trace_is_what_tls_protects_and_a_proxy_is_no_part_of_it() {
    let folder = certificates("explain");
    for through_proxy in [false, true] {
        let token = TlsServer::start(&folder);
        let user = TlsServer::start(&folder);
        let mut program = Program::at(&Provider::friendly(), &["--explain", "--reveal"])
            .env("SSL_CERT_FILE", &folder.file("ca.pem"))
            .env("USER_URL", &format!("https://localhost:{}/user", user.port));
        program = if through_proxy {
            let (proxy, _) = connect_proxy(token.port);
            program
                .env("TOKEN_URL", "https://idp.invalid/token?a=b")
                .env("HTTPS_PROXY", &format!("http://user:pa55@127.0.0.1:{proxy}"))
        } else {
            let url = format!("https://localhost:{}/token?a=b", token.port);
            program.env("TOKEN_URL", &url)
        };
        let servers = [
            token.answer("POST /token", &Provider::token()),
            user.answer("GET /user", &Provider::profile()),
        ];
        let (_, finished) = program.log_in();
        finished.assert_success();
        let messages = messages(&finished.stderr);
        let [token, user] = servers.map(|request| request.recv_timeout(PATIENCE).unwrap());
        let expected = [
            ('>', token),
            ('<', Provider::token().text()),
            ('>', user),
            ('<', Provider::profile().text()),
        ];
        assert_eq!(messages[1..messages.len() - 1], expected);
        for word in ["CONNECT ", "pa55", "dXNlcjpwYTU1"] {
            assert!(!finished.stderr.contains(word), "{word}");
        }
    }
}

#[test]
fn the_callback_is_shown_as_the_browser_sent_it_with_the_answer_that_it_got() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--explain", "--reveal"]).start();
    let authorization = running.wait_for_authorization();
    let url = authorization.callback(GRANTED);
    let target = &url[url.find("/callback").unwrap()..];
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {}\r\nX-Odd:\tvalue \r\nAccept: text/html\n\r\n",
        authorization.address()
    );
    let mut stream = connect(authorization.address());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let messages = messages(&running.finish().stderr);
    assert_eq!(messages[0], ('<', request));
    assert_eq!(messages[messages.len() - 1], ('>', answer));
}

#[test]
fn a_callback_that_is_refused_is_shown_with_its_answer_and_so_is_one_that_comes_late() {
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&Provider::friendly(), &["--explain"]).env("TOKEN_URL", &token_url).start();
    let authorization = running.wait_for_authorization();
    get(&authorization.callback("code=somebody-elses&state=forged"));
    running.wait_for("Ignored a callback: its state isn't the one this login sent.");
    running.wait_for("A callback wasn't taken:");
    running.wait_for("< GET /callback?code=some… (14 characters)&state=forged HTTP/1.1");
    running.wait_for("> HTTP/1.1 400 Bad Request");

    let mut tab = connect(authorization.address());
    let request = request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    assert_eq!(get(&authorization.callback(GRANTED)).status, 409);
    let _ = leg_3.read(&mut [0; 4096]);
    leg_3.write_all(Provider::token().text().as_bytes()).unwrap();
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(read(&mut tab).status, 200);
    running.wait_for("A callback wasn't taken:");
    running.wait_for("> HTTP/1.1 409 Conflict");
    running.finish().assert_success();
}

#[test]
fn a_flood_of_refused_callbacks_is_shown_eight_times() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"])
        .env("REDIRECT_URI", "http://127.0.0.1:0/callback")
        .start();
    let authorization = running.wait_for_authorization();
    for _ in 0..12 {
        assert_eq!(get(&authorization.callback("code=a&state=forged")).status, 400);
    }
    get(&authorization.callback(GRANTED));
    let stderr = running.finish().stderr;
    assert_eq!(stderr.matches("A callback wasn't taken:").count(), 8);
    assert!(stderr.contains("Ignored 12 callbacks in all."));
}

#[test]
fn answers_that_come_early_are_part_of_the_trace_and_masked() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let token = format!("{early}{}", chunked(&body, 5, "\r\n").text());
    let token = token.replace(JSON, "Content-Type: application/json\r\nSet-Cookie: a=s3ss10n\r\n");
    let provider = Provider::start(Reply::Bytes(token.into_bytes()), Provider::profile());
    let finished = log_in_explained(&provider);
    finished.assert_success();
    finished.assert_no_secret();
    assert!(!finished.stderr.contains("s3ss10n"));
    for part in [
        "< HTTP/1.1 103 Early Hints\r\n",
        "< Set-Cookie: … (9 characters)\r\n",
        "gho_… (40 characters)",
    ] {
        assert!(finished.stderr.contains(part), "{}", finished.stderr);
    }
}

#[test]
fn control_characters_are_spelled_out_and_a_long_answer_is_cut() {
    let body =
        format!("{{\"login\":\"\u{9b}2J\u{202e}\",\"x\":\"{}\"}}\r\r\n", "y".repeat(100_000));
    let provider = Provider::start(Provider::token(), reply(200, JSON, &body));
    let finished = log_in_explained(&provider);
    finished.assert_success();
    assert!(finished.stderr.contains("< {\"login\":\"\\u009b2J\\u202e\",\"x\":\"yyy"));
    assert!(!finished.stderr.contains(['\u{9b}', '\u{202e}']));
    assert!(finished.stderr.contains("(the rest isn't shown)\n"));
    let shown = finished.stderr.matches('y').count();
    assert!((60_000..=64 * 1024).contains(&shown), "{shown}");

    let provider =
        Provider::start(Reply::Bytes(b"\x1b[2J\xff\r\n\r\n".to_vec()), Provider::profile());
    let finished = log_in_explained(&provider);
    let remark = "(the message, 9 bytes, is withheld: it doesn't begin with a whole HTTP head; --reveal shows it)";
    assert!(finished.stderr.contains(remark), "{}", finished.stderr);
    let (_, finished) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
    assert!(finished.stderr.contains("< \\u001b[2J\\xff\r\n< \r\n"), "{}", finished.stderr);
}

#[test]
fn an_error_page_is_explained_too() {
    let provider = Provider::start(reply(500, "", "no"), Provider::profile());
    let finished = log_in_explained(&provider);
    finished.assert_failure("was answered with `500`");
    let last = messages(&finished.stderr).pop().unwrap();
    assert!(last.0 == '>' && last.1.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
}
