"""Finance draws statements, everybody who may see campaigns copies disclosures."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from almoner.giving.models import Campaign
from almoner.jobs.models import Job
from almoner.jobs.running import run
from almoner.people.roles import AUDITORS, EDITORS, FINANCE
from almoner.statements import document, shelf
from almoner.statements.models import Contract, Drawn

WANTED = {"of": "campaign/may-bowls", "period": "2026-05", "time_zone": "UTC"}


def draw(client: Client, **fields: str) -> Any:
    return client.post("/admin/statements/drawn/", {**WANTED, **fields}, follow=True)


@pytest.mark.usefixtures("may", "published")
def test_finance_draws_a_statement_and_downloads_it_in_every_form(
    logged_in: Callable[[str], Client],
) -> None:
    client = logged_in(FINANCE)
    page = draw(client).content.decode()
    assert "“Statement: May Bowls, May 2026 (UTC)” is drawn." in page
    row = Drawn.objects.get()
    assert row.over
    for ending, start in (("pdf", b"%PDF"), ("csv", b"section"), ("xlsx", b"PK"), ("json", b"{")):
        answer = client.get(f"/admin/statements/drawn/{row.digest}.{ending}")
        assert answer.content.startswith(start)
        assert f"statement-campaign-may-bowls-2026-05.{ending}" in answer["Content-Disposition"]
    assert document.digest(client.get(f"/admin/statements/drawn/{row.digest}.json").content) == (
        row.digest
    )


@pytest.mark.usefixtures("may", "published")
def test_the_same_statement_drawn_twice_is_one(logged_in: Callable[[str], Client]) -> None:
    client = logged_in(FINANCE)
    draw(client)
    draw(client)
    assert Drawn.objects.count() == 1


@pytest.mark.usefixtures("may", "published")
def test_a_final_accounting_needs_no_period(
    logged_in: Callable[[str], Client], contract: Contract
) -> None:
    draw(logged_in(FINANCE), period="", final="on")
    assert Drawn.objects.get().title.startswith("Final accounting: May Bowls, 1 April 2026 to ")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"period": ""}, "Which period?"),
        ({"period": "May"}, "is no period"),
        ({"of": "charity/harbor-table", "final": "on"}, "A final accounting is of a campaign"),
    ],
)
@pytest.mark.usefixtures("may", "published")
def test_a_statement_that_cannot_be_drawn_says_why(
    logged_in: Callable[[str], Client], fields: dict[str, str], said: str
) -> None:
    assert said in draw(logged_in(FINANCE), **fields).content.decode()
    assert not Drawn.objects.exists()


@pytest.mark.usefixtures("may", "published")
def test_a_large_statement_is_drawn_by_a_worker(
    logged_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LARGE", 2)
    draw(logged_in(FINANCE))
    job = Job.objects.get()
    assert not Drawn.objects.exists()
    run(job.pk, "a worker")
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FINISHED, "")
    assert Drawn.objects.get().title in job.result["sentence"]


@pytest.mark.usefixtures("may", "published")
def test_auditors_read_and_editors_do_neither(logged_in: Callable[[str], Client]) -> None:
    draw(logged_in(FINANCE))
    row = Drawn.objects.get()
    address = f"/admin/statements/drawn/{row.digest}.csv"
    auditor = logged_in(AUDITORS)
    assert auditor.get(address).status_code == 200
    assert auditor.post("/admin/statements/drawn/", WANTED).status_code == 403
    assert logged_in(EDITORS).get(address).status_code == 302


def test_a_contract_shows_what_it_lacks(
    logged_in: Callable[[str], Client], contract: Contract
) -> None:
    client = logged_in(FINANCE)
    page = client.get(f"/admin/statements/contracts/inspect/{contract.pk}/").content.decode()
    assert "How it is ended early" in page
    assert "United Kingdom" in page
    assert "not legal advice" in page
    assert client.get("/admin/statements/contracts/").status_code == 200
    assert client.get(f"/admin/statements/contracts/edit/{contract.pk}/").status_code == 200
    assert "Massachusetts" in client.get("/admin/statements/facts/").content.decode()


def test_a_disclosure_is_there_to_be_copied(
    logged_in: Callable[[str], Client], may: Campaign
) -> None:
    client = logged_in(FINANCE)
    assert "May Bowls" in client.get("/admin/statements/disclosures/").content.decode()
    page = client.get("/admin/statements/disclosures/may-bowls/").content.decode()
    assert "data-almoner-disclosure=&quot;may-bowls&quot;" in page
    assert "/campaigns/may-bowls/disclosure.html" in page
