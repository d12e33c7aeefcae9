//! The practice provider, asked by hand: what it takes in each leg, and what it gives.

use std::io::{Read, Write};

use bare_oauth::protocol::pkce;
use bare_oauth::secret::Verifier;
use bare_oauth::wire::form::{Form, encode};

use crate::support::{
    FORM, Page, Running, connect, get, post, read, send, start_practice_provider, ticket,
};

/// A client of the practice provider that nobody has written: each request is made by the test.
pub(crate) struct ByHand {
    pub(crate) provider: Running,
    pub(crate) origin: String,
    secret: String,
    redirect_uri: String,
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const TOKEN_PATH: &str = "/login/oauth/access_token";
pub(crate) const CONSENT_PATH: &str = "/login/oauth/authorize";

impl ByHand {
    /// A client of a provider that is started for it.
    pub(crate) fn start() -> Self {
        Self::of(start_practice_provider())
    }

    pub(crate) fn of(mut provider: Running) -> Self {
        let origin = provider.variable("ISSUER").replace("/login/oauth", "");
        let secret = provider.variable("CLIENT_SECRET");
        let redirect_uri = provider.variable("REDIRECT_URI");
        Self { provider, origin, secret, redirect_uri }
    }

    /// The host and port of the provider.
    pub(crate) fn host(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// The redirect URI of the app, with port 0.
    pub(crate) fn redirect_uri_on_any_port(&self) -> String {
        let (host, _) = self.redirect_uri.rsplit_once(':').unwrap();
        format!("{host}:0/callback")
    }

    /// The URL of an authorization request that comes back to this redirect URI.
    pub(crate) fn authorization_url(&self, redirect_uri: &str, more: &[(&str, &str)]) -> String {
        let mut query = vec![("client_id", "practice"), ("redirect_uri", redirect_uri)];
        query.extend(more);
        format!("{}{CONSENT_PATH}?{}", self.origin, encode(&query))
    }

    /// The ticket of a new consent page.
    pub(crate) fn new_ticket(&self) -> String {
        ticket(&get(&self.authorization_url(&self.redirect_uri, &[])))
    }

    /// Presses a button. Gives the redirect.
    pub(crate) fn press(&self, url: &str, button: &str) -> String {
        let body = format!("ticket={}&decision={button}", ticket(&get(url)));
        let page = post(&self.origin, CONSENT_PATH, FORM, &body);
        page.header("location").expect("a redirect").to_owned()
    }

    /// Makes an authorization request and presses a button. Gives the code.
    pub(crate) fn code(&self, button: &str, more: &[(&str, &str)]) -> String {
        let url = self.authorization_url(&self.redirect_uri, more);
        let redirect = self.press(&url, button);
        let (_, query) = redirect.split_once('?').unwrap();
        Form::decode(query).get("code").unwrap().expect("a code").to_owned()
    }

    /// The parameters of a token request for a code.
    pub(crate) fn parameters(&self, code: &str) -> String {
        encode(&[
            ("client_id", "practice"),
            ("client_secret", &self.secret),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
        ])
    }

    fn ask_for_tokens(&self, headers: &str, parameters: &str) -> Page {
        post(&self.origin, TOKEN_PATH, &format!("{FORM}{headers}"), parameters)
    }

    /// Exchanges a code, with these parameters besides.
    pub(crate) fn exchange(&self, code: &str, more: &str) -> Page {
        self.ask_for_tokens("", &(self.parameters(code) + more))
    }

    fn refresh(&self, refresh_token: &str) -> Page {
        let parameters = encode(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", "practice"),
            ("client_secret", &self.secret),
        ]);
        self.ask_for_tokens("", &parameters)
    }

    /// The status of a profile request with this token.
    pub(crate) fn profile_status(&self, token: &str) -> u16 {
        self.profile(token).status
    }

