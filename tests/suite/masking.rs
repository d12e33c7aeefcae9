//! `--explain`: no secret is shown, and a text that can't be shown without one is withheld.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::support::{
    CLIENT_SECRET, CODE, GRANTED, HTML, JSON, Program, Provider, REFRESH_TOKEN, Reply, TOKEN,
    accept, chunked, connect, get, log_in_explained, reply, request, send,
};

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
    let token = "gho_\"/\\<&>'%+%41~=;,";
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
        let authorization = running.wait_for_authorization();
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

#[test]
fn an_answer_that_its_leg_can_not_use_is_withheld() {
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
        let finished = log_in_explained(&Provider::start(answer.clone(), Provider::profile()));
        finished.assert_failure("leg 3, the token request, ");
        finished.assert_no_part_of(TOKEN);
        finished.assert_no_part_of("1234567890123");
        let length = answer.text().split_once("\r\n\r\n").unwrap().1.len();
        let remark = format!(
            "\n(the body, {length} bytes, is withheld: this leg can't use it; --reveal shows it)\n"
        );
        assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    }
    // The same in legs 4 and 5, whatever the status.
    let page = "<p>Your new key: k3y-of-nobody";
    let remark = "\n(the body, 30 bytes, is withheld: this leg can't use it; --reveal shows it)\n";
    for status in [200, 500] {
        let unusable = reply(status, HTML, page);
        let provider = Provider::start(Provider::token(), unusable.clone());
        let leg_4 = log_in_explained(&provider);
        let provider =
            Provider::start_with_revocation(Provider::token(), Provider::profile(), unusable);
        let (_, leg_5) = Program::at(&provider, &["--explain", "--revoke"])
            .env("REVOKE_URL", &provider.url("/revoke"))
            .log_in();
        for finished in [leg_4, leg_5] {
            assert!(!finished.stderr.contains("k3y-of"), "{}", finished.stderr);
            assert!(finished.stderr.contains(remark), "{}", finished.stderr);
        }
    }
}

