"""Each command does what it says, or ends with 1 and one clear sentence."""

import json
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing

import httpx
import pytest

from tests.server import ALMONER, Server
from tests.services import free_port
from tests.shop import order, send


def test_help_names_every_command(almoner):
    said = almoner("--help")
    assert said.code == 0
    for command in ("serve", "demo", "init", "doctor", "import", "key", "manage", "config"):
        assert command in said.out


def test_init_twice_keeps_what_is_there(almoner, installed):
    before = (installed / "almoner.toml").read_bytes()
    said = almoner("init")
    assert (said.code, said.err) == (0, "")
    assert (installed / "almoner.toml").read_bytes() == before
    assert (installed / "almoner.toml").stat().st_mode & 0o077 == 0


def test_the_doctor_finds_nothing_wrong_with_a_new_installation(almoner, installed):
    said = almoner("doctor")
    assert (said.code, said.err) == (0, "")
    assert "The ledger adds up" in said.out
    assert "✗" not in said.out
    key = (installed / "almoner.toml").read_text().split('"')[1]
    assert key not in said.out


def test_the_doctor_names_what_is_missing_and_what_to_run(almoner):
    said = almoner("doctor")
    assert said.code == 1
    assert "There is no database" in said.out
    assert "almoner init" in said.out


def test_the_doctor_finds_one_altered_byte_of_one_entry(almoner, home, demonstrated):
    with closing(sqlite3.connect(home / "almoner.db", isolation_level=None)) as db:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("UPDATE ledger_entry SET kind = 'x' WHERE idx = 0")
        db.execute("DROP TRIGGER ledger_entry_no_update")
        (body,) = db.execute("SELECT body FROM ledger_entry WHERE idx = 3").fetchone()
        altered = bytes([body[0]]) + body[1:].replace(b'"v":1', b'"v":2', 1)
        assert altered != body
        db.execute("UPDATE ledger_entry SET body = ? WHERE idx = 3", (altered,))
    said = almoner("doctor")
    assert said.code == 1
    assert "✗" in said.out
    assert "backup" in said.out


def test_the_doctor_sees_that_the_home_cannot_be_written(almoner):
    said = almoner("doctor", home="/proc/self")  # where nobody may make a file, not even root
    assert said.code == 1
    assert "/proc/self cannot be written" in said.out


def test_the_doctor_says_that_a_home_was_never_made(almoner, home):
    said = almoner("doctor", home=home / "not-yet")
    assert said.code == 1
    assert "There is no directory" in said.out
    assert "cannot be written" not in said.out


def test_a_home_that_cannot_be_made_is_one_sentence(almoner, home):
    (home / "file").write_text("")
    for command in ("init", "demo"):
        said = almoner(command, home=home / "file" / "inside")
        assert said.code == 1
        assert "cannot be" in said.sentence


def test_the_doctor_warns_where_others_can_read_the_secrets(almoner, installed):
    (installed / "almoner.toml").chmod(0o644)
    said = almoner("doctor")
    assert said.code == 0
    assert "Others on this machine can read" in said.out
    assert "chmod 600" in said.out


@pytest.mark.parametrize("command", ["init", "serve", "demo", "doctor", "config"])
def test_a_wrong_port_stops_every_command_with_one_sentence(almoner, command):
    said = almoner(command, port="eighty")
    assert said.code == 1
    assert "ALMONER_PORT" in said.sentence


def test_a_misspelt_setting_stops_with_one_sentence(almoner, installed):
    with (installed / "almoner.toml").open("a") as file:
        file.write("\nprot = 8001\n")
    said = almoner("serve")
    assert said.code == 1
    assert "prot" in said.sentence


@pytest.mark.parametrize("command", ["init", "serve", "key new till"])
def test_a_postgresql_that_does_not_answer_is_one_sentence(almoner, installed, command):
    away = f"postgresql://almoner:hunter22@127.0.0.1:{free_port()}/almoner"
    said = almoner(*command.split(), database=away)
    assert said.code == 1
    assert "PostgreSQL does not answer" in said.sentence
    assert "hunter22" not in said.err


def test_the_doctor_says_that_postgresql_does_not_answer(almoner, installed):
    said = almoner("doctor", database=f"postgresql://a:hunter22@127.0.0.1:{free_port()}/a")
    assert said.code == 1
    assert "PostgreSQL does not answer" in said.out
    assert "Is the server running" not in said.out
    assert "hunter22" not in said.out
    assert "Traceback" not in said.err


def test_serve_without_an_installation_says_what_to_run(almoner):
    said = almoner("serve")
    assert said.code == 1
    assert "almoner init" in said.sentence


def test_serve_on_a_busy_port_says_so_and_takes_nothing(almoner, installed):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = almoner("serve", "--port", str(port))
    assert said.code == 1
    assert str(port) in said.sentence
    assert "--port" in said.sentence


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_serve_listens_on_a_host_by_its_name_or_its_number(installed, host):
    server = Server(installed)
    server.environment["ALMONER_HOST"] = host
    address = f"[{host}]" if ":" in host else host
    server.url = f"http://{address}:{server.environment['ALMONER_PORT']}"

    server.start()
    try:
        assert httpx.get(server.url).status_code == 200
    finally:
        server.stop()


