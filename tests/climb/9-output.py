"""
OAuth2 Authorization Code Flow (Pure Python Version)
----------------------------------------------------
This script demonstrates OAuth2 login with GitHub using only:
- http.server
- socketserver
- urllib.parse
- webbrowser
- requests
- secrets and hmac
- hashlib and base64
- socket and errno
- concurrent.futures and json
No web frameworks (Flask/FastAPI) are used.
"""

import http.server
import socketserver
import urllib.parse
import webbrowser
import threading
import requests
import urllib3
import os
import sys
import hmac
import secrets
import base64
import hashlib
import errno
import socket
import json
from concurrent.futures import Future, InvalidStateError

# -------------------------------
# Configuration
# -------------------------------
CLIENT_ID = os.getenv("CLIENT_ID") or "REPLACE_ME"
CLIENT_SECRET = os.getenv("CLIENT_SECRET") or "REPLACE_ME"

if CLIENT_ID == "REPLACE_ME":
    print("Error: Please set CLIENT_ID and CLIENT_SECRET environment variables.")
    sys.exit(1)

AUTH_URL = os.getenv("AUTH_URL") or "https://github.com/login/oauth/authorize"
TOKEN_URL = os.getenv("TOKEN_URL") or "https://github.com/login/oauth/access_token"
USER_URL = os.getenv("USER_URL") or "https://api.github.com/user"
ISSUER = os.getenv("ISSUER") or "https://github.com/login/oauth"
REDIRECT_URI = os.getenv("REDIRECT_URI") or "http://localhost:8000/callback"
REDIRECT = urllib.parse.urlparse(REDIRECT_URI)
PORT = REDIRECT.port or 80

STATE = secrets.token_urlsafe(32)  # goes out with our question and comes back with its answer

# PKCE: the browser carries only a hash of the verifier. Without the verifier, which goes straight
# to the token endpoint, a stolen code is worth nothing.
VERIFIER = secrets.token_urlsafe(32)
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(DIGEST).decode().rstrip("=")

TIMEOUT = 5  # seconds that a question and its answer may take
MAX_ANSWER = 2**20  # bytes that it may have

oauth_callback = Future()  # the parameters of the first right callback, and the thread of its tab
oauth_outcome = Future()  # whether somebody is logged in


class LoginError(Exception):
    """Why nobody is logged in"""


def masked(secret: str) -> str:
    """Enough of it to know it again"""
    return f"{secret[:4]}… ({len(secret)} characters)"


def printable(text) -> str:
    """Show what would colour, overwrite or reverse the line: \\x1b, \\r, \\u202e"""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


# -------------------------------
# Step 1 – Local HTTP Callback Server
# -------------------------------
class OAuthCallbackHandler(http.server.BaseHTTPRequestHandler):
    timeout = 10  # seconds until a connection that says nothing is closed

    def log_message(self, *args):
        pass  # The log would show the code

    def do_GET(self):
        if "prefetch" in self.headers.get("Sec-Purpose", ""):
            self.send_error(503, "Nobody has asked for this page yet")
            return
        parsed = urllib.parse.urlparse(self.path)
        if parsed.path == REDIRECT.path:
            pairs = urllib.parse.parse_qsl(parsed.query, keep_blank_values=True)
            params = dict(pairs)
            names = [name for name, _ in pairs]
            if any(names.count(name) > 1 for name in ("code", "error", "iss", "state")):
                self.send_error(400, "A parameter stands there twice")
                return

            # Any web page can send the browser here, with a code of somebody else's.
            # Only the one that we asked knows the state.
            if not hmac.compare_digest(params.get("state", "").encode(), STATE.encode()):
                self.send_error(400, "Not the state of this login")
                return
            # The provider says who it is. It must be the one that we asked.
            if params.get("iss") != ISSUER:
                self.send_error(400, "Not the issuer of this login")
                return

            if not (params.get("code") or params.get("error")):
                self.send_error(400, "Neither a code nor an error")
                return
            try:
                oauth_callback.set_result((params, threading.current_thread()))
            except InvalidStateError:
                self.send_error(409, "This login has had its answer")
                return

            # The tab waits until main knows how the login has ended
            if oauth_outcome.result():
                # Show confirmation page
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<h1>Login Successful!</h1>You can close this tab.")
            else:
                self.send_error(502, "Login failed", "The terminal says why.")
        else:
            self.send_error(404)


class CallbackServer(socketserver.ThreadingTCPServer):
    # A thread for each connection: browsers open some in advance, and say nothing on them.
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = os.name == "posix"


class CallbackServerV6(CallbackServer):
    address_family = socket.AF_INET6


