//! The environment: what is missing or wrong is named before anything else happens.

use crate::support::{Program, Provider};

#[test]
fn a_missing_or_empty_client_variable_is_named_with_where_to_get_it() {
    for (variable, values) in [("CLIENT_ID", [None, Some("")]), ("CLIENT_SECRET", [None, Some("")])]
    {
        for value in values {
            let mut program = Program::bare(&[]);
            for (name, given) in [("CLIENT_ID", "id"), ("CLIENT_SECRET", "secret")] {
                match value {
                    _ if name != variable => program = program.env(name, given),
                    Some(value) => program = program.env(name, value),
                    None => {}
                }
            }
            let finished = program.run();
            assert_eq!(finished.code, Some(1));
            assert_eq!(
                finished.stderr,
                format!(
                    "error: {variable} is not set: register an OAuth app at https://github.com/settings/developers and \
                     set {variable} to what its page shows, or run `bare-oauth practice`, which needs none"
                )
            );
        }
    }
}

#[test]
fn each_bad_variable_ends_the_program_before_it_listens() {
    let secret_in_url = "https://user:pa55w0rd@idp.example/";
    for (name, value, error) in [
        (
            "AUTH_URL",
            "http://idp.example/",
            "AUTH_URL must begin with https:// unless its host is this machine: it is `http://idp.example/`",
        ),
        ("TOKEN_URL", "idp.example", "TOKEN_URL is not an absolute URL: it is `idp.example`"),
        (
            "USER_URL",
            "ftp://idp.example/",
            "USER_URL must begin with https://: it is `ftp://idp.example/`",
        ),
        (
            "TOKEN_URL",
            "https://idp.example/#top",
            "TOKEN_URL must not have a fragment: it is `https://idp.example/#top`",
        ),
        ("ISSUER", "idp", "ISSUER is not an absolute URL: it is `idp`"),
        (
            "REDIRECT_URI",
            "http://192.0.2.1:8000/callback",
            "REDIRECT_URI must have the host localhost, 127.0.0.1 or [::1]: it is `http://192.0.2.1:8000/callback`",
        ),
        (
            "REDIRECT_URI",
            "http://localhost:8000",
            "REDIRECT_URI must have a path, such as /callback: it is `http://localhost:8000`",
        ),
        (
            "REDIRECT_URI",
            "https://localhost:8000/callback",
            "REDIRECT_URI must begin with http:// because it leads to this program, which has no certificate: it is \
             `https://localhost:8000/callback`",
        ),
        (
            "SCOPE",
            "read:user\nadmin",
            "SCOPE must be words with one space between them, such as `read:user user:email`: it is `read:user\\nadmin`",
        ),
        (
            "SSL_CERT_FILE",
            "/nowhere/roots.pem",
            "the file that SSL_CERT_FILE names can't be read: correct the path, or unset SSL_CERT_FILE: No such file or \
             directory (os error 2)",
        ),
        (
            "SSL_CERT_FILE",
            "/dev/null",
            "SSL_CERT_FILE names a file without certificates: set it to a PEM bundle, or unset it",
        ),
        (
            "CLIENT_SECRET",
            "s3cr3t\r\n",
            "CLIENT_SECRET must be printable ASCII: look for a line end or a quote that was copied along",
        ),
        (
            "AUTH_URL",
            secret_in_url,
            "AUTH_URL must not hold a user name or a password: it is a URL with `@`",
        ),
    ] {
        let finished = Program::at(&Provider::friendly(), &[]).env(name, value).run();
        assert_eq!(finished.code, Some(1), "{name}");
        assert_eq!(finished.stderr, format!("error: {error}"));
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let mut program = Program::at(&Provider::friendly(), &["--no-browser"]);
    for name in [
        "SCOPE",
        "ISSUER",
        "AUTH_URL",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "BROWSER",
    ] {
        program = program.env(name, "");
    }
    let mut running = program.start();
    let authorization = running.authorization();
    assert_eq!(authorization.endpoint, "https://github.com/login/oauth/authorize");
    assert_eq!(authorization.parameter("scope"), "read:user");
}

#[test]
fn the_authorization_request_has_what_leg_1_needs_and_keeps_what_the_endpoint_had() {
    let provider = Provider::friendly();
    let auth_url = provider.url("/authorize?tenant=a%20b");
    let mut running = Program::at(&provider, &["--no-browser"])
        .env("AUTH_URL", &auth_url)
        .env("SCOPE", "read:user gist")
        .start();
    let authorization = running.authorization();
    assert!(
        authorization.url.starts_with(&format!(
            "{auth_url}&response_type=code&client_id=the-client&redirect_uri="
        ))
    );
    for (name, value) in [
        ("tenant", "a b"),
        ("response_type", "code"),
        ("scope", "read:user gist"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(authorization.parameter(name), value);
    }
    for name in ["state", "code_challenge"] {
        let value = authorization.parameter(name);
        assert_eq!(value.len(), 43);
        assert!(
            value.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet)),
            "{value}"
        );
    }
    let redirect_uri = authorization.parameter("redirect_uri");
    assert!(
        redirect_uri.starts_with("http://localhost:") && redirect_uri.ends_with("/callback"),
        "{redirect_uri}"
    );
    assert!(!redirect_uri.contains(":0/"));
}
