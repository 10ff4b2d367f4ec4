"""The client takes only what a witness's own key made, and waits for nobody."""

import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from almoner.audit.cosigning import ask
from almoner.log import witness
from almoner.log.note import COSIGNATURE
from almoner.log.policy import Witness
from tests.audit.logs import Log, signer

COSIGNER = signer(7, "w.example", algorithm=COSIGNATURE)


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path).grow(300)


@pytest.fixture
def answering():
    """Starts a witness whose answers are given: status, media type, body, by the request."""
    servers = []

    def start(*answers):
        left, asked = list(answers), []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked.append(witness.parse(self.rfile.read(int(self.headers["content-length"]))))
                status, media_type, body = left.pop(0)
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                with suppress(ConnectionError):  # who has read enough hangs up
                    self.wfile.write(body.encode())

            def log_message(self, format, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_address[1]}/some/prefix"
        return Witness("w", COSIGNER.key, url), asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def size(number):
    return 409, "text/x.tlog.size", f"{number}\n"


def good(log, by=COSIGNER, at=1_800_000_000):
    return 200, "text/plain", str(by.cosign(log.checkpoint.text, at))


def test_a_conflict_is_answered_with_a_proof_from_the_witnesss_size(log, answering):
    one, asked = answering(size(77), good(log))
    found = ask(log.note, [one], log.prove)
    assert [each.old for each in asked] == [0, 77]
    assert list(asked[1].proof) == log.prove(77)
    assert (len(found.signatures), found.troubles, found.held) == (1, {}, {"w": 300})


def test_what_a_witness_held_saves_a_question(log, answering):
    one, asked = answering(good(log))
    ask(log.note, [one], log.prove, {"w": 123})
    assert [each.old for each in asked] == [123]


def test_a_witness_is_asked_twice_at_most(log, answering):
    one, asked = answering(size(77), size(78))
    found = ask(log.note, [one], log.prove)
    assert len(asked) == 2
    assert found.signatures == ()
    assert found.troubles == {"w": "answered 409: 78"}


OTHERS = signer(8, "other.example", algorithm=COSIGNATURE)
SAME_NAME = signer(8, "w.example", algorithm=COSIGNATURE)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (lambda log: (200, "text/plain", ""), "gave no cosignature: this is no signed note"),
        (lambda log: good(log, OTHERS), "gave no cosignature by its key w.example+"),
        (lambda log: good(log, SAME_NAME), "gave no cosignature by its key w.example+"),
        (lambda log: good(log, at=0), "gave a cosignature without a time"),
        (
            lambda log: (200, "text/plain", str(COSIGNER.cosign("a\n1\nb\n", 1))),
            "gave no cosignature: the signature of w.example+",
        ),
        (lambda log: (403, "text/plain", "No.\n"), "answered 403: No."),
        (lambda log: size("many"), "answered 409 without the size"),
        (lambda log: (409, "text/plain", "7\n"), "answered 409 without the size"),
        (lambda log: size(301), "holds 301 entries already, the checkpoint has 300"),
        (lambda log: (200, "text/plain", "x" * 70_000), "answered with more than 65,536 bytes"),
    ],
)
def test_what_is_no_cosignature_is_said_and_not_taken(log, answering, answer, trouble):
    one, _ = answering(answer(log))
    found = ask(log.note, [one], log.prove)
    assert found.signatures == ()
    assert found.troubles["w"].startswith(trouble)


def test_other_keys_lines_are_passed_over(log, answering):
    both = good(log, OTHERS)[2] + good(log)[2]
    one, _ = answering((200, "text/plain", both))
    found = ask(log.note, [one], log.prove)
    assert [each.name for each in found.signatures] == ["w.example"]


def test_a_silent_witness_holds_nobody_up(log, answering):
    good_one, _ = answering(good(log))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        found = ask(log.note, [Witness("s", COSIGNER.key, url), good_one], log.prove, timeout=2)
        took = time.monotonic() - started
    assert len(found.signatures) == 1
    assert found.troubles == {"s": "did not answer in time"}
    assert 1.9 < took < 4


def test_a_witness_that_drips_holds_nobody_up(log):
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip():
            connection, _ = dripping.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                    while True:
                        connection.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{dripping.getsockname()[1]}"
        found = ask(log.note, [Witness("s", COSIGNER.key, url)], log.prove, timeout=0.5)
        thread.join(10)
        assert not thread.is_alive(), "the connection was cut"
    assert found.troubles == {"s": "did not answer in time"}


def test_who_cannot_be_asked_is_named(log):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    witnesses = [
        Witness("refused", COSIGNER.key, f"http://127.0.0.1:{port}"),
        Witness("odd", COSIGNER.key, "ftp://w.example"),
        Witness("nowhere", COSIGNER.key),
    ]
    found = ask(log.note, witnesses, log.prove)
    assert found.troubles.keys() == {"refused", "odd"}
    assert found.troubles["odd"] == "has no web address: ftp://w.example"


def test_a_log_that_cannot_prove_says_so(log, answering):
    one, _ = answering(size(77))
    (log.files.path / "tile/0/000").unlink()
    found = ask(log.note, [one], log.prove)
    assert found.troubles == {"w": "could not be given a proof: tile/0/000 is missing"}
