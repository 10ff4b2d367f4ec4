"""nginx as it comes, with one worker and no access log, serving one file."""

import os
import subprocess
from pathlib import Path
from types import TracebackType

from bench.site import wait_for
from tests.services import free_port

_CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {home}/pid;
error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    default_type text/html;
    add_header Content-Encoding {encoding};
    server {{ listen 127.0.0.1:{port}; root {home}/files; }}
}}
"""


class Nginx:
    """Serves `page`, which is in that content encoding, at `url`, from a file in `home`."""

    def __init__(self, home: Path, page: bytes, encoding: str) -> None:
        files = home / "files"
        files.mkdir(parents=True)
        (files / "page").write_bytes(page)
        port = free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        self._log = home / "error.log"
        self._configuration = home / "nginx.conf"
        written = _CONFIGURATION.format(home=home, port=port, user=user, encoding=encoding)
        self._configuration.write_text(written)
        self.url = f"http://127.0.0.1:{port}/page"

    def __enter__(self) -> "Nginx":
        path = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
        self._process = subprocess.Popen(
            ["nginx", "-c", str(self._configuration), "-e", str(self._log)],
            env={**os.environ, "PATH": path},
        )
        wait_for(self.url, self._process, self._log)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
