//! Where the browser is on another machine, or is a text browser in the same terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{CODE, Program, Provider, Running, TOKEN, get};

/// The program in a terminal, by way of `script`; none where that is not installed.
pub(crate) fn in_a_terminal(provider: &Provider, arguments: &str) -> Option<Program> {
    in_a_terminal_after("", provider, arguments)
}

fn in_a_terminal_after(before: &str, provider: &Provider, arguments: &str) -> Option<Program> {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("not run: script is not installed");
        return None;
    }
    // What the terminal shows comes out of `script`, and is read on stderr like everything else.
    let program = env!("CARGO_BIN_EXE_bare-oauth");
    let command =
        format!("exec script -q -e -f -c 'exec {before}{program} {arguments}' /dev/null >&2");
    Some(Program::at(provider, &[]).through("/bin/sh", &["-c", &command]))
}

fn asked(running: &mut Running) {
    running.line("paste the address that your browser ended on");
}

#[test]
fn an_address_that_is_pasted_is_taken_as_if_it_had_arrived() {
    // Also in a terminal that is not the one that controls the process.
    for (before, whole) in [("", true), ("", false), ("setsid -w ", true)] {
        let provider = Provider::friendly();
        let Some(program) = in_a_terminal_after(before, &provider, "--no-browser") else {
            return;
        };
        let mut running = program.start();
        let authorization = running.authorization();
        asked(&mut running);
        let url = authorization.callback(&format!("code={CODE}&state=STATE"));
        let line = if whole { &url } else { &url[url.find('?').unwrap()..] };
        running.type_line(line);
        running.line("Authorization code received: c0de… (21 characters)");
        running.line("login: mona");
        running.line("Done.");
        assert_eq!(running.finish().code, Some(0));
        assert_eq!(provider.requests().len(), 2);
    }
}

#[test]
fn a_wrong_paste_is_told_why_and_asked_again() {
    let provider = Provider::friendly();
    let Some(program) = in_a_terminal(&provider, "--no-browser") else {
        return;
    };
    let mut running = program.start();
    let authorization = running.authorization();
    asked(&mut running);
    for (line, reason) in [
        ("hello".to_owned(), "That address is no http address."),
        (
            authorization.callback("code=evil&state=guess"),
            "That address has another `state` than the request of this login",
        ),
        (authorization.callback("error=access_denied"), "That address has no `state`."),
        (
            authorization.callback("code=a&code=b&state=STATE"),
            "That address has a parameter twice.",
        ),
        (authorization.callback("state=STATE"), "That address has neither `code` nor `error`."),
        (
            authorization.callback("code=a&state=STATE").replace("/callback", "/other"),
            "That address has another path than the redirect URI.",
        ),
    ] {
        running.type_line(&line);
        running.line(reason);
    }
    running.type_line("");
    running.type_line(&authorization.callback("error=access_denied&state=STATE"));
    running.line("error: the provider refused the authorization: `access_denied`");
    assert_eq!(running.finish().code, Some(1));
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn the_port_is_still_open_while_the_prompt_waits() {
    let provider = Provider::friendly();
    let Some(program) = in_a_terminal(&provider, "--no-browser") else {
        return;
    };
    let mut running = program.start();
    let authorization = running.authorization();
    asked(&mut running);
    assert_eq!(get(&authorization.callback(&format!("code={CODE}&state=STATE"))).status, 200);
    running.line("Done.");
    assert_eq!(running.finish().code, Some(0));
}

#[test]
fn over_ssh_the_line_that_forwards_the_port_is_shown() {
    for (redirect_uri, connection, user, expected) in [
        (
            "http://localhost:0/cb",
            "192.0.2.1 5 192.0.2.9 22",
            "mona",
            "ssh -L PORT:127.0.0.1:PORT -N mona@192.0.2.9",
        ),
        (
            "http://127.0.0.1:0/cb",
            "192.0.2.1 5 2001:db8::9 2222",
            "mona",
            "ssh -L PORT:127.0.0.1:PORT -N -p 2222 mona@2001:db8::9",
        ),
        (
            "http://[::1]:0/cb",
            "fe80::1%eth0 5 fe80::2%eth0 2222",
            "mona",
            "ssh -L [::1]:PORT:[::1]:PORT -N -p 2222 mona@fe80::2%eth0",
        ),
        (
            "http://localhost:0/cb",
            "$(evil) ; `evil` \u{1b}[31m",
            "$(id)",
            "ssh -L PORT:127.0.0.1:PORT -N USER@THIS-MACHINE",
        ),
    ] {
        let mut running = Program::at(&Provider::friendly(), &[])
            .env("REDIRECT_URI", redirect_uri)
            .env("SSH_CONNECTION", connection)
            .env("USER", user)
            .start();
        let line = running.line("run this there first");
        let authorization_line = running.line("Waiting for authorization...");
        assert_eq!(authorization_line, "Waiting for authorization...");
        let (_, command) = line.split_once(": ").unwrap();
        let (_, forward) = command.split_once("-L ").unwrap();
        let port = forward.trim_start_matches("[::1]:").split(':').next().unwrap();
        assert_eq!(command, expected.replace("PORT", port), "{line}");
    }
}

#[test]
fn without_a_terminal_nothing_is_read() {
    let provider = Provider::friendly();
    let mut running =
        Program::at(&provider, &["--no-browser"]).env("SSH_CONNECTION", "a 1 b 22").start();
    let authorization = running.authorization();
    running.type_line(&authorization.callback("error=access_denied&state=STATE"));
    assert_eq!(get(&authorization.callback(&format!("code={CODE}&state=STATE"))).status, 200);
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!finished.stderr.contains("paste"), "{}", finished.stderr);
}