    fn profile(&self, token: &str) -> Page {
        let host = self.host();
        let request = format!(
            "GET /user HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        send(host, request.as_bytes())
    }
}

/// A member of an answer that is a form.
pub(crate) fn member(page: &Page, name: &str) -> String {
    let form = Form::decode(&page.body);
    form.get(name).unwrap().unwrap_or_else(|| panic!("no {name} in {}", page.body)).to_owned()
}

fn assert_error(page: &Page, error: &str) {
    assert_eq!((page.status, member(page, "error").as_str()), (200, error));
}

/// A request whose body comes in these chunks.
fn chunked(host: &str, path: &str, headers: &str, chunks: &[&str], end: &str) -> String {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{FORM}{headers}Transfer-Encoding: chunked\r\n\r\n"
    );
    for chunk in chunks {
        request += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    request + end
}

/// PKCE is off for that code, as at a provider that has none: only a comparison of state helps.
#[test]
fn a_forged_callback_brings_the_code_of_somebody_else_and_signs_in_as_them() {
    let mut client = ByHand::start();
    let challenge = pkce::challenge(&Verifier::new(VERIFIER.to_owned()));
    let asked =
        [("state", "s"), ("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    for (button, login) in
        [("forged-state", "mallory"), ("missing-state", "mallory"), ("authorize", "octocat")]
    {
        let code = client.code(button, &asked);
        let token =
            member(&client.exchange(&code, &format!("&code_verifier={VERIFIER}")), "access_token");
        let profile = client.profile(&token).body;
        assert!(profile.contains(&format!("\"login\": \"{login}\"")), "{button}: {profile}");
    }
    client.provider.wait_for("the code is mallory's, and for it PKCE is off");
    let board = get(&format!("{}/", client.origin)).body;
    assert_eq!(board.matches("</span><b>mallory</b>").count(), 2, "{board}");
    assert_eq!(board.matches("</span><b>octocat</b>").count(), 1, "{board}");
}

#[test]
fn a_body_in_chunks_is_read_in_legs_2_and_3() {
    let client = ByHand::start();
    let host = client.host();
    let ticket = client.new_ticket();
    let chunks = ["ticket=", &ticket, "&decision=", "authorize"];
    let redirect = send(host, chunked(host, CONSENT_PATH, "", &chunks, "0\r\n\r\n").as_bytes());
    assert_eq!(redirect.status, 302);

    for end in ["0\r\n\r\n", "0;last\r\nExpires: never\r\n\r\n"] {
        let parameters = client.parameters(&client.code("authorize", &[]));
        let (one, other) = parameters.split_at(20);
        let request = chunked(host, TOKEN_PATH, "", &[one, other], end);
        // In pieces that have nothing to do with the chunks.
        let mut stream = connect(host);
        for piece in request.as_bytes().chunks(7) {
            stream.write_all(piece).unwrap();
        }
        let page = read(&mut stream);
        assert!(page.body.starts_with("access_token=gho_"), "{}", page.body);
    }
}

#[test]
fn a_body_in_chunks_has_the_same_limit_and_no_second_meaning() {
    let client = ByHand::start();
    let host = client.host();
    let long = "a".repeat(32 * 1024);
    for (request, status) in [
        (chunked(host, TOKEN_PATH, "", &[&long, &long], "0\r\n\r\n"), 200),
        (chunked(host, TOKEN_PATH, "", &[&long, &long, "a"], "0\r\n\r\n"), 413),
        (chunked(host, TOKEN_PATH, "", &[], "ffffffffffffffffff\r\n"), 413),
        (chunked(host, TOKEN_PATH, "", &[], &"1\r\na\r\n".repeat(70_000)), 413),
        (chunked(host, TOKEN_PATH, "", &["a=b"], "0\n\n"), 400),
        (chunked(host, TOKEN_PATH, "", &[], "4\r\na=b\r\n0\r\n\r\n"), 400),
        (chunked(host, TOKEN_PATH, "", &[], &format!("1;{}", "a".repeat(1024))), 400),
        (chunked(host, TOKEN_PATH, "Content-Length: 3\r\n", &["a=b"], "0\r\n\r\n"), 400),
        (chunked(host, TOKEN_PATH, "Transfer-Encoding: gzip\r\n", &["a=b"], "0\r\n\r\n"), 400),
    ] {
        let mut stream = connect(host);
        // A refusal may come before the last byte is written.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let head = String::from_utf8_lossy(&answer);
        let shown: String = request.chars().skip(100).take(200).collect();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {head}");
    }
}

#[test]
fn head_is_answered_as_get_without_the_body() {
    let client = ByHand::start();
    let host = client.host();
    let ask = |method: &str, path: &str| {
        let mut stream = connect(host);
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.lines().filter(|line| !line.starts_with("Date: ")).collect::<Vec<_>>();
        (head.join("\n"), body.to_owned())
    };
    for (path, status) in [
        ("/.well-known/oauth-authorization-server/login/oauth", 200),
        ("/login/oauth/.well-known/openid-configuration", 200),
        ("/user", 401),
        ("/login/oauth/authorize", 404),
        ("/nowhere", 404),
        (TOKEN_PATH, 405),
    ] {
        let (get_head, get_body) = ask("GET", path);
        let (head, body) = ask("HEAD", path);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {head}");
        assert_eq!(head, get_head, "{path}");
        assert!(body.is_empty() && !get_body.is_empty(), "{path}: {body}");
    }
    // The board, which shows the requests so far, has another length each time.
    let (head, body) = ask("HEAD", "/");
    assert!(head.starts_with("HTTP/1.1 200 ") && body.is_empty(), "{head}");
    let (head, _) = ask("PUT", "/");
    assert!(head.contains("\nAllow: GET, HEAD\n"), "{head}");
}

#[test]
fn a_verifier_and_a_challenge_come_together_or_not_at_all() {
    let mut client = ByHand::start();
    let challenge = pkce::challenge(&Verifier::new(VERIFIER.to_owned()));
    let challenged = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
    let verifier = format!("&code_verifier={VERIFIER}");
    for (asked, more, said) in [
        (&[] as &[_], "", "200, client_id, client_secret, code and redirect_uri are right"),
        (&challenged, &verifier, "200, client_id, client_secret, code and redirect_uri are right"),
        (&[], &verifier, "200, refused: code_verifier came, but leg 1 had no code_challenge"),
        (&challenged, "", "200, refused: code_verifier is missing, but leg 1 had a code_challenge"),
        (
            &challenged,
            "&code_verifier=a",
            "200, refused: code_verifier doesn't hash to the code_challenge",
        ),
    ] {
        let code = client.code("authorize", asked);
        let page = client.exchange(&code, more);
        if said.contains("refused") {
            assert_error(&page, "bad_verification_code");
        } else {
            member(&page, "access_token");
        }
        let line = client.provider.wait_for("leg 3: ");
        assert!(line.contains(said), "{line}");
    }
}

#[test]
fn a_refresh_token_gives_a_new_pair_and_is_spent() {
    let mut client = ByHand::start();
    let code = client.code("authorize", &[("scope", "gist offline_access read:user")]);
    let first = client.exchange(&code, "");
    let tokens = |page: &Page| [member(page, "access_token"), member(page, "refresh_token")];
    let [old_access, old_refresh] = tokens(&first);
    // It is asked for, and not told.
    assert_eq!(member(&first, "scope"), "gist,read:user");

    let second = client.refresh(&old_refresh);
    let [access, refresh] = tokens(&second);
    assert!(access.starts_with("gho_") && refresh.starts_with("ghr_"), "{}", second.body);
    for name in ["expires_in", "refresh_token_expires_in", "scope", "token_type"] {
        assert_eq!(member(&first, name), member(&second, name));
    }
    assert_eq!((client.profile_status(&old_access), client.profile_status(&access)), (401, 200));
    client.provider.wait_for(
        "login 1, leg 3: 200, the refresh token is right (RFC 6749 §6); it is spent now, and its access token with it",
    );
    for wrong in [&old_refresh, &access, "ghr_guess", ""] {
        assert_error(&client.refresh(wrong), "bad_refresh_token");
    }
    client.provider.wait_for("leg 3: 200, refused: refresh_token is missing (RFC 6749 §6)");
    let guess = format!("grant_type=refresh_token&client_id=practice&refresh_token={refresh}");
    assert_error(&client.ask_for_tokens("", &guess), "incorrect_client_credentials");

    // A code that comes again ends what came of it, refreshed or not.
    assert_error(&client.exchange(&code, ""), "bad_verification_code");
    assert_eq!(client.profile_status(&access), 401);
    assert_error(&client.refresh(&refresh), "bad_refresh_token");
}

#[test]
fn http_basic_is_taken_and_the_log_says_what_github_documents() {
    let mut client = ByHand::start();
    let basic = |credentials: &str| {
        let base64 = bare_oauth::secret::base64url::base64(credentials.as_bytes());
        format!("Authorization: Basic {base64}\r\n")
    };
    let right = basic(&format!("practice:{}", client.secret));
    let documented = "; HTTP Basic is taken (client_secret_basic), but GitHub documents client_id and client_secret in the body";
    for (header, body, is_right, said) in [
        (&right, "", true, documented),
        (&right.replace("Basic", "bAsIc"), "client_id=practice&", true, documented),
        (&right, "client_id=other&", false, "refused: no app with this client_id"),
        (
            &basic("practice:guess"),
            "",
            false,
            "refused: the client_id or the client_secret of HTTP Basic is wrong",
        ),
        (
            &basic("other:guess"),
            "client_id=practice&",
            false,
            "refused: the client_id or the client_secret of HTTP",
        ),
        (
            &basic("practice:guess"),
            &format!("client_id=practice&client_secret={}&", client.secret),
            true,
            "; client_secret came twice, in the body and by HTTP Basic",
        ),
        (
            &"Authorization: Bearer a\r\n".to_owned(),
            &format!("client_id=practice&client_secret={}&", client.secret),
            true,
            "; the Authorization header isn't read, because it isn't HTTP Basic",
        ),
    ] {
        let code = client.code("authorize", &[]);
        let redirect_uri = encode(&[("redirect_uri", &client.redirect_uri)]);
        let parameters = format!("{body}code={code}&{redirect_uri}");
        let page = client.ask_for_tokens(header, &parameters);
        if is_right {
            member(&page, "access_token");
        } else {
            assert_error(&page, "incorrect_client_credentials");
        }
        let line = client.provider.wait_for("leg 3: ");
        assert!(line.contains(said), "{line}");
        assert!(!line.contains(&client.secret), "{line}");
    }
}

#[test]
fn the_eleventh_token_of_a_person_ends_the_oldest() {
    let client = ByHand::start();
    let token = |scope: &str| {
        let code = client.code("authorize", &[("scope", scope)]);
        member(&client.exchange(&code, ""), "access_token")
    };
    let other = token("gist");
    let mut tokens = Vec::new();
    for scope in ["read:user repo", "repo read:user"].repeat(5) {
        tokens.push(token(scope));
    }
    assert_eq!(client.profile_status(&tokens[0]), 200);
    tokens.push(token("read:user repo"));
    let statuses: Vec<u16> = tokens.iter().map(|token| client.profile_status(token)).collect();
    assert_eq!(statuses[0], 401);
    assert!(statuses[1..].iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(client.profile_status(&other), 200);
    // A code that is broken on purpose gives none, and ends none.
    let code = client.code("token-500", &[("scope", "read:user repo")]);
    assert_eq!(client.exchange(&code, "").status, 500);
    assert_eq!(client.profile_status(&tokens[1]), 200);
}

#[test]
fn a_code_that_is_broken_on_purpose_is_not_held_against_the_client() {
    let mut client = ByHand::start();
    for (number, button, label, said) in [
        (1, "used-code", "A used code", "refused as if the code had been used before"),
        (2, "expired-code", "An expired code", "refused as if the code had expired"),
    ] {
        let code = client.code(button, &[]);
        assert_error(&client.exchange(&code, ""), "bad_verification_code");
        let line = client.provider.wait_for("leg 3: ");
        let said = format!(
            "login {number}, leg 3: 200, broken on purpose ({label}): {said} (RFC 6749 §4.1.2)"
        );
        assert!(line.contains(&said), "{line}");
        let board = get(&format!("{}/", client.origin)).body;
        let verdict = format!("<code>{button}</code>: <i>held</i></span>");
        assert!(board.contains(&verdict), "{board}");
        assert!(!board.contains("<strong>"), "{board}");
    }
    // But a client that sends it twice does wrong, no matter who broke the code.
    let code = client.code("used-code", &[]);
    client.exchange(&code, "");
    client.exchange(&code, "");
    client.provider.wait_for(
        "login 3, leg 3: 200, refused: the code was used before, so its token is revoked (RFC 6749 §4.1.2)",
    );
}

#[test]
fn a_revoked_token_leaves_its_refresh_token_alive() {
    let mut client = ByHand::start();
    let page = client.exchange(&client.code("authorize", &[]), "");
    let token = member(&page, "access_token");
    let basic = format!("practice:{}", client.secret);
    let basic = bare_oauth::secret::base64url::base64(basic.as_bytes());
    let body = format!("{{\"access_token\":\"{token}\"}}");
    let host = client.host();
    let revoke = |path: &str| {
        let length = body.len();
        let request = format!(
            "DELETE {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        send(host, request.as_bytes()).status
    };
    assert_eq!(revoke("/applications/other/token"), 404);
    assert_eq!(client.profile_status(&token), 200);
    assert_eq!(revoke("/applications/practice/token"), 204);
    assert_eq!(revoke("/applications/practice/token"), 404);
    assert_eq!(client.profile_status(&token), 401);
    client.provider.wait_for("leg 5: 204, the token has ended; its refresh token lives on");
    let page = client.refresh(&member(&page, "refresh_token"));
    assert_eq!(client.profile_status(&member(&page, "access_token")), 200);
}