def test_a_demonstration_is_not_made_of_a_real_installation(almoner, installed):
    said = almoner("demo")
    assert said.code == 1
    assert "real installation" in said.sentence
    assert "demo = true" not in (installed / "almoner.toml").read_text()


def test_a_demonstration_is_not_served_to_the_world(almoner):
    said = almoner("demo", host="0.0.0.0")
    assert said.code == 1
    assert "127.0.0.1" in said.sentence


def test_a_demonstration_killed_while_it_loads_goes_on_where_it_was(home):
    server = Server(home, command="demo")
    for seconds in (2.5, 5):
        with (home / "killed.log").open("ab") as log:
            process = subprocess.Popen(
                [ALMONER, "demo"], env=server.environment, stdout=log, stderr=log
            )
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
    server.start()
    answer = send(server.url, order(1))
    server.stop()
    assert answer.json()["received"][0]["status"] == "pledged"
    with closing(sqlite3.connect(home / "almoner.db")) as db:
        openings = "SELECT COUNT(*) FROM ledger_entry WHERE kind = 'opening'"
        assert db.execute(openings).fetchone() == (6,)
        stories = "SELECT COUNT(*), COUNT(DISTINCT body) FROM stories_storypage"
        assert len(set(db.execute(stories).fetchone())) == 1
    assert "✗" not in server.run("doctor")


def test_a_demonstration_started_again_keeps_what_happened(demo):
    send(demo.url, order(2))
    demo.stop()
    demo.start()
    assert send(demo.url, order(2)).json()["received"][0]["status"] == "duplicate"


def test_settings_are_shown_without_secrets(almoner, installed):
    said = almoner("config", shopify="main=hunter2222", database="postgresql://a:hunter22@h/n")
    assert said.code == 0
    assert "hunter" not in said.out
    assert "main" in said.out
    key = (installed / "almoner.toml").read_text().split('"')[1]
    assert key not in said.out


def test_a_key_is_printed_once_and_alone(almoner, installed):
    said = almoner("key", "new", "till", "--scope", "events:write")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("alm_")
    assert said.out.count("\n") == 1
    again = almoner("key", "new", "till")
    assert again.code == 1
    assert "already" in again.sentence


def test_a_key_with_an_unknown_scope_is_not_made(almoner, installed):
    said = almoner("key", "new", "till", "--scope", "everything")
    assert said.code == 1
    assert "events:write" in said.sentence


PAGE = b"""<html><body><p>12,345 Meals Donated</p><p>$1,234 Funded For Dogs</p>
<article><h1>The ferry</h1><p>Share this:</p>
<p>It was late when the ferry came in, and nobody had eaten.</p>
<p>"There is soup," said the cook, and there was soup for everyone on board.</p>
</article></body></html>"""


def test_a_page_is_understood_and_nothing_is_written(almoner, home):
    said = almoner("import", "page", "-", "--json", stdin=PAGE)
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert [(each["label"], each["value"]) for each in found["causes"]] == [
        ("Meals Donated", "12345"),
        ("Funded For Dogs", "1234"),
    ]
    assert found["story"]["headline"] == "The ferry"
    assert list(home.iterdir()) == []


def test_a_page_is_applied_once_however_often(almoner, installed, tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes(PAGE)
    for _ in range(2):
        assert almoner("import", "page", str(page), "--apply").code == 0
    with closing(sqlite3.connect(installed / "almoner.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM giving_cause").fetchone() == (2,)
        assert db.execute("SELECT COUNT(*) FROM stories_storypage").fetchone() == (1,)
        assert db.execute("SELECT COUNT(*) FROM ledger_entry").fetchone() == (2,)


def test_a_page_that_is_not_there_is_one_sentence(almoner):
    said = almoner("import", "page", "no-such-page.html")
    assert said.code == 1
    assert "no-such-page.html" in said.sentence


def test_serve_over_a_database_of_an_older_version_says_what_to_run(almoner, installed):
    with closing(sqlite3.connect(installed / "almoner.db", isolation_level=None)) as db:
        db.execute("DELETE FROM django_migrations WHERE app = 'giving'")
    said = almoner("serve", port=free_port())
    assert said.code == 1
    assert "almoner init" in said.sentence


def test_the_doctor_finds_what_a_demonstration_left_open(almoner, demonstrated):
    real = {"demo": "false", "shopify": "main=secret-of-main"}
    assert almoner("doctor", shopify="main=secret-of-main").code == 0
    said = almoner("doctor", **real)
    assert said.code == 1
    assert "demonstration's API key" in said.out
    assert "demonstration's log-in" in said.out
    with closing(sqlite3.connect(demonstrated / "almoner.db", isolation_level=None)) as db:
        db.execute("UPDATE ledger_api_key SET revoked_at = created_at")
        db.execute("UPDATE people_user SET is_active = 0 WHERE username = 'demo'")
    assert almoner("doctor", **real).code == 0


def test_the_secret_of_a_demonstration_stops_a_real_installation(almoner, demonstrated):
    for command in ("serve", "doctor"):
        said = almoner(command, demo="false")
        assert said.code == 1
        assert "shopify.demo" in said.sentence
