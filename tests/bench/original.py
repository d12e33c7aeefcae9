"""What bare-oauth is measured against: the same login as a small script, with its imports and its
shape (a server thread, a busy wait on a global, requests for legs 3 and 4). Not a model to copy: it
checks no state, sends no PKCE, and spins while it waits.
"""

import http.server
import os
import socketserver
import sys
import threading
import urllib.parse
import webbrowser

import requests

CLIENT_ID = os.environ.get("CLIENT_ID")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
AUTH_URL = os.environ.get("AUTH_URL", "https://github.com/login/oauth/authorize")
TOKEN_URL = os.environ.get("TOKEN_URL", "https://github.com/login/oauth/access_token")
USER_URL = os.environ.get("USER_URL", "https://api.github.com/user")
REDIRECT_URI = os.environ.get("REDIRECT_URI", "http://localhost:8000/callback")

code = None


class Callback(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        global code
        url = urllib.parse.urlparse(self.path)
        if url.path != urllib.parse.urlparse(REDIRECT_URI).path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Signed in</h1>")
        code = urllib.parse.parse_qs(url.query).get("code", [None])[0]


def say(line):
    # In one piece: two threads speak.
    print(line + "\n", end="", flush=True)


def listen():
    redirect = urllib.parse.urlparse(REDIRECT_URI)
    with socketserver.TCPServer((redirect.hostname, redirect.port or 80), Callback) as server:
        say(f"Callback server running on {redirect.scheme}://{redirect.netloc} ...")
        server.serve_forever()


def main():
    if not CLIENT_ID or not CLIENT_SECRET:
        sys.exit("error: CLIENT_ID and CLIENT_SECRET must be set")
    threading.Thread(target=listen, daemon=True).start()
    query = urllib.parse.urlencode(
        {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "read:user",
        }
    )
    url = f"{AUTH_URL}?{query}"
    say(url)
    webbrowser.open(url)
    say("Waiting for authorization...")
    while code is None:
        pass
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "code": code,
        "redirect_uri": REDIRECT_URI,
    }
    answer = requests.post(TOKEN_URL, headers={"Accept": "application/json"}, data=form)
    answer.raise_for_status()
    token = answer.json()["access_token"]
    answer = requests.get(USER_URL, headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    print("=== Profile ===")
    for name, value in answer.json().items():
        print(f"{name}: {value}")
    print("Done.")


if __name__ == "__main__":
    main()
