"""Real receivers on loopback: one of webhooks, one of e-mail, each saying what it is told to."""

import socketserver
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep


class Receiver:
    """A web server that answers with what is in `answers`, then with 204, and keeps it all."""

    def __init__(self):
        self.answers = []
        self.requests = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                answer = receiver.answers.pop(0) if receiver.answers else 204
                if callable(answer):
                    answer(self)
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if status >= 400:
                    self.wfile.write(b"not now")

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def drip(handler):
    """Answer with one byte after another, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            sleep(0.05)
    except OSError:
        handler.close_connection = True


def flood(handler):
    """Answer with more than anybody wants to read."""
    handler.wfile.write(b"HTTP/1.1 500 Oh\r\n\r\n")
    try:
        for _ in range(2_000):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        handler.close_connection = True


@contextmanager
def mail_server(refused=()):
    """A mail server; yields its port and the messages that it took."""
    taken = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line.split()[0].upper()
                if word == "DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    taken.append(b"".join(lines))
                    self.say("250 taken")
                elif word == "RCPT" and any(each in line for each in refused):
                    self.say("550 no such person")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def say(self, text):
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1], taken
        server.shutdown()
        thread.join()
