//! `--explain`: the bytes are those of the wire, and the secrets in them are not to be seen.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::support::tls::{TlsServer, certificates};
use crate::support::{
    CLIENT_SECRET, CODE, Finished, PATIENCE, Program, Provider, REFRESH_TOKEN, Reply, TOKEN,
    accept, connect, get, press, read, reply,
};
use crate::tls::connect_proxy;

const GRANTED: &str = "code=c0de-0123456789abcdef&state=STATE";
const JSON: &str = "Content-Type: application/json\r\n";

/// A message of the trace: `>` or `<`, and its octets.
type Message = (char, String);

/// The messages of a trace, put together again from their lines.
fn messages(stderr: &str) -> Vec<Message> {
    let mut messages: Vec<(Message, usize)> = Vec::new();
    for line in stderr.split('\n') {
        let octets = |word| {
            let count = line.strip_prefix(word)?.strip_suffix(" octets:")?;
            Some(count.parse::<usize>().unwrap())
        };
        if let Some(count) = octets("sent, ") {
            messages.push((('>', String::new()), count));
        } else if let Some(count) = octets("received, ") {
            messages.push((('<', String::new()), count));
        } else if let Some(((mark, text), _)) = messages.last_mut()
            && let Some(line) = line.strip_prefix(&format!("{mark} "))
        {
            text.push_str(line);
            text.push('\n');
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

fn octets(reply: &Reply) -> String {
    match reply {
        Reply::Octets(octets) => String::from_utf8(octets.clone()).unwrap(),
        _ => unreachable!(),
    }
}

/// Logs in, and gives the page with what the program left behind.
fn log_in(program: Program) -> Finished {
    let mut running = program.start();
    running.callback(GRANTED);
    running.finish()
}

#[test]
fn the_trace_is_what_the_server_saw_and_sent() {
    let user = reply(200, JSON, "{\n\t\"login\": \"mona\",\r\n \"name\": \"é\"}\n");
    for ends in ["", "\n", "\r\n\r\n"] {
        let body = format!("{{\"access_token\":\"{TOKEN}\",\n \"token_type\":\"bearer\"}}{ends}");
        let token = reply(200, JSON, &body);
        let provider = Provider::start(token.clone(), user.clone());
        let finished = log_in(Program::at(&provider, &["--explain", "--reveal"]));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let requests = provider.requests();
        let expected = [
            ('>', requests[0].clone()),
            ('<', octets(&token)),
            ('>', requests[1].clone()),
            ('<', octets(&user)),
        ];
        // The first is the callback, and the last its answer.
        let messages = messages(&finished.stderr);
        assert_eq!(messages[1..5], expected);
        assert_eq!(messages.len(), 6);
    }
}

#[test]
fn under_tls_the_trace_is_what_tls_protects_and_a_proxy_is_no_part_of_it() {
    let Some(folder) = certificates("explain") else {
        return;
    };
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
        let finished = log_in(program);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let messages = messages(&finished.stderr);
        assert_eq!(messages.len(), 6, "{}", finished.stderr);
        let [token, user] = servers.map(|request| request.recv_timeout(PATIENCE).unwrap());
        let expected = [
            ('>', token),
            ('<', octets(&Provider::token())),
            ('>', user),
            ('<', octets(&Provider::profile())),
        ];
        assert_eq!(messages[1..5], expected);
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
    assert_eq!(messages[5], ('>', answer));
}

#[test]
fn a_callback_that_is_refused_is_shown_with_its_answer_and_so_is_one_that_comes_late() {
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&Provider::friendly(), &["--explain"]).env("TOKEN_URL", &token_url).start();
    let authorization = running.authorization();
    get(&authorization.callback("code=somebody-elses&state=forged"));
    running.line("A callback was not taken:");
    running.line("< GET /callback?code=some… (14 characters)&state=forged HTTP/1.1");
    running.line("> HTTP/1.1 400 Bad Request");

    let mut tab = connect(authorization.address());
    let request = crate::support::request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    assert_eq!(get(&authorization.callback(GRANTED)).status, 409);
    let _ = leg_3.read(&mut [0; 4096]);
    leg_3.write_all(octets(&Provider::token()).as_bytes()).unwrap();
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(read(&mut tab).status, 200);
    running.line("A callback was not taken:");
    running.line("> HTTP/1.1 409 Conflict");
    assert_eq!(running.finish().code, Some(0));
}

#[test]
fn every_step_is_told_with_its_standard_and_every_parameter_with_its_purpose() {
    let finished = Program::bare(&["practice", "--explain"]).run();
    assert_eq!(finished.code, Some(0));
    let stderr = &finished.stderr;
    let mut rest = stderr.as_str();
    for part in [
        "\n1. Listen (RFC 8252 §7.3)\n",
        "\n2. Leg 1: the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)\n",
        "\nhttp://127.0.0.1:",
        "\n  response_type = code (what to answer with: ",
        "\n  client_id = practice (which app asks; ",
        "\n  redirect_uri = http://localhost:",
        "\n  scope = read:user (what the token is to allow, ",
        "\n  state = ",
        "\n  code_challenge = ",
        "\n  code_challenge_method = S256 (how it was hashed: SHA-256)\n",
        "\n3. Leg 2: the authorization response (RFC 6749 §4.1.2)\n",
        "\n< GET /callback?code=",
        "\n4. Leg 3: the access token request (RFC 6749 §4.1.3, RFC 7636 §4.5)\n",
        "\n> POST /login/oauth/access_token HTTP/1.1\r\n",
        "\n< HTTP/1.1 200 OK\r\n",
        "\n5. Leg 4: the profile request (RFC 6750 §2.1)\n",
        "\n> authorization: Bearer gho_… (40 characters)\r\n",
        "\n<   \"login\": \"octocat\",\n",
        "\n6. The answer to leg 2: the page (RFC 9110 §15, RFC 9700 §4.2.4)\n",
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
    let upper = |octet: u8| format!("%{octet:02X}");
    let lower = |octet: u8| format!("%{octet:02x}");
    let escaped = |escape: fn(u8) -> String| {
        let octets = secret.bytes().map(|octet| match octet {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(octet).to_string(),
            _ => escape(octet),
        });
        octets.collect::<String>()
    };
    let json = serde_json::Value::from(secret).to_string();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let unicode = secret.bytes().map(|octet| format!("\\u{octet:04x}"));
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
        (chunked(&in_json, 7), chunked(r#"{"login":"a"}"#, 3), 0),
        (chunked(&in_json, 1), chunked(&echo, 5), 1),
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

/// An answer in chunks of so many octets.
fn chunked(body: &str, size: usize) -> Reply {
    let mut octets =
        format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.as_bytes().chunks(size) {
        octets.extend(format!("{:x}\r\n", chunk.len()).bytes());
        octets.extend(chunk);
        octets.extend(b"\r\n");
    }
    octets.extend(b"0\r\n\r\n");
    Reply::Octets(octets)
}

#[test]
fn a_token_that_comes_octet_by_octet_is_masked() {
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&Provider::friendly(), &["--explain"]).env("TOKEN_URL", &token_url).start();
    let authorization = running.authorization();
    let mut tab = connect(authorization.address());
    let request = crate::support::request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    leg_3.set_nodelay(true).unwrap();
    // The request is shown while its answer is waited for.
    running.line("&client_secret=… (20 characters)&code_verifier=… (43 characters)");
    let answer = octets(&Provider::token());
    for octet in answer.as_bytes() {
        leg_3.write_all(&[*octet]).unwrap();
    }
    // Until the program has read it all: an end with an unread request would be a reset.
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.shows_no_secret();
    assert!(!finished.stderr.contains(&TOKEN[..10]) && !finished.stderr.contains(&TOKEN[10..]));
    assert!(finished.stderr.contains(r#"{"access_token":"gho_… (40 characters)","expires_in":28800,"refresh_token":"ghr_… (37 characters)","#));
}

#[test]
fn reveal_masks_nothing_and_says_so_once() {
    let finished = log_in(Program::at(&Provider::friendly(), &["--explain", "--reveal"]));
    for secret in [CLIENT_SECRET, CODE, TOKEN, REFRESH_TOKEN] {
        assert!(finished.stderr.contains(secret));
    }
    assert_eq!(finished.stderr.matches("Nothing is masked").count(), 1);
    assert!(
        finished
            .stderr
            .starts_with("Nothing is masked below: whoever sees it, sees the secrets.\n")
    );
    // The lines of every login stay as they are.
    assert!(finished.stderr.contains("\nAccess token received: gho_… (40 characters)\n"));

    let finished = log_in(Program::at(&Provider::friendly(), &["--explain"]));
    finished.shows_no_secret();
    assert!(!finished.stderr.contains("Nothing is masked"));
}

#[test]
fn control_characters_are_spelled_out_and_a_long_answer_is_cut() {
    let body =
        format!("{{\"login\":\"\u{9b}2J\u{202e}\",\"x\":\"{}\"}}\r\r\n", "y".repeat(100_000));
    let provider = Provider::start(Provider::token(), reply(200, JSON, &body));
    let finished = log_in(Program::at(&provider, &["--explain"]));
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("< {\"login\":\"\\u009b2J\\u202e\",\"x\":\"yyy"));
    assert!(!finished.stderr.contains(['\u{9b}', '\u{202e}']));
    assert!(finished.stderr.contains("(the rest is not shown)\n"));
    assert!(finished.stderr.len() < 80_000);

    let provider =
        Provider::start(Reply::Octets(b"\x1b[2J\xff\r\n\r\n".to_vec()), Provider::profile());
    let finished = log_in(Program::at(&provider, &["--explain"]));
    assert!(finished.stderr.contains("< \\u001b[2J\\xff\r\n< \r\n"), "{}", finished.stderr);
}

#[test]
fn an_error_page_is_explained_too() {
    let provider = Provider::start(reply(500, "", "no"), Provider::profile());
    let finished = log_in(Program::at(&provider, &["--explain"]));
    finished.failed_with("was answered `500`");
    let last = messages(&finished.stderr).pop().unwrap();
    assert!(last.0 == '>' && last.1.starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
}

#[cfg(unix)]
mod in_a_terminal {
    use std::thread;

    use super::*;
    use crate::elsewhere::in_a_terminal;
    use crate::support::{Authorization, Running};

    #[test]
    fn a_terminal_has_colours_unless_they_are_not_wanted() {
        for (name, value, coloured) in [
            ("LANG", "C", true),
            ("NO_COLOR", "", true),
            ("NO_COLOR", "1", false),
            ("TERM", "dumb", false),
        ] {
            let Some(program) = in_a_terminal(&Provider::friendly(), "--explain --no-browser")
            else {
                return;
            };
            let finished = log_in(program.env(name, value));
            assert_eq!(finished.code, Some(0));
            let colour = finished.stderr.contains("\u{1b}[36m> POST /token HTTP/1.1\u{1b}[0m\r");
            assert_eq!(colour, coloured, "{name}={value}");
            assert_eq!(finished.stderr.contains('\u{1b}'), coloured, "{name}={value}");
        }
    }

    /// The program with `--step` in a terminal, at the prompt for a pasted address; none where
    /// there is no terminal to be had.
    fn at_the_prompt(provider: &Provider) -> Option<(Running, Authorization)> {
        let mut running = in_a_terminal(provider, "--step --no-browser")?.start();
        running.line("2. Leg 1: ");
        running.line("Press Enter to go on.");
        assert!(!running.seen().contains("code_challenge="));
        running.type_line("");
        let url = running.line("code_challenge=");
        running.line("3. Leg 2: ");
        running.line("Press Enter to go on.");
        running.type_line("");
        running.line("paste the address");
        Some((running, Authorization::read(url.trim_end().to_owned())))
    }

    /// Leg 3 waits until this is typed, and leg 4 until Enter is.
    fn goes_on_with(mut running: Running, provider: &Provider, line: &str) {
        running.line("4. Leg 3: ");
        running.line("Press Enter to go on.");
        assert_eq!(provider.requests().len(), 0);
        running.type_line(line);
        running.line("5. Leg 4: ");
        running.line("Press Enter to go on.");
        assert_eq!(provider.requests().len(), 1);
        running.type_line("");
        running.line("Done.");
        assert_eq!(running.finish().code, Some(0));
    }

    #[test]
    fn step_waits_for_enter_before_each_leg() {
        let provider = Provider::friendly();
        let Some((running, authorization)) = at_the_prompt(&provider) else {
            return;
        };
        // The prompt reads the keyboard as well.
        let tab = thread::spawn(move || get(&authorization.callback(GRANTED)));
        goes_on_with(running, &provider, "");
        assert_eq!(tab.join().unwrap().status, 200);
    }

    #[test]
    fn the_end_of_the_input_at_the_prompt_is_no_enter_for_the_next_step() {
        let provider = Provider::friendly();
        let Some((mut running, authorization)) = at_the_prompt(&provider) else {
            return;
        };
        // Ctrl-D, and then a word that is no address any more.
        running.type_text("\u{4}");
        running.line("Nothing more is read here; the answer can still come through the port.");
        let tab = thread::spawn(move || get(&authorization.callback(GRANTED)));
        goes_on_with(running, &provider, "word");
        assert_eq!(tab.join().unwrap().status, 200);
    }

    #[test]
    fn step_waits_for_its_own_enter_after_an_address_was_pasted() {
        let provider = Provider::friendly();
        let Some((mut running, authorization)) = at_the_prompt(&provider) else {
            return;
        };
        running.type_line(&authorization.callback(GRANTED));
        running.line("The address was pasted here, so leg 2 went over no wire of this machine.");
        goes_on_with(running, &provider, "");
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
    assert_eq!(finished.code, Some(0));
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
    assert_eq!(stderr.matches("A callback was not taken:").count(), 8);
    assert!(stderr.contains("Refused 12 callbacks that did not belong to this login."));
}

#[test]
fn a_callback_that_comes_as_a_form_is_refused_and_its_code_masked() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"]).start();
    let authorization = running.authorization();
    let body = format!("code={CODE}&state={}", authorization.parameter("state"));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let request = format!(
        "POST /callback HTTP/1.1\r\nHost: a\r\n{form}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let page = crate::support::send(authorization.address(), request.as_bytes());
    assert_eq!(page.status, 405);
    running.line("< code=c0de… (21 characters)&state=");
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    assert_eq!(finished.code, Some(0));
    finished.shows_no_secret();
}

#[test]
fn answers_that_come_early_are_part_of_the_trace_and_masked() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer"}}"#);
    let token = format!("{early}{}", octets(&chunked(&body, 5)));
    let token = token.replace(JSON, "Content-Type: application/json\r\nSet-Cookie: a=s3ss10n\r\n");
    let provider = Provider::start(Reply::Octets(token.into_bytes()), Provider::profile());
    let finished = log_in(Program::at(&provider, &["--explain"]));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
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
    let request = crate::support::request("GET", &authorization.callback(GRANTED));
    let request = request.replace("Accept:", "Cookie: session=of-another\r\nAccept:");
    crate::support::send(authorization.address(), request.as_bytes());
    let finished = running.finish();
    assert!(!finished.stderr.contains("of-another"));
    let masked = "< Cookie: … (18 characters)\r\n";
    assert!(finished.stderr.contains(masked), "{}", finished.stderr);
}

#[test]
fn step_without_a_terminal_waits_for_nobody() {
    let finished = Program::bare(&["practice", "--step"]).run();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("\n4. Leg 3: "));
    assert!(!finished.stderr.contains("Press Enter"));
}

#[test]
fn a_broken_login_is_explained_up_to_where_it_broke() {
    let mut running = Program::bare(&["practice", "--no-browser", "--explain"]).start();
    let authorization = running.authorization();
    get(&press(&authorization, "rate-limit"));
    let finished = running.finish();
    finished.failed_with("met a rate limit");
    assert!(finished.stderr.contains("\n< x-ratelimit-remaining: 0\r\n"));
}