#[test]
fn an_answer_with_a_secret_that_is_not_text_is_withheld() {
    for secret in ["1234567890123", "[\"1234567890123\"]", "{\"a\":\"1234567890123\"}"] {
        let body = format!(r#"{{"login":"mona","token":{secret}}}"#);
        let provider = Provider::start(Provider::token(), reply(200, JSON, &body));
        let finished = log_in_explained(&provider);
        finished.assert_success();
        finished.assert_no_part_of("1234567890123");
        let remark = format!(
            "\n(the body, {} bytes, is withheld: a secret in it isn't text; --reveal shows it)\n",
            body.len()
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
        let finished = log_in_explained(&provider);
        finished.assert_success();
        finished.assert_no_part_of(TOKEN);
        let shown = "< {\"access_token\":\"gho_… (40 characters)\",\"token_type\":\"bearer\"}\n\
                     (the body is shown without its chunks; --reveal shows the raw bytes)\n";
        assert!(finished.stderr.contains(shown), "{}", finished.stderr);

        let provider = Provider::start(chunked(&unusable, size, end), Provider::profile());
        let finished = log_in_explained(&provider);
        finished.assert_failure("with no `access_token`");
        finished.assert_no_part_of(TOKEN);
    }
}

#[test]
fn a_long_answer_shows_no_part_of_a_token_where_it_is_cut() {
    // Whatever limit cuts it, it cuts a token.
    for length in [70_000, 140_000, 300_000, 1_000_000, 1_100_000] {
        let echo = TOKEN.repeat(length / TOKEN.len());
        let user = reply(200, JSON, &format!(r#"{{"login":"mona","bio":"{echo}"}}"#));
        for user in [user, reply(500, "", &echo)] {
            let finished = log_in_explained(&Provider::start(Provider::token(), user));
            finished.assert_no_part_of(TOKEN);
        }
    }
}

#[test]
fn what_still_repeats_a_secret_is_withheld() {
    let half = &TOKEN[10..];
    let escaped = TOKEN.replace('g', "\\u0067");
    let upper = TOKEN.replace("gho_", "%67ho_");
    for echo in [half, &escaped, &upper] {
        let user = reply(200, JSON, &format!(r#"{{"login":"mona","bio":"{echo}"}}"#));
        let finished = log_in_explained(&Provider::start(Provider::token(), user.clone()));
        finished.assert_success();
        finished.assert_no_part_of(&TOKEN[10..]);
        let length = user.text().split_once("\r\n\r\n").unwrap().1.len();
        let remark = format!(
            "\n(the body, {length} bytes, is withheld: it repeats a secret; --reveal shows it)\n"
        );
        assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    }
    // A head can repeat one as well, and then the whole message is withheld.
    let user = reply(200, &format!("{JSON}X-Echo: {half}\r\n"), r#"{"login":"mona"}"#);
    let finished = log_in_explained(&Provider::start(Provider::token(), user.clone()));
    let remark = format!(
        "\n(the message, {} bytes, is withheld: it repeats a secret; --reveal shows it)\n",
        user.text().len()
    );
    assert!(finished.stderr.contains(&remark), "{}", finished.stderr);
    // So can a provider's words in an error.
    let said = format!(r#"{{"message":"no {half}"}}"#);
    let finished = log_in_explained(&Provider::start(Provider::token(), reply(403, JSON, &said)));
    finished
        .assert_failure("(the provider says: (withheld: it repeats a secret)): check `USER_URL`");
}

#[test]
fn a_token_that_comes_byte_by_byte_is_masked() {
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let token_url = format!("http://{}/token", gate.local_addr().unwrap());
    let mut running =
        Program::at(&Provider::friendly(), &["--explain"]).env("TOKEN_URL", &token_url).start();
    let authorization = running.wait_for_authorization();
    let mut tab = connect(authorization.address());
    let request = request("GET", &authorization.callback(GRANTED));
    tab.write_all(request.as_bytes()).unwrap();
    let mut leg_3 = accept(&gate);
    leg_3.set_nodelay(true).unwrap();
    // The request is shown while its answer is waited for.
    running.wait_for("&client_secret=… (20 characters)&code_verifier=… (43 characters)");
    let answer = Provider::token().text();
    for byte in answer.as_bytes() {
        leg_3.write_all(&[*byte]).unwrap();
    }
    // Until the program has read it all: an end with an unread request would be a reset.
    leg_3.read_to_end(&mut Vec::new()).unwrap();
    let finished = running.finish();
    finished.assert_success();
    finished.assert_no_secret();
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

    let finished = log_in_explained(&Provider::friendly());
    finished.assert_no_secret();
    assert!(!finished.stderr.contains("Nothing below is masked"));
}

#[test]
fn a_refused_callback_can_neither_take_the_masks_off_nor_put_them_on() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--explain"]).start();
    let authorization = running.wait_for_authorization();
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
    finished.assert_success();
    finished.assert_no_secret();
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
fn a_callback_that_comes_as_a_form_is_refused_and_its_body_withheld() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"]).start();
    let authorization = running.wait_for_authorization();
    let body = format!("code={CODE}&state={}", authorization.parameter("state"));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let request = format!(
        "POST /callback HTTP/1.1\r\nHost: a\r\n{form}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let page = send(authorization.address(), request.as_bytes());
    assert_eq!(page.status, 405);
    running.wait_for("< POST /callback HTTP/1.1");
    let length = body.len();
    running.wait_for(&format!(
        "(the body, {length} bytes, is withheld: nobody here reads it; --reveal shows it)"
    ));
    get(&authorization.callback(GRANTED));
    let finished = running.finish();
    finished.assert_success();
    finished.assert_no_secret();
}

#[test]
fn cookies_of_other_programs_are_masked() {
    let mut running = Program::at(&Provider::friendly(), &["--explain"]).start();
    let authorization = running.wait_for_authorization();
    let request = request("GET", &authorization.callback(GRANTED));
    let request = request.replace("Accept:", "Cookie: session=of-another\r\nAccept:");
    send(authorization.address(), request.as_bytes());
    let finished = running.finish();
    assert!(!finished.stderr.contains("of-another"));
    let masked = "< Cookie: … (18 characters)\r\n";
    assert!(finished.stderr.contains(masked), "{}", finished.stderr);
}
