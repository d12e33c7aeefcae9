//! `--explain`: the bytes are those of the wire, and the secrets in them are not to be seen.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::support::tls::{TlsServer, certificates};
use crate::support::{
    CLIENT_SECRET, CODE, Finished, GRANTED, HTML, JSON, PATIENCE, Program, Provider, REFRESH_TOKEN,
    Reply, TOKEN, accept, connect, get, press, read, reply, request, send,
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

/// Logs in, with each leg explained.
fn explained(provider: &Provider) -> Finished {
    Program::at(provider, &["--explain"]).log_in().1
}

/// No eight characters in a row of a secret are shown.
fn shows_no_part(finished: &Finished, secret: &str) {
    for part in secret.as_bytes().windows(8) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!finished.stderr.contains(part), "{part}\n{}", finished.stderr);
    }
}

#[test]
fn the_trace_is_what_the_server_saw_and_sent() {
    let user = reply(200, JSON, "{\n\t\"login\": \"mona\",\r\n \"name\": \"é\"}\n");
    for ends in ["", "\n", "\r\n\r\n"] {
        let body = format!("{{\"access_token\":\"{TOKEN}\",\n \"token_type\":\"bearer\"}}{ends}");
        let token = reply(200, JSON, &body);
        let provider = Provider::start(token.clone(), user.clone());
        let (_, finished) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
        finished.succeeded();
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
        let (token, user) = (TlsServer::start(&folder), TlsServer::start(&folder));
        let mut program = Program::at(&Provider::friendly(), &["--explain", "--reveal"])
            .env("SSL_CERT_FILE", path(&folder.join("ca.pem")))
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
        finished.succeeded();
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

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_callback_is_shown_as_the_browser_sent_it_with_the_answer_that_it_got() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--explain", "--reveal"]).start();
    let authorization = running.authorization();
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
    let authorization = running.authorization();
    get(&authorization.callback("code=somebody-elses&state=forged"));
    running.line("Ignored a callback: its state isn't the one this login sent.");
    running.line("A callback wasn't taken:");
    running.line("< GET /callback?code=some… (14 characters)&state=forged HTTP/1.1");
    running.line("> HTTP/1.1 400 Bad Request");

    let mut tab = connect(authorization.address());
    let request = request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    assert_eq!(get(&authorization.callback(GRANTED)).status, 409);
    let _ = leg_3.read(&mut [0; 4096]);
    leg_3.write_all(Provider::token().text().as_bytes()).unwrap();
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(read(&mut tab).status, 200);
    running.line("A callback wasn't taken:");
    running.line("> HTTP/1.1 409 Conflict");
    running.finish().succeeded();
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn every_step_is_told_with_its_standard_and_every_parameter_with_its_purpose() {
    let finished = Program::bare(&["practice", "--explain"]).run();
    finished.succeeded();
    let stderr = &finished.stderr;
    let mut rest = stderr.as_str();
    for part in [
        "\nBefore: listen (RFC 8252 §7.3)\n",
        "\nLeg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)\n",
        "\nhttp://127.0.0.1:",
        "\nIts parameters, decoded:\n",
        "  response_type = code (what to answer with: ",
        "\n  client_id = practice (which app is asking; ",
        "\n  redirect_uri = http://localhost:",
        "\n  scope = read:user (what the token will allow, ",
        "\n  state = ",
        "\n  code_challenge = ",
        "\n  code_challenge_method = S256 (how it was hashed: SHA-256)\n",
        "\nLeg 2: the authorization response (RFC 6749 §4.1.2)\n",
        "\n< GET /callback?code=",
        "\nLeg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)\n",
        "\n> POST /login/oauth/access_token HTTP/1.1\r\n",
        "\n< HTTP/1.1 200 OK\r\n",
        "\nLeg 4: the profile request (RFC 6750 §2.1)\n",
        "\n> authorization: Bearer gho_… (40 characters)\r\n",
        "\n<   \"login\": \"octocat\",\n",
        "\nAfter: the page (RFC 9110 §15, RFC 9700 §4.2.4)\n",
        "\n> HTTP/1.1 200 OK\r\n",
        "\nDone.",
    ] {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} in {rest}"));
        rest = after;
    }
    assert!(!stderr.contains('\u{1b}'), "no colour without a terminal");
    assert!(finished.stdout.starts_with("login: octocat\n"));
}

/// Text in the codings in which a secret may turn up.
fn codings(secret: &str) -> Vec<String> {
    let upper = |byte: u8| format!("%{byte:02X}");
    let lower = |byte: u8| format!("%{byte:02x}");
    let escaped = |escape: fn(u8) -> String| {
        let bytes = secret.bytes().map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => escape(byte),
        });
        bytes.collect::<String>()
    };
    let json = serde_json::Value::from(secret).to_string();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let unicode = secret.bytes().map(|byte| format!("\\u{byte:04x}"));
    vec![
        secret.to_owned(),
        escaped(upper).replace("%20", "+"),
        escaped(lower),
        secret.bytes().map(upper).collect::<Vec<_>>().concat(),
        json.trim_matches('"').to_owned(),
        json.trim_matches('"').replace('/', "\\/"),
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        unicode.collect::<Vec<_>>().concat(),
    ]
}

