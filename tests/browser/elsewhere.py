"""Somebody else's page, on another origin, with as strict a policy as it can have."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

EXAMPLE = "https://giving.example"
# Word for word what the how-to tells a page to allow.
POLICY = f"script-src {EXAMPLE}/widget.js; connect-src {EXAMPLE}/counters {EXAMPLE}/counters/stream"
# What a page may do to every element inside it, and a bare element that must not care.
HOSTILE = "body * { all: unset !important; display: none !important; opacity: 0 !important }"


class Elsewhere:
    """Serves one page, which `write` changes. Its policy allows what our how-to says, no more."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._page = ""

        def page() -> str:
            return self._page

        policy = (
            f"{POLICY.replace(EXAMPLE, home)}; default-src 'none'; "
            f"img-src {home}/badge/ data:; style-src 'nonce-theirs'"
        )

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.end_headers()
                self.wfile.write(page().encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def write(self, inside: str, *, styles: str = "", lang: str = "en", dir: str = "ltr") -> str:
        """Put a page up that asks for the widget; its address."""
        script = f'<script type="module" src="{self.home}/widget.js"></script>'
        return self.paste(script + inside, styles=styles, lang=lang, dir=dir)

    def paste(self, inside: str, *, styles: str = "", lang: str = "en", dir: str = "ltr") -> str:
        """Put a page up of nothing but what is pasted into it; its address."""
        self._page = (
            f'<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>A shop</title>'
            '<link rel="icon" href="data:,">'
            f'<style nonce="theirs">{styles}</style></head>'
            f"<body>{inside}</body></html>"
        )
        return self.url

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
