//! The environment: what is missing or wrong is named before anything else happens.

#[cfg(unix)]
use crate::support::{Folder, run_in_shell};
use crate::support::{Program, Provider};

#[test]
fn a_missing_or_empty_client_variable_is_named_with_where_to_get_it() {
    let both = ("CLIENT_ID and CLIENT_SECRET are", "them");
    // The login alone can't practise.
    let practice = if cfg!(feature = "classroom") { ", or run `bare-oauth practice`" } else { "" };
    for (id, secret, (missing, them)) in [
        (None, None, both),
        (Some(""), Some(""), both),
        (None, Some("secret"), ("CLIENT_ID is", "it")),
        (Some(""), Some("secret"), ("CLIENT_ID is", "it")),
        (Some("id"), None, ("CLIENT_SECRET is", "it")),
        (Some("id"), Some(""), ("CLIENT_SECRET is", "it")),
    ] {
        let given = [("CLIENT_ID", id), ("CLIENT_SECRET", secret)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let program = given.fold(Program::bare(&[]), |it, (name, value)| it.env(name, value));
        let finished = program.run();
        assert_eq!(finished.code, Some(1));
        // A client id alone is not enough there.
        let required = if missing == "CLIENT_SECRET is" { ", and GitHub requires it" } else { "" };
        assert_eq!(
            finished.stderr,
            format!(
                "error: {missing} not set{required}: register an OAuth app at https://github.com/settings/developers and set \
                 {them} to what its page shows{practice}"
            )
        );
    }
}

#[test]
fn a_forgotten_endpoint_is_named_and_never_githubs() {
    let endpoints = ["AUTH_URL", "TOKEN_URL", "USER_URL"];
    for missing in endpoints {
        for only in endpoints.iter().filter(|name| **name != missing) {
            // Where one alone is set, another one is named, and where two are, the third.
            let mut one = Program::bare(&[]).env("CLIENT_ID", "id").env("CLIENT_SECRET", "secret");
            one = one.env(only, "https://idp.example/");
            one.run().assert_failure(&format!("is not set, but {only} is"));
            let two = Program::at(&Provider::friendly(), &[]).env(missing, "");
            two.run().assert_failure(&format!("{missing} is not set, but "));
        }
    }
    // Nobody asks for the profile, so nobody has to say where it is.
    let provider = Provider::friendly();
    let (_, finished) = Program::at(&provider, &["--token"]).env("USER_URL", "").log_in();
    finished.assert_success();
    assert_eq!(provider.requests().len(), 1);
}

// The whole tables stand beside the parsers in `src`.
#[test]
fn each_bad_variable_ends_the_program_before_it_listens() {
    // As the system says it.
    let missing = std::io::Error::from_raw_os_error(2);
    for (name, value, error) in [
        (
            "AUTH_URL",
            "http://idp.example/",
            "AUTH_URL must begin with https:// unless it leads to this machine: it is `http://idp.example/`",
        ),
        ("TOKEN_URL", "idp.example", "TOKEN_URL isn't an absolute URL: it is `idp.example`"),
        (
            "USER_URL",
            "https://user:pa55w0rd@idp.example/",
            "USER_URL must not hold a user name or a password: its value isn't shown, because it has an `@` and may hold a password",
        ),
        ("ISSUER", "idp", "ISSUER isn't an absolute URL: it is `idp`"),
        (
            "REDIRECT_URI",
            "http://192.0.2.1:8000/callback",
            "REDIRECT_URI must have the host localhost, 127.0.0.1 or [::1]: it is `http://192.0.2.1:8000/callback`",
        ),
        (
            "SCOPE",
            "read:user\nadmin",
            "SCOPE must be words with one space between them, such as `read:user user:email`: it is `read:user\\nadmin`",
        ),
        (
            "CLIENT_SECRET",
            "s3cr3t\r\n",
            "CLIENT_SECRET must be printable ASCII: look for a line end, a space or a quote copied along",
        ),
        (
            "CLIENT_ID",
            " Ov23li",
            "CLIENT_ID must be printable ASCII: look for a line end, a space or a quote copied along",
        ),
        (
            "SSL_CERT_FILE",
            "/nowhere/roots.pem",
            &format!(
                "SSL_CERT_FILE names a file that can't be read ({missing}): correct the path, or unset the variable"
            ),
        ),
        // It has no end, and is not read to it.
        (
            "SSL_CERT_FILE",
            "/dev/zero",
            "SSL_CERT_FILE names a file that can't be read (it is longer than 16 MiB): correct the path, or unset the variable",
        ),
    ] {
        if cfg!(windows) && value == "/dev/zero" {
            continue;
        }
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
        "TOKEN_URL",
        "USER_URL",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "BROWSER",
    ] {
        program = program.env(name, "");
    }
    let mut running = program.start();
    let authorization = running.wait_for_authorization();
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
    let authorization = running.wait_for_authorization();
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
            value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
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

#[cfg(unix)]
#[test]
fn certificates_that_never_come_are_waited_for_no_longer_than_five_seconds() {
    let folder = Folder::new("never");
    let pipe = folder.file("pipe");
    run_in_shell(&format!("mkfifo {pipe}"));
    let finished = Program::at(&Provider::friendly(), &[]).env("SSL_CERT_FILE", &pipe).run();
    finished.assert_failure("SSL_CERT_FILE names a file that can't be read (timed out)");
}
