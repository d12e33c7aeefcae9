//! TLS with a CA of the suite's own, and proxies. The server is `openssl s_server`, so that the two
//! ends are not of one make.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::tls::{TlsServer, certificates};
use crate::support::{Finished, Folder, Program, Provider, free_port};

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
    let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&asked);
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let head = read_head(&mut client);
            kept.lock().unwrap().push(head);
            let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
            let (mut client_again, mut server_again) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
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
    let (token, user) = (TlsServer::start(&folder), TlsServer::start(&folder));
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
    let other = certificates("other-ca");
    let ca = |folder: &Folder| folder.file("ca.pem");
    for (host, roots, cause) in [
        ("localhost", String::new(), "UnknownIssuer"),
        ("localhost", ca(&other), "certificate"),
        ("127.0.0.1", ca(&folder), "not valid for name"),
    ] {
        let server = TlsServer::start(&folder);
        let url = format!("https://{host}:{}/token", server.port);
        let (status, finished) = log_in(
            Program::at(&Provider::friendly(), &[])
                .env("TOKEN_URL", &url)
                .env("SSL_CERT_FILE", &roots),
        );
        assert_eq!(status, 502);
        finished.assert_failure(&format!(
            "leg 3, the token request, got no usable answer from `{url}`: its certificate can't be verified; if a private CA signed \
             it, set `SSL_CERT_FILE` to that CA's certificates in PEM: "
        ));
        assert!(finished.error().contains(cause), "{}", finished.error());
    }
}

#[test]
#[ignore = "needs openssl"]
fn a_ca_that_is_served_as_the_servers_own_certificate_is_told_apart() {
    // `SSL_CERT_FILE` is set already, so that setting it can't be the remedy.
    let folder = certificates("ca-as-server");
    let server = TlsServer::start_with(&folder, "ca");
    let url = format!("https://localhost:{}/token", server.port);
    let (_, finished) = log_in(
        Program::at(&Provider::friendly(), &[])
            .env("TOKEN_URL", &url)
            .env("SSL_CERT_FILE", &folder.file("ca.pem")),
    );
    finished.assert_failure(
        "its certificate is a CA's own; give the server one that this CA has signed: ",
    );
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
        (cut, "SSL_CERT_FILE names a file with a broken certificate: repair it, or unset it"),
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
        "leg 3, the token request, got no usable answer from `{url}`: check `TOKEN_URL`, the network and the proxy variables: "
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
    for (address, cause) in [
        (free, "check `USER_URL`, the network and the proxy variables: io: "),
        (
            refusing_at,
            "the proxy doesn't lead there; check the proxy variables: CONNECT proxy failed: proxy server responded 407",
        ),
    ] {
        let program = Program::at(&Provider::friendly(), &[])
            .env("USER_URL", "https://idp.invalid/user")
            .env("HTTPS_PROXY", &format!("http://user:pa55@{address}"));
        let (_, finished) = log_in(program);
        finished.assert_failure(
            "leg 4, the profile request, got no usable answer from `https://idp.invalid/user`",
        );
        assert!(
            finished.error().contains(cause) && !finished.stderr.contains("pa55"),
            "{}",
            finished.stderr
        );
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
