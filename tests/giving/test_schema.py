"""The published schema of a campaign's terms is what the code reads."""

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from almoner.campaigns.model import CampaignVersion
from almoner.giving.demo import load_causes
from almoner.giving.schema import ID, campaign_schema
from almoner.ledger.publish import read_campaigns
from tests.campaigns.golden import cases
from tests.giving.said import promises

REFERENCE = Path(__file__).parents[2] / "docs/reference"
SCHEMA = json.loads(campaign_schema())


def test_the_published_schema_is_the_code_s_own():
    Draft202012Validator.check_schema(SCHEMA)
    assert (SCHEMA["$id"], (REFERENCE / "campaign.schema.json").read_text()) == (
        ID,
        campaign_schema(),
    ), "run scripts/campaign_schema"


def test_published_versions_are_valid(ledger):
    load_causes(lambda line: None)
    rows = ledger.db.rows("SELECT body FROM ledger_campaign")
    assert len(rows) == len(read_campaigns(ledger.db)) >= 9
    for (body,) in rows:
        Draft202012Validator(SCHEMA).validate(json.loads(body))


def test_every_promise_of_the_tables_is_valid():
    versions = [said.version for said in promises()]
    versions += [version for case in cases() for version in case.versions.values()]
    for version in versions:
        Draft202012Validator(SCHEMA).validate(json.loads(msgspec.json.encode(version)))


@pytest.mark.parametrize("wrong", [{"trigger": "sale"}, {"cap": "many"}, {"rate": 2}])
def test_what_is_no_promise_is_refused(wrong):
    version = json.loads(msgspec.json.encode(promises()[0].version))
    assert not Draft202012Validator(SCHEMA).is_valid({**version, **wrong})


def test_the_reference_explains_every_term():
    page = (REFERENCE / "campaign.md").read_text()
    fields = [field.name for field in msgspec.structs.fields(CampaignVersion)]
    assert [each for each in fields if f"`{each}`" not in page and f'"{each}"' not in page] == []
    for trigger in SCHEMA["properties"]["trigger"]["enum"]:
        assert f"| `{trigger}` |" in page
