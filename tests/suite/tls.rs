//! TLS with a CA of the suite's own, and proxies. The server is `openssl s_server`, so that the two
//! ends are not of one make.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::tls::{TlsServer, certificates, sign_for_a_time};
use crate::support::{FORM, Finished, JSON, Program, Provider, Reply, TOKEN, free_port, reply};

fn read_head(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

/// A proxy that knows CONNECT only, leads everybody to one port, and keeps what it was asked.
pub(crate) fn connect_proxy(to: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let head = read_head(&mut client);
            kept.lock().unwrap().push(head);
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let mut client_again = client.try_clone().unwrap();
            let mut server_again = server.try_clone().unwrap();
            thread::spawn(move || std::io::copy(&mut client, &mut server));
            thread::spawn(move || std::io::copy(&mut server_again, &mut client_again));
        }
    });
    (port, asked)
}

/// Logs in: the status of the page in the tab, and the end.
fn log_in(program: Program) -> (u16, Finished) {
    let (page, finished) = program.log_in();
    (page.status, finished)
}

#[test]
#[ignore = "needs openssl"]
fn a_private_ca_is_trusted_when_ssl_cert_file_names_it() {
    let folder = certificates("private-ca");
    let token = TlsServer::start(&folder);
    let user = TlsServer::start(&folder);
    let program = Program::at(&Provider::friendly(), &[])
        .env("TOKEN_URL", &format!("https://localhost:{}/token", token.port))
        .env("USER_URL", &format!("https://localhost:{}/user", user.port))
        .env("SSL_CERT_FILE", &folder.file("ca.pem"));
    token.answer("POST /token HTTP/1.1", &Provider::token());
    user.answer("GET /user HTTP/1.1", &Provider::profile());
    let (status, finished) = log_in(program);
    assert_eq!((status, finished.code), (200, Some(0)), "{}", finished.stderr);
    assert!(finished.stdout.starts_with("login: mona\n"), "{}", finished.stdout);
}

#[test]
#[ignore = "needs openssl"]
fn a_certificate_that_does_not_verify_is_told_with_the_remedy() {
    let folder = certificates("no-ca");
    sign_for_a_time(&folder, "expired", "20200101000000Z", "20200201000000Z");
    sign_for_a_time(&folder, "early", "20900101000000Z", "20900201000000Z");
    let ca = folder.file("ca.pem");
    // A CA of the same name, such as an older one.
    let other = certificates("other-ca");
    let stale = other.file("ca.pem");
    for (host, name, roots, error, cause) in [
        (
            "localhost",
            "server",
            "",
            "its certificate is signed by an authority that this program doesn't know: if a private CA signed it, set \
             `SSL_CERT_FILE` to that CA's certificates in PEM; otherwise don't trust this network",
            "UnknownIssuer",
        ),
        (
            "localhost",
            "server",
            stale.as_str(),
            "its certificate isn't signed by an authority in the file that `SSL_CERT_FILE` names: unset \
             `SSL_CERT_FILE`, or set it to the certificates in PEM of the CA that signed it",
            "BadSignature",
        ),
        (
            "127.0.0.1",
            "server",
            &ca,
            "its certificate is for another host: check the host in `TOKEN_URL`",
            "not valid for name",
        ),
        (
            "localhost",
            "expired",
            &ca,
            "its certificate has expired: check this machine's clock; if the clock is right, the server needs a new certificate",
            "not valid after",
        ),
        (
            "localhost",
            "early",
            &ca,
            "its certificate isn't valid yet: correct this machine's clock",
            "not valid before",
        ),
        // `SSL_CERT_FILE` is set already, so that setting it can't be the remedy.
        (
            "localhost",
            "ca",
            &ca,
            "its certificate is a CA's, not a server's: give the server one that this CA has signed",
            "CaUsedAsEndEntity",
        ),
    ] {
        let server = TlsServer::start_with(&folder, name);
        let url = format!("https://{host}:{}/token", server.port);
        let program = Program::at(&Provider::friendly(), &[]).env("TOKEN_URL", &url);
        let (status, finished) = log_in(program.env("SSL_CERT_FILE", roots));
        assert_eq!(status, 502);
        finished.assert_failure(&format!(
            "leg 3, the token request, got no usable answer from `{url}`: {error}: invalid peer certificate: "
        ));
        assert!(finished.error().contains(cause), "{}", finished.error());
    }
}

