"""What a library leaves to its user: open the browser, and take one callback."""

import http.server
import os
import threading
import urllib.parse
import webbrowser


def receive(url):
    """Open the URL, and give the one that the browser comes back to"""
    redirect = urllib.parse.urlparse(os.environ["REDIRECT_URI"])
    answers = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            if urllib.parse.urlparse(self.path).path != redirect.path:
                self.send_error(404)
                return
            answers.append(f"http://{redirect.netloc}{self.path}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Return to the terminal.")

    server = http.server.HTTPServer(("127.0.0.1", redirect.port), Handler)
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    while not answers:
        server.handle_request()
    return answers[0]
