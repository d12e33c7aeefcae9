#!/usr/bin/env python3
"""Logins in which a system call fails, for each call that a login makes and each error that it may have:
each must end in time, with a result or an error, without a panic and without a secret.

    tests/faults.py                          runs them all, several at a time
    tests/faults.py login:connect:1:EINTR    runs one, and shows what it printed

A name says which login, which system call, which of them, and the error. strace counts for each thread by
itself, so a first call is the first one of each thread; `1+` is that one and all after it. Needs Linux and
strace. BARE_OAUTH_BIN names another program than target/debug/bare-oauth; ABORTS_AT_ONCE=1 says that it was
built with panic=immediate-abort, as those of tests/ports are.
"""

import collections
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = os.environ.get("BARE_OAUTH_BIN") or str(ROOT / "target/debug/bare-oauth")
ABORTS_AT_ONCE = os.environ.get("ABORTS_AT_ONCE") == "1"

# The errors that a call has on a machine that lacks something, by its manual page. Each call has that of a
# sandbox too.
ERRORS = {
    "accept4": "EMFILE ENFILE ENOBUFS ENOMEM ECONNABORTED EINTR",
    "bind": "EADDRINUSE EADDRNOTAVAIL EACCES",
    "clone": "EAGAIN ENOMEM",
    "clone3": "EAGAIN ENOMEM ENOSYS",
    "close": "EINTR EIO",
    "connect": "ECONNREFUSED ETIMEDOUT ENETUNREACH EADDRNOTAVAIL EACCES EINTR",
    "fcntl": "EINVAL",
    "fstat": "EIO",
    "getrandom": "EINTR ENOSYS",
    "getsockname": "ENOBUFS",
    "getsockopt": "ENOBUFS",
    "ioctl": "ENOTTY",
    "listen": "EADDRINUSE",
    "madvise": "ENOMEM",
    "mmap": "ENOMEM EMFILE",
    "mprotect": "ENOMEM",
    "mremap": "ENOMEM",
    "munmap": "ENOMEM",
    "newfstatat": "ENOENT EIO",
    "openat": "EMFILE ENFILE ENOENT EACCES ENOMEM",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR ENOMEM",
    "ppoll": "EINTR ENOMEM",
    "pread64": "EIO",
    "read": "EINTR EIO ECONNRESET",
    "recvfrom": "EINTR ECONNRESET ETIMEDOUT ENOMEM",
    "sendto": "EINTR EPIPE ECONNRESET ENOBUFS",
    "setsockopt": "EINVAL ENOPROTOOPT",
    "shutdown": "ENOTCONN",
    "sigaltstack": "ENOMEM",
    "socket": "EMFILE ENFILE ENOBUFS ENOMEM EAFNOSUPPORT",
    "socketpair": "EMFILE ENFILE",
    "statx": "ENOENT ENOSYS",
    "write": "EINTR EIO EPIPE ENOSPC",
    "writev": "EINTR EIO EPIPE ENOSPC",
}
SANDBOX = "EPERM"
# The errors that stay once they are there.
LASTING = "EACCES EADDRNOTAVAIL EAGAIN EMFILE ENETUNREACH ENFILE ENOBUFS ENOMEM ENOSPC EPERM EPIPE".split()
# These can't fail, or end something. `brk` returns no error; `futex` has other errors where it waits than
# where it wakes, and strace can't tell them apart.
LEFT_OUT = "brk execve exit exit_group futex getpid gettid restart_syscall rt_sigreturn".split()

TIMEOUT = 3  # seconds that a login waits for its callback
AFTERWARDS = 2  # seconds that it may take to end after its page, its refusal or its timeout

CLIENT_SECRET = "s3cr3t-0f-the-cl1ent"
TOKEN = "gho_t0ken0123456789abcdefghijklmnopqrstu"


# ---- The provider ----------------------------------------------------------------------------------


class Provider(http.server.BaseHTTPRequestHandler):
    """Says yes to everybody, and keeps each code's verifier, which nobody may print."""

    verifiers = {}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body))
        self.verifiers[form["code"]] = form["code_verifier"]
        self.answer({"access_token": TOKEN, "token_type": "bearer", "scope": "read:user"})

    def do_GET(self):
        self.answer({"login": "mona", "id": 1})

    def answer(self, members):
        body = json.dumps(members).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # A client that broke off is what this is about.