#[test]
#[ignore = "needs openssl"]
fn the_names_in_a_certificate_are_masked_and_cut() {
    let folder = certificates("names");
    // A host name has no `_`, so the token has none here.
    let token = TOKEN.replace('_', "-");
    let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
    fs::write(
        folder.join("names"),
        format!("subjectAltName={}\n", format!("DNS:{token},").repeat(40).trim_end_matches(',')),
    )
    .unwrap();
    sign_for_a_time(&folder, "named", "20200101000000Z", "20900201000000Z");
    let server = TlsServer::start_with(&folder, "named");
    let provider = Provider::start(reply(200, JSON, &body), Provider::profile());
    let program = Program::at(&provider, &[])
        .env("USER_URL", &format!("https://localhost:{}/user", server.port))
        .env("SSL_CERT_FILE", &folder.file("ca.pem"));
    let (_, finished) = log_in(program);
    finished.assert_failure("its certificate is for another host: check the host in `USER_URL`");
    assert!(!finished.stderr.contains(&token), "{}", finished.stderr);
    assert!(finished.error().contains("gho-… (40 characters)"), "{}", finished.error());
    assert!(finished.error().chars().count() < 600, "{}", finished.error());
}

/// A proxy that takes the connection away in the middle of an answer, after so many bytes.
fn cutting_proxy(to: u16, after: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        read_head(&mut client);
        let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let mut client_again = client.try_clone().unwrap();
        let mut server_again = server.try_clone().unwrap();
        thread::spawn(move || std::io::copy(&mut client_again, &mut server_again));
        std::io::copy(&mut server.take(after), &mut client).unwrap();
        client.shutdown(Shutdown::Both).unwrap();
    });
    port
}

#[test]
#[ignore = "needs openssl"]
fn a_form_that_tls_does_not_end_is_no_answer() {
    let folder = certificates("cut");
    let server = TlsServer::start(&folder);
    // One record of TLS has 16 KiB of it, and a form that is cut after the token would be a form.
    let form = format!("token_type=bearer&access_token={TOKEN}&padding={}", "a".repeat(30_000));
    let proxy = cutting_proxy(server.port, 22_000);
    let answer = format!("HTTP/1.1 200 OK\r\n{FORM}\r\n{form}");
    server.answer("POST /token HTTP/1.1", &Reply::Bytes(answer.into_bytes()));
    let program = Program::at(&Provider::friendly(), &["--token"])
        .env("TOKEN_URL", "https://idp.invalid/token")
        .env("SSL_CERT_FILE", &folder.file("ca.pem"))
        .env("HTTPS_PROXY", &format!("http://127.0.0.1:{proxy}"));
    let (_, finished) = log_in(program);
    finished.assert_failure(
        "got no usable answer from `https://idp.invalid/token`: the answer was cut short: try again",
    );
}

#[test]
#[ignore = "needs openssl"]
fn a_proxy_with_a_certificate_that_does_not_verify_is_named() {
    let folder = certificates("tls-proxy");
    sign_for_a_time(&folder, "expired", "20200101000000Z", "20200201000000Z");
    for (name, roots, flaw) in [
        ("server", "", "is signed by an authority that this program doesn't know: "),
        ("expired", folder.file("ca.pem").as_str(), "has expired: check this machine's clock; "),
    ] {
        let proxy = TlsServer::start_with(&folder, name);
        let at = format!("https://localhost:{}", proxy.port);
        let program = Program::at(&Provider::friendly(), &[])
            .env("TOKEN_URL", "https://idp.invalid/token")
            .env("SSL_CERT_FILE", roots)
            .env("HTTPS_PROXY", &at.replace("https://", "https://user:pa55@"));
        let (_, finished) = log_in(program);
        finished.assert_failure(&format!("the certificate of the proxy `{at}` {flaw}"));
        assert!(!finished.stderr.contains("pa55"), "{}", finished.stderr);
    }
}

#[test]
#[ignore = "needs openssl"]
fn a_bundle_that_is_broken_is_an_error_before_anything_else() {
    let folder = certificates("broken");
    let pem = fs::read_to_string(folder.join("ca.pem")).unwrap();
    let cut = pem.replacen('\n', "\nMIIB", 1);
    for (text, problem) in [
        (
            String::new(),
            "SSL_CERT_FILE names a file without certificates: set it to a PEM bundle, or unset it",
        ),
        (
            fs::read_to_string(folder.join("ca.key")).unwrap(),
            "SSL_CERT_FILE names a file without certificates",
        ),
        (
            cut,
            "SSL_CERT_FILE names a file with a broken certificate: repair the file, or unset the variable",
        ),
        (
            format!("{pem}{}", pem.replace('M', "*")),
            "SSL_CERT_FILE names a file with a broken certificate",
        ),
    ] {
        let path = folder.join("bundle.pem");
        fs::write(&path, text).unwrap();
        let finished = Program::at(&Provider::friendly(), &[])
            .env("SSL_CERT_FILE", path.to_str().unwrap())
            .run();
        finished.assert_failure(problem);
        assert_eq!(finished.stderr, format!("error: {}", finished.error()));
    }
}

#[test]
fn a_plain_server_where_tls_is_spoken_is_told() {
    let provider = Provider::friendly();
    let url = provider.url("/token").replace("http://", "https://");
    let (_, finished) = log_in(Program::at(&Provider::friendly(), &[]).env("TOKEN_URL", &url));
    finished.assert_failure(&format!(
        "leg 3, the token request, got no usable answer from `{url}`: it closed the connection without an answer: check `TOKEN_URL`, and try again: "
    ));
    assert_eq!(provider.requests(), [] as [String; 0]);
}

