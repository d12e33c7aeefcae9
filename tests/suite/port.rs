//! The callback port itself: its addresses, who else may hold them, and what waiting costs.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::support::{
    GRANTED, Program, Provider, assert_login, connect, get, open_on_a_free_port, program,
    run_in_shell, start_waiting,
};

#[test]
fn a_port_that_a_stranger_holds_is_found_on_either_address_family() {
    for shown in ["127.0.0.1", "::1"] {
        if TcpListener::bind((shown, 0)).is_err() {
            assert_eq!(shown, "::1", "only IPv6 may be missing");
            continue;
        }
        let (_stranger, port) = open_on_a_free_port(|port| TcpListener::bind((shown, port)).ok());
        let finished = Program::at(&Provider::friendly(), &[])
            .env("REDIRECT_URI", &format!("http://localhost:{port}/callback"))
            .env("BROWSER", "/nowhere/browser")
            .run();
        finished.assert_failure(&format!(
            "port `{port}` on `{shown}` is in use: close the program that holds it, or set `REDIRECT_URI` to another port"
        ));
        // No URL was shown, and no browser opened.
        assert_eq!(finished.stderr, format!("error: {}", finished.error()));
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare and ip"]
fn a_machine_without_ipv6_logs_in_as_usual() {
    // A network namespace of its own, in which IPv6 is switched off.
    let without_ipv6 = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
    let unshare =
        |command: &str| Program::bare(&[]).through("unshare", &["-rn", "sh", "-c", command]);
    let program = program();
    let finished = unshare(&format!("{without_ipv6} && exec {program} practice --json")).run();
    finished.assert_success();
    assert!(finished.stdout.contains("\"login\": \"octocat\""));
    // Where only IPv6 is asked for, there is nothing to listen on.
    let command = format!("{without_ipv6} && exec {program} practice");
    let finished = unshare(&command).env("REDIRECT_URI", "http://[::1]:8000/callback").run();
    finished.assert_failure(
        "port `8000` on `::1` can't be opened, because this machine has no such address: \
         set `REDIRECT_URI` to another host: ",
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_frees_the_port_and_a_new_run_starts_at_once() {
    let provider = Provider::friendly();
    let (running, first) = start_waiting(&provider);
    let redirect_uri = first.parameter("redirect_uri").to_owned();
    // A connection that is open at that moment leaves the port in TIME_WAIT, which must not matter.
    let _open = connect(first.address());
    get(&format!("http://{}/", first.address()));
    // `kill` is a word of the shell's own.
    run_in_shell(&format!("kill -INT {}", running.id()));
    let interrupted = running.finish();
    assert_eq!((interrupted.code, interrupted.stdout.as_str()), (None, ""));

    let mut running = Program::at(&provider, &[]).env("REDIRECT_URI", &redirect_uri).start();
    let authorization = running.wait_for_authorization();
    assert_ne!(first.parameter("state"), authorization.parameter("state"));
    assert_eq!(
        get(&first.callback("code=old&state=STATE")).status,
        400,
        "the old run's callback is not this one's"
    );
    assert_login(running, &authorization, &provider);
}

#[cfg(target_os = "linux")]
#[test]
fn while_it_waits_it_takes_no_time_and_little_memory() {
    let (mut running, _) = start_waiting(&Provider::friendly());
    let process = format!("/proc/{}", running.id());
    let number = |status: &str, name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let switches = || -> u64 {
        let tasks = std::fs::read_dir(format!("{process}/task")).unwrap();
        let statuses =
            tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
        statuses.map(|status| number(&status, "voluntary_ctxt_switches:")).sum()
    };
    let ticks = || -> u64 {
        let stat = std::fs::read_to_string(format!("{process}/stat")).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    };
    // It may still be on its way to sleep. Once it sleeps, nothing wakes it in a second.
    let is_asleep = (0..5).any(|_| {
        let before = (switches(), ticks());
        thread::sleep(Duration::from_secs(1));
        (switches(), ticks()) == before
    });
    assert!(is_asleep, "no wake-ups and no time while nobody is connected");

    let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
    let kilobytes = number(&status, "VmRSS:");
    // The debug build is larger than the release build, whose figure the handout has.
    assert!(kilobytes < 8 * 1024, "{kilobytes} kB");
    assert!(running.is_running());
}

#[cfg(target_os = "linux")]
#[test]
fn listen_names_another_address_for_a_published_port() {
    for (listen, reached, may_be_reached) in
        [("0.0.0.0", "127.0.0.1", true), ("127.0.0.2", "127.0.0.2", false)]
    {
        let provider = Provider::friendly();
        let mut running = Program::at(&provider, &[])
            .env("REDIRECT_URI", "http://localhost:0/callback")
            .env("LISTEN", listen)
            .start();
        let authorization = running.wait_for_authorization();
        assert!(authorization.parameter("redirect_uri").starts_with("http://localhost:"));
        let url = authorization.callback(GRANTED).replace("//localhost", &format!("//{reached}"));
        assert_eq!(get(&url).status, 200, "{listen}");
        let finished = running.finish();
        finished.assert_success();
        let said = format!("\nIt listens on `{listen}`, as LISTEN says.\n");
        assert!(finished.stderr.contains(&said), "{}", finished.stderr);
        let warning = "\nOther machines may reach it.\n";
        assert_eq!(finished.stderr.contains(warning), may_be_reached, "{}", finished.stderr);
    }
    let finished = Program::at(&Provider::friendly(), &[]).env("LISTEN", "192.0.2.1").run();
    finished.assert_failure(
        "on `192.0.2.1` can't be opened, because this machine has no such address: set `LISTEN` to another host",
    );
    // LISTEN has no port: that belongs to the redirect URI.
    let (_stranger, port) = open_on_a_free_port(|port| TcpListener::bind(("127.0.0.2", port)).ok());
    let finished = Program::at(&Provider::friendly(), &[])
        .env("REDIRECT_URI", &format!("http://localhost:{port}/callback"))
        .env("LISTEN", "127.0.0.2")
        .run();
    finished.assert_failure(&format!(
        "port `{port}` on `127.0.0.2` is in use: close the program that holds it, or set `REDIRECT_URI` to another port"
    ));
}