/// `lynx` by name, and by nature: it has the terminal until it is left, which `cat` does when its
/// input ends.
fn text_browser() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("text-browser");
    fs::create_dir_all(&folder).unwrap();
    let lynx = folder.join("lynx");
    // Written whole and then named, because tests run side by side.
    let new = folder.join(format!("lynx.{:?}", std::thread::current().id()));
    fs::write(&new, "#!/bin/sh\necho \"lynx shows $1 [$CLIENT_SECRET]\"\nexec /bin/cat\n").unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&new, &lynx).unwrap();
    lynx.to_str().unwrap().to_owned()
}

#[test]
fn a_text_browser_in_the_foreground_holds_up_neither_the_login_nor_its_output() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--token"]).env("BROWSER", &text_browser()).start();
    let authorization = running.authorization();
    // It does not show itself on stdout, where the token is to be alone.
    running.says(&format!("lynx shows {} []", authorization.url));
    running.type_line("typed into the browser");
    running.line("typed into the browser");
    assert_eq!(get(&authorization.callback(&format!("code={CODE}&state=STATE"))).status, 200);
    assert_eq!(running.exit_code(), Some(0), "it ends while the browser still runs");
    running.type_line("still here");
    running.line("still here");
    running.close_input();
    assert_eq!(running.finish().stdout, format!("{TOKEN}\n"));
}

#[test]
fn over_ssh_the_address_may_be_pasted_unless_a_text_browser_needs_the_keyboard() {
    for (browser, asks) in [("/bin/true".to_owned(), true), (text_browser(), false)] {
        let provider = Provider::friendly();
        let Some(program) = in_a_terminal(&provider, "") else {
            return;
        };
        let program =
            program.env("BROWSER", &browser).env("SSH_CONNECTION", "192.0.2.1 5 192.0.2.9 22");
        let mut running = program.start();
        let authorization = running.authorization();
        if asks {
            asked(&mut running);
            running.type_line(&authorization.callback(&format!("code={CODE}&state=STATE")));
        } else {
            running.type_line("typed into the browser");
            running.line("typed into the browser");
            get(&authorization.callback(&format!("code={CODE}&state=STATE")));
        }
        running.line("Done.");
        running.close_input();
        let finished = running.finish();
        assert!(asks || !finished.stderr.contains("paste"), "{}", finished.stderr);
    }
}

#[test]
fn a_job_in_the_background_does_not_read_and_is_not_stopped() {
    let provider = Provider::friendly();
    let command = format!(
        "exec script -q -e -f -c \"sh -mc '{} --no-browser & wait'\" /dev/null >&2",
        env!("CARGO_BIN_EXE_bare-oauth")
    );
    if in_a_terminal(&provider, "").is_none() {
        return;
    }
    let mut running = Program::at(&provider, &[]).through("/bin/sh", &["-c", &command]).start();
    let authorization = running.authorization();
    assert_eq!(get(&authorization.callback(&format!("code={CODE}&state=STATE"))).status, 200);
    running.line("Done.");
    let finished = running.finish();
    assert!(!finished.stderr.contains("paste"), "{}", finished.stderr);
}
