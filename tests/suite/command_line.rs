//! Arguments in, exit code out.

use crate::support::{Program, Provider, program};

// The handout's tests compare its options and variables with those of the handout.
#[test]
fn help_goes_to_stdout_and_speaks_of_the_classroom_only_where_there_is_one() {
    for arguments in [&["--help"] as &[_], &["-h"], &["practice", "--help"], &["--json", "-h"]] {
        let finished = Program::bare(arguments).run();
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        for word in ["practice", "provider", "exam", "--port N", "--break NAME", "--only A,B"] {
            assert_eq!(finished.stdout.contains(word), cfg!(feature = "classroom"), "{word}");
        }
        for word in ["usage: ", "--no-browser", "CLIENT_ID", "exit status"] {
            assert!(finished.stdout.contains(word), "{word}");
        }
        assert!(finished.stdout.lines().all(|line| line.len() <= 100), "{}", finished.stdout);
    }
}

#[test]
fn the_version_goes_to_stdout() {
    for argument in ["--version", "-V"] {
        let finished = Program::bare(&[argument]).run();
        let expected = format!("bare-oauth {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (finished.code, finished.stdout, finished.stderr),
            (Some(0), expected, String::new())
        );
    }
}

#[test]
fn wrong_usage_is_two_lines_on_stderr_and_exit_2() {
    for (arguments, problem) in [
        (&["--bogus"] as &[_], "unknown option `--bogus`"),
        (
            &["practice", "--port", "1"],
            "`--port` goes with another command: `bare-oauth provider --port N`",
        ),
        (&["--explain", "practice"], "`practice` comes first: type `bare-oauth practice OPTIONS`"),
        (&["--\u{1b}[31m\n"], "unknown option `--\\u001b[31m\\n`"),
    ] {
        let finished = Program::bare(arguments).run();
        let expected = format!("error: {problem}\ntry `bare-oauth --help`");
        assert_eq!(
            (finished.code, finished.stdout.as_str(), finished.stderr),
            (Some(2), "", expected)
        );
    }
}

#[cfg(not(feature = "classroom"))]
#[test]
fn the_login_alone_says_which_build_has_the_rest() {
    for command in ["practice", "provider", "exam"] {
        let finished = Program::bare(&[command]).run();
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""));
        let problem = "only bare-oauth-classroom has `practice`, `provider` and `exam`";
        assert_eq!(finished.error(), problem);
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_or_a_pipe_that_nobody_reads_is_an_error_and_no_panic() {
    use std::net::Shutdown;
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    use std::process::{Command, Stdio};
    // The other tests' children may inherit the end of a pipe for a moment. What is shut down stays so.
    let (pipe, nobody) = UnixStream::pair().unwrap();
    nobody.shutdown(Shutdown::Both).unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let pipes = [Some(Stdio::from(OwnedFd::from(pipe))), full.ok().map(Stdio::from)];
    for stdout in pipes.into_iter().flatten() {
        let mut command = Command::new(program());
        let output = command.arg("--help").stdout(stdout).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let problem = "error: the result can't be written to standard output: check the file or the \
                       program that it goes to: ";
        assert!(stderr.starts_with(problem), "{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn a_standard_output_that_does_not_block_is_waited_for() {
    use std::io::{Read, Write};
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    use std::process::{Command, Stdio};
    use std::time::Duration;
    let (mut stdout, mut reader) = UnixStream::pair().unwrap();
    stdout.set_nonblocking(true).unwrap();
    // Nothing more fits in when the program starts.
    while stdout.write(&[b'.'; 4096]).is_ok() {}
    let mut child = Command::new(program())
        .arg("--help")
        .stdout(OwnedFd::from(stdout))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it didn't wait");
    let mut received = String::new();
    reader.read_to_string(&mut received).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let help = Program::bare(&["--help"]).run().stdout;
    assert_eq!(received.trim_start_matches('.'), help);
}

#[test]
fn a_login_that_nobody_answers_ends_after_its_timeout() {
    let finished = Program::at(&Provider::friendly(), &["--timeout", "1"]).run();
    finished.assert_failure(
        "no callback within 1 s: if the provider showed an error, check `CLIENT_ID` and `REDIRECT_URI`; otherwise try again, \
         with a longer `--timeout`",
    );
}