#[test]
fn a_masked_trace_holds_no_secret_whatever_its_characters_and_coding() {
    let secret = "s3cr3t \"/\\<&>'%+%2B~=;,";
    let code = "c0de%25+&=/ \"\\<>'~0123";
    let token = "gho_ \"/\\<&>'%+%41~=;,";
    let refresh_token = "ghr_ \"/\\<&>'%+%41~=;,";
    let secrets = [secret, code, token, refresh_token];
    let echo = secrets.map(|secret| codings(secret).join(" | ")).join("\n");
    let members = serde_json::json!({
        "access_token": token, "refresh_token": refresh_token, "token_type": "bearer", "scope": "read:user",
    });
    let in_json = format!("{members}");
    for (token, user, exit) in [
        (
            reply(200, JSON, &in_json),
            reply(200, &format!("{JSON}X-Echo: {token}\r\n"), r#"{"login":"a"}"#),
            0,
        ),
        (reply(200, JSON, &in_json), reply(500, "", &echo), 1),
        (reply(200, JSON, &in_json.replace('/', "\\/")), reply(404, "", &echo), 1),
        // Nobody can read these, so nobody knows the token in them but by its name.
        (reply(200, JSON, &in_json.replacen('}', ",", 1)), Provider::profile(), 1),
        (reply(500, "", &in_json), Provider::profile(), 1),
        (
            reply(
                200,
                "Content-Type: text/html\r\n",
                &format!("<p>{}", codings(secret).join("\n")),
            ),
            Provider::profile(),
            1,
        ),
        // What isn't text has no mask.
        (
            reply(200, JSON, &in_json.replacen('{', r#"{"id_token":["ghr_ \u0022/\u005c<"],"#, 1)),
            Provider::profile(),
            0,
        ),
        (chunked(&in_json, 7, "\r\n"), chunked(r#"{"login":"a"}"#, 3, "\n"), 0),
        (chunked(&in_json, 1, "\r\n"), chunked(&echo, 5, "\r\n"), 1),
    ] {
        let provider = Provider::start(token.clone(), user);
        let mut running =
            Program::at(&provider, &["--explain"]).env("CLIENT_SECRET", secret).start();
        let authorization = running.authorization();
        let coded = bare_oauth::wire::form::encode_value(code);
        get(&authorization.callback(&format!("code={coded}&state=STATE")));
        let finished = running.finish();
        assert_eq!(finished.code, Some(exit), "{}", finished.stderr);
        for secret in secrets {
            for coding in codings(secret) {
                assert!(!finished.stderr.contains(&coding), "{coding}\n{}", finished.stderr);
            }
        }
        let verifier = provider.requests()[0].split("code_verifier=").nth(1).unwrap().to_owned();
        assert_eq!(verifier.len(), 43);
        assert!(!finished.stderr.contains(&verifier));
        for masked in [
            "&client_secret=… (23 characters)&code_verifier=… (43 characters)\n",
            "&code=c0de… (22 characters)&redirect_uri=",
            &format!("&state={}", authorization.parameter("state")),
        ] {
            assert!(finished.stderr.contains(masked), "{masked}\n{}", finished.stderr);
        }
    }
}

/// An answer in chunks of so many bytes, whose head and chunks end their lines so.
fn chunked(body: &str, size: usize, end: &str) -> Reply {
    let head = ["HTTP/1.1 200 OK", JSON.trim_end(), "Transfer-Encoding: chunked", "", ""].join(end);
    let mut bytes = head.into_bytes();
    for chunk in body.as_bytes().chunks(size) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    Reply::Bytes(bytes)
}

#[test]
fn an_answer_that_its_leg_can_not_read_is_withheld() {
    let member = |members: String| reply(200, JSON, &members);
    for answer in [
        member(format!(r#"{{"token":"{TOKEN}","token_type":"bearer"}}"#)),
        member(format!(r#"{{"data":{{"token":"{TOKEN}"}}}}"#)),
        member(format!(r#"{{"access_token":{{"value":"{TOKEN}"}},"token_type":"bearer"}}"#)),
        member(r#"{"access_token":1234567890123,"token_type":"bearer"}"#.to_owned()),
        member(format!(r#"{{"access_token":"{TOKEN}","token_type":"mac"}}"#)),
        reply(200, HTML, &format!("<p>Your new key: <b>{TOKEN}</b>")),
        reply(500, "", TOKEN),
        // It ends too early.
        Reply::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{TOKEN}").into_bytes()),
    ] {
        let finished = explained(&Provider::start(answer.clone(), Provider::profile()));
        finished.failed_with("leg 3, the token request, ");
        shows_no_part(&finished, TOKEN);
        shows_no_part(&finished, "1234567890123");
        let length = answer.text().split_once("\r\n\r\n").unwrap().1.len();
        let remark = format!(
            "\n(the body, {length} bytes, is withheld: this leg can't read it; --reveal shows it)\n"
        );
        assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    }
}

#[test]
fn an_answer_in_chunks_is_shown_joined_and_masked() {
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let unusable = body.replace("access_token", "token");
    // The chunks cut the token, the name of its member, or both; a bare LF may end a line.
    for (size, end) in [(7, "\r\n"), (7, "\n"), (5, "\n"), (1, "\n"), (30, "\n")] {
        let provider = Provider::start(chunked(&body, size, end), Provider::profile());
        let finished = explained(&provider);
        finished.succeeded();
        shows_no_part(&finished, TOKEN);
        let shown = "< {\"access_token\":\"gho_… (40 characters)\",\"token_type\":\"bearer\"}\n\
                     (the body is shown without its chunks; --reveal shows the raw bytes)\n";
        assert!(finished.stderr.contains(shown), "{}", finished.stderr);

        let provider = Provider::start(chunked(&unusable, size, end), Provider::profile());
        let finished = explained(&provider);
        finished.failed_with("with no `access_token`");
        shows_no_part(&finished, TOKEN);
    }
}

#[test]
fn a_long_answer_shows_no_part_of_a_token_where_it_is_cut() {
    // Whatever limit cuts it, it cuts a token.
    for length in [70_000, 140_000, 300_000, 1_000_000, 1_100_000] {
        let echo = TOKEN.repeat(length / TOKEN.len());
        let user = reply(200, JSON, &format!(r#"{{"login":"mona","bio":"{echo}"}}"#));
        for user in [user, reply(500, "", &echo)] {
            let finished = explained(&Provider::start(Provider::token(), user));
            shows_no_part(&finished, TOKEN);
        }
    }
}

#[test]
fn what_still_repeats_a_secret_is_withheld() {
    let (half, escaped) = (&TOKEN[10..], TOKEN.replace('g', "\\u0067"));
    let upper = TOKEN.replace("gho_", "%67ho_");
    for echo in [half, &escaped, &upper] {
        let user = reply(200, JSON, &format!(r#"{{"login":"mona","bio":"{echo}"}}"#));
        let finished = explained(&Provider::start(Provider::token(), user.clone()));
        finished.succeeded();
        shows_no_part(&finished, &TOKEN[10..]);
        let length = user.text().split_once("\r\n\r\n").unwrap().1.len();
        let remark = format!(
            "\n(the body, {length} bytes, is withheld: it repeats a secret; --reveal shows it)\n"
        );
        assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    }
    // A head can repeat one as well, and then the whole message is withheld.
    let user = reply(200, &format!("{JSON}X-Echo: {half}\r\n"), r#"{"login":"mona"}"#);
    let finished = explained(&Provider::start(Provider::token(), user.clone()));
    let remark = format!(
        "\n(the message, {} bytes, is withheld: it repeats a secret; --reveal shows it)\n",
        user.text().len()
    );
    assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    // So can a provider's words in an error.
    let said = format!(r#"{{"message":"no {half}"}}"#);
    let finished = explained(&Provider::start(Provider::token(), reply(403, JSON, &said)));
    finished.failed_with("(the provider says: (withheld: it repeats a secret)): check `USER_URL`");
}

#[test]
fn a_token_that_comes_byte_by_byte_is_masked() {
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&Provider::friendly(), &["--explain"]).env("TOKEN_URL", &token_url).start();
    let authorization = running.authorization();
    let mut tab = connect(authorization.address());
    let request = request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    leg_3.set_nodelay(true).unwrap();
    // The request is shown while its answer is waited for.
    running.line("&client_secret=… (20 characters)&code_verifier=… (43 characters)");
    let answer = Provider::token().text();
    for byte in answer.as_bytes() {
        leg_3.write_all(&[*byte]).unwrap();
    }
    // Until the program has read it all: an end with an unread request would be a reset.
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    let finished = running.finish();
    finished.succeeded();
    finished.shows_no_secret();
    assert!(!finished.stderr.contains(&TOKEN[..10]) && !finished.stderr.contains(&TOKEN[10..]));
    assert!(finished.stderr.contains(r#"{"access_token":"gho_… (40 characters)","expires_in":28800,"refresh_token":"ghr_… (37 characters)","#));
}

#[test]
fn reveal_masks_nothing_and_says_so_once() {
    let (_, finished) = Program::at(&Provider::friendly(), &["--explain", "--reveal"]).log_in();
    for secret in [CLIENT_SECRET, CODE, TOKEN, REFRESH_TOKEN] {
        assert!(finished.stderr.contains(secret));
    }
    assert_eq!(finished.stderr.matches("Nothing below is masked").count(), 1);
    assert!(
        finished
            .stderr
            .starts_with("Nothing below is masked: anyone who sees it sees your secrets.\n")
    );
    // The lines of every login stay as they are.
    assert!(finished.stderr.contains("\nAccess token received: gho_… (40 characters)\n"));

    let finished = explained(&Provider::friendly());
    finished.shows_no_secret();
    assert!(!finished.stderr.contains("Nothing below is masked"));
}

#[test]
fn control_characters_are_spelled_out_and_a_long_answer_is_cut() {
    let body =
        format!("{{\"login\":\"\u{9b}2J\u{202e}\",\"x\":\"{}\"}}\r\r\n", "y".repeat(100_000));
    let provider = Provider::start(Provider::token(), reply(200, JSON, &body));
    let finished = explained(&provider);
    finished.succeeded();
    assert!(finished.stderr.contains("< {\"login\":\"\\u009b2J\\u202e\",\"x\":\"yyy"));
    assert!(!finished.stderr.contains(['\u{9b}', '\u{202e}']));
    assert!(finished.stderr.contains("(the rest isn't shown)\n"));
    let shown = finished.stderr.matches('y').count();
    assert!((60_000..=64 * 1024).contains(&shown), "{shown}");

    let provider =
        Provider::start(Reply::Bytes(b"\x1b[2J\xff\r\n\r\n".to_vec()), Provider::profile());
    let finished = explained(&provider);
    let remark = "(the message, 9 bytes, is withheld: it doesn't begin with a whole HTTP head; --reveal shows it)";
    assert!(finished.stderr.contains(remark), "{}", finished.stderr);
    let (_, finished) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
    assert!(finished.stderr.contains("< \\u001b[2J\\xff\r\n< \r\n"), "{}", finished.stderr);
}

#[test]
fn an_error_page_is_explained_too() {
    let provider = Provider::start(reply(500, "", "no"), Provider::profile());
    let finished = explained(&provider);
    finished.failed_with("was answered with `500`");
    let last = messages(&finished.stderr).pop().unwrap();
    assert!(last.0 == '>' && last.1.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
}

#[cfg(unix)]
mod in_a_terminal {
    use super::*;
    use crate::elsewhere::in_a_terminal;
    use crate::support::{Authorization, Running};

    #[test]
    #[ignore = "needs script"]
    fn a_terminal_has_colours_unless_they_are_not_wanted() {
        for (name, value, coloured) in [
            ("LANG", "C", true),
            ("NO_COLOR", "", true),
            ("NO_COLOR", "1", false),
            ("TERM", "dumb", false),
        ] {
            let program = in_a_terminal(&Provider::friendly(), "--explain --no-browser");
            let (_, finished) = program.env(name, value).log_in();
            finished.succeeded();
            let colour = finished.stderr.contains("\u{1b}[36m> POST /token HTTP/1.1\u{1b}[0m\r");
            assert_eq!(colour, coloured, "{name}={value}");
            assert_eq!(finished.stderr.contains('\u{1b}'), coloured, "{name}={value}");
        }
    }

    /// The program with `--step` in a terminal, waiting for the callback.
    fn waiting(provider: &Provider, option: &str, redirect_uri: &str) -> (Running, Authorization) {
        let program = in_a_terminal(provider, &format!("--step {option}"));
        let mut running = program.env("REDIRECT_URI", redirect_uri).start();
        running.line("Leg 1: ");
        running.line("Press Enter to go on.");
        assert!(!running.seen().contains("code_challenge="));
        running.type_line("");
        let authorization = running.address();
        running.line("Leg 2: ");
        running.line("Press Enter to go on.");
        running.type_line("");
        (running, authorization)
    }

    /// Leg 3 waits for Enter, and so does leg 4.
    fn waits_twice(mut running: Running, provider: &Provider) {
        running.line("Leg 3: ");
        running.line("Press Enter to go on.");
        assert_eq!(provider.requests(), [] as [String; 0]);
        running.type_line("");
        running.line("Leg 4: ");
        running.line("Press Enter to go on.");
        let requests = provider.requests();
        assert!(matches!(&*requests, [one] if one.starts_with("POST ")), "{requests:?}");
        running.type_line("");
        running.line("Done.");
        running.finish().succeeded();
    }

    #[test]
    #[ignore = "needs script"]
    fn step_waits_for_enter_before_each_leg() {
        let provider = Provider::friendly();
        let (mut running, authorization) =
            waiting(&provider, "--no-browser", "http://localhost:0/callback");
        running.line("Waiting for authorization...");
        let tab = std::thread::spawn(move || get(&authorization.callback(GRANTED)));
        waits_twice(running, &provider);
        assert_eq!(tab.join().unwrap().status, 200);
    }

    #[test]
    #[ignore = "needs script"]
    fn step_waits_for_its_own_enter_after_an_address_was_pasted() {
        let provider = Provider::friendly();
        let (mut running, authorization) =
            waiting(&provider, "--paste", "http://localhost:8000/callback");
        running.line("Then paste the address");
        running.type_line(&authorization.callback(GRANTED));
        running.line("You pasted the address, so there are no bytes of leg 2 to show.");
        waits_twice(running, &provider);
    }
}

#[test]
fn a_refused_callback_can_neither_take_the_masks_off_nor_put_them_on() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--explain"]).start();
    let authorization = running.authorization();
    for code in [
        "access_token%22%3A%22gho_",
        "client_secret=s&code=client_secret=s3",
        "HTTP/1.1&code=content-length&code=grant_type&code=localhost",
    ] {
        let query = format!("code={code}&state=forged");
        assert_eq!(get(&authorization.callback(&query)).status, 400);
    }
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    finished.succeeded();
    finished.shows_no_secret();
    for untouched in [
        "> POST /token HTTP/1.1\r\n",
        "> content-length: ",
        "&client_secret=… (20 characters)&",
        r#"{"access_token":"gho_… (40 characters)","#,
    ] {
        assert!(finished.stderr.contains(untouched), "{}", finished.stderr);
    }
}

#[test]
fn a_flood_of_refused_callbacks_is_shown_eight_times() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"])
        .env("REDIRECT_URI", "http://127.0.0.1:0/callback")
        .start();
    let authorization = running.authorization();
    for _ in 0..12 {
        assert_eq!(get(&authorization.callback("code=a&state=forged")).status, 400);
    }
    get(&authorization.callback(GRANTED));
    let stderr = running.finish().stderr;
    assert_eq!(stderr.matches("A callback wasn't taken:").count(), 8);
    assert!(stderr.contains("Ignored 12 callbacks in all."));
}

#[test]
fn a_callback_that_comes_as_a_form_is_refused_and_its_body_withheld() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"]).start();
    let authorization = running.authorization();
    let body = format!("code={CODE}&state={}", authorization.parameter("state"));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let request = format!(
        "POST /callback HTTP/1.1\r\nHost: a\r\n{form}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let page = send(authorization.address(), request.as_bytes());
    assert_eq!(page.status, 405);
    running.line("< POST /callback HTTP/1.1");
    let length = body.len();
    running.line(&format!(
        "(the body, {length} bytes, is withheld: nobody here reads it; --reveal shows it)"
    ));
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    finished.succeeded();
    finished.shows_no_secret();
}

#[test]
fn answers_that_come_early_are_part_of_the_trace_and_masked() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let token = format!("{early}{}", chunked(&body, 5, "\r\n").text());
    let token = token.replace(JSON, "Content-Type: application/json\r\nSet-Cookie: a=s3ss10n\r\n");
    let provider = Provider::start(Reply::Bytes(token.into_bytes()), Provider::profile());
    let finished = explained(&provider);
    finished.succeeded();
    finished.shows_no_secret();
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
fn cookies_of_other_programs_are_masked() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"]).start();
    let authorization = running.authorization();
    let request = request("GET", &authorization.callback(GRANTED));
    let request = request.replace("Accept:", "Cookie: session=of-another\r\nAccept:");
    send(authorization.address(), request.as_bytes());
    let finished = running.finish();
    assert!(!finished.stderr.contains("of-another"));
    let masked = "< Cookie: … (18 characters)\r\n";
    assert!(finished.stderr.contains(masked), "{}", finished.stderr);
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn step_without_a_terminal_waits_for_nobody() {
    let finished = Program::bare(&["practice", "--step"]).run();
    finished.succeeded();
    assert!(finished.stderr.contains("\nLeg 3: "));
    assert!(!finished.stderr.contains("Press Enter"));
}

#[test]
#[cfg_attr(not(feature = "classroom"), ignore = "needs the classroom")]
fn a_broken_login_is_explained_up_to_where_it_broke() {
    let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
    let authorization = running.authorization();
    get(&press(&authorization, "rate-limit"));
    let finished = running.finish();
    finished.failed_with("met a rate limit");
    assert!(finished.stderr.contains("\n< x-ratelimit-remaining: 0\r\n"));
}

#[test]
fn the_page_shows_every_step_masked_as_in_the_terminal_and_the_terminal_shows_none_twice() {
    let provider = Provider::friendly();
    let (page, finished) = Program::at(&provider, &["--explain"]).log_in();
    page.is_safe();
    let (_, steps) =
        page.body.split_once("<p>You can close this tab.</p><h2>Before: listen").unwrap();
    for part in [
        "<h2>Leg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)</h2><p>This program",
        "  code_challenge_method = S256 (how it was hashed: SHA-256)\n",
        "<h2>Leg 2: ",
        "\n&lt; GET /callback?code=c0de… (21 characters)&amp;state=",
        "<h2>Leg 3: ",
        "\n&gt; POST /token HTTP/1.1\n",
        "&quot;access_token&quot;:&quot;gho_… (40 characters)&quot;",
        "<h2>Leg 4: ",
        "\n&gt; authorization: Bearer gho_… (40 characters)\n",
    ] {
        assert!(steps.contains(part), "{part} isn't in {steps}");
    }
    for secret in [CLIENT_SECRET, CODE, TOKEN, REFRESH_TOKEN] {
        for part in secret.as_bytes().windows(8) {
            assert!(!steps.contains(std::str::from_utf8(part).unwrap()), "{steps}");
        }
    }
    let end = "You can close this tab.</p>\n(the rest repeats what stands above)\n";
    assert!(finished.stderr.contains(end), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("POST /token HTTP/1.1").count(), 1);

    let (page, _) = Program::at(&provider, &["--explain", "--reveal"]).log_in();
    let note = "<h2>The steps</h2><p>With --reveal the terminal shows them unmasked, so this page doesn&#39;t.</p>";
    assert!(page.body.contains(note) && !page.body.contains(TOKEN), "{}", page.body);
}

#[test]
fn a_failure_shows_the_steps_too_and_a_long_answer_does_not_make_the_page_long() {
    let long = format!("{{\"x\":\"{}\"}}", "<".repeat(900_000));
    let provider = Provider::start(reply(200, JSON, &long), Provider::profile());
    let (page, _) = Program::at(&provider, &["--explain"]).log_in();
    assert_eq!(page.status, 502);
    assert!(page.body.contains("<h2>Leg 3: ") && page.body.len() < 500_000, "{}", page.body.len());
    let (page, _) = Program::at(&provider, &[]).log_in();
    assert!(!page.body.contains("<h2>"), "{}", page.body);
}