def start_callback_server():
    if REDIRECT.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise LoginError("REDIRECT_URI must lead back to this machine")
    # "localhost" may mean either address. Nothing but this machine can reach them.
    for server_class, address in ((CallbackServer, "127.0.0.1"), (CallbackServerV6, "::1")):
        if REDIRECT.hostname not in ("localhost", address):
            continue
        try:
            httpd = server_class((address, PORT), OAuthCallbackHandler)
        except OSError as error:
            # No IPv6 here is no harm. Somebody else on our port is.
            if address == "::1" and error.errno != errno.EADDRINUSE:
                continue
            raise LoginError(f"Port {PORT} can't be opened: {error}") from error
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
    print(f"Callback server running on http://{REDIRECT.netloc} ...")


# -------------------------------
# Steps 2 and 3 – Ask, and Read the Answer
# -------------------------------
def in_time(ask, argument):
    """Ask, but don't wait for ever: a timeout of requests would begin anew with each byte"""
    answer = Future()

    def work():
        try:
            answer.set_result(ask(argument))
        except Exception as error:
            answer.set_exception(error)

    # A daemon, so that a question that nobody answers ends with the program
    threading.Thread(target=work, daemon=True).start()
    try:
        return answer.result(TIMEOUT)
    except TimeoutError as error:
        raise LoginError(f"There was no whole answer within {TIMEOUT} seconds") from error


def read_answer(who: str, response) -> dict:
    """Read the answer if it is a JSON object and a yes, but not without end"""
    with response:
        body = response.raw.read(MAX_ANSWER + 1)
    if len(body) > MAX_ANSWER:
        raise LoginError(f"{who} sends too much")

    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise LoginError(f"{who} answered {response.status_code}, and no JSON object")
    # GitHub says no with an error and the status 200, other providers with 400 or 401.
    if response.status_code != 200 or "error" in answer:
        reason = answer.get("error_description") or answer.get("error") or answer.get("message")
        raise LoginError(f"{who} answered {response.status_code}: {reason}")
    return answer


# -------------------------------
# Step 2 – Exchange Code for Token
# -------------------------------
def exchange_code_for_token(code: str) -> str:
    """Send POST request to GitHub to trade code for access token"""
    response = requests.post(
        TOKEN_URL,
        allow_redirects=False,  # or the code and the secret would go along
        stream=True,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        data={
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": REDIRECT_URI,
        }
    )
    json_data = read_answer("The token endpoint", response)
    # Other types need more than to be sent along.
    if str(json_data.get("token_type")).lower() != "bearer":
        raise LoginError("The token is of a type that this program doesn't know")
    # A line end in the token would begin another header.
    token = json_data.get("access_token")
    if not (isinstance(token, str) and token and token.isascii() and token.isprintable()):
        raise LoginError("There is no token in the answer that can be used")
    # The person may have taken something away from what we asked for.
    if "read:user" not in str(json_data.get("scope", "read:user")):
        print("Warning: the scope read:user was not granted")
    return token


# -------------------------------
# Step 3 – Fetch Protected Resource
# -------------------------------
def get_github_profile(token: str) -> dict:
    """Call the GitHub API with the provided access token"""
    response = requests.get(
        USER_URL,
        allow_redirects=False,
        stream=True,
        headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    )
    return read_answer("The profile", response)


# -------------------------------
# Main Program
# -------------------------------
def main():
    # Start callback server in background threads, before anybody can call
    start_callback_server()

    # Construct authorization URL
    params = urllib.parse.urlencode({
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "read:user",
        "response_type": "code",
        "state": STATE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    })
    # The endpoint may have a query of its own, a tenant for example
    url = AUTH_URL + ("&" if "?" in AUTH_URL else "?") + params

    print("\nOpening your browser to authenticate with GitHub...")
    # In a thread, because some browsers keep us until they are closed
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    # Wait for user authorization
    print("Waiting for authorization...")
    params, tab = oauth_callback.result()
    logged_in = False
    try:
        if params.get("error"):
            raise LoginError(params.get("error_description") or params["error"])

        code = params["code"]
        print(f"\nAuthorization code received: {masked(code)}")

        # Step 2: Exchange for access token
        token = in_time(exchange_code_for_token, code)
        print(f"Access token received: {masked(token)}")

        # Step 3: Call API
        profile = in_time(get_github_profile, token)
        logged_in = True
    finally:
        # However it ended, the tab hears of it, and has its page before we leave
        oauth_outcome.set_result(logged_in)
        tab.join(1)

    print("\n=== GitHub User Profile ===")
    for k, v in profile.items():
        print(f"{printable(k)}: {printable(v)}")

    print("\nDone.")


if __name__ == "__main__":
    try:
        main()
    except (LoginError, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        sys.exit(f"Error: {printable(error)}")