#[test]
#[ignore = "needs openssl"]
fn a_proxy_is_asked_for_hosts_that_are_elsewhere_and_never_for_this_machine() {
    let folder = certificates("proxy");
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let server = TlsServer::start(&folder);
        let (proxy, asked) = connect_proxy(server.port);
        server.answer("POST /token HTTP/1.1", &Provider::token());
        // Leg 3 goes to a host that only the proxy knows, leg 4 to this machine.
        let provider = Provider::friendly();
        let program = Program::at(&provider, &[])
            .env("TOKEN_URL", "https://idp.invalid/token")
            .env("SSL_CERT_FILE", &folder.file("ca.pem"))
            .env("NO_PROXY", "other.invalid")
            .env(variable, &format!("http://user:pa55@127.0.0.1:{proxy}"));
        let (status, finished) = log_in(program);
        assert_eq!((status, finished.code), (200, Some(0)), "{}", finished.stderr);
        let asked = asked.lock().unwrap();
        let [asked] = asked.as_slice() else { panic!("{asked:?}") };
        assert!(asked.starts_with("CONNECT idp.invalid:443 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("Proxy-Authorization: Basic dXNlcjpwYTU1\r\n"), "{asked}");
        assert!(!asked.to_lowercase().contains("bearer"), "{asked}");
        assert_eq!(provider.requests().len(), 1);
    }
}

#[test]
fn a_proxy_for_http_alone_is_not_asked() {
    let (proxy, asked) = connect_proxy(1);
    for variable in ["HTTP_PROXY", "http_proxy"] {
        let program = Program::at(&Provider::friendly(), &[])
            .env("TOKEN_URL", "https://idp.invalid/token")
            .env(variable, &format!("http://127.0.0.1:{proxy}"));
        log_in(program).1.assert_failure("got no usable answer from `https://idp.invalid/token`");
    }
    assert_eq!(*asked.lock().unwrap(), [] as [String; 0]);
}

#[test]
fn a_host_that_no_proxy_names_is_not_asked_of_the_proxy() {
    let (proxy, asked) = connect_proxy(1);
    for no_proxy in ["idp.invalid", "a, .invalid", "*"] {
        let program = Program::at(&Provider::friendly(), &[])
            .env("TOKEN_URL", "https://idp.invalid/token")
            .env("HTTPS_PROXY", &format!("http://127.0.0.1:{proxy}"))
            .env("NO_PROXY", no_proxy);
        log_in(program).1.assert_failure(
            "leg 3, the token request, got no usable answer from `https://idp.invalid/token`",
        );
    }
    assert_eq!(*asked.lock().unwrap(), [] as [String; 0]);
}

#[test]
fn a_proxy_that_is_gone_or_says_no_is_told_without_its_password() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing_at = refusing.local_addr().unwrap();
    thread::spawn(move || {
        for client in refusing.incoming() {
            let mut client = client.unwrap();
            read_head(&mut client);
            let _ = client.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            );
        }
    });
    for (address, why) in [
        (free, "can't be reached: check `HTTPS_PROXY` and `ALL_PROXY`, and the network: "),
        (
            refusing_at,
            "didn't connect to it: check `HTTPS_PROXY` and `ALL_PROXY` (a proxy may want a password in its URL), or \
             name the host in `NO_PROXY`: CONNECT proxy failed: proxy server responded 407",
        ),
    ] {
        let program = Program::at(&Provider::friendly(), &[])
            .env("USER_URL", "https://idp.invalid/user")
            .env("HTTPS_PROXY", &format!("http://user:pa55@{address}"));
        let (_, finished) = log_in(program);
        finished.assert_failure(&format!(
            "leg 4, the profile request, got no usable answer from `https://idp.invalid/user`: the proxy `http://{address}` {why}"
        ));
        assert!(!finished.stderr.contains("pa55"), "{}", finished.stderr);
    }
}

#[test]
fn a_proxy_that_can_not_be_used_is_an_error_before_the_browser_opens() {
    for value in
        ["socks5://user:pa55@127.0.0.1:1", "gopher://user:pa55@127.0.0.1", "http://127.0.0.1:99999"]
    {
        let problem = "ALL_PROXY isn't the URL of an HTTP proxy, such as `http://proxy.example:3128`: set it to one, \
                       or unset it";
        let finished = Program::at(&Provider::friendly(), &[])
            .env("TOKEN_URL", "https://idp.invalid/")
            .env("ALL_PROXY", value)
            .run();
        assert_eq!((finished.code, finished.stderr), (Some(1), format!("error: {problem}")));
        // Loopback endpoints need none.
        let (status, finished) =
            log_in(Program::at(&Provider::friendly(), &[]).env("ALL_PROXY", value));
        assert_eq!((status, finished.code), (200, Some(0)), "{}", finished.stderr);
    }
}
