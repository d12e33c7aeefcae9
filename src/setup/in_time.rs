//! A job that may block for ever, such as a name lookup or a file on a dead disk, and is given up after
//! a time.
//!
//! Left out: ending the job, for which std has no call. Its thread ends with the program.

use std::io::{self, ErrorKind};
use std::thread;
use std::time::{Duration, Instant};

/// The pause before the next look at the thread. A channel for each kind of result would wake this one
/// at once, and be 9 KB more.
const PAUSE: Duration = Duration::from_millis(1);

/// Does a job on a thread of its own. Errors: [`ErrorKind::TimedOut`], or the system's when it gives no
/// thread; `thread::spawn` would panic then.
pub(crate) fn in_time<T: Send + 'static>(
    patience: Duration,
    job: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let deadline = Instant::now() + patience;
    let thread = thread::Builder::new().spawn(job)?;
    while !thread.is_finished() {
        if Instant::now() > deadline {
            return Err(ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
    thread.join().map_err(|_| io::Error::other("the thread died"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_done_or_given_up() {
        assert_eq!(in_time(Duration::from_secs(60), || 7).unwrap(), 7);
        let never = || thread::sleep(Duration::from_secs(60));
        let error = in_time(Duration::from_millis(20), never).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
