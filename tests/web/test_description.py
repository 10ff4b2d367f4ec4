"""The API does what its own description says (Schemathesis, a bounded search)."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from almoner.web.demo import API_KEY

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def test_it_is_an_openapi_3_1_document_of_every_endpoint(site):
    document = httpx.get(f"{site.url}/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {
        "/api/v1/events",
        "/api/v1/counters",
        "/api/v1/causes",
        "/api/v1/campaigns",
        "/api/v1/balances",
        "/api/v1/transactions",
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert any(status.startswith("2") for status in operation["responses"]), path


def test_the_page_about_it_loads_nothing_from_elsewhere(site):
    answer = httpx.get(f"{site.url}/api/v1/docs")
    assert answer.status_code == 200
    assert "https://" not in answer.text.replace("http://www.w3.org", "")
    assert "script-src 'self';" in answer.headers["content-security-policy"]


@pytest.mark.slow
def test_no_generated_request_meets_an_answer_that_is_not_described(site, tmp_path):
    log = site.home / "server.log"
    before = len(log.read_text())  # other tests share this server
    done = subprocess.run(
        [
            SCHEMATHESIS,
            "run",
            f"{site.url}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {API_KEY}",
            "--max-examples",
            "25",
            "--seed",
            "1",
            "--phases",
            "examples,coverage,fuzzing",
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,"
            "response_schema_conformance",
            "--no-color",
        ],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("ALMONER_")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    said = log.read_text()[before:]
    assert "Traceback" not in said, said[-2_000:]


def test_a_mistake_of_ours_is_a_problem_and_is_logged(client, caplog, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("almoner.web.api.open_ledger", fail)
    answer = client.get("/api/v1/balances", headers={"Authorization": "Bearer alm_x"})
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unexpected"
    assert "ZeroDivisionError" in caplog.text
