//! A login that is over, ends: whatever the system denies, and whatever has come meanwhile.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{
    GRANTED, Program, Provider, connect, program, read, request, run_in_shell, start_waiting,
};

/// Two seconds, and three more for a machine that has much else to do.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_login_without_a_free_descriptor_ends_after_its_timeout() {
    for descriptors in 4..12 {
        let command = format!("ulimit -n {descriptors}; exec {} --timeout 1", program());
        let start = Instant::now();
        let finished =
            Program::at(&Provider::friendly(), &[]).through("/bin/sh", &["-c", &command]).run();
        assert!(start.elapsed() < Duration::from_secs(1) + SOON, "{descriptors}");
        assert_eq!(finished.code, Some(1), "{descriptors}: {}", finished.stderr);
        assert!(finished.stderr.contains("error: "), "{descriptors}: {}", finished.stderr);
        assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    }
}

#[test]
fn a_callback_that_came_while_the_program_was_stopped_is_taken() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--timeout", "2"]).start();
    let authorization = running.wait_for_authorization();
    let id = running.id();
    run_in_shell(&format!("kill -STOP {id}"));
    let mut tab = connect(authorization.address());
    tab.write_all(request("GET", &authorization.callback(GRANTED)).as_bytes()).unwrap();
    // The timeout passes, which is what this is about.
    thread::sleep(Duration::from_secs(3));
    run_in_shell(&format!("kill -CONT {id}"));
    assert_eq!(read(&mut tab).status, 200);
    drop(tab);
    running.finish().assert_success();
}

#[test]
fn a_tab_that_reads_nothing_holds_up_neither_the_result_nor_the_end() {
    let provider = Provider::friendly();
    let (mut running, authorization) = start_waiting(&provider);
    let mut tab = connect(authorization.address());
    tab.write_all(request("GET", &authorization.callback(GRANTED)).as_bytes()).unwrap();
    running.wait_for_stdout();
    let shown = Instant::now();
    running.finish().assert_success();
    assert!(shown.elapsed() < SOON);
    drop(tab);
}

#[test]
fn a_flood_of_wrong_callbacks_holds_up_neither_the_login_nor_its_timeout() {
    let provider = Provider::friendly();
    let mut running = Program::at(&provider, &["--timeout", "2"]).start();
    let authorization = running.wait_for_authorization();
    let start = Instant::now();
    let wrong = authorization.callback("code=evil&state=guess");
    while start.elapsed() < Duration::from_secs(3) {
        // From the timeout on, nobody answers any more.
        let Ok(mut tab) = std::net::TcpStream::connect(authorization.address()) else { break };
        let _ = tab.write_all(request("GET", &wrong).as_bytes());
    }
    running.finish().assert_failure("no callback within 2 s");
    assert!(start.elapsed() < Duration::from_secs(2) + SOON);
}
