//! The end of an exam that is interrupted: its clients end, and what is known is printed.
//!
//! ```text
//! bare-oauth exam -- COMMAND                  dies by SIGINT, SIGTERM, SIGHUP or SIGKILL, as any program
//! └─ bare-oauth exam -- COMMAND               reads the end of its standard input, and cleans up
//!    └─ COMMAND
//! ```
//!
//! The standard library hears no signals. So the exam is two processes: the one that was started, and one
//! of a process group of its own, which does the work and sees by a pipe that the first one is gone.
//!
//! Left out: systems without process groups, where an interrupted exam just ends.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// Set for the process that does the work.
pub(super) const WORKER: &str = "BARE_OAUTH_EXAM_WORKER";

/// Starts the process that does the work, and waits for it; none if this process is that one, and shall
/// begin.
#[cfg(unix)]
pub(super) fn hand_over(arguments: &[OsString]) -> io::Result<Option<ExitCode>> {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    if std::env::var_os(WORKER).is_some() {
        watch_standard_input()?;
        return Ok(None);
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("exam").args(arguments).env(WORKER, "1");
    let mut worker = command.stdin(Stdio::piped()).process_group(0).spawn()?;
    // The pipe stays open as long as this process is there.
    let pipe = worker.stdin.take();
    let status = worker.wait()?;
    drop(pipe);
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Some(ExitCode::from(code.unwrap_or(1))))
}

#[cfg(not(unix))]
pub(super) fn hand_over(_: &[OsString]) -> io::Result<Option<ExitCode>> {
    Ok(None)
}

/// Ends every run once nobody holds the other end of standard input any more.
#[cfg(unix)]
fn watch_standard_input() -> io::Result<()> {
    use super::books;
    use std::thread;

    let watch = || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        books::interrupt();
    };
    thread::Builder::new().name("watch".to_owned()).spawn(watch)?;
    Ok(())
}