def start_provider():
    server = Server(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


# ---- One login -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    login: str  # The name of a login below.
    call: str
    number: str  # `2`, or `2+` for the second and all after it.
    error: str

    def __str__(self):
        return f"{self.login}:{self.call}:{self.number}:{self.error}"

    @classmethod
    def parse(cls, name):
        return cls(*name.split(":"))


@dataclass
class Run:
    """A login from its start to its end."""

    status: int | None = None  # None: it did not end.
    stdout: str = ""
    stderr: list = field(default_factory=list)
    page: str = ""
    seconds: float = 0.0  # from the page, the refusal or the timeout to the end
    code: str = ""


def environment(origin):
    return {
        "CLIENT_ID": "the-client",
        "CLIENT_SECRET": CLIENT_SECRET,
        "AUTH_URL": f"{origin}/authorize",
        "TOKEN_URL": f"{origin}/token",
        "USER_URL": f"{origin}/user",
        "REDIRECT_URI": "http://localhost:0/callback",
    }


def brings_the_callback(run, url):
    """The browser: goes to the redirect URI with a code, and reads the page to its end."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    callback = urllib.parse.urlsplit(query["redirect_uri"])
    target = f"{callback.path}?" + urllib.parse.urlencode({"code": run.code, "state": query["state"]})
    request = f"GET {target} HTTP/1.1\r\nHost: {callback.netloc}\r\n\r\n"
    for address in ("127.0.0.1", "::1"):
        try:
            with socket.create_connection((address, callback.port), timeout=TIMEOUT + AFTERWARDS) as tab:
                tab.sendall(request.encode())
                while piece := tab.recv(65536):
                    run.page += piece.decode(errors="replace")
        except OSError:
            continue  # Refused, reset or never answered, which may be the fault's work.
        if run.page:
            return


def brings_nothing(run, url):
    """Nobody comes back, so that the timeout ends the login."""


# Each login: its arguments, how long it waits, and the browser. `practice` brings its provider and its
# person along.
LOGINS = {
    "login": (["--no-browser", "--timeout", str(TIMEOUT)], TIMEOUT, brings_the_callback),
    "explained": (["--no-browser", "--explain", "--timeout", str(TIMEOUT)], TIMEOUT, brings_the_callback),
    "nobody": (["--no-browser", "--timeout", "1"], 1, brings_nothing),
    "practice": (["practice", "--timeout", str(TIMEOUT)], TIMEOUT, brings_nothing),
}


def log_in(login, origin, strace):
    """Runs a login under strace with these options."""
    arguments, timeout, browser = LOGINS[login]
    run = Run(code=f"c0de-{os.urandom(8).hex()}")
    start = time.monotonic()
    process = subprocess.Popen(
        ["strace", "-f", "-qq", *strace, BIN, *arguments],
        env=environment(origin),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    url_is_there = threading.Event()

    def read_stderr():
        for line in process.stderr:
            run.stderr.append(line)
            if "code_challenge=" in line:
                url_is_there.set()
        url_is_there.set()

    def read_stdout():
        run.stdout = process.stdout.read()

    readers = [threading.Thread(target=read, daemon=True) for read in (read_stderr, read_stdout)]
    for reader in readers:
        reader.start()
    # Where its URL couldn't be printed, nobody can come back.
    url_is_there.wait(timeout + AFTERWARDS)
    urls = [line.strip() for line in run.stderr if "code_challenge=" in line]
    if urls:
        browser(run, urls[0])
    end_of_wait = time.monotonic() if run.page else max(time.monotonic(), start + timeout)
    try:
        run.status = process.wait(end_of_wait + AFTERWARDS - time.monotonic())
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    run.seconds = max(time.monotonic() - end_of_wait, 0)
    for reader in readers:
        reader.join(AFTERWARDS)
    return run


def lacks_memory(fault, run, stderr):
    """Where there is no memory, std says how much it wanted, and aborts; a file that is built to abort at once
    says nothing."""
    if ABORTS_AT_ONCE:
        return fault.call == "mmap" and run.status == -signal.SIGILL
    return "memory allocation of " in stderr


def problems(fault, run, before_main):
    """What is wrong with a login in which something failed. `before_main` counts the calls of the loader and
    of std, which end a program in their own way."""
    stderr = "".join(run.stderr)
    found = []
    if run.status is None:
        found.append(f"it did not end within {AFTERWARDS} s")
    elif run.status == 0:
        if not re.match("login: (mona|octocat)\n", run.stdout):
            found.append("it ended with 0, and printed no profile")
    elif run.status == 1:
        # Where standard error can't be written, nothing can be said.
        if stderr.count("error: ") != 1 and fault.call not in ("write", "writev"):
            found.append("it ended with 1, and not with one error")
    elif int(fault.number.rstrip("+")) > before_main[fault.call] and not lacks_memory(fault, run, stderr):
        found.append(f"it ended with {run.status}")
        if "panicked" in stderr:
            found.append("it panicked")
    if run.page and run.page.count("HTTP/1.1 ") != 1:
        found.append("its page is no answer")
    secrets = {"the client secret": CLIENT_SECRET, "the code": run.code, "the token": TOKEN}
    secrets["the verifier"] = Provider.verifiers.get(run.code, CLIENT_SECRET)
    for name, secret in secrets.items():
        if any(secret in stream for stream in (stderr, run.stdout, run.page)):
            found.append(f"it printed {name}")
    return found


# ---- All of them -----------------------------------------------------------------------------------


def calls_before_main():
    """How often each system call is made before the program's own code: a program that only says its
    version does nothing of its own before it writes it."""
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-o", trace.name, BIN, "--version"], check=True, capture_output=True)
        loading, _, _ = trace.read().partition("\nwrite(1, ")
    return collections.Counter(re.findall(r"^(\w+)\(", loading, re.MULTILINE))


def calls_of(login, origin):
    """How often each system call is made by the thread that makes it most often."""
    with tempfile.NamedTemporaryFile("r") as trace:
        run = log_in(login, origin, ["-o", trace.name])
        if run.status != (1 if login == "nobody" else 0):
            sys.exit(f"{login} fails without a fault: {''.join(run.stderr)}")
        made = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", trace.read(), re.MULTILINE))
    most = collections.Counter()
    for (_, call), count in made.items():
        if call not in LEFT_OUT:
            most[call] = max(count, most[call])
    return most


def faults_of(login, origin):
    faults = []
    for call, count in sorted(calls_of(login, origin).items()):
        for number in range(1, count + 1):
            for error in f"{ERRORS.get(call, '')} {SANDBOX}".split():
                faults.append(Fault(login, call, str(number), error))
                # A provider inside would lack the same, and leg 3 would wait for it for 30 s.
                if error in LASTING and login != "practice":
                    faults.append(Fault(login, call, f"{number}+", error))
    return faults


def try_fault(fault, origin):
    inject = f"inject={fault.call}:error={fault.error}:when={fault.number}"
    strace = ["-o", "/dev/null", "--seccomp-bpf", "-e", f"trace={fault.call}", "-e", inject]
    return log_in(fault.login, origin, strace)


def try_all(origin, before_main):
    faults = [fault for login in LOGINS for fault in faults_of(login, origin)]
    calls = len({fault.call for fault in faults})
    print(f"{len(faults)} logins in which one of {calls} system calls fails", flush=True)

    start = time.monotonic()
    # Most of each is waiting.
    with ThreadPoolExecutor(4 * (os.cpu_count() or 1)) as pool:
        runs = list(pool.map(lambda fault: try_fault(fault, origin), faults))
    ends = collections.Counter()
    failed = 0
    for fault, run in zip(faults, runs):
        found = problems(fault, run, before_main)
        if found:
            # Beside the others it may have been late. What counts is how it ends alone.
            run = try_fault(fault, origin)
            found = problems(fault, run, before_main)
        if found:
            failed += 1
            print(f"{'; '.join(found)}: tests/faults.py {fault}", flush=True)
        ends[{0: "with a result", 1: "with an error"}.get(run.status, "before main")] += 1
    for end, count in sorted(ends.items()):
        print(f"{count} ended {end}")
    print(f"{len(faults) - failed} passed, {failed} failed, in {time.monotonic() - start:.0f} s")
    return failed


def main():
    origin = start_provider()
    before_main = calls_before_main()
    if len(sys.argv) == 1:
        return 1 if try_all(origin, before_main) else 0
    fault = Fault.parse(sys.argv[1])
    run = try_fault(fault, origin)
    print("".join(run.stderr) + run.stdout + run.page)
    found = problems(fault, run, before_main)
    print(f"status {run.status}, {run.seconds:.1f} s after its page, its refusal or its timeout")
    print("; ".join(found) or "as it should")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
